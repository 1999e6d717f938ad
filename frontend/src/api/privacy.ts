import type { Shape } from './shapes'

export type Purpose = Shape<'PurposeOut'>
export type MyPrivacy = Shape<'MyPrivacy'>
export type Deletion = Shape<'DeletionOut'>
export type PrivacyOverview = Shape<'PrivacyOverview'>
export type FaceTask = Shape<'FaceTask'>
export type FaceAnswer = Shape<'FaceAnswer'>
export type FaceState = Shape<'FaceOut'>
