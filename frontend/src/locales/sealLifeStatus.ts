import { bilingual } from './bilingual'

/** Where steps of a seal's life and reports about it stand. */
export default {
  sealStepStatus: bilingual(
    { waiting: '待批准', filing: '待备案机关答复', done: '已办理', rejected: '未同意', sent_back: '已退回', withdrawn: '已撤回', void: '已失效' },
    {
      waiting: 'Waits for approval',
      filing: 'Waits for the authority',
      done: 'Done',
      rejected: 'Rejected',
      sent_back: 'Sent back',
      withdrawn: 'Taken back',
      void: 'Void',
    },
  ),
  sealFilingStatus: bilingual(
    { waiting: '报送中', accepted: '已受理', refused: '被退回', mismatch: '答复不符', replaced: '已重报' },
    { waiting: 'Being reported', accepted: 'Accepted', refused: 'Refused', mismatch: 'Answer differs', replaced: 'Reported anew' },
  ),
}
