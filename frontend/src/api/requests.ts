import type { Shape } from './shapes'

/** Shapes of applications, their decisions, approvals and documents. */
export type RequestSummary = Shape<'RequestSummary'>
export type RequestOut = Shape<'RequestOut'>
/** A seal of an application as the wizard writes it, with counts that it always states. */
export type RequestSeal = Required<Shape<'RequestSealBody'>> & { presses_applied: number; seam_presses: number }
export type SealPlace = Shape<'PlaceBody'>
export type Seam = Shape<'SeamBody'>
export type QrPlace = Shape<'QrBody'>
export type TimelineItem = Shape<'TimelineItem'>
export type UseOut = Shape<'RequestUseOut'>
export type VoidReason = Shape<'VoidReasonOut'>

export type Decision = Shape<'PreviewOut'>
export type LikeRequest = Shape<'LikeRequest'>
export type RefusedMedium = Shape<'RefusedMediumOut'>
export type RouteStepPlan = Shape<'RouteStepOut'>

/** What the placing of a seal needs to know of it. */
export type DecidedSeal = Pick<Shape<'DecidedSeal'>, 'id' | 'name' | 'medium' | 'category' | 'width_mm' | 'height_mm'> & {
  /** The category of the decision that this seal serves. */
  for_category?: string
}

export type DocumentOut = Shape<'DocumentOut'>
export type DocumentVersion = Shape<'DocumentVersionOut'>
export type PageSizes = DocumentVersion['page_sizes']

export type ApprovalItem = Shape<'ApprovalItem'>
export type ApprovalStep = Shape<'ApprovalStepOut'>
export type ApprovalVerdict = Shape<'DecisionKind'>
export type ApprovalRouteOut = Shape<'ApprovalRouteOut'>
export type ApprovalRevision = Shape<'RevisionOut'>
export type ApprovalDifference = Shape<'DifferenceOut'>
export type RouteItem = Shape<'RouteItem'>
export type ConsultationItem = Shape<'ConsultationItem'>
export type BatchOut = Shape<'BatchOut'>
export type RouteDefinition = Shape<'RouteDefinitionOut'>
export type RoutePlan = Shape<'RoutePlanOut'>
export type PlannedStep = Shape<'PlannedStepOut'>
export type Duty = Shape<'DutyOut'>
export type OwedDuty = Shape<'OwedDutyOut'>
export type IssueForm = Shape<'IssueFormOut'>
export type StepDefinition = Shape<'StepDefinitionBody'>
