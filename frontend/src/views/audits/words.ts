import type { Finding } from '@/api/audits'

/** Which look of the status tag a finding has. */
export function lookOf(finding: Finding): string {
  if (finding.status === 'settled') return 'done'
  if (finding.overdue) return 'overdue'
  return finding.status === 'open' ? 'suspended' : 'pending'
}

/** Key of the word for where a finding stands. */
export function wordOf(finding: Finding): string {
  return finding.overdue ? 'audits.overdue' : `audits.status_${finding.status}`
}
