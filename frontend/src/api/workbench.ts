import type { Shape } from './shapes'

export type Workbench = Shape<'WorkbenchOut'>
