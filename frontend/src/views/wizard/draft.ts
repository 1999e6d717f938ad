import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { api, newKey } from '@/api/client'
import type { Decision, DecidedSeal, DocumentOut, RequestOut } from '@/api/requests'
import type { Page } from '@/api/page'
import type { Medium, Seal } from '@/api/seals'
import { isProblem, type ApiProblem } from '@/api/problem'
import { problemFor } from '@/composables/loading'
import { uploadedVersion } from '@/documents/uploading'
import { editableAmount, understandAmount } from '@/formats/amount'
import { forCopies, setSeam, startPlacing, usualSeam, type Placing } from '@/placement/placing'
import type { Carried } from './carried'

export interface Details {
  title: string
  document_kind: string
  matter: string
  channel: string
  reason: string
  amount_minor: number | null
  currency: string
  counterparty_id: string | null
  counterparty_name: string
  copies: number
  contract_number: string
  platform: string
  region: string
  amends_request_id: string | null
  part_of_request_id: string | null
  duplicate_reason: string
  paper_description: string
  paper_place: string
  /** The approved use of an old seal for a formality of a rename. */
  formality_id: string | null
}

/** A paper that comes with the application: which file, and what it is. */
export interface Attached {
  document_version_id: string
  kind: string
  file_name: string
}

/** From which rules an exception is asked, and why. */
export interface Excepting {
  rule_ids: string[]
  reason: string
}

/** Whom the applicant chose for steps of the route, and whom he named in fields of the form. */
export interface Named {
  choices: Record<string, string[]>
  fields: Record<string, string>
}

export type SaveState = 'none' | 'saving' | 'saved' | 'failed'

const EMPTY: Details = {
  title: '',
  document_kind: '',
  matter: '',
  channel: '',
  reason: '',
  amount_minor: null,
  currency: 'CNY',
  counterparty_id: null,
  counterparty_name: '',
  copies: 1,
  contract_number: '',
  platform: '',
  region: '',
  amends_request_id: null,
  part_of_request_id: null,
  duplicate_reason: '',
  paper_description: '',
  paper_place: '',
  formality_id: null,
}
const SPOKEN_OR_NULL = ['matter', 'channel', 'contract_number', 'platform', 'region', 'duplicate_reason', 'paper_description', 'paper_place'] as const
const PAUSE_MS = 700

/**
 * The application while it is being written. It saves itself to the platform a moment after each change, once the
 * kind of document is known; nothing is lost when the page is closed.
 */
export function useDraft() {
  const id = ref('')
  const version = ref<number | null>(null)
  const details = reactive<Details>({ ...EMPTY })
  const document = shallowRef<DocumentOut | null>(null)
  /** The amount as it was typed; what it means goes into the details, and what means none never does. */
  const amountText = ref('')
  const amountFault = computed(() => understandAmount(amountText.value, details.currency).fault)
  /** A paper that exists only on paper: nothing to upload, what is approved is its description. */
  const paperless = ref(false)
  const typedPresses = ref<number | null>(null)
  /** How often each seal is pressed on papers that nobody has here: once on every copy, until somebody says otherwise. */
  const presses = computed({ get: () => typedPresses.value ?? details.copies, set: (count) => (typedPresses.value = count) })
  const decision = shallowRef<Decision | null>(null)
  const decisionProblem = ref<ApiProblem | null>(null)
  const deciding = ref(false)
  const medium = ref<Medium>('electronic')
  const chosenSeals = ref<string[]>([])
  const placing = ref<Placing>([])
  const attached = ref<Attached[]>([])
  const excepting = ref<Excepting | null>(null)
  const saveState = ref<SaveState>('none')
  const saveProblem = ref<ApiProblem | null>(null)
  const key = newKey()
  let filling = false
  let timer = 0
  let placedCopies = 1
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
  /** Papers that must be attached and are not; an issue form counts as the approval instead, where there is one. */
  const missingPapers = computed(() => {
    const there = new Set(attached.value.map((one) => one.kind))
    return (decision.value?.controls.prerequisites ?? []).filter((code) => code !== 'government_signoff' && !there.has(code))
  })
  /** What of the list's conditions is not met yet. */
  const unmet = computed<'papers' | 'repeats' | 'exception' | 'paper' | 'document' | null>(() => {
    if (paperless.value && decision.value && !(decision.value.controls.paper_only && medium.value === 'physical')) return 'document'
    if (excepting.value && !excepting.value.reason.trim()) return 'exception'
    if (decision.value?.controls.paper_only && !(details.paper_description.trim() && details.paper_place.trim())) return 'paper'
    if (missingPapers.value.length) return 'papers'
    if (repeats.value.length && !details.duplicate_reason.trim()) return 'repeats'
    return null
  })
  /** A blank form is the same file every time: there only the contract tells. */
  const repeats = computed(() => {
    const { paper_only, stub_numbered } = decision.value?.controls ?? {}
    const all = decision.value?.duplicates ?? []
    return paper_only || stub_numbered ? all.filter((one) => one.why !== 'document') : all
  })

  function facts(): Record<string, unknown> {
    return {
      document_kind: details.document_kind,
      matter: details.matter || null,
      channel: details.channel || null,
      amount_minor: details.amount_minor,
      currency: details.currency,
      counterparty_id: details.counterparty_id,
      counterparty_name: details.counterparty_name.trim(),
      platform: details.platform || null,
      region: details.region || null,
      request_id: id.value || null,
      contract_number: details.contract_number.trim() || null,
      amends_request_id: details.amends_request_id,
      part_of_request_id: details.part_of_request_id,
      formality_id: details.formality_id,
      excepted_rule_ids: excepting.value?.rule_ids ?? [],
      document_version_ids: file.value ? [file.value.id] : [],
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

  /** What was typed and is no amount is not replaced by an older one: the amount stays out of what is saved. */
  function withoutWrongAmount(whole: Record<string, unknown>): Record<string, unknown> {
    const left = Object.entries(whole).filter(([field]) => field !== 'amount_minor' && field !== 'currency')
    return amountFault.value ? Object.fromEntries(left) : whole
  }

  function body(): Record<string, unknown> {
    const optional = Object.fromEntries(SPOKEN_OR_NULL.map((field) => [field, details[field].trim() || null]))
    const reason = excepting.value?.reason.trim()
    return withoutWrongAmount({
      ...details,
      ...optional,
      exception: excepting.value && reason ? { rule_ids: excepting.value.rule_ids, reason } : null,
      attachments: attached.value.map(({ document_version_id, kind }) => ({ document_version_id, kind })),
      title: details.title.trim() || document.value?.title || '',
      medium: medium.value,
      document_version_ids: file.value ? [file.value.id] : [],
      seals: placing.value,
    })
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
    if (!details.document_kind || !(document.value || (paperless.value && details.title.trim()))) return running
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
      matter: request.matter ?? '',
      channel: request.channel ?? '',
      reason: request.reason,
      amount_minor: request.amount_minor,
      currency: request.currency,
      counterparty_id: request.counterparty_id,
      counterparty_name: request.counterparty_name ?? '',
      copies: request.copies,
      contract_number: request.contract_number ?? '',
      platform: request.platform ?? '',
      region: request.region ?? '',
      amends_request_id: request.amends_request_id,
      part_of_request_id: request.part_of_request_id,
      duplicate_reason: request.duplicate_reason ?? '',
      paper_description: request.paper_description ?? '',
      paper_place: request.paper_place ?? '',
      formality_id: request.formality_id,
    })
    amountText.value = editableAmount(request.amount_minor, request.currency)
    excepting.value = request.exception
    attached.value = request.attachments.map(({ document_version_id, kind, file_name }) => ({ document_version_id, kind, file_name }))
    document.value = withDocument
    paperless.value = uploadedVersion(withDocument) === null && Boolean(request.paper_description)
    const pressed = request.seals[0]?.presses_applied ?? request.copies
    typedPresses.value = pressed === request.copies ? null : pressed
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
    placedCopies = request.medium === 'electronic' ? 1 : request.copies
    saveState.value = 'saved'
    void decide().finally(() => (filling = false))
  }

  /** Puts back what was typed before the session ended, over the draft as it was saved. */
  function retype(typed: Carried): void {
    Object.assign(details, typed.details)
    amountText.value = typed.amountText
    void save()
    void decide()
  }

  function setDocument(next: DocumentOut): void {
    document.value = next
    paperless.value = false
    if (!details.title) details.title = next.title
    placing.value = []
  }

  /** On a paper that nobody has here seals have no places, only counts. */
  function countPresses(): void {
    placing.value = chosenSeals.value.map((seal_id) => ({ seal_id, presses_applied: presses.value, seam_presses: 0, placements: [], seam: null, qr: null }))
  }

  /** Gives every chosen seal a first place and drops what is no longer chosen. */
  function preparePlacing(): void {
    if (paperless.value) {
      countPresses()
      return
    }
    const copies = medium.value === 'electronic' ? 1 : details.copies
    const kept = forCopies(placing.value, placedCopies, copies).filter((one) => chosenSeals.value.includes(one.seal_id))
    placedCopies = copies
    const missing = seals.value.filter((seal) => !kept.some((one) => one.seal_id === seal.id))
    const fresh = startPlacing(missing, sizes.value, medium.value === 'electronic', copies)
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
    placing.value = setSeam(placing.value, first, usualSeam(first, sizes.value), sizes.value, placedCopies)
  }

  watch(
    () => JSON.stringify(facts()),
    () => {
      clearTimeout(decideTimer)
      if (!filling) decideTimer = window.setTimeout(() => void decide(), 300)
    },
  )
  // At once, so that nothing reads the amount before: the figure stays, its smallest unit follows the currency.
  watch(
    [amountText, () => details.currency],
    ([text, currency]) => {
      const { minor, fault } = understandAmount(text, currency)
      if (!fault) details.amount_minor = minor
    },
    { flush: 'sync' },
  )
  watch([medium, decision], () => void offerOtherMedium())
  watch([details, document, paperless, medium, placing, attached, excepting], saveSoon, { deep: true })

  return {
    id,
    version,
    details,
    amountText,
    amountFault,
    document,
    paperless,
    presses,
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
    attached,
    excepting,
    missingPapers,
    repeats,
    unmet,
    saveState,
    saveProblem,
    save,
    fill,
    retype,
    setDocument,
    preparePlacing,
  }
}

export type Draft = ReturnType<typeof useDraft>
