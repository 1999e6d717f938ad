/** The page of what an entry is about, empty when there is none that the person may open. */
export function pathOfSubject(
  entry: { subject_type: string; subject_id: string },
  may: (permission: string | readonly string[]) => boolean,
): string {
  const id = entry.subject_id
  if (entry.subject_type === 'request') return `/requests/${id}`
  if (entry.subject_type === 'seal' && may('seals.read')) return `/seals/${id}`
  if (entry.subject_type === 'opening' && may(['custody.open', 'custody.review', 'custody.read'])) return `/custody/openings/${id}`
  if (entry.subject_type === 'original_loan') return `/custody/original-loans/${id}`
  if (entry.subject_type === 'person' && may('people.manage')) return '/admin/persons'
  if (entry.subject_type === 'scenario_list' && may('scenarios.read')) return `/scenarios/${id}`
  if (entry.subject_type === 'grant' && may('authority.read')) return '/grants'
  return ''
}
