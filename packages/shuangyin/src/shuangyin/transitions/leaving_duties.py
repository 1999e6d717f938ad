"""Parts of what a person owes others: approvals that wait for him, opinions, his applications, later reviews."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.approvals.commands import departing as approvals
from shuangyin.approvals.models import ApprovalRoute, ApprovalStep
from shuangyin.authority.commands import departing as authority
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import holds_permission
from shuangyin.requests.commands.departing import end_undecided, unfinished_of
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.transitions.leaving_parts import Action, Case, Item, Outcome, Why, of_outcome


class ApprovalsPart:
    """Approvals that wait for him, now or when their step comes."""

    code = "approvals"
    text = Text("待办审批", "Approvals that wait for him")
    actions = (Action.HAND_OVER, Action.END, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        found = approvals.parts_of(work, case.actor.organization_id, case.person.id, case.successor_id)
        return [self._item(one, case) for one in found]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        moved = [one.thing for one in items if one.outcome is not Outcome.STAYS]
        approvals.put_others(work, case.actor, moved)

    @staticmethod
    def _item(part: approvals.Part, case: Case) -> Item:
        why = None
        if case.action is Action.KEEP:
            outcome = Outcome.STAYS
        elif part.to is None:
            outcome, why = Outcome.ENDED, Why.NOBODY
        else:
            outcome = Outcome.HANDED_OVER
            if part.goes_back:
                why = Why.RETURNS
            elif part.to != case.successor_id:
                why = Why.TO_SUPERIOR
        to = part.to if outcome is Outcome.HANDED_OVER else None
        return Item("approval", part.assignment.id, part.route.title, outcome, to, why, part)


class ConsultationsPart:
    """Opinions he was asked for. They decide nothing, so without a successor they stay unanswered."""

    code = "consultations"
    text = Text("待答复的征询", "Opinions asked of him")
    actions = (Action.HAND_OVER, Action.END, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        items = []
        for one in approvals.questions_to(work, case.actor.organization_id, case.person.id):
            step = work.session.get_one(ApprovalStep, one.step_id)
            title = work.session.get_one(ApprovalRoute, step.route_id).title
            if case.successor_id is None:
                why = None if case.action is Action.KEEP else Why.NO_ANSWER
                items.append(Item("consultation", one.id, title, Outcome.STAYS, None, why, one))
            else:
                items.append(
                    Item("consultation", one.id, title, Outcome.HANDED_OVER, case.successor_id, None, one)
                )
        return items

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in of_outcome(items, Outcome.HANDED_OVER):
            approvals.ask_other(work, case.actor, one.thing, str(one.to))


class RequestsPart:
    """His applications: what is approved goes on with the keepers, what is not is taken back."""

    code = "requests"
    text = Text("本人的用印申请", "His applications")
    actions = (Action.END, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        found = unfinished_of(work, case.actor.organization_id, case.person.id)
        return [self._item(one, case) for one in found]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in of_outcome(items, Outcome.ENDED):
            end_undecided(work, case.actor, one.thing, reason=case.reason)

    @staticmethod
    def _item(request: UseRequest, case: Case) -> Item:
        label = f"{request.number} {request.title}".strip()
        outcome, why = Outcome.ENDED, None
        if case.action is Action.KEEP:
            outcome = Outcome.STAYS
        elif request.status == RequestStatus.SEALING:
            outcome, why = Outcome.BLOCKED, Why.SEALING_NOW
        elif request.status == RequestStatus.APPROVED:
            outcome, why = Outcome.STAYS, Why.GOES_ON
        return Item("request", request.id, label, outcome, None, why, request)


class ReviewsPart:
    """Later reviews he owes by name."""

    code = "reviews"
    text = Text("事后复核", "Later reviews he owes")
    actions = (Action.HAND_OVER, Action.END, Action.KEEP)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        organization_id = case.actor.organization_id
        items = []
        to = case.successor_id
        if to is not None and not holds_permission(work, organization_id, to, "authority.review"):
            to = None
        for one in authority.reviews_owed(work, organization_id, case.person.id):
            if case.action is Action.KEEP:
                items.append(Item("review", one.id, one.kind, Outcome.STAYS, None, None, one))
            elif to is not None:
                items.append(Item("review", one.id, one.kind, Outcome.HANDED_OVER, to, None, one))
            else:
                items.append(Item("review", one.id, one.kind, Outcome.STAYS, None, Why.TO_REVIEWERS, one))
        unit = authority.small_unit_reviewed_by(work, organization_id, case.person.id)
        if unit is not None:
            kept = case.action is Action.KEEP
            outcome = Outcome.STAYS if kept else Outcome.BLOCKED
            why = None if kept else Why.SMALL_UNIT_REVIEWER
            items.append(Item("small_unit", unit.id, unit.reviewer_kind, outcome, None, why, unit))
        return items

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        if case.action is Action.KEEP:
            return
        for to in {one.to for one in items}:
            reviews = [one.thing for one in items if one.to == to and one.kind == "review"]
            authority.hand_over_reviews(work, case.actor, reviews, to)


class RoutesPart:
    """Named routes that ask him by name. Running approvals move; the route itself is for who keeps the routes."""

    code = "routes"
    text = Text("点名其审批的流程", "Routes that name him")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        found = approvals.routes_naming(work, case.actor.organization_id, case.person.id)
        return [Item("route", one.id, one.name, Outcome.STAYS, None, Why.ROUTE_NAMES, one) for one in found]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        """Nothing: a route is changed by a version of its own."""
