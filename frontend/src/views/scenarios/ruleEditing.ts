import type { RuleBody, ScenarioRule } from '@/api/scenarios'

/** A rule under the editor's hands; `key` follows it while it moves. */
export interface Row {
  key: number
  rule: RuleBody
}

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
    ['step', !!rule.answer.route?.some((step) => (step.approver ?? 'post') === 'post' && !step.post_kind)],
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
