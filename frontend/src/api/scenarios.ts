import type { PersonRef } from './people'
import type { Controls } from './requests'

export interface ScenarioRule {
  id: string
  position: number
  name_zh: string
  name_en: string
  conditions: {
    document_kinds: string[]
    matters: string[]
    channels: string[]
    counterparty: ('yes' | 'no' | 'unknown')[]
    departments: string[]
    amount_from_minor: number | null
    amount_below_minor: number | null
    currency: string
  }
  answer: {
    medium: 'electronic' | 'physical' | 'either' | 'both' | null
    order: string | null
    seal_categories: string[]
    route: { post_kind: string; scope: string; mode: string; second_factor: 'each' | 'window' }[]
    controls: Controls | null
    high_risk: boolean
  }
  strength: 'must' | 'should'
  basis: string
  citation: string | null
  reason_zh: string
  reason_en: string
}

export interface ScenarioList {
  id: string
  version_number: number
  title: string
  status: 'draft' | 'in_force' | 'superseded'
  valid_from: number | null
  valid_until: number | null
  review_on: string | null
  regulation_text: string
  created_at: number
  created_by: PersonRef
  approved_by: PersonRef | null
  rules_digest: string | null
  rules: ScenarioRule[]
  version: number
}

export type GrantAct = 'auto_seal' | 'press' | 'approve' | 'apply'

export interface Grant {
  id: string
  parent_id: string | null
  act: GrantAct
  seal_id: string | null
  seal_name: string | null
  holder_person: PersonRef | null
  holder_post: { id: string; name: string } | null
  amount_limit_minor: number | null
  count_limit: number | null
  count_reserved: number
  count_used: number
  valid_from: number
  valid_until: number
  granted_by: PersonRef
  granted_at: number
  status: 'active' | 'ended'
  in_force: boolean
  ended_at: number | null
  reason: string
  end_reason: string | null
  version: number
}

export interface EvidenceEntry {
  id: string
  kind: string
  zh: string
  en: string
  subject_type: string
  subject_id: string
  recorded_at: number
  log_index: number | null
  digest: string
}

export interface Citation {
  code: string
  kind: string
  zh: string
  en: string
  article: string
  summary_zh: string
  summary_en: string
  valid_from: string | null
}

export interface DocumentKind {
  code: string
  zh: string
  en: string
  has_amount: boolean
  has_counterparty: boolean
}
