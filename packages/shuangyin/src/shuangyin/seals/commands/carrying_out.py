"""Carry a step out once nothing is left to wait for: its evidence, the seal and its counterpart in one transaction."""

from __future__ import annotations

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import engravers, errors, step_queries
from shuangyin.seals.commands.life import possible_move
from shuangyin.seals.commands.moving import move_seal
from shuangyin.seals.kinds import Medium, SealStatus
from shuangyin.seals.models import Seal, SealEvidence, SealStep
from shuangyin.seals.rules.evidence_kinds import EvidenceKind
from shuangyin.seals.rules.life import ENDED, LifeAct, Move, Telling, Who
from shuangyin.seals.rules.steps import StepFacts

WITH_COUNTERPART = "revoke"
_ENDED_TOGETHER = Move(
    LifeAct.REVOKE,
    tuple(status for status in SealStatus if status not in ENDED),
    SealStatus.REVOKED,
    "revoked",
    media=(Medium.ELECTRONIC,),
    who=Who.PLATFORM,
    telling=Telling.CANCEL,
)
"""The e-seal of a pair ends with its physical seal when the cancellation says so: one approval for both."""


def carry_out(work: UnitOfWork, actor: Actor, step: SealStep, seal: Seal) -> None:
    """Do what the step asked for. Raises Conflict, Refused when the seal no longer allows it."""
    move = possible_move(seal, LifeAct(step.act))
    facts = step_queries.facts_of(step)
    require_engraver(work, move.act, seal, facts)
    pieces = step_queries.evidence_of(work, [step.id])[step.id]
    _write(seal, LifeAct(step.act), facts, pieces)
    said: dict[str, JsonValue] = {
        "step": step.id,
        "binding": step.binding,
        "evidence": sorted([one.kind, one.sm3] for one in pieces),
    }
    if step.act == LifeAct.FILE:
        said |= {"filing_no": seal.filing_no, "filed_at": seal.filed_at}
    if step.act == LifeAct.DESTROY:
        said["witnesses"] = sorted(facts.witness_ids)
    imprint = _imprint(pieces)
    if imprint is not None:
        said["specimen_sm3"] = imprint.sm3
    told = step.status == "filing"
    step.status, step.slot, step.ended_at = "done", None, work.now
    move_seal(work, actor, seal, move, facts=said, note=step.reason, step_id=step.id, report=not told)
    if step.act == LifeAct.DESTROY:
        _end_counterpart(work, actor, seal, step)


def require_engraver(work: UnitOfWork, act: LifeAct, seal: Seal, facts: StepFacts) -> None:
    """A physical seal is made and taken back by a registered engraver; other steps need none.

    Raises Refused (ENGRAVER_UNKNOWN, ENGRAVER_ENDED, ENGRAVER_EXPIRED).
    """
    objection = engravers.objection_to(
        work, act, organization_id=seal.organization_id, medium=seal.medium, facts=facts
    )
    if objection is not None:
        raise errors.refused(objection)


def _write(seal: Seal, act: LifeAct, facts: StepFacts, pieces: list[SealEvidence]) -> None:
    """What the register takes over from a step."""
    if act is LifeAct.MAKE and facts.seal_code is not None:
        seal.seal_code = facts.seal_code
    imprint = _imprint(pieces)
    if imprint is not None:
        seal.specimen_object_id = imprint.object_id
    if act is LifeAct.FILE:
        seal.filing_no, seal.filing_authority = facts.filing_no, facts.filing_authority
        seal.filed_at = facts.happened_at


def _imprint(pieces: list[SealEvidence]) -> SealEvidence | None:
    return next((one for one in pieces if one.kind == EvidenceKind.IMPRINT), None)


def _end_counterpart(work: UnitOfWork, actor: Actor, seal: Seal, step: SealStep) -> None:
    surrendered = step_queries.last_step(work, seal.id, LifeAct.SURRENDER)
    wish = step_queries.facts_of(surrendered).counterpart if surrendered is not None else None
    other = work.session.get(Seal, seal.counterpart_id) if seal.counterpart_id else None
    if wish != WITH_COUNTERPART or other is None or other.status in ENDED:
        return
    move_seal(work, actor, other, _ENDED_TOGETHER, facts={"step": step.id, "with": seal.id}, step_id=step.id)
