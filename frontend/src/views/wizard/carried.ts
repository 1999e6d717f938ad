import type { Details, Draft } from './draft'

/** What was typed into a draft and not saved, since the session ended first. */
export interface Carried {
  person: string
  request: string
  version: number | null
  details: Details
  amountText: string
}

// In this page's memory alone: a browser's store would show it to whoever signs in next.
let carried: Carried | null = null

/** Keeps what stands in the form until the same person has signed in again. */
export function carry(person: string, draft: Draft): void {
  if (!person || !draft.id.value) return
  carried = { person, request: draft.id.value, version: draft.version.value, details: { ...draft.details }, amountText: draft.amountText.value }
}

/** What this person typed into this version of the draft, once; nothing for others, nor over what was saved since. */
export function takeCarried(person: string, request: string, version: number): Carried | null {
  const found = carried
  carried = null
  return found && found.person === person && found.request === request && found.version === version ? found : null
}
