import type { Shape } from './shapes'

export type WaitingSealing = Shape<'WaitingSealingOut'>
