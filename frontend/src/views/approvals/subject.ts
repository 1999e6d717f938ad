/** The page of what is approved, by the kind of subject. */
export function addressOfSubject(item: { subject_type: string; subject_id: string }): string {
  return `/${item.subject_type === 'scenario_list' ? 'scenarios' : 'requests'}/${item.subject_id}`
}
