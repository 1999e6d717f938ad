import type { Shape } from './shapes'

/** Shapes of physical keeping and physical use. */
export type Safe = Shape<'SafeOut'>
export type OpeningSeal = Shape<'OpeningSealOut'>
export type WaitingRequest = Shape<'WaitingRequestOut'>
export type Photo = Shape<'PhotoOut'>
export type PhysicalUse = Shape<'PhysicalUseOut'>
export type Opening = Shape<'OpeningOut'>
export type Loan = Shape<'LoanOut'>
export type Party = Shape<'PartyOut'>
export type Handover = Shape<'HandoverOut'>
export type HandoverItem = Shape<'HandoverItemOut'>
export type Stocktake = Shape<'StocktakeOut'>
export type StocktakeLine = Shape<'StocktakeLineOut'>
export type Keeping = Shape<'KeepingOut'>
export type PressCheck = Shape<'PressCheckOut'>
export type Original = Shape<'OriginalOut'>
export type LoanRoute = Shape<'LoanRouteOut'>
export type OriginalLoan = Shape<'OriginalLoanOut'>
export type StocktakeOriginal = Shape<'StocktakeOriginalOut'>
export type PaperPermit = Shape<'PaperPermitOut'>
