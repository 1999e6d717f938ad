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
  sealStepVoid: bilingual(
    {
      ENGRAVER_UNKNOWN: '批准时，刻制单位不在本单位的刻制单位名录中。请登记后重新办理。',
      ENGRAVER_ENDED: '批准时，刻制单位已停用。请另选一家重新办理。',
      ENGRAVER_EXPIRED: '批准时，刻制单位的备案已到期。请更新或另选一家后重新办理。',
      SEAL_STATUS: '批准时，印章的状态已经改变，不能再办理此事项。',
      SEAL_IN_USE: '批准时，印章还有未结束的使用。请了结后重新办理。',
      SEAL_SLOT_TAKEN: '批准时，另一枚印章已占用此名称或编号。请核对后重新办理。',
      SEAL_KEEPER_MISSING: '批准时，印章没有保管人。请指定后重新办理。',
      SEAL_NOT_FILED: '批准时，印章尚未备案。请备案后重新办理。',
      SEAL_NOT_VALID_NOW: '批准时，印章不在有效期内。',
      other: '批准时，印章已不具备办理此事项的条件。请核对印章现状后重新办理。',
    },
    {
      ENGRAVER_UNKNOWN: 'When it was approved, its engraver was not in the register of engravers. Register him and ask anew.',
      ENGRAVER_ENDED: 'When it was approved, its engraver was not used any more. Choose another one and ask anew.',
      ENGRAVER_EXPIRED: 'When it was approved, the filing of its engraver was over. Renew it or choose another one, and ask anew.',
      SEAL_STATUS: 'When it was approved, the status of the seal had changed and no longer allowed it.',
      SEAL_IN_USE: 'When it was approved, a use of the seal was unfinished. Finish it and ask anew.',
      SEAL_SLOT_TAKEN: 'When it was approved, another seal had taken its name or number. Check that and ask anew.',
      SEAL_KEEPER_MISSING: 'When it was approved, nobody kept the seal. Name a keeper and ask anew.',
      SEAL_NOT_FILED: 'When it was approved, the seal was not filed. File it and ask anew.',
      SEAL_NOT_VALID_NOW: 'When it was approved, the seal was not within its term.',
      other: 'When it was approved, the seal no longer allowed it. Look at the seal as it is now and ask anew.',
    },
  ),
  sealFilingStatus: bilingual(
    { waiting: '报送中', accepted: '已受理', refused: '被退回', mismatch: '答复不符', replaced: '已重报' },
    { waiting: 'Being reported', accepted: 'Accepted', refused: 'Refused', mismatch: 'Answer differs', replaced: 'Reported anew' },
  ),
}
