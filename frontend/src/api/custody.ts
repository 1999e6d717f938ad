import type { PersonRef } from './people'

export interface SafeSeal {
  seal_id: string
  name: string
  slot: string
  status: string
  whereabouts: string | null
}

export interface Safe {
  id: string
  name: string
  place: string
  custodian: PersonRef
  seals: SafeSeal[]
  version: number
}

export interface OpeningSeal {
  seal_id: string
  name: string
  permitted_normal: number
  permitted_seam: number
  spare: number
  used_normal: number
  used_seam: number
  used_cover: number
  spoiled: number
}

export interface WaitingRequest {
  id: string
  number: string
  title: string
  reason: string
  copies: number
  applicant: PersonRef
  approvers: PersonRef[]
  approved_at: number | null
  safe_id: string | null
  seals: OpeningSeal[]
}

export interface Photo {
  id: string
  use_id: string | null
  moment: 'document' | 'returned'
  sm3: string
  taken_by: PersonRef
  taken_at: number
  url: string
}

export interface PhysicalUse {
  id: string
  number: string
  opening_id: string
  request_id: string
  request_number: string
  title: string
  reason: string
  seal_id: string
  seal_name: string
  seal_code: string | null
  copies: number
  applied: number
  normal: number
  seam: number
  cover: number
  spoiled: number
  applicant: PersonRef
  approvers: PersonRef[]
  presser: PersonRef
  reviewer: PersonRef
  pressed_at: number
  returned_at: number | null
  photos: Photo[]
  verification_url: string
  remark: string | null
}

export type OpeningStatus = 'pending' | 'open' | 'closed' | 'expired'

export interface Opening {
  id: string
  number: string
  status: OpeningStatus
  safe: Safe
  custodian: PersonRef
  reviewer: PersonRef
  requested_at: number
  expires_at: number
  custodian_confirmed_at: number | null
  reviewer_confirmed_at: number | null
  opened_at: number | null
  closes_by: number | null
  closed_at: number | null
  requests: WaitingRequest[]
  uses: PhysicalUse[]
  photos: Photo[]
  version: number
}
