import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { currentLanguage, inCurrentLanguage, type BothLanguages, type Language } from '@/locales'
import type { PersonRef } from '@/api/people'
import { sayAmount } from '@/formats/amount'

/** How names, amounts and code words are said in the language of the page. */
export function useSpeech() {
  const { t, te, locale } = useI18n()
  const language = computed<Language>(() => (locale.value === 'en' ? 'en' : 'zh'))

  function person(who: PersonRef | null | undefined): string {
    if (!who) return ''
    if (!who.post) return who.name
    return currentLanguage() === 'zh' ? `${who.name}（${who.post}）` : `${who.name} (${who.post})`
  }

  function amount(minor: number | null | undefined, currency = 'CNY'): string {
    return sayAmount(minor, currency, language.value)
  }

  /** A currency by its ISO 4217 code, as the language calls it. */
  function currencyName(code: string): string {
    return new Intl.DisplayNames([language.value === 'zh' ? 'zh-CN' : 'en'], { type: 'currency' }).of(code) ?? code
  }

  /** The word for a code, or the code itself when the catalogue does not know it yet. */
  function word(group: string, code: string | null | undefined): string {
    if (!code) return ''
    const key = `${group}.${code}`
    return te(key) ? t(key) : code
  }

  /** A sentence with a number in it, in the singular or the plural. */
  function counted(key: string, count: number, values: Record<string, unknown> = {}): string {
    return t(key, { count, ...values }, count)
  }

  const both = (text: BothLanguages | string | null | undefined) => (void locale.value, inCurrentLanguage(text))
  const list = (words: string[]) => words.join(language.value === 'zh' ? '、' : ', ')

  return { t, counted, language, person, amount, currencyName, word, both, list }
}
