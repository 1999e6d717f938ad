import { bilingual } from './bilingual'

export default bilingual(
  {
    lead: '每周一生成上一周的用印汇总，按印章、形式和金额列出。',
    empty: '还没有用印周报。',
    week: '{week} 起一周',
    running: '本周（{week} 起）',
    untilNow: '截至',
    print: '打印（PDF）',
    read: '已审阅',
    readAt: '审阅于',
    nothing: '本周没有用印。',
    uses: '用印 {count} 次',
    voided: '作废 {count} 次',
    requests: '申请 {count} 份',
    unknown: '未填金额 {count} 份',
  },
  {
    lead: 'Each Monday the week before is summed up, by seal, medium and amount.',
    empty: 'There is no statement yet.',
    week: 'Week from {week}',
    running: 'This week (from {week})',
    untilNow: 'up to',
    print: 'Print (PDF)',
    read: 'Mark as read',
    readAt: 'Read',
    nothing: 'Nothing was sealed in this week.',
    uses: 'no uses | one use | {count} uses',
    voided: 'none voided | one voided | {count} voided',
    requests: 'no applications | one application | {count} applications',
    unknown: 'none without amount | one without amount | {count} without amount',
  },
)
