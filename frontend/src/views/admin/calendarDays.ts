/** One line of a list of days: off, worked, or again as published. */
export interface DayLine {
  day: string
  kind: 'off' | 'worked' | 'published'
  note: string
}

const KINDS: Record<string, DayLine['kind']> = { off: 'off', 休: 'off', 休息: 'off', worked: 'worked', 班: 'worked', 上班: 'worked', published: 'published', 恢复: 'published' }
const DAY_MS = 86_400_000

function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** The days of a file with the columns day, kind and note; and the numbers of the lines that say neither. */
export function readDays(text: string): { days: DayLine[]; wrong: number[] } {
  const days: DayLine[] = []
  const wrong: number[] = []
  for (const [at, line] of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/).entries()) {
    if (!line.trim()) continue
    const [day = '', word = '', ...rest] = line.split(/[,，\t]/).map((part) => part.trim())
    const kind = KINDS[word.toLowerCase()]
    if (isDay(day) && kind) days.push({ day, kind, note: rest.join('，').slice(0, 200) })
    // The first line may be the names of the columns.
    else if (at > 0 || /\d/.test(day)) wrong.push(at + 1)
  }
  return { days, wrong }
}

/** Days that follow one another as a span. */
export function spansOf(days: string[]): string[] {
  const spans: [string, string][] = []
  for (const day of days) {
    const last = spans.at(-1)
    if (last && Date.parse(day) - Date.parse(last[1]) === DAY_MS) last[1] = day
    else spans.push([day, day])
  }
  return spans.map(([first, end]) => (first === end ? first : `${first} ~ ${end.slice(5)}`))
}
