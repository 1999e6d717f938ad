import type { PersonRef } from './people'

export type Medium = 'electronic' | 'physical'

export type SealStatus =
  | 'draft'
  | 'in_force'
  | 'suspended'
  | 'lost'
  | 'scrapped'
  | 'surrendered'
  | 'destroyed'
  | 'revoked'

export type SealAct = 'activate' | 'suspend' | 'resume'

export interface Seal {
  id: string
  medium: Medium
  name: string
  face_text: string
  face_words: string | null
  category: string
  ga_type: string
  sequence_number: number | null
  shape: string
  width_mm: number
  height_mm: number
  seal_code: string | null
  es_id: string | null
  origin: 'issued' | 'trial' | null
  status: SealStatus
  whereabouts: 'in_safe' | 'in_use' | 'out_on_loan' | null
  counterpart_id: string | null
  counterpart: { id: string; name: string; medium: Medium } | null
  keeper: PersonRef | null
  filing_no: string | null
  filing_authority: string | null
  filed_at: number | null
  valid_from: number | null
  valid_until: number | null
  has_specimen: boolean
  version: number
}

export interface SealDetail extends Seal {
  events: SealEvent[]
  remarks: { zh: string; en: string }[]
  certificate: { subject: string; issuer: string; serial: string; not_before: number; not_after: number; trial: boolean } | null
  /** What the caller may do now: activate, suspend, resume, set_keeper. */
  actions: string[]
}

export interface SealEvent {
  id: string
  at: number
  kind: string
  status_after: SealStatus
  person: PersonRef | null
  note: string | null
}
