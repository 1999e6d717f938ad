import type { Shape } from './shapes'

/** Shapes of smart seals and alarms. */
export type Alarm = Shape<'AlarmOut'>
export type AlarmCount = Shape<'AlarmCount'>
export type AlarmKinds = Shape<'AlarmKinds'>
export type Verdict = Shape<'Verdict'>
export type Device = Shape<'DeviceOut'>
export type DeviceCode = Shape<'DeviceCode'>
export type DeviceDetail = Shape<'DeviceDetail'>
export type DeviceEvent = Shape<'EventOut'>
export type DevicePosition = Shape<'PositionOut'>
export type Fence = Shape<'FenceShape'>
export type DevicePermit = Shape<'PermitOut'>
export type OpeningDevice = Shape<'OpeningDevice'>
export type Survey = Shape<'SurveyOut'>
export type Household = Shape<'HouseholdOut'>
