"""What an administrator does about an approval that is stuck: name somebody, send it back, or end it.

Only what is stuck can be touched, each act asks for the second factor anew, gives a reason and goes into the log.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.commands.advancing import ask_instead, note_whether_stuck
from shuangyin.approvals.commands.ending import end_route
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import ApprovalAssignment, ApprovalRoute, RouteStatus
from shuangyin.approvals.ports import subjects
from shuangyin.approvals.rules import AssignmentStatus
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of
from shuangyin.people.commands import require_second_factor
from shuangyin.people.queries import holds_permission

RELEASE_ACT = "approvals.release"


def assign(
    work: UnitOfWork, actor: Actor, route_id: str, *, person_id: str, reason: str, proof: str | None
) -> ApprovalRoute:
    """Ask somebody with the right to approve at the step that is stuck.

    Raises NotFound, Conflict (ROUTE_NOT_STUCK), Refused (CANNOT_TRANSFER, SEPARATION_OF_DUTIES), Forbidden.
    """
    route = _stuck(work, actor, route_id, proof)
    step = queries.open_step_of(work, route.id)
    if step is None:
        raise errors.not_open()
    if person_id in (step.barred_person_id, route.started_by):
        raise errors.separation()
    if not holds_permission(work, route.organization_id, person_id, "approvals.decide"):
        raise errors.cannot_transfer()
    there = {one.person_id: one for one in queries.assignments_of(work, [step.id])}
    if person_id in there and there[person_id].status == AssignmentStatus.DECIDED:
        raise errors.cannot_transfer()
    facts: dict[str, JsonValue] = {"step": step.id, "act": "assign", "to": person_id}
    entry_id = _tell(work, actor, route, facts, reason)
    before = ApprovalAssignment(person_id=actor.person_id, position=1 + len(there), on_behalf_of=None)
    ask_instead(
        work, step, before, person_id, source="administrator", entry_id=entry_id, there=there, note=reason
    )
    note_whether_stuck(work, route, step)
    return route


def send_back(
    work: UnitOfWork, actor: Actor, route_id: str, *, reason: str, proof: str | None
) -> ApprovalRoute:
    """Send a stuck route back to its applicant, who may change it and submit it again."""
    route = _stuck(work, actor, route_id, proof)
    _tell(work, actor, route, {"act": "send_back"}, reason)
    end_route(work, route, RouteStatus.SENT_BACK)
    subjects(work).handler(route.subject_type).sent_back(work, actor, route.subject_id)
    return route


def end(work: UnitOfWork, actor: Actor, route_id: str, *, reason: str, proof: str | None) -> ApprovalRoute:
    """End a stuck route for good, as if it had been rejected."""
    route = _stuck(work, actor, route_id, proof)
    _tell(work, actor, route, {"act": "end"}, reason)
    end_route(work, route, RouteStatus.REJECTED)
    subjects(work).handler(route.subject_type).rejected(work, actor, route.subject_id)
    return route


def _stuck(work: UnitOfWork, actor: Actor, route_id: str, proof: str | None) -> ApprovalRoute:
    actor.require("approvals.manage")
    route = work.session.scalar(
        select(ApprovalRoute)
        .where(ApprovalRoute.id == route_id, ApprovalRoute.organization_id == actor.organization_id)
        .with_for_update()
    )
    if route is None:
        raise errors.no_such_route()
    if route.status != RouteStatus.RUNNING:
        raise errors.not_running()
    if route.stuck_since is None:
        raise errors.not_stuck()
    require_second_factor(work, actor, act=RELEASE_ACT, subject=route.id, proof=proof, strength="each")
    return route


def _tell(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, facts: Mapping[str, JsonValue], reason: str
) -> str:
    return tell(work, actor, route, "approvals.released", {**facts, "reason": digest_of(reason)})
