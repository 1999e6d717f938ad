import type { RuleBody } from '@/api/scenarios'
import { useSpeech } from '@/composables/speech'
import { useReference } from '@/stores/reference'

type Step = RuleBody['answer']['route'][number]

/** How the parts of a rule are said. */
export function useRuleWords() {
  const { t, word, both, list, amount } = useSpeech()
  const reference = useReference()

  function stepName(step: Step): string {
    if (step.approver === 'named_route') return t('scenarios.routeNamed', { code: step.route_code })
    if (step.approver === 'form_field') return t('scenarios.fieldNamed', { field: step.form_field })
    if (step.approver === 'superiors' && (step.levels ?? 1) > 1) return t('scenarios.superiorsTo', { levels: step.levels })
    if (step.approver === 'applicant_choice' && step.post_kind) return t('scenarios.choiceAmong', { post: word('postKind', step.post_kind) })
    if (step.post_kind) return word('postKind', step.post_kind)
    return word('scenarios.approver', step.approver)
  }

  function when(conditions: RuleBody['conditions']): string[] {
    const { document_kinds, counterparty, amount_from_minor, amount_below_minor, currency } = conditions
    const parts = [document_kinds?.length ? list(document_kinds.map(reference.kindName)) : t('authority.anyKind')]
    if (amount_from_minor != null) parts.push(t('authority.amountFrom', { amount: amount(amount_from_minor, currency) }))
    if (amount_below_minor != null) parts.push(t('authority.amountBelow', { amount: amount(amount_below_minor, currency) }))
    if (counterparty?.length) parts.push(list(counterparty.map((state) => t(`scenarios.value.${state}`))))
    if (conditions.platforms?.length) parts.push(list(conditions.platforms.map(reference.platformName)))
    if (conditions.matters?.length) parts.push(list(conditions.matters.map(reference.matterName)))
    if (conditions.channels?.length) parts.push(list(conditions.channels.map(reference.channelName)))
    if (conditions.regions?.length) parts.push(list(conditions.regions.map(reference.regionName)))
    return parts
  }

  function demands(answer: RuleBody['answer']): string[] {
    const { medium, seal_categories, route, controls, high_risk } = answer
    const parts: string[] = []
    if (medium) parts.push(t(`medium.${medium}`))
    if (seal_categories?.length) parts.push(list(seal_categories.map((category) => word('sealCategory', category))))
    if (route?.length) parts.push(t('authority.routeBy', { steps: route.map(stepName).join(' → ') }))
    if (controls) parts.push(...controlWords(controls as Record<string, unknown>))
    if (high_risk) parts.push(t('authority.highRisk'))
    return parts
  }

  /** Controls that a rule asks for; what has its usual value says nothing. */
  function controlWords(controls: Record<string, unknown>): string[] {
    const usual = new Set<unknown>([false, null, undefined, 'none', 'allowed', 'window', ''])
    return Object.entries(controls)
      .filter(([, value]) => !usual.has(value) && !(Array.isArray(value) && !value.length))
      .map(([name, value]) => {
        const label = word('scenarios.control', name)
        return value === true ? label : `${label} ${said(value)}`
      })
  }

  /** Any value of a rule as people read it. */
  function said(value: unknown): string {
    if (value === null || value === undefined || value === '') return t('scenarios.nothing')
    if (Array.isArray(value)) return value.length ? list(value.map(said)) : t('scenarios.nothing')
    if (typeof value === 'object') {
      const text = value as Record<string, unknown>
      if (typeof text.zh === 'string' && typeof text.en === 'string') return both({ zh: text.zh, en: text.en })
      if ('post_kind' in text || 'approver' in text) return stepName({ approver: 'post', ...text } as Step)
      return Object.entries(text).map(([name, one]) => `${word('scenarios.control', name)}: ${said(one)}`).join('; ')
    }
    const code = String(value)
    for (const group of ['scenarios.value', 'sealCategory']) {
      const found = word(group, code)
      if (found !== code) return found
    }
    const names = [reference.kindName, reference.platformName, reference.matterName, reference.channelName, reference.paperName]
    return names.map((name) => name(code)).find((name) => name !== code) ?? code
  }

  return { when, demands, said, stepName, controlWords }
}
