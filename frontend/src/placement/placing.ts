import type { DecidedSeal, QrPlace, RequestSeal, SealPlace, Seam } from '@/api/requests'
import { keepOnPage, usualPlace, type Place, type Size } from '@/geometry/page'
import { seamSeals } from '@/geometry/seam'

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

/** On how many copies each place is pressed: the counts are of all copies together. */
function copiesOf(seal: RequestSeal): number {
  return Math.max(1, Math.round(seal.presses_applied / Math.max(1, seal.placements.length)))
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

export function addPlace(placing: Placing, seal: DecidedSeal, page: number, sizes: [number, number][]): Placing {
  return withSeal(placing, seal.id, (one) => {
    const place = freePlace(seal, one.placements.filter((other) => other.page === page), pageSize(sizes, page))
    const placements = [...one.placements, { page, x_mm: place.x, y_mm: place.y }]
    return { ...one, placements, presses_applied: placements.length * copiesOf(one) }
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

export function removePlace(placing: Placing, sealId: string, index: number): Placing {
  return placing.map((seal) =>
    seal.seal_id === sealId
      ? {
          ...seal,
          placements: seal.placements.filter((_, at) => at !== index),
          presses_applied: Math.max(seal.presses_applied - copiesOf(seal), seal.placements.length - 1, 0),
        }
      : seal,
  )
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

export function setSeam(placing: Placing, seal: DecidedSeal, y: number | null, sizes: [number, number][]): Placing {
  const lowest = Math.min(...sizes.map(([, height]) => height))
  const kept = y === null ? 0 : keepOnPage({ x: 0, y }, { width: 0, height: seal.height_mm }, { width: 0, height: lowest }).y
  const seam: Seam | null = y === null ? null : { edge: 'right', y_mm: kept }
  return withSeal(placing, seal.id, (one) => ({
    ...one,
    seam,
    seam_presses: seam ? seamSeals(sizes.length, seal.width_mm) * copiesOf(one) : 0,
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

/** Where a seam is first put: a third down the page. */
export function usualSeam(seal: DecidedSeal, sizes: [number, number][]): number {
  return Math.round(pageSize(sizes, 0).height / 3 - seal.height_mm / 2)
}

/** Whether there is a place for every seal; an electronic sealing needs one. */
export function unplaced(placing: Placing): RequestSeal[] {
  return placing.filter((seal) => seal.placements.length === 0 && seal.seam === null)
}
