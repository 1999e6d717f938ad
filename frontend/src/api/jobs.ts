import type { Shape } from './shapes'

/** Background work, as its administrator sees it. */
export type Job = Shape<'JobOut'>
