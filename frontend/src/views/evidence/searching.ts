import type { Query } from '@/api/client'

const DAY = 86_400_000

/** What a person typed into the one search field: a digest, a place in the log, or a number of something. */
export function searchOf(text: string): Query {
  const typed = text.trim()
  if (!typed) return {}
  const joined = typed.replace(/\s+/g, '')
  if (/^[0-9a-f]{64}$/i.test(joined)) return { digest: joined }
  if (/^#?\d{1,15}$/.test(joined)) return { log_index: joined.replace('#', '') }
  return { number: typed.slice(0, 40) }
}

/** The beginning of a day in Beijing, or of a day after it, in milliseconds; nothing for no day. */
export function dayStart(day: string, later = 0): number | undefined {
  const found = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00+08:00`) : NaN
  return Number.isNaN(found) ? undefined : found + later * DAY
}
