import { describe, expect, it } from 'vitest'
import { copyOf, emptyRule, moved, newRow, problemsOf } from '@/views/scenarios/ruleEditing'

describe('the decision table', () => {
  const complete = () => ({ ...emptyRule('通知'), name_en: 'Notices', reason_zh: '规定', reason_en: 'Our rule' })

  it('says what a rule lacks, part by part', () => {
    expect(problemsOf(emptyRule('通知'))).toEqual(['name', 'reason'])
    expect(problemsOf(complete())).toEqual([])
    expect(problemsOf({ ...complete(), basis: 'law' })).toEqual(['citation'])
    const crossed = complete()
    crossed.conditions = { ...crossed.conditions, amount_from_minor: 0, amount_below_minor: 0 }
    expect(problemsOf(crossed)).toEqual(['amount'])
    const nothing = complete()
    nothing.answer = { medium: null, seal_categories: [], route: [] } as unknown as typeof nothing.answer
    expect(problemsOf(nothing)).toEqual(['empty'])
  })

  it('moves rows within the table and not out of it', () => {
    const rows = ['a', 'b', 'c'].map((name) => newRow(emptyRule(name)))
    const names = (found: typeof rows) => found.map((row) => row.rule.name_zh).join('')
    expect(names(moved(rows, 0, 1))).toBe('bac')
    expect(moved(rows, 0, -1)).toBe(rows)
    expect(moved(rows, 2, 1)).toBe(rows)
  })

  it('copies a rule so that the copy is edited alone', () => {
    const rule = complete()
    const copy = copyOf(rule)
    copy.answer.route!.length = 0
    expect(rule.answer.route).toHaveLength(1)
  })
})
