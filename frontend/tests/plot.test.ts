import { describe, expect, it } from 'vitest'
import { plot } from '@/geometry/plot'

const HERE = { latitude_e7: 399_042_000, longitude_e7: 1_164_074_000 }

describe('the schematic plot', () => {
  it('shows nothing without places', () => {
    expect(plot([], null, 400)).toBeNull()
  })

  it('puts the fence in the middle, north above and east to the right', () => {
    const found = plot([{ ...HERE, latitude_e7: HERE.latitude_e7 + 9_000 }, { ...HERE, longitude_e7: HERE.longitude_e7 + 9_000 }], { ...HERE, radius_m: 300 }, 400)
    expect(found?.fence).toMatchObject({ x: 200, y: 200 })
    expect(found?.points[0]?.x).toBeCloseTo(200)
    expect(found?.points[0]?.y).toBeLessThan(200)
    expect(found?.points[1]?.x).toBeGreaterThan(200)
    // A degree of longitude is shorter than one of latitude away from the equator.
    expect(found!.points[1]!.x - 200).toBeCloseTo((200 - found!.points[0]!.y) * Math.cos((39.9042 * Math.PI) / 180), 1)
  })

  it('keeps everything on the sheet, however far, and its bar is a round number', () => {
    const far = plot([HERE, { ...HERE, latitude_e7: HERE.latitude_e7 - 50_000_000 }], { ...HERE, radius_m: 300 }, 400)
    for (const point of far!.points) {
      expect(point.y).toBeGreaterThanOrEqual(0)
      expect(point.y).toBeLessThanOrEqual(400)
    }
    expect(far?.fence?.r).toBe(3)
    expect(String(far?.bar.metres)).toMatch(/^[125]0*$/)
  })
})
