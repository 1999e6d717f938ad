import type { Shape } from './shapes'

/** Shapes of monthly audits and their findings. */
export type Audit = Shape<'MonthlyAuditOut'>
export type Finding = Shape<'FindingOut'>
export type Findings = Shape<'Findings'>
export type AlarmFinding = Shape<'AlarmFindingOut'>
export type AlarmFindings = Shape<'AlarmFindings'>
