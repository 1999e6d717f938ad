import { onBeforeUnmount, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiProblem } from '@/api/problem'
import { StepUpDeclined } from '@/stores/stepUp'
import { translate } from '@/locales'

/** What to tell the person about an error; null when there is nothing to tell. */
export function problemFor(error: unknown): ApiProblem | null {
  if (error instanceof StepUpDeclined) return null
  if (error instanceof DOMException && error.name === 'AbortError') return null
  if (error instanceof ApiProblem) return error
  console.error(error)
  return new ApiProblem(0, 'PAGE', translate('problem.pageTitle'), translate('problem.page'))
}

export interface Loaded<T> {
  data: ShallowRef<T | null>
  problem: Ref<ApiProblem | null>
  loading: Ref<boolean>
  reload: () => Promise<void>
}

/** Loads something and keeps the newest answer; an older answer that arrives late is dropped. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, immediate = true): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const problem = ref<ApiProblem | null>(null)
  const loading = ref(immediate)
  let running: AbortController | null = null

  async function reload(): Promise<void> {
    running?.abort()
    const mine = new AbortController()
    running = mine
    loading.value = true
    try {
      const found = await load(mine.signal)
      if (running !== mine) return
      data.value = found
      problem.value = null
    } catch (error) {
      if (running === mine) problem.value = problemFor(error)
    } finally {
      if (running === mine) loading.value = false
    }
  }

  onBeforeUnmount(() => running?.abort())
  if (immediate) void reload()
  return { data, problem, loading, reload }
}

/** Runs one command at a time and keeps its problem for display beside the button. */
export function useCommand() {
  const busy = ref(false)
  const problem = ref<ApiProblem | null>(null)

  async function run<T>(command: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    problem.value = null
    try {
      return await command()
    } catch (error) {
      problem.value = problemFor(error)
      return undefined
    } finally {
      busy.value = false
    }
  }

  return { busy, problem, run }
}
