"""Decide a step: for oneself or in the name of somebody absent, one by one or many at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.commands.advancing import ask_next, go_on
from shuangyin.approvals.commands.ending import end_route, end_step
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import (
    ApprovalAssignment,
    ApprovalDecision,
    ApprovalRoute,
    ApprovalStep,
    RouteStatus,
    StepStatus,
)
from shuangyin.approvals.ports import delegates_of, subjects
from shuangyin.approvals.reading import parts_of
from shuangyin.approvals.rules import (
    Asked,
    AssignmentStatus,
    DecisionKind,
    SecondFactorRule,
    StepMode,
    StepResult,
    decision_slot,
    outcome_of,
)
from shuangyin.approvals.rules.definitions import FactPart
from shuangyin.core.actor import Actor
from shuangyin.core.errors import ShuangyinError, stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of
from shuangyin.people.commands import SecondFactorUse, require_second_factor

ACT = "approvals.decide"
BATCH_ACT = "approvals.decide_batch"
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says to one step. `binding` is what he was shown, `expected` the version of the step."""

    step_id: str
    decision: DecisionKind
    comment: str
    binding: str
    proof: str | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one of many decisions: the step, or why not."""

    step_id: str
    step: ApprovalStep | None
    error: ShuangyinError | None


def decide(
    work: UnitOfWork,
    actor: Actor,
    step_id: str,
    *,
    decision: DecisionKind,
    comment: str,
    binding: str,
    proof: str | None,
    expected: int | None = None,
) -> ApprovalStep:
    """Decide a step for oneself, or in the name of the absent person one stands in for.

    The decision is bound to what was shown: `binding` must be the route's, and the subject must still be that. Of
    two persons who decide a 或签 step at the same moment one wins and the other gets Conflict (STEP_DECIDED) that
    names him. Raises Forbidden (STEP_UP_REQUIRED) without the second factor that the step asks for.
    """
    return _decide(work, actor, Verdict(step_id, decision, comment, binding, proof, expected), None)


def decide_many(
    work: UnitOfWork, actor: Actor, verdicts: Sequence[Verdict], proof: str | None
) -> list[BatchResult]:
    """Decide many steps in one act, each with a result of its own: one that is refused leaves the others be.

    One proof (act `approvals.decide_batch`, subject `batch_digest`) covers the ordinary ones; a step that asks for
    the second factor each time needs the proof of its own. Raises Forbidden (STEP_UP_REQUIRED) before anything is
    decided when an ordinary one is there and neither proof nor a recent second factor covers it.
    """
    actor.require("approvals.decide")
    covered: SecondFactorUse | None = None
    if proof is not None or _has_ordinary(work, verdicts):
        covered = require_second_factor(
            work, actor, act=BATCH_ACT, subject=batch_digest(verdicts), proof=proof, strength="window"
        )
    results = []
    for verdict in verdicts:
        try:
            with work.session.begin_nested():
                step = _decide(work, actor, verdict, covered)
        except ShuangyinError as error:
            # What the savepoint took back is read anew by whatever comes next.
            work.session.expire_all()
            results.append(BatchResult(verdict.step_id, None, error))
        else:
            results.append(BatchResult(verdict.step_id, step, None))
    return results


def batch_digest(verdicts: Sequence[Verdict]) -> str:
    """What one proof for many decisions is bound to: SM3 of the steps, what is said and what was shown, in order."""
    plain = [[one.step_id, one.decision.value, one.binding] for one in verdicts]
    return hashlib.new("sm3", json.dumps(plain, separators=(",", ":")).encode()).hexdigest()


def _has_ordinary(work: UnitOfWork, verdicts: Sequence[Verdict]) -> bool:
    rules = queries.second_factors_of(work, [one.step_id for one in verdicts])
    return any(not SecondFactorRule(rule).each_time for rule in rules.values())


def _decide(
    work: UnitOfWork, actor: Actor, verdict: Verdict, covered: SecondFactorUse | None
) -> ApprovalStep:
    actor.require("approvals.decide")
    step, route, assignment = queries.asked_for_change(work, actor, verdict.step_id)
    queries.require_open(work, step, route, assignment)
    if verdict.expected is not None and verdict.expected != step.version:
        raise stale_version()
    if step.barred_person_id == actor.person_id:
        raise errors.separation()
    _require_delegation(work, actor, assignment)
    handler = subjects(work).handler(route.subject_type)
    if verdict.binding != route.binding:
        raise errors.version_replaced(route.binding, queries.differences_since(work, route, verdict.binding))
    if handler.current_binding(work, route.subject_id) != route.binding:
        raise errors.binding_changed()
    comment = verdict.comment.strip()
    if verdict.decision is not DecisionKind.APPROVE and not comment:
        raise errors.comment_required()
    factor = _factor(work, actor, step, verdict, covered)
    write_decision(
        work, actor, route, step, assignment, decision=verdict.decision, comment=comment, factor=factor
    )
    assignment.status = AssignmentStatus.DECIDED
    _advance(work, actor, route, step, verdict.decision)
    work.session.flush()
    return step


def _factor(
    work: UnitOfWork, actor: Actor, step: ApprovalStep, verdict: Verdict, covered: SecondFactorUse | None
) -> str:
    strength = SecondFactorRule(step.second_factor)
    if covered is not None and verdict.proof is None and strength is SecondFactorRule.WINDOW:
        return covered.kind
    used = require_second_factor(
        work,
        actor,
        act=ACT,
        subject=f"{step.id}:{verdict.binding}",
        proof=verdict.proof,
        strength=strength.value,
    )
    return used.kind


def _require_delegation(work: UnitOfWork, actor: Actor, assignment: ApprovalAssignment) -> None:
    """Who stands in for somebody may do so only while the delegation lasts."""
    if assignment.source != "delegate" or assignment.on_behalf_of is None:
        return
    if not delegates_of(work, assignment.on_behalf_of, work.now):
        raise errors.delegation_over()


def write_decision(
    work: UnitOfWork,
    actor: Actor,
    route: ApprovalRoute,
    step: ApprovalStep,
    assignment: ApprovalAssignment,
    *,
    decision: DecisionKind,
    comment: str,
    factor: str,
) -> ApprovalDecision:
    """Write a decision with its entry, bound to the digests of the files that were shown."""
    seen: list[JsonValue] = [
        part.digest for _, part in sorted(parts_of(route.parts).items()) if part.kind is FactPart.DOCUMENTS
    ]
    decision_id = work.new_id()
    facts: dict[str, JsonValue] = {
        "decision_id": decision_id,
        "step": step.id,
        "position": step.position,
        "decision": decision.value,
        "binding": route.binding,
        "second_factor": factor,
        "comment": digest_of(comment) if comment else None,
        "on_behalf_of": assignment.on_behalf_of,
        "documents": seen,
    }
    row = ApprovalDecision(
        id=decision_id,
        organization_id=step.organization_id,
        step_id=step.id,
        person_id=actor.person_id,
        decision=decision,
        comment=comment,
        decided_at=work.now,
        binding=route.binding,
        second_factor=factor,
        entry_id=tell(work, actor, route, "approvals.decided", facts),
        slot=decision_slot(StepMode(step.mode), step.id, actor.person_id, step.turn),
        on_behalf_of=assignment.on_behalf_of,
        seen=json.dumps(seen),
    )
    work.session.add(row)
    work.session.flush()
    return row


def _advance(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, step: ApprovalStep, decision: DecisionKind
) -> None:
    assignments = queries.assignments_of(work, [step.id])
    asked = [Asked(one.person_id, one.position, AssignmentStatus(one.status)) for one in assignments]
    outcome = outcome_of(StepMode(step.mode), asked, actor.person_id, decision)
    handler = subjects(work).handler(route.subject_type)
    if outcome.result is StepResult.CONTINUES:
        ask_next(work, route, step)
        return
    end_step(work, step, StepStatus(outcome.result.value))
    if outcome.result is StepResult.REJECTED:
        end_route(work, route, RouteStatus.REJECTED)
        handler.rejected(work, actor, route.subject_id)
    elif outcome.result is StepResult.SENT_BACK:
        end_route(work, route, RouteStatus.SENT_BACK)
        handler.sent_back(work, actor, route.subject_id)
    else:
        go_on(work, actor, route)
