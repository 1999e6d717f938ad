interface SubjectPage {
  path: (id: string) => string
  /** Any one of these permissions is enough; without any the page is open to whoever may read the entry. */
  right?: string | readonly string[]
}

const PAGES: Record<string, SubjectPage> = {
  request: { path: (id) => `/requests/${id}` },
  seal: { path: (id) => `/seals/${id}`, right: 'seals.read' },
  opening: { path: (id) => `/custody/openings/${id}`, right: ['custody.open', 'custody.review', 'custody.read'] },
  original_loan: { path: (id) => `/custody/original-loans/${id}` },
  person: { path: () => '/admin/persons', right: 'people.manage' },
  scenario_list: { path: (id) => `/scenarios/${id}`, right: 'scenarios.read' },
  grant: { path: () => '/grants', right: 'authority.read' },
  audit: { path: (id) => `/audits/${id}`, right: 'audit.read' },
  finding: { path: (id) => `/audit-findings/${id}`, right: 'audit.read' },
}

/** The page of what an entry is about, empty when there is none that the person may open. */
export function pathOfSubject(
  entry: { subject_type: string; subject_id: string },
  may: (permission: string | readonly string[]) => boolean,
): string {
  const page = PAGES[entry.subject_type]
  return page && (!page.right || may(page.right)) ? page.path(entry.subject_id) : ''
}
