import { describe, expect, it } from 'vitest'
import { exactTime, momentOf } from '@/formats/time'

describe('moments by the clock in Beijing', () => {
  it('are eight hours ahead of UTC wherever the computer is', () => {
    expect(exactTime(Date.UTC(2026, 10, 27, 19, 30))).toBe('2026-11-28 03:30:00')
    expect(momentOf('2026-11-28 03:30:00')).toBe(Date.UTC(2026, 10, 27, 19, 30))
    expect(momentOf(exactTime(1_795_809_087_000))).toBe(1_795_809_087_000)
  })
})
