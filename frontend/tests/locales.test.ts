import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { i18n } from '@/locales'
import type { Messages } from '@/locales/bilingual'

function keysOf(messages: Messages, prefix = ''): string[] {
  return Object.entries(messages).flatMap(([name, value]) =>
    typeof value === 'string' ? [`${prefix}${name}`] : keysOf(value, `${prefix}${name}.`),
  )
}

function sentence(messages: Messages, key: string): string {
  return key.split('.').reduce<Messages | string>((at, name) => (at as Messages)[name] ?? '', messages) as string
}

/** A plural names its number once for each form. */
const placeholders = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sources(path) : /\.(vue|ts)$/.test(entry.name) ? [path] : []
  })
}

const messages = i18n.global.messages.value as unknown as { zh: Messages; en: Messages }
const { zh, en } = messages
const keys = keysOf(zh)

describe('catalogue', () => {
  it('has the same keys in both languages', () => {
    expect(keysOf(en).sort()).toEqual([...keys].sort())
  })

  it('has the same placeholders in both languages', () => {
    const different = keys.filter((key) => placeholders(sentence(zh, key)).join() !== placeholders(sentence(en, key)).join())
    expect(different).toEqual([])
  })

  it('has no Chinese left in English', () => {
    expect(keys.filter((key) => /[\u4e00-\u9fff]/.test(sentence(en, key)))).toEqual([])
  })

  it('knows every key that the sources name', () => {
    const known = new Set(keys)
    const missing = sources('src').flatMap((path) => {
      const text = readFileSync(path, 'utf8')
      const named = [...text.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? '')
      return named.filter((key) => !known.has(key)).map((key) => `${path}: ${key}`)
    })
    expect(missing).toEqual([])
  })
})
