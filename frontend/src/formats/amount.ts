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

/** The largest amount that the platform takes, in the smallest unit of a currency. */
export const MOST_MINOR = 10 ** 15
/** How many zeros a unit stands for, as people write 150万 and 1.5亿. */
const ZEROS: Record<string, number> = { '': 0, 万: 4, 萬: 4, 百万: 6, 千万: 7, 亿: 8, 億: 8, 万亿: 12 }
const NUMBER = /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/

/** Full-width digits and signs as plain ones, without spaces and what only says that it is money. */
function plainly(text: string): string {
  return text
    .replace(/[\uFF01-\uFF5E]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/\s|人民币|[¥￥]|[元圆]整?$/g, '')
}

/** Digits with so many zeros behind them, in the smallest unit; null when they are no number, or finer than it. */
function shifted(digits: string, zeros: number, decimals: number): bigint | null {
  const [, whole = '', part = ''] = NUMBER.exec(digits) ?? []
  const told = part.replace(/0+$/, '')
  const places = zeros + decimals
  if (!whole || told.length > places || (zeros === 0 && part.length > 2)) return null
  return BigInt(whole.replaceAll(',', '') + told.padEnd(places, '0'))
}

/** What a person typed means: an amount in the smallest unit, nothing, no amount of this currency, or one too large. */
export type TypedAmount = { minor: number | null; fault: null } | { minor: null; fault: 'wrong' | 'large' }

/**
 * Understands what a person typed, in units of the currency: 1500000, 1,500,000.00, １５０００００, 150万, 1.5亿, 1亿5000万.
 * Separators stand only between groups of three digits, since 1,5 is one and a half to some and fifteen to nobody.
 */
export function understandAmount(text: string, currency = HOME): TypedAmount {
  const plain = plainly(text)
  if (plain === '') return { minor: null, fault: null }
  let sum = 0n
  let above = Infinity
  for (const [, digits = '', unit = ''] of plain.matchAll(/([^万萬百千亿億]+)([万萬百千亿億]*)|[^]/g)) {
    const zeros = ZEROS[unit] ?? Infinity
    const part = zeros < above ? shifted(digits, zeros, decimalsOf(currency)) : null
    if (part === null) return { minor: null, fault: 'wrong' }
    above = zeros
    sum += part
  }
  return sum > BigInt(MOST_MINOR) ? { minor: null, fault: 'large' } : { minor: Number(sum), fault: null }
}

/**
 * Reads what a person typed, in units, as an integer of the smallest unit. Null when it is empty; undefined when it is
 * no amount of this currency, or too large.
 */
export function readAmount(text: string, currency = HOME): number | null | undefined {
  const { minor, fault } = understandAmount(text, currency)
  return fault ? undefined : minor
}

/** Whether amounts of a currency have no decimals. */
export const isWhole = (currency: string): boolean => WHOLE.has(currency)

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
