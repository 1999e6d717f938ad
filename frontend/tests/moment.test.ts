import { describe, expect, it } from 'vitest'
import { dayOf, exactTime, momentOf } from '@/formats/time'

describe('moments by the clock in Beijing', () => {
  it('are eight hours ahead of UTC wherever the computer is', () => {
    expect(exactTime(Date.UTC(2026, 10, 27, 19, 30))).toBe('2026-11-28 03:30:00')
    expect(momentOf('2026-11-28 03:30:00')).toBe(Date.UTC(2026, 10, 27, 19, 30))
    expect(momentOf(exactTime(1_795_809_087_000))).toBe(1_795_809_087_000)
  })
})

describe('days as people write them', () => {
  it.each(['2027-06-30', '2027/6/30', '2027.6.30', '20270630', '2027年6月30日', '2027-06-30T08:00:00Z', ' 2027-06-30 10:00'])('%s is one', (text) => {
    expect(dayOf(text)).toBe('2027-06-30')
  })

  it.each(['', '2027-02-30', '30.6.2027', '明年', '2027-13-01', '2027-06'])('%s is none', (text) => {
    expect(dayOf(text)).toBeNull()
  })
})
