import { onBeforeUnmount } from 'vue'
import { addressOf } from '@/api/client'

/**
 * What has changed, told by the platform while a page is open (server-sent events). All users of the page share one
 * connection; it begins with the first and ends with the last, and the browser itself comes back after a break.
 */
export type LiveTopic = 'approvals' | 'seals' | 'openings' | 'loans' | 'surveys' | 'handovers' | 'stocktakes' | 'original-loans' | 'alarms' | 'devices'
type Listener = (subjectId: string | null) => void

const TOPICS: LiveTopic[] = ['approvals', 'seals', 'openings', 'loans', 'surveys', 'handovers', 'stocktakes', 'original-loans', 'alarms', 'devices']
/** Events that come close together are one reason to read anew. */
const SETTLE_MS = 300

const listeners = new Map<LiveTopic, Set<Listener>>()
let source: EventSource | null = null

function tell(topic: LiveTopic, subjectId: string | null): void {
  for (const listener of listeners.get(topic) ?? []) listener(subjectId)
}

function subjectOf(event: Event): string | null {
  try {
    const data: unknown = JSON.parse((event as MessageEvent<string>).data)
    const found = (data as { subject_id?: unknown }).subject_id
    return typeof found === 'string' ? found : null
  } catch {
    return null
  }
}

function open(): void {
  if (source || document.hidden || typeof EventSource === 'undefined') return
  source = new EventSource(addressOf('/events'))
  for (const topic of TOPICS) source.addEventListener(topic, (event) => tell(topic, subjectOf(event)))
  source.addEventListener('resync', () => TOPICS.forEach((topic) => tell(topic, null)))
}

function close(): void {
  source?.close()
  source = null
}

const wanted = () => [...listeners.values()].some((some) => some.size)

function closeIfIdle(): void {
  if (!wanted()) close()
}

/**
 * A browser opens few connections to one server: pages that nobody sees hold none, and what they missed they read when
 * they are seen again.
 */
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    close()
  } else if (wanted()) {
    open()
    TOPICS.forEach((topic) => tell(topic, null))
  }
})

/** Calls back when something of a topic has changed: `subjectId` says what, null that it may be anything. */
export function useLive(topic: LiveTopic, changed: (subjectId: string | null) => void): void {
  let timer = 0
  let pending: string | null | undefined
  const listener: Listener = (subjectId) => {
    pending = pending === undefined || pending === subjectId ? subjectId : null
    clearTimeout(timer)
    timer = window.setTimeout(() => {
      const about = pending ?? null
      pending = undefined
      changed(about)
    }, SETTLE_MS)
  }
  const some = listeners.get(topic) ?? new Set<Listener>()
  listeners.set(topic, some.add(listener))
  open()
  onBeforeUnmount(() => {
    clearTimeout(timer)
    some.delete(listener)
    closeIfIdle()
  })
}
