import { describe, expect, it } from 'vitest'
import type { DecidedSeal } from '@/api/requests'
import { isOnPage } from '@/geometry/page'
import { addPlace, coveringCode, forCopies, movePlace, overlapping, removePlace, setCounts, setQr, setSeam, shortOf, startPlacing, unplaced } from '@/placement/placing'

const SEAL: DecidedSeal = { id: 's1', name: '云岫数科合同专用章', medium: 'electronic', category: 'contract', width_mm: 40, height_mm: 40 }
const OTHER: DecidedSeal = { ...SEAL, id: 's2', name: '法定代表人名章', width_mm: 18, height_mm: 18 }
const SIZES: [number, number][] = [
  [210, 297],
  [210, 297],
  [297, 210],
]

describe('placing', () => {
  it('starts with one place a seal on the last page and one code', () => {
    const placing = startPlacing([SEAL, OTHER], SIZES, true)
    expect(placing.map((one) => one.placements.length)).toEqual([1, 1])
    expect(placing.filter((one) => one.qr)).toHaveLength(1)
    for (const [index, seal] of [SEAL, OTHER].entries()) {
      const place = placing[index]?.placements[0]
      expect(place?.page).toBe(2)
      expect(isOnPage({ x: place?.x_mm ?? -1, y: place?.y_mm ?? -1 }, { width: seal.width_mm, height: seal.height_mm }, { width: 297, height: 210 })).toBe(true)
    }
  })

  it('puts no code on paper', () => {
    expect(startPlacing([SEAL], SIZES, false)[0]?.qr).toBeNull()
  })

  it('keeps a moved seal on the page it comes to', () => {
    const placing = movePlace(startPlacing([SEAL], SIZES, true), SEAL, 0, { page: 2, x: 500, y: 500 }, SIZES)
    expect(placing[0]?.placements[0]).toEqual({ page: 2, x_mm: 257, y_mm: 170 })
  })

  it('counts presses with the places', () => {
    let placing = addPlace(startPlacing([SEAL], SIZES, false), SEAL, 0, SIZES)
    expect(placing[0]?.presses_applied).toBe(2)
    placing = removePlace(placing, 's1', 0)
    expect(placing[0]).toMatchObject({ presses_applied: 1, placements: [{ page: 0 }] })
  })

  it('counts presses and seams for every copy, and leaves a count that somebody set', () => {
    let placing = setSeam(addPlace(startPlacing([SEAL], SIZES, false, 2), SEAL, 0, SIZES, 2), SEAL, 90, SIZES, 2)
    expect(placing[0]).toMatchObject({ presses_applied: 4, seam_presses: 2 })
    placing = forCopies(placing, 2, 3)
    expect(placing[0]).toMatchObject({ presses_applied: 6, seam_presses: 3 })
    expect(removePlace(placing, 's1', 0, 3)[0]).toMatchObject({ presses_applied: 3, seam_presses: 3 })
    const typed = setCounts(placing, 's1', 5, 3)
    expect(forCopies(typed, 3, 1)[0]).toMatchObject({ presses_applied: 5, seam_presses: 3 })
    expect(addPlace(typed, SEAL, 1, SIZES, 3)[0]).toMatchObject({ presses_applied: 5, placements: [{}, {}, {}] })
    expect(setSeam(setCounts(placing, 's1', 6, 4), SEAL, 60, SIZES, 3)[0]?.seam_presses).toBe(4)
  })

  it('tells when the presses do not reach every copy', () => {
    const [line] = addPlace(startPlacing([SEAL], SIZES, false, 2), SEAL, 0, SIZES, 2)
    if (!line) throw new Error('no seal')
    expect(shortOf(line, 2)).toBeNull()
    expect(shortOf({ ...line, presses_applied: 2 }, 2)).toEqual({ count: 2, needed: 4 })
    expect(shortOf({ ...line, placements: [], presses_applied: 1 }, 2)).toEqual({ count: 1, needed: 2 })
    const ridden = { ...line, placements: [], presses_applied: 0, seam: { edge: 'right' as const, y_mm: 90 }, seam_presses: 2 }
    expect([shortOf(ridden, 2), shortOf(ridden, 3)]).toEqual([null, { count: 2, needed: 3 }])
  })

  it('tells which mark lies on a code or in the room around it', () => {
    const placing = startPlacing([SEAL, OTHER], SIZES, true)
    expect(coveringCode(placing, [SEAL, OTHER], SIZES)).toBeNull()
    const on = (x_mm: number, y_mm: number, page = 0) => setQr(placing, 's1', { page, x_mm, y_mm, size_mm: 15 }, SIZES)
    const beside = movePlace(on(20, 20), OTHER, 0, { page: 0, x: 36, y: 20 }, SIZES)
    expect(coveringCode(beside, [SEAL, OTHER], SIZES)).toEqual({ seal: OTHER, page: 0 })
    expect(coveringCode(movePlace(beside, OTHER, 0, { page: 0, x: 37, y: 20 }, SIZES), [SEAL, OTHER], SIZES)).toBeNull()
    const ridden = setSeam(on(194, 100, 1), SEAL, 95, SIZES)
    expect(coveringCode(ridden, [SEAL, OTHER], SIZES)).toEqual({ seal: SEAL, page: 1 })
  })

  it('puts no two marks of a seal on each other, and tells when somebody does', () => {
    let placing = startPlacing([SEAL], SIZES, true)
    for (let count = 0; count < 5; count += 1) placing = addPlace(placing, SEAL, 0, SIZES)
    expect(new Set(placing[0]?.placements.map((one) => `${one.page}/${one.x_mm}/${one.y_mm}`)).size).toBe(6)
    expect(overlapping(placing, [SEAL])).toEqual([])
    const first = placing[0]?.placements[1]
    placing = movePlace(placing, SEAL, 2, { page: 0, x: (first?.x_mm ?? 0) + 19, y: first?.y_mm ?? 0 }, SIZES)
    expect(overlapping(placing, [SEAL]).map((one) => one.id)).toEqual(['s1'])
    placing = movePlace(placing, SEAL, 2, { page: 0, x: (first?.x_mm ?? 0) - 21, y: first?.y_mm ?? 0 }, SIZES)
    expect(overlapping(movePlace(placing, SEAL, 3, { page: 1, x: 10, y: 10 }, SIZES), [SEAL])).toEqual([])
  })

  it('counts the whole seals of a seam and keeps it on the lowest page', () => {
    const placing = setSeam(startPlacing([SEAL], SIZES, true), SEAL, 400, SIZES)
    expect(placing[0]).toMatchObject({ seam: { edge: 'right', y_mm: 170 }, seam_presses: 1 })
    expect(setSeam(placing, SEAL, null, SIZES)[0]).toMatchObject({ seam: null, seam_presses: 0 })
  })

  it('keeps the code within its sizes', () => {
    const placing = setQr(startPlacing([SEAL], SIZES, true), 's1', { page: 0, x_mm: 300, y_mm: -4, size_mm: 3 }, SIZES)
    expect(placing[0]?.qr).toEqual({ page: 0, x_mm: 198, y_mm: 0, size_mm: 12 })
  })

  it('names what has no place', () => {
    const placing = removePlace(startPlacing([SEAL, OTHER], SIZES, true), 's2', 0)
    expect(unplaced(placing).map((one) => one.seal_id)).toEqual(['s2'])
  })
})
