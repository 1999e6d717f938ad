import type { Shape } from './shapes'

/** Shapes of the rules, of what is granted, of evidence, and of the code tables. */
export type ScenarioRule = Shape<'ScenarioRuleOut'>
export type ScenarioList = Shape<'ScenarioListOut'>
export type Grant = Shape<'GrantOut'>
export type EvidenceEntry = Shape<'EvidenceEntryOut'>
export type Citation = Shape<'CitationOut'>
export type DocumentKind = Shape<'DocumentKindOut'>
