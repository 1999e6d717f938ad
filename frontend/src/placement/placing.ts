import type { DecidedSeal, QrPlace, RequestSeal, SealPlace, Seam } from '@/api/requests'
import { keepOnPage, usualPlace, type Place, type Size } from '@/geometry/page'
import { seamSeals, seamSlices } from '@/geometry/seam'

/** What the editor works on: every seal of the request with its places. Pure functions that answer a new list. */
export type Placing = RequestSeal[]

export const QR_MM = 15
const GAP_MM = 2
export const QR_LEAST_MM = 12
export const QR_MOST_MM = 60

export function pageSize(sizes: [number, number][], page: number): Size {
  const [width, height] = sizes[page] ?? sizes[0] ?? [210, 297]
  return { width, height }
}

export function sizeOf(seal: DecidedSeal): Size {
  return { width: seal.width_mm, height: seal.height_mm }
}

function withSeal(placing: Placing, sealId: string, change: (seal: RequestSeal) => RequestSeal): Placing {
  return placing.map((seal) => (seal.seal_id === sealId ? counted(change(seal)) : seal))
}

/** On paper the counts are applied for; electronically they follow from the places. */
function counted(seal: RequestSeal): RequestSeal {
  return { ...seal, presses_applied: Math.max(seal.presses_applied, seal.placements.length) }
}

/** Whether the count is that of every place on every copy; one that somebody typed is another, and stays as it is. */
export function followsPlaces(seal: RequestSeal, copies: number): boolean {
  return seal.presses_applied === seal.placements.length * copies
}

export interface Short {
  count: number
  needed: number
}

/** Fewer presses than the copies take: every place on every copy, or one on each where no place is named. */
export function shortOf(seal: RequestSeal, copies: number): Short | null {
  const needed = seal.placements.length ? seal.placements.length * copies : seal.seam ? 0 : copies
  if (seal.presses_applied < needed) return { count: seal.presses_applied, needed }
  return seal.seam && seal.seam_presses < copies ? { count: seal.seam_presses, needed: copies } : null
}

/** The lowest number of seals first put on a document: one on the last page of every copy, where it is signed. */
export function startPlacing(seals: DecidedSeal[], sizes: [number, number][], electronic: boolean, copies = 1): Placing {
  return seals.map((seal, index) => {
    const page = sizes.length - 1
    const first = usualPlace(sizeOf(seal), pageSize(sizes, page))
    const beside = keepOnPage({ x: first.x - index * (seal.width_mm + 6), y: first.y }, sizeOf(seal), pageSize(sizes, page))
    return {
      seal_id: seal.id,
      presses_applied: electronic ? 1 : copies,
      seam_presses: 0,
      placements: [{ page, x_mm: beside.x, y_mm: beside.y }],
      seam: null,
      qr: electronic && index === 0 ? usualQr(sizes, page) : null,
    }
  })
}

export function usualQr(sizes: [number, number][], page: number): QrPlace {
  const paper = pageSize(sizes, page)
  const place = keepOnPage({ x: 20, y: paper.height - QR_MM - 15 }, { width: QR_MM, height: QR_MM }, paper)
  return { page, x_mm: place.x, y_mm: place.y, size_mm: QR_MM }
}

export function addPlace(placing: Placing, seal: DecidedSeal, page: number, sizes: [number, number][], copies = 1): Placing {
  return withSeal(placing, seal.id, (one) => {
    const place = freePlace(seal, one.placements.filter((other) => other.page === page), pageSize(sizes, page))
    const placements = [...one.placements, { page, x_mm: place.x, y_mm: place.y }]
    return { ...one, placements, presses_applied: followsPlaces(one, copies) ? placements.length * copies : one.presses_applied }
  })
}

/** The usual place, or the next to its left and then above that is not on a mark of the same seal. */
function freePlace(seal: DecidedSeal, taken: SealPlace[], page: Size): Place {
  const size = sizeOf(seal)
  const first = usualPlace(size, page)
  for (let y = first.y; y >= 0; y -= size.height + GAP_MM) {
    for (let x = first.x; x >= 0; x -= size.width + GAP_MM) {
      if (!taken.some((other) => tooClose(other, { page: other.page, x_mm: x, y_mm: y }, size))) return { x, y }
    }
  }
  return first
}

/** Nearer than half of the seal's smaller side; the platform refuses two marks of one seal so close. */
function tooClose(one: SealPlace, other: SealPlace, size: Size): boolean {
  const apart = Math.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm)
  return one.page === other.page && apart < Math.min(size.width, size.height) / 2
}

/** The seals with marks on one another, which could not be read. */
export function overlapping(placing: Placing, seals: DecidedSeal[]): DecidedSeal[] {
  return seals.filter((seal) => {
    const places = placing.find((one) => one.seal_id === seal.id)?.placements ?? []
    return places.some((place, at) => places.slice(at + 1).some((other) => tooClose(place, other, sizeOf(seal))))
  })
}

export function removePlace(placing: Placing, sealId: string, index: number, copies = 1): Placing {
  return withSeal(placing, sealId, (one) => {
    const placements = one.placements.filter((_, at) => at !== index)
    return { ...one, placements, presses_applied: followsPlaces(one, copies) ? placements.length * copies : one.presses_applied }
  })
}

export function movePlace(
  placing: Placing,
  seal: DecidedSeal,
  index: number,
  to: Place & { page: number },
  sizes: [number, number][],
): Placing {
  const kept = keepOnPage(to, sizeOf(seal), pageSize(sizes, to.page))
  const moved: SealPlace = { page: to.page, x_mm: kept.x, y_mm: kept.y }
  return withSeal(placing, seal.id, (one) => ({
    ...one,
    placements: one.placements.map((place, at) => (at === index ? moved : place)),
  }))
}

export function setSeam(placing: Placing, seal: DecidedSeal, y: number | null, sizes: [number, number][], copies = 1): Placing {
  const lowest = Math.min(...sizes.map(([, height]) => height))
  const kept = y === null ? 0 : keepOnPage({ x: 0, y }, { width: 0, height: seal.height_mm }, { width: 0, height: lowest }).y
  const seam: Seam | null = y === null ? null : { edge: 'right', y_mm: kept }
  return withSeal(placing, seal.id, (one) => ({
    ...one,
    seam,
    // A seam that is merely moved keeps the count that somebody may have typed.
    seam_presses: !seam ? 0 : one.seam ? one.seam_presses : seamSeals(sizes.length, seal.width_mm) * copies,
  }))
}

export function setQr(placing: Placing, sealId: string, qr: QrPlace | null, sizes: [number, number][]): Placing {
  const size = qr ? Math.min(QR_MOST_MM, Math.max(QR_LEAST_MM, qr.size_mm)) : 0
  const kept = qr && keepOnPage({ x: qr.x_mm, y: qr.y_mm }, { width: size, height: size }, pageSize(sizes, qr.page))
  return withSeal(placing, sealId, (one) => ({
    ...one,
    qr: qr && kept ? { page: qr.page, x_mm: kept.x, y_mm: kept.y, size_mm: size } : null,
  }))
}

/** Other copies than before: counts that followed the copies follow them again, those that somebody set stay. */
export function forCopies(placing: Placing, before: number, after: number): Placing {
  if (before === after) return placing
  return placing.map((one) => {
    if (one.presses_applied !== one.placements.length * before) return one
    const seams = one.seam_presses / before
    return {
      ...one,
      presses_applied: one.placements.length * after,
      seam_presses: Number.isInteger(seams) ? seams * after : one.seam_presses,
    }
  })
}

export function setCounts(placing: Placing, sealId: string, presses: number, seam: number): Placing {
  return withSeal(placing, sealId, (one) => ({ ...one, presses_applied: presses, seam_presses: seam }))
}

/** The quiet zone on each side of a code as a part of its side: four modules (ISO/IEC 18004) of the 33 across. */
const QR_QUIET = 4 / 33
const TOLERANCE_MM = 0.01
type Box = [left: number, top: number, width: number, height: number]

/** What a seal covers of a page: its whole marks, and its slice of the riding seam. */
function boxesOn(one: RequestSeal, seal: DecidedSeal, page: number, sizes: [number, number][]): Box[] {
  const marks = one.placements.filter((place) => place.page === page).map((place): Box => [place.x_mm, place.y_mm, seal.width_mm, seal.height_mm])
  const { seam } = one
  const slices = seam ? seamSlices(sizes.length, seal.width_mm).filter((slice) => slice.page === page) : []
  const ridden = slices.map((slice): Box => {
    const width = (slice.end - slice.start) * seal.width_mm
    return [pageSize(sizes, page).width - width, seam?.y_mm ?? 0, width, seal.height_mm]
  })
  return [...marks, ...ridden]
}

function meet(one: Box, other: Box): boolean {
  const along = (at: 0 | 1, size: 2 | 3) => one[at] + one[size] > other[at] + TOLERANCE_MM && other[at] + other[size] > one[at] + TOLERANCE_MM
  return along(0, 2) && along(1, 3)
}

/** The seal under, on or within the quiet zone of a code, and its page: no reader finds such a code, and submission refuses it. */
export function coveringCode(placing: Placing, seals: DecidedSeal[], sizes: [number, number][]): { seal: DecidedSeal; page: number } | null {
  for (const { qr } of placing) {
    if (!qr) continue
    const quiet = QR_QUIET * qr.size_mm
    const zone: Box = [qr.x_mm - quiet, qr.y_mm - quiet, qr.size_mm + 2 * quiet, qr.size_mm + 2 * quiet]
    const over = seals.find((seal) => placing.some((one) => one.seal_id === seal.id && boxesOn(one, seal, qr.page, sizes).some((box) => meet(zone, box))))
    if (over) return { seal: over, page: qr.page }
  }
  return null
}

/** Where a seam is first put: a third down the page. */
export function usualSeam(seal: DecidedSeal, sizes: [number, number][]): number {
  return Math.round(pageSize(sizes, 0).height / 3 - seal.height_mm / 2)
}

/** Whether there is a place for every seal; an electronic sealing needs one. */
export function unplaced(placing: Placing): RequestSeal[] {
  return placing.filter((seal) => seal.placements.length === 0 && seal.seam === null)
}
