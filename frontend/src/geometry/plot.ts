/** A schematic plot of places on the ground: metres east and north of a middle, no map behind. */
export interface Place {
  latitude_e7: number
  longitude_e7: number
}

export interface Circle extends Place {
  radius_m: number
}

export interface Point {
  x: number
  y: number
}

export interface Plot {
  points: Point[]
  fence: (Point & { r: number }) | null
  /** Metres that the scale bar stands for, and its length on the plot. */
  bar: { metres: number; length: number }
}

const METRES_PER_DEGREE = 111_320
const SMALLEST_M = 50
const MARGIN = 0.12

function niceBelow(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres))
  const step = [5, 2, 1].find((one) => one * power <= metres) ?? 1
  return step * power
}

/** Fits fence and places into a square of `size`; null when there is nothing to be shown. */
export function plot(places: Place[], fence: Circle | null, size: number): Plot | null {
  const middle = fence ?? places.at(-1)
  if (!middle) return null
  const shrink = Math.cos((middle.latitude_e7 / 1e7) * (Math.PI / 180))
  const metres = places.map((place) => ({
    x: ((place.longitude_e7 - middle.longitude_e7) / 1e7) * METRES_PER_DEGREE * shrink,
    y: ((place.latitude_e7 - middle.latitude_e7) / 1e7) * METRES_PER_DEGREE,
  }))
  const reach = Math.max(SMALLEST_M, fence?.radius_m ?? 0, ...metres.flatMap((one) => [Math.abs(one.x), Math.abs(one.y)]))
  const scale = (size / 2 - size * MARGIN) / reach
  const bar = niceBelow(reach / 2)
  return {
    points: metres.map((one) => ({ x: size / 2 + one.x * scale, y: size / 2 - one.y * scale })),
    fence: fence ? { x: size / 2, y: size / 2, r: Math.max(3, fence.radius_m * scale) } : null,
    bar: { metres: bar, length: bar * scale },
  }
}
