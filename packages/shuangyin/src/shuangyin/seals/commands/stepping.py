"""Ask for a step of a seal's life: with its evidence, carried out at once or after the root office has approved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from shuangyin.approvals.commands import start
from shuangyin.approvals.commands import withdraw as withdraw_route
from shuangyin.approvals.ports import Subject
from shuangyin.approvals.rules import SecondFactorRule, StepMode, StepPlan
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of
from shuangyin.organization.queries import posts
from shuangyin.people.queries import holders, holds_permission
from shuangyin.people.queries import person as person_of
from shuangyin.reference.queries import root_office
from shuangyin.seals import errors, life_errors, queries, rules, step_queries
from shuangyin.seals.commands.carrying_out import carry_out, require_engraver
from shuangyin.seals.commands.checking import require_checks
from shuangyin.seals.commands.history import note_event
from shuangyin.seals.commands.life import possible_move, require_allowed
from shuangyin.seals.commands.moving import require_unused
from shuangyin.seals.kinds import SealStatus
from shuangyin.seals.models import Seal, SealEvidence, SealStep
from shuangyin.seals.ports import authorities, unfinished_uses
from shuangyin.seals.rules.evidence_kinds import EvidenceKind
from shuangyin.seals.rules.life import ACT_WORDS, LifeAct, Move, missing_evidence
from shuangyin.seals.rules.steps import (
    StepFacts,
    object_to_facts,
    object_to_formality,
    object_to_resumption,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A step as it is asked for."""

    act: LifeAct
    facts: StepFacts
    evidence_ids: tuple[str, ...]
    reason: str | None


def ask(work: UnitOfWork, actor: Actor, seal_id: str, asked: Asked, *, expected: int | None) -> SealStep:
    """Ask for a step. Raises Conflict (SEAL_STATUS, SEAL_STEP_WAITS), Refused for what is missing, Stale."""
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    move = possible_move(seal, asked.act)
    require_allowed(actor, seal, move, asked.act)
    pieces = step_queries.loose_evidence(work, seal.id, asked.evidence_ids)
    _require_complete(work, actor, seal, move, asked, pieces)
    waits = work.session.scalar(select(SealStep.id).where(SealStep.slot == seal.id))
    if waits is not None and not _may_overtake(move):
        raise life_errors.step_waits()
    step = _keep(work, actor, seal, move, asked, pieces)
    if move.approval:
        _start_approval(work, actor, seal, step)
    else:
        carry_out(work, actor, step, seal)
    return step


def withdraw(work: UnitOfWork, actor: Actor, step_id: str, *, reason: str) -> SealStep:
    """Take a step back that waits for its approval. Raises Conflict (SEAL_STEP_OVER)."""
    actor.require("seals.manage")
    step = step_queries.get(work, actor.organization_id, step_id)
    if step.status != "waiting" or step.route_id is None:
        raise life_errors.step_over()
    withdraw_route(work, actor, step.route_id, reason=reason)
    step.status, step.slot, step.ended_at = "withdrawn", None, work.now
    seal = work.session.get_one(Seal, step.seal_id)
    note_event(work, actor, seal, "step_withdrawn", {"step": step.id, "act": step.act}, note=reason)
    return step


def _may_overtake(move: Move) -> bool:
    """What protects is never kept waiting by a step that waits for its approval."""
    return move.act in (LifeAct.SUSPEND, LifeAct.REPORT_LOST)


def _require_complete(
    work: UnitOfWork, actor: Actor, seal: Seal, move: Move, asked: Asked, pieces: Sequence[SealEvidence]
) -> None:
    barred = frozenset({actor.person_id, seal.keeper_person_id or ""})
    objections = (
        missing_evidence(move, [one.kind for one in pieces]),
        object_to_facts(asked.act, seal.medium, asked.facts, work.now, barred),
        object_to_resumption(seal.hold) if move.after == SealStatus.IN_FORCE else None,
        object_to_formality(seal.hold) if move.act is LifeAct.ALLOW_FORMALITY else None,
    )
    for objection in objections:
        if objection is not None:
            raise errors.refused(objection)
    require_engraver(work, asked.act, seal, asked.facts)
    for witness in asked.facts.witness_ids:
        person_of(work, actor.organization_id, witness)
    if move.act in (LifeAct.ALLOW_FORMALITY, LifeAct.SURRENDER) and unfinished_uses(work).sits_in_device(
        work, seal.id
    ):
        raise life_errors.in_device(seal.name)
    if not move.while_in_use:
        require_unused(work, seal)
    if move.act is LifeAct.ACCEPT:
        require_checks(work, seal)
    if move.act is LifeAct.DELIVER and seal.status == SealStatus.MADE and _needs_filing(seal):
        raise life_errors.not_filed()
    if move.told_first and not _is_told(work, seal) and _needs_filing(seal):
        _require_receipt(pieces)


def _needs_filing(seal: Seal) -> bool:
    return rules.filing_required(seal.medium, seal.category, seal.origin)


def _is_told(work: UnitOfWork, seal: Seal) -> bool:
    connected = authorities(work)
    return connected.filing(connected.register_for(seal.medium)) is not None and seal.filing_no is not None


def _require_receipt(pieces: Sequence[SealEvidence]) -> None:
    """Where no authority is connected its paper shows that it was told."""
    if EvidenceKind.FILING_RECEIPT not in {one.kind for one in pieces}:
        raise life_errors.receipt_missing()


def _keep(
    work: UnitOfWork,
    actor: Actor,
    seal: Seal,
    move: Move,
    asked: Asked,
    pieces: Sequence[SealEvidence],
) -> SealStep:
    step = SealStep(
        id=work.new_id(),
        organization_id=seal.organization_id,
        seal_id=seal.id,
        act=asked.act,
        status="waiting",
        slot=seal.id if move.approval else None,
        details=json.dumps(asdict(asked.facts), ensure_ascii=False),
        reason=asked.reason,
        binding=step_queries.binding(seal.id, asked.act, asked.facts, pieces),
        asked_by=actor.person_id,
        asked_at=work.now,
    )
    work.session.add(step)
    work.session.flush()
    for one in pieces:
        one.step_id = step.id
    # The seal's version rises, so that whoever looked at it before must look again.
    flag_modified(seal, "status")
    work.session.flush()
    return step


def _start_approval(work: UnitOfWork, actor: Actor, seal: Seal, step: SealStep) -> None:
    words = ACT_WORDS[LifeAct(step.act)]
    route = start(
        work,
        actor,
        subject=Subject(step_queries.SUBJECT_TYPE, step.id, f"{words.zh}：{seal.name}"),
        steps=[_root_step(work, actor, seal)],
        binding=step.binding,
    )
    step.route_id = route.id
    facts = {"step": step.id, "act": step.act, "binding": step.binding}
    if step.reason:
        facts["reason"] = dict(digest_of(step.reason))  # type: ignore[assignment]  # a mapping is a value of JSON
    note_event(work, actor, seal, "step_asked", facts, step_id=step.id)


def _root_step(work: UnitOfWork, actor: Actor, seal: Seal) -> StepPlan:
    organization_id = actor.organization_id
    offices = [
        post.id
        for post in posts(work, organization_id)
        if post.office is not None and (kind := root_office(post.office)) and kind.root == seal.root
    ]
    persons = tuple(
        one.id
        for one in holders(work, organization_id, offices, work.now)
        if holds_permission(work, organization_id, one.id, "approvals.decide")
    )
    return StepPlan(
        name_zh="批准印章办理事项",
        name_en="Approve the step of the seal",
        mode=StepMode.ANY,
        second_factor=SecondFactorRule.EACH,
        person_ids=persons,
    )
