import type { Grant } from '@/api/authority'
import { useSpeech } from '@/composables/speech'
import { useReference } from '@/stores/reference'

/** How grants are said: who holds them, which seals they reach, how far, and how they stand. */
export function useGrantWords() {
  const { t, person, amount, list, word } = useSpeech()
  const reference = useReference()

  function holder(grant: Grant): string {
    if (grant.holder_person) return person(grant.holder_person)
    return grant.holder_post?.name ?? t('authority.platform')
  }

  function seals(grant: Grant): string {
    if (grant.seal_name) return grant.seal_name
    if (grant.seals.length) return list(grant.seals.map((seal) => seal.name))
    if (grant.seal_category) return t('authority.ofCategory', { category: word('sealCategory', grant.seal_category) })
    return grant.root === 'unit' ? t('authority.anySeal') : t('authority.anySealOf', { root: t(`authority.root_${grant.root}`) })
  }

  function count(grant: Grant): string {
    const values = { used: grant.count_used, limit: grant.count_limit, unit: t(`authority.count_${grant.count_of}`) }
    const said = t('authority.limitCount', values)
    return grant.count_reserved ? list([said, t('authority.reserved', { count: grant.count_reserved })]) : said
  }

  function limits(grant: Grant): string {
    const said: string[] = []
    if (grant.document_kinds) said.push(list(grant.document_kinds.map((code) => reference.kindName(code))))
    if (grant.matters) said.push(list(grant.matters))
    if (grant.forms) said.push(t('authority.limitForms', { count: grant.forms.length }))
    if (grant.department) said.push(grant.department.name)
    if (grant.amount_limit_minor !== null) said.push(t('authority.limitAmount', { amount: amount(grant.amount_limit_minor) }))
    if (grant.count_limit !== null) said.push(count(grant))
    return said.join(' · ') || t('authority.noLimit')
  }

  /** The state as people see it: a grant that is accepted but outside its time is not in force. */
  function state(grant: Grant): { code: string; label: string } {
    if (grant.status === 'active' && !grant.in_force) return { code: 'expired', label: t('authority.notNow') }
    const code = grant.status === 'offered' ? 'pending' : grant.status === 'declined' ? 'sent_back' : grant.status
    const cause = grant.end_cause && grant.status === 'ended' ? t(`authority.cause_${grant.end_cause}`) : ''
    return { code, label: cause || t(`authority.${grant.status}`) }
  }

  return { holder, seals, limits, state }
}
