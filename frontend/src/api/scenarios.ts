import type { Shape } from './shapes'

/** Shapes of the rules, of what is granted, of evidence, and of the code tables. */
export type ScenarioRule = Shape<'ScenarioRuleOut'>
export type RuleBody = Shape<'RuleBody'>
export type ScenarioList = Shape<'ScenarioListOut'>
export type ScenarioListSummary = Shape<'ScenarioListSummary'>
export type ListComparison = Shape<'ListComparison'>
export type RuleChange = Shape<'RuleChange'>
export type PartChange = Shape<'PartChange'>
export type Faults = Shape<'FaultsOut'>
export type Starter = Shape<'StarterOut'>
export type Acknowledgement = Shape<'AcknowledgementOut'>
export type EvidenceEntry = Shape<'EvidenceEntryOut'>
export type Citation = Shape<'CitationOut'>
export type DocumentKind = Shape<'DocumentKindOut'>
export type Platform = Shape<'PlatformOut'>
export type Simulation = Shape<'SimulationOut'>
export type SimulationLine = Shape<'SimulationLineOut'>
export type PaperKind = Shape<'PaperKindOut'>
