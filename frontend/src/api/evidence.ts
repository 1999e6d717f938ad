import type { Shape } from './shapes'

/** Evidence as the explorer and the page of the log's state read it. */
export type EntryFound = Shape<'EntryFoundOut'>
export type EntryDetail = Shape<'EntryDetailOut'>
export type EntryKind = Shape<'KindOut'>
export type ProofPath = Shape<'PathOut'>
export type LogState = Shape<'LogStateOut'>
export type LogProblem = Shape<'LogProblemOut'>
export type WitnessState = Shape<'WitnessStateOut'>
export type Anchor = Shape<'AnchorOut'>
export type EntryAnchor = Shape<'EntryAnchorOut'>
export type SealUse = Shape<'SealUseOut'>
export type Audit = Shape<'AuditOut'>
export type AuditRun = Shape<'AuditRunOut'>
