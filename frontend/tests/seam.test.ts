import { describe, expect, it } from 'vitest'
import { MIN_SLICE_MM, seamSeals, seamSlices } from '@/geometry/seam'

describe('riding seam', () => {
  it('needs two pages', () => {
    expect(seamSlices(1, 40)).toEqual([])
    expect(seamSeals(1, 40)).toBe(0)
  })

  it('cuts one seal over few pages from left to right', () => {
    expect(seamSlices(4, 40)).toEqual([
      { page: 0, start: 0, end: 0.25 },
      { page: 1, start: 0.25, end: 0.5 },
      { page: 2, start: 0.5, end: 0.75 },
      { page: 3, start: 0.75, end: 1 },
    ])
  })

  it('mirrors the order on the left edge', () => {
    expect(seamSlices(2, 40, 'left').map((slice) => slice.start)).toEqual([0.5, 0])
  })

  it.each([2, 3, 10, 11, 21, 100, 499])('shows whole seals only, no slice too thin, over %i pages', (pages) => {
    const slices = seamSlices(pages, 40)
    expect(slices.map((slice) => slice.page)).toEqual(Array.from({ length: pages }, (_, page) => page))
    const shown = slices.reduce((sum, slice) => sum + slice.end - slice.start, 0)
    expect(shown).toBeCloseTo(seamSeals(pages, 40), 6)
    for (const slice of slices) expect((slice.end - slice.start) * 40).toBeGreaterThanOrEqual(MIN_SLICE_MM - 1e-9)
  })
})
