const PLACES: Record<string, string> = { scenario_list: 'scenarios', seal_step: 'seals/steps', original_loan: 'custody/original-loans' }

/** The page of what is approved, by the kind of subject. */
export function addressOfSubject(item: { subject_type: string; subject_id: string }): string {
  return `/${PLACES[item.subject_type] ?? 'requests'}/${item.subject_id}`
}
