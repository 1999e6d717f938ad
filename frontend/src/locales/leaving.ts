import { bilingual } from './bilingual'

/** Leaving: everything in hand, and what becomes of it. */
export default bilingual(
  {
    title: '办理离职：{name}',
    lead: '以下是其手中的全部事项。确认后同时终止或移交，自该时刻起其账号、令牌与授权不能再做任何操作。',
    successor: '接任人',
    reason: '事由',
    nothing: '其手中没有事项。',
    actionOf: '处理方式：{part}',
    action_end: '终止',
    action_hand_over: '移交',
    action_keep: '保留',
    more: '另有 {count} 项',
    blocked: '有 {count} 项须先处理，处理后方可办理。',
    confirm: '确认离职',
    done: '{name}已离职，共 {count} 项事项已逐项终止或移交，编号 {number}。',
    sheet: '下载证明单',
    close: '关闭',
  },
  {
    title: '{name} leaves',
    lead: 'This is everything in hand. On confirmation all of it ends or goes over at one instant; from then on neither account, tokens nor grants do anything.',
    successor: 'Successor',
    reason: 'Reason',
    nothing: 'There is nothing in hand.',
    actionOf: 'What becomes of: {part}',
    action_end: 'End',
    action_hand_over: 'Hand over',
    action_keep: 'Keep',
    more: 'and {count} more',
    blocked: '{count} things must be settled first.',
    confirm: 'Confirm leaving',
    done: '{name} has left. {count} things ended or were handed over, number {number}.',
    sheet: 'Download the proof sheet',
    close: 'Close',
  },
)
