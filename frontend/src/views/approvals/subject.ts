const PLACES: Record<string, string> = { scenario_list: 'scenarios', seal_step: 'seals/steps', original_loan: 'custody/original-loans' }

/** The page of what is approved, by the kind of subject. */
export function addressOfSubject(item: { subject_type: string; subject_id: string }): string {
  return `/${PLACES[item.subject_type] ?? 'requests'}/${item.subject_id}`
}

const WORDS: Record<string, string> = { scenario_list: 'nav.scenarios', seal_step: 'sealLife.step', original_loan: 'originals.loan' }

/** The key of the word for what is approved where it is no document, else nothing. */
export function wordOfSubject(item: { subject_type: string }): string {
  return WORDS[item.subject_type] ?? ''
}
