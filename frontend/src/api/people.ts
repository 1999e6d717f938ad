import type { Shape } from './shapes'

/** Shapes of persons, posts, sessions and the organization. */
export type PersonRef = Shape<'PersonRef'>
export type PostKind = Shape<'PostKind'>
export type Post = Shape<'PostOut'>
export type Permission = Shape<'PermissionOut'>
export type Department = Shape<'DepartmentOut'>
export type Organization = Shape<'OrganizationOut'>
export type Counterparty = Shape<'CounterpartyOut'>
export type TakesElectronic = Shape<'TakesElectronic'>
export type Me = Shape<'Me'>
export type FactorMethod = Shape<'StepUp'>['method']
export type Challenge = Shape<'ChallengeOut'>
export type SignedIn = Shape<'SignedInOut'>
export type Person = Shape<'PersonOut'>
export type PersonAdded = Shape<'PersonAdded'>
export type ApiToken = Shape<'TokenOut'>
export type TokenAdded = Shape<'TokenAdded'>
export type Capability = Shape<'CapabilityOut'>
export type PartPlan = Shape<'PartPlanOut'>
export type Transition = Shape<'TransitionOut'>
export type OrganizationTransition = Shape<'OrganizationTransitionOut'>
export type TransitionPreview = Shape<'TransitionPreview'>
export type PasskeyOptions = Shape<'PasskeyOptions'>
export type Passkey = Shape<'PasskeyOut'>
