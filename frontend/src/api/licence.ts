import { onUnmounted, ref } from 'vue'
import { api } from './client'
import type { Challenge } from './people'
import type { Shape } from './shapes'

export type Way = Shape<'WayOut'>
export type LicenceCode = Shape<'LicenceCode'>
export type LicenceOutcome = Shape<'LicenceOutcome'>

const ASK_MS = 2000

/** Asks what became of a code until something did; `done` gets what it came to. */
export function useLicenceCode(path: string, done: (challenge: Challenge | null) => void, failed: (error: unknown) => void) {
  const code = ref<LicenceCode | null>(null)
  const ended = ref<'refused' | 'expired' | null>(null)
  let timer = 0

  function stop(): void {
    window.clearTimeout(timer)
    code.value = null
  }

  async function ask(): Promise<void> {
    const open = code.value
    if (!open) return
    try {
      const outcome = await api.post<LicenceOutcome>(`${path}/outcome`, { attempt: open.attempt })
      if (code.value !== open) return
      if (outcome.status === 'waiting') {
        timer = window.setTimeout(() => void ask(), ASK_MS)
        return
      }
      stop()
      if (outcome.status === 'confirmed') done(outcome.challenge ?? null)
      else ended.value = outcome.status
    } catch (error) {
      stop()
      failed(error)
    }
  }

  function watch(begun: LicenceCode): void {
    ended.value = null
    code.value = begun
    timer = window.setTimeout(() => void ask(), ASK_MS)
  }

  onUnmounted(stop)
  return { code, ended, watch, stop }
}
