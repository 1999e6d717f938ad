/** Shapes of persons, posts, sessions and the organization. */
export interface PersonRef {
  id: string
  name: string
  post: string | null
}

export type PostKind =
  | 'legal_representative'
  | 'department_head'
  | 'employee'
  | 'custodian'
  | 'reviewer'
  | 'auditor'
  | 'administrator'

export interface Post {
  id: string
  name: string
  kind: PostKind
  department_id: string | null
  permissions: string[]
  is_office: boolean
}

export interface Department {
  id: string
  name: string
  parent_id: string | null
  version: number
}

export interface Organization {
  id: string
  name: string
  uscc: string
  category: string
  region_code: string
  status: string
  version: number
}

export interface Counterparty {
  id: string
  name: string
  uscc: string | null
  uscc_exception: string | null
  takes_electronic: 'yes' | 'no' | 'unknown'
  checked_at: number | null
  note: string
  version: number
}

export interface NamedRef {
  id: string
  name: string
}

export interface Me {
  person: { id: string; name: string; account: string; post: string | null }
  organization: { id: string; name: string; uscc: string; category: string }
  department: NamedRef | null
  posts: { id: string; name: string; kind: PostKind; department_id: string | null }[]
  permissions: string[]
  csrf_token: string | null
  second_factor_at: number | null
  session_expires_at: number | null
  must_change_password: boolean
  recovery_codes_left: number
  language: 'zh' | 'en'
}

export type FactorMethod = 'totp' | 'recovery_code'

export interface Challenge {
  challenge: string
  methods: FactorMethod[]
  enrolment: { secret: string; uri: string } | null
  expires_at: number
}

export interface SignedIn {
  me: Me
  csrf_token: string
}

export interface HeldPost {
  holding_id: string
  post_id: string
  name: string
  kind: PostKind
  department: NamedRef | null
  from_at: number
}

export interface Person {
  id: string
  name: string
  account: string | null
  status: 'active' | 'left'
  department: NamedRef | null
  posts: HeldPost[]
  second_factor_enrolled: boolean
  created_at: number
  left_at: number | null
  version: number
}

export interface ApiToken {
  id: string
  name: string
  scopes: string[]
  created_at: number
  expires_at: number
  ended_at: number | null
}
