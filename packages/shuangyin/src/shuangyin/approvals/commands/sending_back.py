"""Send a route back to an earlier step: to go on from there, or to come straight back. (To the applicant: a decision.)"""

from __future__ import annotations

from typing import Literal

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.commands.advancing import open_step
from shuangyin.approvals.commands.deciding import ACT, write_decision
from shuangyin.approvals.commands.ending import pause_step, reset_step
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import ApprovalRoute, ApprovalStep, StepStatus
from shuangyin.approvals.rules import AssignmentStatus, DecisionKind, SecondFactorRule
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.commands import require_second_factor

Then = Literal["onward", "straight_back"]


def send_back_to(
    work: UnitOfWork,
    actor: Actor,
    step_id: str,
    *,
    to_step_id: str,
    then: Then,
    comment: str,
    binding: str,
    proof: str | None,
    expected: int | None = None,
) -> ApprovalStep:
    """Let an earlier step decide again.

    `onward`: it and every step up to this one decide again. `straight_back`: it alone does, and then this step is
    asked next; what others said stands. Raises Conflict (CANNOT_SEND_BACK_TO, BINDING_CHANGED), Invalid
    (COMMENT_REQUIRED), Forbidden (STEP_UP_REQUIRED).
    """
    actor.require("approvals.decide")
    step, route, assignment = queries.asked_for_change(work, actor, step_id)
    queries.require_open(work, step, route, assignment)
    if expected is not None and expected != step.version:
        raise stale_version()
    if binding != route.binding:
        raise errors.version_replaced(route.binding, queries.differences_since(work, route, binding))
    if not comment.strip():
        raise errors.comment_required()
    target = _target(work, route, step, to_step_id)
    subject = f"{step.id}:{binding}"
    used = require_second_factor(
        work,
        actor,
        act=ACT,
        subject=subject,
        proof=proof,
        strength=SecondFactorRule(step.second_factor).value,
    )
    row = write_decision(
        work,
        actor,
        route,
        step,
        assignment,
        decision=DecisionKind.SEND_BACK,
        comment=comment.strip(),
        factor=used.kind,
    )
    row.superseded_at = work.now
    assignment.status = AssignmentStatus.WAITING
    superseded = _go_back(work, route, step, target, then)
    target.note = comment.strip()[:500]
    facts: dict[str, JsonValue] = {
        "step": step.id,
        "to": target.id,
        "then": then,
        "decision_id": row.id,
        "superseded": [row.id, *superseded],
    }
    tell(work, actor, route, "approvals.sent_back_to", facts)
    work.session.flush()
    return step


def _go_back(
    work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep, target: ApprovalStep, then: Then
) -> list[str]:
    superseded = []
    if then == "straight_back":
        pause_step(work, step)
    else:
        between = [
            one
            for one in queries.steps_of(work, route.id)
            if target.position < one.position < step.position and one.status == StepStatus.APPROVED
        ]
        for one in (*between, step):
            superseded += reset_step(work, one)
    superseded += reset_step(work, target)
    open_step(work, route, target, afresh=True)
    target.returns_to = step.id if then == "straight_back" else None
    return superseded


def _target(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep, to_step_id: str) -> ApprovalStep:
    for one in queries.steps_of(work, route.id):
        decided = one.status == StepStatus.APPROVED and queries.has_persons(work, one.id)
        if one.id == to_step_id and one.position < step.position and decided:
            return one
    raise errors.cannot_send_back_to()
