"""Parts of what a person has in his keeping: seals, safes, openings under way, originals that he borrowed."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.commands import departing as custody
from shuangyin.custody.commands.original_loans import end_for_leaver
from shuangyin.custody.models import LoanStatus, OpeningStatus
from shuangyin.custody.original_models import OriginalLoanStatus
from shuangyin.custody.original_queries import unfinished_of
from shuangyin.people.queries import holds_permission
from shuangyin.seals.commands.keeping import hand_over_keeping, kept_by
from shuangyin.seals.models import Medium, Seal, SealStatus, Whereabouts
from shuangyin.transitions.commands.keeping import named
from shuangyin.transitions.leaving_parts import Action, Case, Item, Outcome, Why, of_outcome

_GONE = (SealStatus.LOST, SealStatus.SURRENDERED, SealStatus.DESTROYED, SealStatus.REVOKED)


def _may_name_keeper(case: Case) -> bool:
    """Who may let a person leave may give what he keeps to a successor who may keep it: nothing he held waits for another
    permission. While he stays in another post there is no such need, and who manages the seals names the keeper."""
    return not case.staying or case.actor.may("seals.manage")


class SealsPart:
    """Seals he keeps. A physical one needs a keeper at every moment; an electronic one rests without."""

    code = "seals"
    text = Text("保管的印章", "Seals he keeps")
    actions = (Action.HAND_OVER, Action.END, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        organization_id = case.actor.organization_id
        to = case.successor_id
        able = to is not None and holds_permission(work, organization_id, to, "seals.keep")
        found = kept_by(work, organization_id, case.person.id)
        return [self._item(one, case, to if able else None) for one in found]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in items:
            if one.outcome is not Outcome.STAYS:
                hand_over_keeping(work, case.actor, one.thing, one.to)

    @staticmethod
    def _item(seal: Seal, case: Case, to: str | None) -> Item:
        physical = seal.medium == Medium.PHYSICAL
        if case.action is Action.KEEP:
            outcome, who, why = Outcome.STAYS, None, None
        elif seal.status in _GONE:
            outcome, who, why = Outcome.ENDED, None, None
        elif physical and seal.whereabouts in (Whereabouts.IN_USE, Whereabouts.OUT_ON_LOAN):
            outcome, who, why = Outcome.BLOCKED, None, Why.SEAL_OUT
        elif to is not None and not _may_name_keeper(case):
            outcome, who, why = Outcome.BLOCKED, None, Why.NEEDS_SEALS_RIGHT
        elif to is not None:
            outcome, who, why = Outcome.HANDED_OVER, to, None
        elif physical:
            outcome, who, why = Outcome.BLOCKED, None, Why.NEEDS_KEEPER
        else:
            outcome, who, why = Outcome.ENDED, None, Why.NO_KEEPER
        return Item("seal", seal.id, named(seal), outcome, who, why, seal)


class SafesPart:
    """Safes whose designated custodian he is."""

    code = "safes"
    text = Text("保管的保险柜", "Safes he is custodian of")
    actions = (Action.HAND_OVER, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        organization_id = case.actor.organization_id
        to = case.successor_id
        able = to is not None and holds_permission(work, organization_id, to, "custody.open")
        items = []
        for safe in custody.safes_of(work, organization_id, case.person.id):
            if case.action is Action.KEEP:
                items.append(Item("safe", safe.id, safe.name, Outcome.STAYS, None, None, safe))
            elif not able:
                items.append(
                    Item("safe", safe.id, safe.name, Outcome.BLOCKED, None, Why.NEEDS_CUSTODIAN, safe)
                )
            elif not _may_name_keeper(case):
                items.append(
                    Item("safe", safe.id, safe.name, Outcome.BLOCKED, None, Why.NEEDS_SEALS_RIGHT, safe)
                )
            else:
                items.append(Item("safe", safe.id, safe.name, Outcome.HANDED_OVER, to, None, safe))
        return items

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in of_outcome(items, Outcome.HANDED_OVER):
            custody.name_custodian(work, case.actor, one.thing, str(one.to))


class OpeningsPart:
    """Openings under way with him: one that waits for a confirmation is called off, an open safe must be closed."""

    code = "openings"
    text = Text("进行中的开柜", "Openings under way with him")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        items = []
        for one in custody.openings_of(work, case.actor.organization_id, case.person.id):
            is_open = one.status == OpeningStatus.OPEN
            outcome = Outcome.BLOCKED if is_open else Outcome.ENDED
            why = Why.SAFE_OPEN if is_open else None
            items.append(Item("opening", one.id, one.number, outcome, None, why, one))
        return items

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in of_outcome(items, Outcome.ENDED):
            custody.call_off(work, case.actor, one.thing)


class LoansPart:
    """Loans that he gave out or escorts: what is only agreed is called off, a seal that is out must come back."""

    code = "loans"
    text = Text("经办的印章外带", "Loans of seals with him")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        items = []
        for one in custody.loans_of(work, case.actor.organization_id, case.person.id):
            is_out = one.status == LoanStatus.OUT
            outcome = Outcome.BLOCKED if is_out else Outcome.ENDED
            why = Why.LOAN_OUT if is_out else None
            items.append(Item("loan", one.id, f"{one.number} {one.place}", outcome, None, why, one))
        return items

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in of_outcome(items, Outcome.ENDED):
            custody.call_off_loan(work, case.actor, one.thing)


class OriginalsPart:
    """Originals that he borrowed: what is out must come back first, what is not out yet is called off."""

    code = "originals"
    text = Text("借阅的原件", "Originals he borrowed")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        items = []
        for one in unfinished_of(work, case.actor.organization_id, case.person.id):
            is_out = one.status == OriginalLoanStatus.OUT
            outcome = Outcome.BLOCKED if is_out else Outcome.ENDED
            why = Why.ORIGINALS_OUT if is_out else None
            items.append(Item("original_loan", one.id, one.number, outcome, None, why, one))
        return items

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in of_outcome(items, Outcome.ENDED):
            end_for_leaver(work, case.actor, one.thing)
