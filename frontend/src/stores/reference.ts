import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '@/api/client'
import type { Page } from '@/api/page'
import type { Shape } from '@/api/shapes'
import type { Citation, DocumentKind, PaperKind, Platform } from '@/api/scenarios'
import { inCurrentLanguage, translate } from '@/locales'

function itemsOf<T>(answer: Page<T> | T[]): T[] {
  return Array.isArray(answer) ? answer : answer.items
}

/** Code tables of the platform, read once. */
export const useReference = defineStore('reference', () => {
  const kinds = ref<DocumentKind[]>([])
  const citations = ref<Citation[]>([])
  const platforms = ref<Platform[]>([])
  const matters = ref<Shape<'MatterOut'>[]>([])
  const paperKinds = ref<PaperKind[]>([])
  let asked: Promise<void> | null = null

  async function read(): Promise<void> {
    const [kindPage, citationPage, platformPage, paperPage, matterPage] = await Promise.all([
      api.get<Page<DocumentKind> | DocumentKind[]>('/reference/document-kinds'),
      api.get<Page<Citation> | Citation[]>('/reference/citations'),
      api.get<Page<Platform>>('/reference/platforms'),
      api.get<Page<PaperKind>>('/reference/paper-kinds'),
      api.get<Page<Shape<'MatterOut'>>>('/reference/matters'),
    ])
    matters.value = matterPage.items
    paperKinds.value = itemsOf(paperPage)
    kinds.value = itemsOf(kindPage)
    citations.value = itemsOf(citationPage)
    platforms.value = platformPage.items
  }

  /** Loads the tables when they are not there yet; a failure leaves codes where names would stand. */
  function load(): Promise<void> {
    asked ??= read().catch(() => {
      asked = null
    })
    return asked
  }

  function kindName(code: string): string {
    return inCurrentLanguage(kinds.value.find((kind) => kind.code === code)) || code
  }

  /** A platform where papers are handed in, by its code. */
  function platformName(code: string): string {
    return inCurrentLanguage(platforms.value.find((one) => one.code === code)) || code
  }

  /** What a paper is about, by its code. */
  function matterName(code: string): string {
    return inCurrentLanguage(matters.value.find((one) => one.code === code)) || code
  }

  /** A paper that comes with an application, by its code. */
  function paperName(code: string): string {
    return inCurrentLanguage(paperKinds.value.find((kind) => kind.code === code)) || code
  }

  function citationOf(id: string | null | undefined): Citation | undefined {
    return citations.value.find((citation) => citation.code === id)
  }

  function kindOf(code: string): DocumentKind | undefined {
    return kinds.value.find((kind) => kind.code === code)
  }

  /** The title and article of a citation in the language of the page; the code itself when the table lacks it. */
  function citationText(code: string): string {
    const found = citationOf(code)
    if (!found) return code
    // The number of a document stands behind its title: 《title》（number）.
    const [, title, number] = /^(.*?)([(\uff08].*[)\uff09])?$/.exec(inCurrentLanguage(found)) ?? []
    const values = { title, number: number ?? '', article: found.article }
    return translate(found.article ? 'word.citation' : 'word.citationWhole', values)
  }

  return { matterName, paperKinds, paperName, kindOf, platformName, platforms, citationText, kinds, citations, load, kindName, citationOf }
})
