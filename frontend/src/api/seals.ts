import type { Shape } from './shapes'

/** Shapes of the seal register. */
export type Seal = Shape<'SealOut'>
export type SealDetail = Shape<'SealDetailOut'>
export type Medium = Seal['medium']

/** What changes the status of a seal, as `actions` of the detail name it. */
export type SealChange = 'activate' | 'suspend' | 'resume'

/** Shapes of the life of seals. */
export type SealLife = Shape<'SealLifeOut'>
export type LifeStep = Shape<'SealStepOut'>
export type LifeStepDetail = Shape<'SealStepDetailOut'>
export type LifeMove = Shape<'SealMoveOut'>
export type LifeFiling = Shape<'SealFilingOut'>
export type LifeTask = Shape<'SealTaskOut'>
export type LifeCheck = Shape<'SealCheckOut'>
export type EvidencePiece = Shape<'SealEvidenceOut'>
export type Formality = Shape<'FormalityOut'>
export type Engraver = Shape<'EngraverOut'>
export type EngraverRegister = Shape<'Engravers'>
export type FilingBoard = Shape<'FilingBoardOut'>
