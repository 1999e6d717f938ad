import type { Shape } from './shapes'

/** Shapes of the seal register. */
export type Seal = Shape<'SealOut'>
export type SealDetail = Shape<'SealDetailOut'>
export type Medium = Seal['medium']

/** What changes the status of a seal, as `actions` of the detail name it. */
export type SealChange = 'activate' | 'suspend' | 'resume'
