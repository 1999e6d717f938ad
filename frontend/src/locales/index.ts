import { createI18n } from 'vue-i18n'
import admin from './admin'
import approvals from './approvals'
import audits from './audits'
import auth from './auth'
import authority from './authority'
import shell from './shell'
import count from './count'
import custody from './custody'
import engravers from './engravers'
import imprints from './imprints'
import originals from './originals'
import sentCopies from './sentCopies'
import devices from './devices'
import evidence from './evidence'
import handovers from './handovers'
import issueForms from './issueForms'
import jobs from './jobs'
import keeping from './keeping'
import leaving from './leaving'
import paperPermits from './paperPermits'
import face from './face'
import passkeys from './passkeys'
import privacy from './privacy'
import loans from './loans'
import pressCheck from './pressCheck'
import calendar from './calendar'
import changes from './changes'
import duties from './duties'
import permits from './permits'
import requests from './requests'
import roster from './roster'
import tableFaults from './tableFaults'
import seals from './seals'
import sealLife from './sealLife'
import sealLifeStatus from './sealLifeStatus'
import type { Messages } from './bilingual'
import scenarios from './scenarios'
import settings from './settings'
import statements from './statements'
import stocktakes from './stocktakes'
import surveys from './surveys'
import ways from './ways'
import wizard from './wizard'

export type Language = 'zh' | 'en'

const parts = { ...shell, ...sealLifeStatus, audits, auth, engravers, permits, requests, wizard, approvals, seals, sealLife, count, custody, devices, handovers, loans, originals, imprints, sentCopies, evidence, authority, admin, issueForms, keeping, leaving, paperPermits, passkeys, pressCheck, jobs, scenarios, settings, statements, stocktakes, surveys, ways, duties, calendar, changes, face, privacy, roster, tableFaults }

function inLanguage(language: Language): Messages {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part[language] as Messages]))
}

const STORED = 'shuangyin.language'

function initialLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang')
  const wanted = asked ?? localStorage.getItem(STORED) ?? navigator.language
  // Nobody has chosen yet: the browser's language decides, and whoever does not read Chinese gets English.
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export const i18n = createI18n<false>({
  legacy: false,
  locale: initialLanguage(),
  fallbackLocale: 'zh',
  messages: { zh: inLanguage('zh'), en: inLanguage('en') },
})

export function currentLanguage(): Language {
  return i18n.global.locale.value === 'en' ? 'en' : 'zh'
}

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem(STORED, language)
  showLanguage()
}

export function showLanguage(): void {
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-CN' : 'en'
}

/** A sentence outside of a component. */
export function translate(key: string, values: Record<string, unknown> = {}): string {
  return i18n.global.t(key, values)
}

export interface BothLanguages {
  zh: string
  en: string
}

/** The sentence of a text that the platform gives in both languages. */
export function inCurrentLanguage(text: BothLanguages | string | null | undefined): string {
  if (!text) return ''
  if (typeof text === 'string') return text
  return currentLanguage() === 'en' ? text.en || text.zh : text.zh
}
