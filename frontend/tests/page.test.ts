import { describe, expect, it } from 'vitest'
import { isOnPage, keepOnPage, mmToPoints, pointsToMm, scaleOf, stepByKey, usualPlace } from '@/geometry/page'

const A4 = { width: 210, height: 297 }
const SEAL = { width: 40, height: 40 }

describe('places on a page', () => {
  it('converts millimetres and points both ways', () => {
    expect(mmToPoints(25.4)).toBeCloseTo(72, 9)
    expect(pointsToMm(mmToPoints(123.4))).toBeCloseTo(123.4, 9)
    expect(scaleOf(210, 840)).toBe(4)
  })

  it('keeps a seal wholly on the page', () => {
    expect(keepOnPage({ x: -5, y: 400 }, SEAL, A4)).toEqual({ x: 0, y: 257 })
    expect(keepOnPage({ x: 169.96, y: 12.34 }, SEAL, A4)).toEqual({ x: 170, y: 12.3 })
  })

  it('never rounds a seal off a page whose size is no whole tenth', () => {
    const letter = { width: 215.9, height: 279.4 }
    const odd = { width: 209.97, height: 296.93 }
    for (const page of [letter, odd]) {
      const place = keepOnPage({ x: 1000, y: 1000 }, SEAL, page)
      expect(isOnPage(place, SEAL, page)).toBe(true)
    }
  })

  it('puts a seal larger than the page at its corner instead of outside', () => {
    expect(keepOnPage({ x: 3, y: 3 }, { width: 300, height: 40 }, A4)).toEqual({ x: 0, y: 3 })
  })

  it('starts where contracts are signed', () => {
    const place = usualPlace(SEAL, A4)
    expect(isOnPage(place, SEAL, A4)).toBe(true)
    expect(place.x).toBeGreaterThan(105)
    expect(place.y).toBeGreaterThan(148)
  })

  it('steps by 1 mm, with Shift by 0.1 mm, without collecting rounding errors', () => {
    expect(stepByKey({ x: 10, y: 10 }, 'ArrowRight', false)).toEqual({ x: 11, y: 10 })
    expect(stepByKey({ x: 10, y: 10 }, 'ArrowUp', true)).toEqual({ x: 10, y: 9.9 })
    expect(stepByKey({ x: 10, y: 10 }, 'a', false)).toBeNull()
    let place = { x: 0, y: 0 }
    for (let count = 0; count < 10; count += 1) place = stepByKey(place, 'ArrowRight', true) ?? place
    expect(place.x).toBe(1)
  })
})
