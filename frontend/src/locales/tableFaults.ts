import { bilingual } from './bilingual'

/** Uploading a table, and what is wrong with its cells. */
export default bilingual(
  { choose: '选择 .xlsx 文件', template: '下载模板', row: '行', rowOf: '第 {row} 行', column: '列', fault: '问题' },
  { choose: 'Choose an .xlsx file', template: 'Template', row: 'Row', rowOf: 'Row {row}', column: 'Column', fault: 'Fault' },
)
