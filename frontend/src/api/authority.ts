import type { Shape } from './shapes'

/** Shapes of grants, delegations, the questions about authority, and later reviews. */
export type Grant = Shape<'GrantOut'>
export type Office = Shape<'OfficeOut'>
export type Answer = Shape<'AnswerOut'>
export type Power = Shape<'PowerOut'>
export type Link = Shape<'LinkOut'>
export type Delegation = Shape<'DelegationOut'>
export type Review = Shape<'ReviewOut'>
export type SmallUnit = Shape<'SmallUnitOut'>
