import type { StepDefinition } from '@/api/requests'

/** A new step of a named route as the editor begins with it. */
export function newStep(number: number): StepDefinition {
  return {
    key: `step-${number}`,
    name_zh: '',
    name_en: '',
    approvers: { kind: 'post', post_kind: 'department_head', scope: 'applicant_department', person_ids: [], levels: 1, form_field: null },
    mode: 'any',
    second_factor: 'window',
    conditions: {
      media: [],
      seal_categories: [],
      departments: [],
      applicants: [],
      amount_from_minor: null,
      amount_below_minor: null,
      currency: 'CNY',
    },
    special: { applicant: 'superior', repeated: 'adjacent', absent: 'superior', nobody: 'error' },
    timeout: null,
    looks_at: [],
    issue_form_counts: false,
  } as unknown as StepDefinition
}

/** A key that no other step has. */
export function freeKey(steps: readonly StepDefinition[]): number {
  const taken = new Set(steps.map((step) => step.key))
  let number = steps.length + 1
  while (taken.has(`step-${number}`)) number += 1
  return number
}

/** The steps with one of them moved by one place; the ends stay where they are. */
export function moved(steps: readonly StepDefinition[], index: number, by: 1 | -1): StepDefinition[] {
  const to = index + by
  const next = [...steps]
  const [step] = next.splice(index, 1)
  if (!step || to < 0 || to >= steps.length) return [...steps]
  next.splice(to, 0, step)
  return next
}
