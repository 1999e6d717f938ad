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
  const channels = ref<Shape<'ChannelOut'>[]>([])
  const regions = ref<Shape<'RegionOut'>[]>([])
  const paperKinds = ref<PaperKind[]>([])
  let asked: Promise<void> | null = null

  async function read(): Promise<void> {
    const [kindPage, citationPage, platformPage, paperPage, matterPage, channelPage, regionPage] = await Promise.all([
      api.get<Page<DocumentKind> | DocumentKind[]>('/reference/document-kinds'),
      api.get<Page<Citation> | Citation[]>('/reference/citations'),
      api.get<Page<Platform>>('/reference/platforms'),
      api.get<Page<PaperKind>>('/reference/paper-kinds'),
      api.get<Page<Shape<'MatterOut'>>>('/reference/matters'),
      api.get<Page<Shape<'ChannelOut'>>>('/reference/channels'),
      api.get<Page<Shape<'RegionOut'>>>('/reference/regions'),
    ])
    matters.value = matterPage.items
    channels.value = channelPage.items
    regions.value = regionPage.items
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

  /** By which way a paper is handled, by its code. */
  function channelName(code: string): string {
    return inCurrentLanguage(channels.value.find((one) => one.code === code)) || code
  }

  /** A place by its code, or by the beginning of one that stands for all that lies in it. */
  function regionName(code: string): string {
    if (code === 'foreign') return translate('wizard.region_foreign')
    return inCurrentLanguage(regions.value.find((one) => one.code === code.padEnd(6, '0'))) || code
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

  return { matters, channels, regions, matterName, channelName, regionName, paperKinds, paperName, kindOf, platformName, platforms, citationText, kinds, citations, load, kindName, citationOf }
})
