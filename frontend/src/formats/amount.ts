import type { Language } from '@/locales'

/** Currencies without a smaller unit: their amounts are whole numbers of the unit itself (ISO 4217). */
const WHOLE = new Set(['JPY', 'KRW', 'VND'])
const HOME = 'CNY'
/** Currencies that an application offers; one that a list has a rate for, or a draft holds, is offered beside them. */
export const CURRENCIES = [HOME, 'USD', 'EUR', 'HKD', 'JPY', 'GBP', 'CHF', 'AUD', 'CAD', 'SGD', 'KRW', 'RUB', 'THB'] as const

const decimalsOf = (currency: string): number => (WHOLE.has(currency) ? 0 : 2)

/** An amount of the smallest unit as digits of the unit: 128000000 becomes 1280000.00. */
function digitsOf(minor: number, currency: string): string {
  const decimals = decimalsOf(currency)
  const digits = String(Math.abs(Math.trunc(minor))).padStart(decimals + 1, '0')
  return decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits
}

/** Writes an amount given in the smallest unit: 128000000 becomes 1,280,000.00 元. */
export function sayAmount(minor: number | null | undefined, currency: string, language: Language): string {
  if (minor === null || minor === undefined) return language === 'zh' ? '未填写金额' : 'no amount'
  const [whole = '', part] = digitsOf(minor, currency).split('.')
  const text = `${minor < 0 ? '-' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${part ? `.${part}` : ''}`
  if (currency === HOME) return language === 'zh' ? `${text} 元` : `CNY ${text}`
  return `${currency} ${text}`
}

/**
 * Reads what a person typed, in units, as an integer of the smallest unit. Null when it is empty; undefined when it is
 * no amount of this currency.
 */
export function readAmount(text: string, currency = HOME): number | null | undefined {
  const plain = text.replace(/[,，\s元¥￥]/g, '')
  if (plain === '') return null
  const match = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(plain)
  if (!match) return undefined
  const decimals = decimalsOf(currency)
  const part = match[2] ?? ''
  if (part.length > decimals) return undefined
  return Number(match[1]) * 10 ** decimals + Number(part.padEnd(decimals, '0'))
}

/** The amount for an input field: 1280000.00 without separators. */
export function editableAmount(minor: number | null | undefined, currency = HOME): string {
  return minor === null || minor === undefined ? '' : digitsOf(minor, currency)
}

/** 8,192 bytes as 8.0 KB. */
export function saySize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/** A rate in yuan for one unit, as people say it, of one in fen as the platform keeps it: 712.34 becomes 7.1234. */
export function yuanRate(fen: string): string {
  const [whole = '', part = ''] = fen.trim().split('.')
  if (!/^\d+$/.test(whole)) return fen
  const digits = `${whole.padStart(3, '0')}${part}`
  const at = digits.length - part.length - 2
  return `${digits.slice(0, at)}.${digits.slice(at)}`.replace(/\.?0+$/, '')
}

/** The rate in fen of one typed in yuan; what is no number is handed on for the platform to refuse. */
export function fenRate(yuan: string): string {
  const [whole = '', part = ''] = yuan.trim().split('.')
  if (!/^\d+$/.test(whole) || !/^\d*$/.test(part)) return yuan.trim()
  const padded = part.padEnd(2, '0')
  const fen = `${whole}${padded.slice(0, 2)}`.replace(/^0+(?=\d)/, '')
  const rest = padded.slice(2).replace(/0+$/, '')
  return rest ? `${fen}.${rest}` : fen
}
