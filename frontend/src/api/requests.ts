import type { BothLanguages } from '@/locales'
import type { PersonRef } from './people'
import type { Medium } from './seals'

export type RequestStatus =
  | 'draft'
  | 'in_approval'
  | 'approved'
  | 'sealing'
  | 'sealed'
  | 'sent_back'
  | 'withdrawn'
  | 'rejected'
  | 'voided'

export type Strength = 'must' | 'should'

export interface Reason extends BothLanguages {
  rule_id: string
  rule: BothLanguages
  citation: string | null
  strength: Strength
  basis: string
  decided: string[]
}

export interface RefusedMedium {
  medium: Medium
  rule_id: string
  rule: BothLanguages
  reason: BothLanguages
  citation: string | null
  strength: Strength
  basis: string
}

export interface RouteStepPlan {
  post_kind: string
  scope: 'applicant_department' | 'organization'
  mode: 'all' | 'any' | 'in_turn'
  second_factor: 'each' | 'window'
  name: BothLanguages
}

export interface Controls {
  seam: 'allowed' | 'required'
  qr: boolean
  copies_max: number | null
  photo: 'none' | 'once' | 'each_copy'
  keep_electronic_copy: boolean
}

export interface Decision {
  medium: Medium | 'either' | 'both'
  order: string | null
  sentence: BothLanguages
  seal_categories: string[]
  seals: DecidedSeal[]
  /** Categories of which no seal is in force. */
  missing_seals: string[]
  route: RouteStepPlan[]
  controls: Controls
  high_risk: boolean
  covered: boolean
  reasons: Reason[]
  refused_media: RefusedMedium[]
  /** Single facts that, if they were otherwise, would lead to another answer. */
  changes: (BothLanguages & { fact: string; medium: string })[]
  list_version: number
  rule_ids: string[]
}

export interface DecidedSeal {
  id: string
  name: string
  medium: Medium
  category: string
  width_mm: number
  height_mm: number
  /** The category of the decision that this seal serves. */
  for_category?: string
}

export interface SealPlace {
  page: number
  x_mm: number
  y_mm: number
  /** Position of the document in the request, from 1; every document when absent. */
  document?: number | null
}

export interface Seam {
  edge: 'right' | 'left' | 'top' | 'bottom'
  y_mm: number
}

export interface QrPlace {
  page: number
  x_mm: number
  y_mm: number
  size_mm: number
}

export interface RequestSeal {
  seal_id: string
  presses_applied: number
  seam_presses: number
  placements: SealPlace[]
  seam: Seam | null
  qr: QrPlace | null
}

export interface RequestSealOut extends RequestSeal {
  id: string
  name: string
  medium: Medium
  category: string
  width_mm: number
  height_mm: number
  status: string
  keeper: PersonRef | null
}

export interface DocumentVersion {
  id: string
  document_id: string
  number: number
  origin: 'uploaded' | 'sealed'
  sm3: string
  sha256: string
  size: number
  pages: number
  page_sizes: [number, number][]
  signed_by_others: boolean
  file_name: string
  created_at: number
}

export interface DocumentOut {
  id: string
  title: string
  versions: DocumentVersion[]
}

export interface ApprovalStep {
  id: string
  position: number
  name_zh: string
  name_en: string
  mode: 'all' | 'any' | 'in_turn'
  second_factor: 'each' | 'window'
  status: string
  opened_at: number | null
  due_at: number | null
  ended_at: number | null
  assignments: { person: PersonRef; on_behalf_of: PersonRef | null; transferred_from: PersonRef | null; status: string }[]
  decisions: { person: PersonRef; decision: ApprovalVerdict; comment: string; decided_at: number; entry_id: string }[]
  version: number
}

export type ApprovalVerdict = 'approve' | 'reject' | 'send_back'

export interface ApprovalRoute {
  route_id: string
  status: string
  binding: string
  steps: ApprovalStep[]
  urged_at: number | null
}

export interface TimelineItem {
  at: number
  kind: string
  zh: string
  en: string
  person: PersonRef | null
  comment: string | null
  entry_id: string | null
}

export interface UseOut {
  id: string
  number: string
  medium: Medium
  seal_id: string
  seal_name: string
  position: number
  executed_at: number
  status: string
  verification_url: string
  document_id: string
  sealed_version_id: string | null
  sealed_version_number: number | null
}

export interface RequestSummary {
  id: string
  number: string
  title: string
  status: RequestStatus
  medium: Medium
  document_kind: string
  amount_minor: number | null
  currency: string
  counterparty_name: string
  seal_names: string[]
  applicant: PersonRef
  /** Whose decision it waits for. */
  waiting_for: PersonRef[]
  created_at: number
  submitted_at: number | null
  approved_at: number | null
  sealed_at: number | null
  version: number
}

export interface RequestDocument {
  document_version_id: string
  document_id: string
  version_number: number
  position: number
  title: string
  file_name: string
  sm3: string
  size: number
  pages: number
  page_sizes: [number, number][]
  signed_by_others: boolean
}

export type RequestAction = 'edit' | 'submit' | 'withdraw' | 'urge' | 'decide' | 'seal' | 'open_safe'

export interface RequestOut extends RequestSummary {
  matter: string | null
  channel: string | null
  reason: string
  department: { id: string; name: string } | null
  document_kind_name: BothLanguages
  counterparty_id: string | null
  copies: number
  decision: Decision | null
  list_version: number | null
  high_risk: boolean
  binding: string | null
  documents: RequestDocument[]
  seals: RequestSealOut[]
  approval: ApprovalRoute | null
  /** The step that the caller may decide now. */
  step_id: string | null
  timeline: TimelineItem[]
  uses: UseOut[]
  actions: RequestAction[]
}

export interface ApprovalItem {
  step_id: string
  route_id: string
  subject_type: string
  subject_id: string
  title: string
  number: string
  applicant: PersonRef
  step_name_zh: string
  step_name_en: string
  since: number
  due: number | null
  urged_at: number | null
  document_kind: string
  amount_minor: number | null
  currency: string
  medium: Medium
  seal_names: string[]
  counterparty_name: string
  high_risk: boolean
  second_factor: 'each' | 'window'
  binding: string
  status: string
  subject_status: RequestStatus
  decision: ApprovalVerdict | null
  decided_at: number | null
  version: number
}
