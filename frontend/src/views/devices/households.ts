/** One household as it is sent: floor area in square centimetres. */
export interface ListedHousehold {
  label: string
  area_cm2: number | null
}

export interface ReadList {
  households: ListedHousehold[]
  wrong: { line: number; text: string } | null
}

const LONGEST = 100

/** A list of households as people write it: one a line, the area in square metres after the last comma. */
export function readHouseholds(text: string): ReadList {
  const households: ListedHousehold[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trim()) continue
    const found = readLine(line.trim())
    if (!found) return { households, wrong: { line: index + 1, text: line.trim().slice(0, 40) } }
    households.push(found)
  }
  return { households, wrong: null }
}

function readLine(line: string): ListedHousehold | null {
  const parts = /^(.*?)[,，\t]\s*([0-9]+(?:\.[0-9]{1,4})?)$/u.exec(line)
  const label = (parts?.[1] ?? line).trim()
  if (!label || label.length > LONGEST) return null
  if (!parts) return { label, area_cm2: null }
  const area = Math.round(Number(parts[2]) * 10_000)
  return area >= 1 && area <= 1e9 ? { label, area_cm2: area } : null
}
