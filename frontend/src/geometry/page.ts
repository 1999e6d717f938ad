/**
 * Places on a page: millimetres from the top left of the page as displayed, rotation and cropping applied. The
 * platform and the sealing library use the same measure, so that nothing is converted on the way.
 */
export const POINTS_PER_MM = 72 / 25.4

export interface Size {
  width: number
  height: number
}

export interface Place {
  x: number
  y: number
}

export function mmToPoints(mm: number): number {
  return mm * POINTS_PER_MM
}

export function pointsToMm(points: number): number {
  return points / POINTS_PER_MM
}

/** Pixels per millimetre of a page that is `widthMm` wide and shown `widthPx` wide. */
export function scaleOf(widthMm: number, widthPx: number): number {
  return widthMm > 0 ? widthPx / widthMm : 1
}

/** A tenth of a millimetre is the finest step that people set; finer digits would only be noise of the pointer. */
export function toTenth(mm: number): number {
  return Math.round(mm * 10) / 10
}

/** The nearest place at which a thing of `size` lies wholly on a page of `page`, in tenths of a millimetre. */
export function keepOnPage(place: Place, size: Size, page: Size): Place {
  return {
    x: keepWithin(place.x, page.width - size.width),
    y: keepWithin(place.y, page.height - size.height),
  }
}

function keepWithin(value: number, most: number): number {
  // Rounding up could push the thing off the page by half a tenth, so the limit is rounded down first.
  const limit = Math.max(0, Math.floor(most * 10) / 10)
  return toTenth(Math.min(limit, Math.max(0, value)))
}

export function isOnPage(place: Place, size: Size, page: Size): boolean {
  const slack = 0.01
  return (
    place.x >= -slack &&
    place.y >= -slack &&
    place.x + size.width <= page.width + slack &&
    place.y + size.height <= page.height + slack
  )
}

/** Where a new seal is put first: low on the right, where contracts are signed. */
export function usualPlace(size: Size, page: Size): Place {
  return keepOnPage({ x: page.width - size.width - 30, y: page.height - size.height - 60 }, size, page)
}

const STEP: Record<string, Place> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** The place after an arrow key: 1 mm, or 0.1 mm with Shift. Null for any other key. */
export function stepByKey(place: Place, key: string, fine: boolean): Place | null {
  const step = STEP[key]
  if (!step) return null
  const length = fine ? 0.1 : 1
  return { x: toTenth(place.x + step.x * length), y: toTenth(place.y + step.y * length) }
}
