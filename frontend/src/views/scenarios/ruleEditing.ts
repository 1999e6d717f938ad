import type { RuleBody, ScenarioRule } from '@/api/scenarios'

/** A rule under the editor's hands; `key` follows it while it moves. */
export interface Row {
  key: number
  rule: RuleBody
}

export type Step = RuleBody['answer']['route'][number]
export type RuleProblem = 'name' | 'reason' | 'empty' | 'amount' | 'citation' | 'step'

let last = 0
export function newRow(rule: RuleBody): Row {
  return { key: (last += 1), rule }
}

/** The parts of a stored rule that are sent back. */
export function bodyOf(rule: ScenarioRule): RuleBody {
  const body: Partial<ScenarioRule> = { ...rule }
  delete body.id
  delete body.position
  return copyOf(body as RuleBody)
}

export function copyOf(rule: RuleBody): RuleBody {
  return JSON.parse(JSON.stringify(rule)) as RuleBody
}

export function emptyRule(name: string): RuleBody {
  return {
    name_zh: name,
    name_en: '',
    conditions: { document_kinds: [] },
    answer: { medium: 'either', seal_categories: ['legal_name'], route: [{ post_kind: 'department_head' }] },
    strength: 'should',
    basis: 'internal',
    citation: null,
    reason_zh: '',
    reason_en: '',
  } as unknown as RuleBody
}

function saysNothing({ medium, seal_categories, route, controls, high_risk }: RuleBody['answer']): boolean {
  return !(medium || seal_categories?.length || route?.length || controls || high_risk)
}

/** A step that does not say whom it asks. */
function asksNobody(step: Step): boolean {
  const named: Record<NonNullable<Step['approver']>, unknown> = {
    post: step.post_kind,
    person: step.person_id,
    department_head: true,
    superiors: step.levels,
    applicant_choice: step.post_kind || step.choice?.length,
    form_field: step.form_field?.trim(),
    named_route: step.route_code,
  }
  return !named[step.approver ?? 'post']
}

/** The step asking somebody of another kind; what only the kind before needed is left out, its conditions stay. */
export function changedApprover(step: Step, approver: Step['approver']): Step {
  const byPost = approver === 'post' || approver === 'applicant_choice'
  return {
    ...step,
    approver,
    post_kind: byPost ? (step.post_kind ?? 'department_head') : null,
    person_id: null,
    choice: [],
    levels: approver === 'superiors' ? (step.levels ?? 1) : null,
    form_field: null,
    route_code: null,
  }
}

function crossed({ amount_from_minor: low, amount_below_minor: high }: RuleBody['conditions']): boolean {
  return low != null && high != null && high <= low
}

/** What has to be filled in before a rule can be sent; the platform checks the rest. */
export function problemsOf(rule: RuleBody): RuleProblem[] {
  const byLaw = rule.basis === 'law' || rule.basis === 'regulation'
  const checks: [RuleProblem, boolean][] = [
    ['name', !rule.name_zh.trim() || !rule.name_en.trim()],
    ['reason', !rule.reason_zh.trim() || !rule.reason_en.trim()],
    ['empty', saysNothing(rule.answer)],
    ['amount', crossed(rule.conditions)],
    ['citation', byLaw && !rule.citation],
    ['step', !!rule.answer.route?.some(asksNobody)],
  ]
  return checks.filter(([, wrong]) => wrong).map(([name]) => name)
}

/** The rows with one moved by some places; the same rows when it cannot go there. */
export function moved(rows: Row[], index: number, by: number): Row[] {
  const to = index + by
  if (to < 0 || to >= rows.length) return rows
  const next = [...rows]
  const [row] = next.splice(index, 1)
  next.splice(to, 0, row!)
  return next
}
