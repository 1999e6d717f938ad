import { bilingual } from './bilingual'

/** Words for counting things one by one: hand-overs and stocktakes. */
export default bilingual(
  {
    present: '在',
    absent: '不在',
    open: '未清点',
    discrepancy: '差异：',
    whatIsWrong: '{name}：差异情况',
    enter: '记入差异',
  },
  {
    present: 'There',
    absent: 'Missing',
    open: 'not counted',
    discrepancy: 'Discrepancy:',
    whatIsWrong: '{name}: what is wrong',
    enter: 'Enter the discrepancy',
  },
)
