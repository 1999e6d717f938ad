import type { ApprovalItem, RequestSummary } from './requests'

export interface Alert {
  level: 'info' | 'warning' | 'danger'
  zh: string
  en: string
  link: string | null
}

export interface Workbench {
  todo: ApprovalItem[]
  mine: RequestSummary[]
  seals: Alert[]
  counts: { todo: number; mine_running: number; to_seal: number; openings: number }
}
