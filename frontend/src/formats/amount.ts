import type { Language } from '@/locales'

/** Writes an amount given in the smallest unit: 128000000 becomes 1,280,000.00 元. */
export function sayAmount(minor: number | null | undefined, currency: string, language: Language): string {
  if (minor === null || minor === undefined) return language === 'zh' ? '未填写金额' : 'no amount'
  const sign = minor < 0 ? '-' : ''
  const digits = String(Math.abs(Math.trunc(minor))).padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  const text = `${sign}${whole}.${digits.slice(-2)}`
  if (currency === 'CNY') return language === 'zh' ? `${text} 元` : `CNY ${text}`
  return `${currency} ${text}`
}

/** Reads what a person typed, in units, as an integer of the smallest unit. Null when it is empty; undefined when it is no amount. */
export function readAmount(text: string): number | null | undefined {
  const plain = text.replace(/[,，\s元¥￥]/g, '')
  if (plain === '') return null
  const match = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(plain)
  if (!match) return undefined
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
}

/** The amount for an input field: 1280000.00 without separators. */
export function editableAmount(minor: number | null | undefined): string {
  if (minor === null || minor === undefined) return ''
  const digits = String(minor).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** 8,192 bytes as 8.0 KB. */
export function saySize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
