import { computed, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { api, type Query } from '@/api/client'
import type { Page } from '@/api/page'
import type { ApiProblem } from '@/api/problem'
import { problemFor } from './loading'

/** Filters that live in the address, so that a list can be sent to a colleague and survives going back. */
export function useUrlFilters<Filters extends Record<string, string>>(defaults: Filters) {
  const route = useRoute()
  const router = useRouter()

  const filters = computed<Filters>(() => {
    const found = { ...defaults }
    for (const name of Object.keys(defaults) as (keyof Filters & string)[]) {
      const value = route.query[name]
      if (typeof value === 'string') found[name] = value as Filters[typeof name]
    }
    return found
  })

  function set(change: Partial<Filters>): void {
    const query = { ...route.query }
    for (const [name, value] of Object.entries(change)) {
      if (value && value !== defaults[name]) query[name] = value
      else delete query[name]
    }
    void router.replace({ query })
  }

  const changed = computed(() => Object.keys(defaults).some((name) => filters.value[name] !== defaults[name]))

  function clear(): void {
    set(defaults)
  }

  return { filters, set, clear, changed }
}

/** A list that is read page by page from the platform, anew whenever its query changes. */
export function usePagedList<Item>(path: string, query: () => Query) {
  const items = shallowRef<Item[]>([])
  const cursor = ref<string | null>(null)
  const loading = ref(true)
  const problem = ref<ApiProblem | null>(null)
  let turn = 0

  async function read(from: string | null): Promise<void> {
    const mine = (turn += 1)
    loading.value = true
    try {
      const page = await api.get<Page<Item>>(path, { ...query(), cursor: from, limit: 50 })
      if (mine !== turn) return
      items.value = from ? [...items.value, ...page.items] : page.items
      cursor.value = page.next_cursor
      problem.value = null
    } catch (error) {
      if (mine === turn) problem.value = problemFor(error)
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  const reload = () => read(null)
  const more = () => read(cursor.value)
  watch(() => JSON.stringify(query()), reload, { immediate: true })

  return { items, loading, problem, hasMore: computed(() => cursor.value !== null), reload, more }
}
