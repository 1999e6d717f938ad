"""Parts of what a person may do: grants, delegations, posts."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.authority.commands import departing as authority
from shuangyin.authority.kinds import Act, EndCause
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.commands import leaving as people
from shuangyin.transitions.leaving_parts import Action, Case, Item, Outcome, Why, of_outcome


class GrantsPart:
    """Grants he holds by himself, and all that was given out of them. What he gave in an office's name lives on."""

    code = "grants"
    text = Text("本人持有的授权", "Grants he holds")
    actions = (Action.END, Action.HAND_OVER, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        found = authority.grants_of(work, case.actor.organization_id, case.person.id)
        may_grant = case.actor.may("authority.grant")
        return [self._item(one, case, now=work.now, may_grant=may_grant) for one in found]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        moved = [one.thing for one in of_outcome(items, Outcome.HANDED_OVER)]
        gone = [one.thing for one in items if one.outcome is not Outcome.STAYS]
        if moved and case.successor_id is not None:
            authority.offer_like(work, case.actor, moved, case.successor_id, reason=case.reason)
        cause = EndCause.HANDED_OVER if case.staying else EndCause.HOLDER_LEFT
        authority.end_grants(work, case.actor, gone, cause, reason=case.reason)

    @staticmethod
    def _item(held: authority.HeldGrant, case: Case, *, now: int, may_grant: bool) -> Item:
        kind = "grant" if held.own else "grant_below"
        label = " ".join(one for one in (Act(held.act).words.zh, held.seal_name) if one)
        if case.action is Action.KEEP:
            return Item(kind, held.id, label, Outcome.STAYS, None, None, held)
        if not held.own:
            return Item(kind, held.id, label, Outcome.ENDED, None, Why.WITH_PARENT, held)
        if case.successor_id is None or not held.can_be_handed_over(now):
            return Item(kind, held.id, label, Outcome.ENDED, None, None, held)
        if not may_grant:
            return Item(kind, held.id, label, Outcome.BLOCKED, None, Why.NEEDS_GRANT_RIGHT, held)
        return Item(kind, held.id, label, Outcome.HANDED_OVER, case.successor_id, Why.OFFERED, held)


class DelegationsPart:
    """Delegations he gave or received: what he may not do any more, nobody does for him."""

    code = "delegations"
    text = Text("委托与受托", "Delegations given and received")
    actions = (Action.END, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        outcome = Outcome.STAYS if case.action is Action.KEEP else Outcome.ENDED
        return [
            Item(
                "delegation_received" if one.delegate_id == case.person.id else "delegation_given",
                one.id,
                "、".join(Act(act).words.zh for act in authority.acts_of(one)),
                outcome,
                None,
                None,
                one,
            )
            for one in authority.delegations_of(work, case.actor.organization_id, case.person.id)
        ]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        ended = [one.thing for one in of_outcome(items, Outcome.ENDED)]
        authority.end_delegations(work, case.actor, ended, reason=case.reason)


class PostsPart:
    """The posts he holds."""

    code = "posts"
    text = Text("所任岗位", "Posts he holds")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        return [
            Item(
                "post",
                holding.id,
                post.name,
                Outcome.ENDED,
                None,
                Why.ROOT_OFFICE if post.is_office else None,
                holding,
            )
            for holding, post in people.open_holdings(work, case.person.id)
        ]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        people.close_holdings(work, [one.thing for one in items])
