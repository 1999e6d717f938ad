import type { Language } from '@/locales'

/** Times are shown as on a clock in Beijing, wherever the browser stands. */
const ZONE = 'Asia/Shanghai'
const DAY = 86_400_000
const OFFSET = 8 * 3_600_000

interface Parts {
  year: string
  month: string
  day: string
  clock: string
  weekday: string
}

function partsOf(ms: number): Parts {
  const iso = new Date(ms + OFFSET).toISOString()
  return {
    year: iso.slice(0, 4),
    month: iso.slice(5, 7),
    day: iso.slice(8, 10),
    clock: iso.slice(11, 16),
    weekday: '',
  }
}

/** The number of the day in Beijing since 1970. */
function dayNumber(ms: number): number {
  return Math.floor((ms + OFFSET) / DAY)
}

/** A time as people say it: 今天 14:05, 昨天 09:30, 3月8日 14:05, 2025年12月3日 14:05. */
export function sayTime(ms: number, now: number, language: Language): string {
  const { year, month, day, clock } = partsOf(ms)
  const days = dayNumber(now) - dayNumber(ms)
  const near = NEAR[language][days]
  if (near) return `${near} ${clock}`
  const sameYear = year === partsOf(now).year
  if (language === 'zh') {
    const date = `${Number(month)}月${Number(day)}日`
    return sameYear ? `${date} ${clock}` : `${year}年${date} ${clock}`
  }
  const name = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', timeZone: ZONE }).format(ms)
  return sameYear ? `${name}, ${clock}` : `${name} ${year}, ${clock}`
}

/** A deadline: the midnight that ends a day is said as its 24:00, since people would take 00:00 for the day after. */
export function sayDeadline(ms: number, now: number, language: Language): string {
  return (ms + OFFSET) % DAY === 0 ? sayTime(ms - 1, now, language).replace(/23:59$/, '24:00') : sayTime(ms, now, language)
}

const NEAR: Record<Language, Record<number, string>> = {
  zh: { 0: '今天', 1: '昨天', [-1]: '明天' },
  en: { 0: 'today', 1: 'yesterday', [-1]: 'tomorrow' },
}

/** 2026-11-24 14:05:09, for the tooltip and for registers. */
export function exactTime(ms: number): string {
  return new Date(ms + OFFSET).toISOString().slice(0, 19).replace('T', ' ')
}

/** 2026-11-24 */
export function exactDate(ms: number): string {
  return exactTime(ms).slice(0, 10)
}

/** How long ago or until, in the largest unit that fits. */
export function sayDuration(ms: number, language: Language): string {
  const minutes = Math.round(Math.abs(ms) / 60_000)
  if (minutes < 60) return language === 'zh' ? `${minutes} 分钟` : `${minutes} min`
  const hours = Math.round(minutes / 60)
  if (hours < 48) return language === 'zh' ? `${hours} 小时` : `${hours} h`
  const days = Math.round(hours / 24)
  return language === 'zh' ? `${days} 天` : `${days} days`
}

/** 12:05 for a countdown. */
export function clockOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const rest = `${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
  return hours ? `${hours}:${rest}` : rest
}

/** The moment at which a clock in Beijing shows this: what `exactTime` says, read back. */
export function momentOf(exact: string): number {
  return Date.parse(`${exact.replace(' ', 'T')}Z`) - OFFSET
}

/** A day as people write it (2026-11-27, 2026/11/27, 2026.11.27, 20261127, 2026年11月27日; a time behind it is left out), or null. */
export function dayOf(text: string): string | null {
  const [, year, month, date] = /^(\d{4})(?:[-/.年]\s*(\d{1,2})[-/.月]\s*(\d{1,2})日?|(\d{2})(\d{2}))(?:[T\s].*)?$/.exec(text.trim())?.filter((part) => part !== undefined) ?? []
  if (!year || !month || !date) return null
  const day = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const there = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(there.getTime()) && there.toISOString().startsWith(day) ? day : null
}
