/**
 * How a riding seam (骑缝章) cuts a seal over pages, for the preview. The rule is the sealing library's: one slice a
 * page; where slices would be thinner than 4 mm the pages are divided into groups as equal as possible, each with a
 * whole seal.
 */
export type Edge = 'right' | 'left' | 'top' | 'bottom'

export interface Slice {
  page: number
  /** Share of the seal from its left (or top), 0 to 1. */
  start: number
  end: number
}

export const MIN_SLICE_MM = 4

export function seamSlices(pageCount: number, alongMm: number, edge: Edge = 'right'): Slice[] {
  if (pageCount < 2) return []
  const largest = Math.max(2, Math.floor(alongMm / MIN_SLICE_MM + 1e-9))
  const groups = Math.ceil(pageCount / largest)
  const slices: Slice[] = []
  let begin = 0
  for (let group = 0; group < groups; group += 1) {
    const end = Math.floor((pageCount * (group + 1)) / groups)
    const size = end - begin
    for (let index = 0; index < size; index += 1) {
      const mirrored = edge === 'left' || edge === 'top'
      const place = mirrored ? size - 1 - index : index
      slices.push({ page: begin + index, start: place / size, end: (place + 1) / size })
    }
    begin = end
  }
  return slices
}

/** How many whole seals a seam over so many pages shows. */
export function seamSeals(pageCount: number, alongMm: number): number {
  if (pageCount < 2) return 0
  return Math.ceil(pageCount / Math.max(2, Math.floor(alongMm / MIN_SLICE_MM + 1e-9)))
}
