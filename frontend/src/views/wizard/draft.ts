import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { api, newKey } from '@/api/client'
import type { Decision, DecidedSeal, DocumentOut, DocumentVersion, RequestOut } from '@/api/requests'
import type { Page } from '@/api/page'
import type { Medium, Seal } from '@/api/seals'
import { isProblem, type ApiProblem } from '@/api/problem'
import { problemFor } from '@/composables/loading'
import { setSeam, startPlacing, usualSeam, type Placing } from '@/placement/placing'

export interface Details {
  title: string
  document_kind: string
  reason: string
  amount_minor: number | null
  counterparty_id: string | null
  counterparty_name: string
  copies: number
}

export type SaveState = 'none' | 'saving' | 'saved' | 'failed'

const EMPTY: Details = {
  title: '',
  document_kind: '',
  reason: '',
  amount_minor: null,
  counterparty_id: null,
  counterparty_name: '',
  copies: 1,
}
const PAUSE_MS = 700

/** The newest version that was uploaded: what is to be sealed. */
export function uploadedVersion(document: DocumentOut | null): DocumentVersion | null {
  const uploaded = document?.versions.filter((version) => version.origin === 'uploaded') ?? []
  return uploaded.reduce<DocumentVersion | null>((newest, one) => (newest && newest.number > one.number ? newest : one), null)
}

/**
 * The application while it is being written. It saves itself to the platform a moment after each change, once the
 * kind of document is known; nothing is lost when the page is closed.
 */
export function useDraft() {
  const id = ref('')
  const version = ref<number | null>(null)
  const details = reactive<Details>({ ...EMPTY })
  const document = shallowRef<DocumentOut | null>(null)
  const decision = shallowRef<Decision | null>(null)
  const decisionProblem = ref<ApiProblem | null>(null)
  const deciding = ref(false)
  const medium = ref<Medium>('electronic')
  const chosenSeals = ref<string[]>([])
  const placing = ref<Placing>([])
  const saveState = ref<SaveState>('none')
  const saveProblem = ref<ApiProblem | null>(null)
  const key = newKey()
  let filling = false
  let timer = 0
  let running: Promise<void> = Promise.resolve()
  let decideTimer = 0
  let decideTurn = 0

  const file = computed(() => uploadedVersion(document.value))
  const sizes = computed(() => file.value?.page_sizes ?? [])

  const refusal = computed(() => decision.value?.refused_media.find((refused) => refused.medium === medium.value) ?? null)
  const otherSeals = shallowRef<DecidedSeal[]>([])
  /** Seals that fit the decision; for a medium that is merely not recommended, those of the register. */
  const offeredSeals = computed<DecidedSeal[]>(() => {
    const fitting = decision.value?.seals.filter((seal) => seal.medium === medium.value) ?? []
    return fitting.length ? fitting : otherSeals.value
  })
  const seals = computed(() => offeredSeals.value.filter((seal) => chosenSeals.value.includes(seal.id)))
  const complete = computed(() => Boolean(details.title.trim() && details.document_kind && details.reason.trim()))

  function facts(): Record<string, unknown> {
    return {
      document_kind: details.document_kind,
      amount_minor: details.amount_minor,
      currency: 'CNY',
      counterparty_id: details.counterparty_id,
    }
  }

  async function decide(): Promise<void> {
    if (!details.document_kind) return
    const mine = (decideTurn += 1)
    deciding.value = true
    try {
      const found = await api.post<Decision>('/requests/decision', facts())
      if (mine !== decideTurn) return
      decisionProblem.value = null
      accept(found)
    } catch (error) {
      if (mine === decideTurn) decisionProblem.value = problemFor(error)
    } finally {
      if (mine === decideTurn) deciding.value = false
    }
  }

  function accept(found: Decision): void {
    const first = decision.value === null && !filling && !id.value
    const before = decision.value?.medium
    decision.value = found
    if (first || before !== found.medium) {
      if (found.medium === 'electronic' || found.medium === 'physical') medium.value = found.medium
    }
  }

  /** Keeps the person's choice where it is still offered, else takes one seal of each category. */
  function chooseSeals(): void {
    const kept = chosenSeals.value.filter((one) => offeredSeals.value.some((seal) => seal.id === one))
    if (kept.length) {
      chosenSeals.value = kept
      return
    }
    const seen = new Set<string>()
    chosenSeals.value = offeredSeals.value.flatMap((seal) => {
      const category = seal.for_category ?? seal.category
      if (seen.has(category)) return []
      seen.add(category)
      return [seal.id]
    })
  }

  async function offerOtherMedium(): Promise<void> {
    otherSeals.value = []
    const found = decision.value
    if (found && !refusal.value && !found.seals.some((seal) => seal.medium === medium.value)) {
      const page = await api.get<Page<Seal>>('/seals', { medium: medium.value, status: 'in_force', limit: 200 }).catch(() => null)
      otherSeals.value = (page?.items ?? []).filter((seal) => found.seal_categories.includes(seal.category))
    }
    chooseSeals()
  }

  function body(): Record<string, unknown> {
    return {
      ...details,
      title: details.title.trim() || document.value?.title || '',
      currency: 'CNY',
      medium: medium.value,
      document_version_ids: file.value ? [file.value.id] : [],
      seals: placing.value,
    }
  }

  async function write(): Promise<void> {
    saveState.value = 'saving'
    try {
      const saved = id.value
        ? await api.patch<RequestOut>(`/requests/${id.value}`, body(), { version: version.value })
        : await api.post<RequestOut>('/requests', body(), { key })
      id.value = saved.id
      version.value = saved.version
      saveState.value = 'saved'
      saveProblem.value = null
    } catch (error) {
      saveState.value = 'failed'
      saveProblem.value = problemFor(error)
      if (isProblem(error, 'STALE_VERSION')) throw error
    }
  }

  /** Saves now and waits for it. */
  function save(): Promise<void> {
    clearTimeout(timer)
    if (!details.document_kind || !document.value) return running
    running = running.catch(() => undefined).then(write)
    return running
  }

  function saveSoon(): void {
    if (filling) return
    clearTimeout(timer)
    timer = window.setTimeout(() => void save(), PAUSE_MS)
  }

  /** A fresh start, or an existing draft read from the platform. */
  function fill(request: RequestOut, withDocument: DocumentOut | null): void {
    filling = true
    id.value = request.id
    version.value = request.version
    Object.assign(details, {
      title: request.title,
      document_kind: request.document_kind,
      reason: request.reason,
      amount_minor: request.amount_minor,
      counterparty_id: request.counterparty_id,
      counterparty_name: request.counterparty_name ?? '',
      copies: request.copies,
    })
    document.value = withDocument
    medium.value = request.medium
    chosenSeals.value = request.seals.map((seal) => seal.seal_id)
    placing.value = request.seals.map(({ seal_id, presses_applied, seam_presses, placements, seam, qr }) => ({
      seal_id,
      presses_applied,
      seam_presses,
      placements,
      seam,
      qr,
    }))
    saveState.value = 'saved'
    void decide().finally(() => (filling = false))
  }

  function setDocument(next: DocumentOut): void {
    document.value = next
    if (!details.title) details.title = next.title
    placing.value = []
  }

  /** Gives every chosen seal a first place and drops what is no longer chosen. */
  function preparePlacing(): void {
    const kept = placing.value.filter((one) => chosenSeals.value.includes(one.seal_id))
    const missing = seals.value.filter((seal) => !kept.some((one) => one.seal_id === seal.id))
    const fresh = startPlacing(missing, sizes.value, medium.value === 'electronic')
    const hasQr = kept.some((one) => one.qr)
    const next = [...kept, ...fresh.map((one) => (hasQr ? { ...one, qr: null } : one))]
    placing.value = medium.value === 'electronic' ? next : next.map((one) => ({ ...one, qr: null }))
    addRequiredSeam()
  }

  /** Where the decision demands a riding seam, the first seal carries one from the start. */
  function addRequiredSeam(): void {
    const first = seals.value[0]
    const required = decision.value?.controls.seam === 'required' && sizes.value.length > 1
    if (!first || !required || placing.value.some((one) => one.seam)) return
    placing.value = setSeam(placing.value, first, usualSeam(first, sizes.value), sizes.value)
  }

  watch(
    () => JSON.stringify(facts()),
    () => {
      clearTimeout(decideTimer)
      if (!filling) decideTimer = window.setTimeout(() => void decide(), 300)
    },
  )
  watch([medium, decision], () => void offerOtherMedium())
  watch([details, document, medium, placing], saveSoon, { deep: true })

  return {
    id,
    version,
    details,
    document,
    file,
    sizes,
    decision,
    deciding,
    decisionProblem,
    decide,
    medium,
    refusal,
    offeredSeals,
    chosenSeals,
    seals,
    placing,
    complete,
    saveState,
    saveProblem,
    save,
    fill,
    setDocument,
    preparePlacing,
  }
}

export type Draft = ReturnType<typeof useDraft>
