"""Reads of the steps of seals' lives, their evidence, what authorities are told, and what is to be done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import select

from shuangyin.approvals.ports import SubjectCard
from shuangyin.approvals.queries import persons_asked
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.models import (
    Seal,
    SealCheck,
    SealDiscrepancy,
    SealEvidence,
    SealFiling,
    SealStep,
    SealTask,
)
from shuangyin.seals.rules.life import ACT_WORDS, LifeAct
from shuangyin.seals.rules.steps import StepFacts

SUBJECT_TYPE = "seal_step"


def get(work: UnitOfWork, organization_id: str, step_id: str) -> SealStep:
    """One step of the organization. Raises NotFound."""
    step = work.session.scalar(
        select(SealStep).where(SealStep.id == step_id, SealStep.organization_id == organization_id)
    )
    if step is None:
        raise not_found("这项印章办理", "step of a seal")
    return step


def row(work: UnitOfWork, step_id: str) -> SealStep:
    """A step that is known to exist."""
    return work.session.get_one(SealStep, step_id)


def steps_of(work: UnitOfWork, seal_id: str) -> list[SealStep]:
    """The steps of a seal, newest first."""
    query = select(SealStep).where(SealStep.seal_id == seal_id).order_by(SealStep.id.desc()).limit(100)
    return list(work.session.scalars(query))


def last_step(work: UnitOfWork, seal_id: str, act: LifeAct) -> SealStep | None:
    """The newest step of a kind that was carried out."""
    query = select(SealStep).where(
        SealStep.seal_id == seal_id, SealStep.act == act, SealStep.status == "done"
    )
    return work.session.scalar(query.order_by(SealStep.id.desc()).limit(1))


def facts_of(step: SealStep) -> StepFacts:
    """What a step states besides its evidence."""
    kept = json.loads(step.details)
    return StepFacts(**{**kept, "witness_ids": tuple(kept.get("witness_ids", ()))})


def evidence_of(work: UnitOfWork, step_ids: Collection[str]) -> dict[str, list[SealEvidence]]:
    """The evidence of steps, in the order it was added."""
    found: dict[str, list[SealEvidence]] = {step_id: [] for step_id in step_ids}
    query = select(SealEvidence).where(SealEvidence.step_id.in_(list(step_ids))).order_by(SealEvidence.id)
    for one in work.session.scalars(query):
        found[one.step_id or ""].append(one)
    return found


def loose_evidence(work: UnitOfWork, seal_id: str, ids: Collection[str]) -> list[SealEvidence]:
    """Pieces of evidence of a seal that no step has taken up yet. Raises NotFound when one is not among them."""
    query = select(SealEvidence).where(
        SealEvidence.seal_id == seal_id, SealEvidence.id.in_(list(ids)), SealEvidence.step_id.is_(None)
    )
    found = list(work.session.scalars(query.order_by(SealEvidence.id)))
    if len(found) != len(set(ids)):
        raise not_found("这份材料", "piece of evidence")
    return found


def evidence(work: UnitOfWork, organization_id: str, evidence_id: str) -> SealEvidence:
    """One piece of evidence. Raises NotFound."""
    found = work.session.scalar(
        select(SealEvidence).where(
            SealEvidence.id == evidence_id, SealEvidence.organization_id == organization_id
        )
    )
    if found is None:
        raise not_found("这份材料", "piece of evidence")
    return found


def readable_evidence(work: UnitOfWork, actor: Actor, evidence_id: str) -> SealEvidence:
    """One piece that the actor may see: papers hold identity documents. Raises NotFound."""
    found = evidence(work, actor.organization_id, evidence_id)
    step = work.session.get(SealStep, found.step_id) if found.step_id else None
    asked = persons_asked(work, step.route_id) if step is not None and step.route_id else set()
    if actor.may("seals.manage") or actor.person_id == found.added_by or actor.person_id in asked:
        return found
    raise not_found("这份材料", "piece of evidence")


def binding(seal_id: str, act: str, facts: StepFacts, pieces: Sequence[SealEvidence]) -> str:
    """The digest of what is approved: the seal, the act, what is stated, and every piece of evidence."""
    stated = asdict(facts)
    # What steps learned to state later is bound where it is stated, so that older bindings stay what they were.
    later = {name for name in ("purpose", "recipient", "presses") if stated[name] is None}
    content = {
        "act": act,
        "details": {name: value for name, value in stated.items() if name not in later},
        "evidence": sorted([one.kind, one.sm3] for one in pieces),
        "seal": seal_id,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.new("sm3", text.encode()).hexdigest()


def binding_of(work: UnitOfWork, step: SealStep) -> str:
    """The same, recomputed from what is stored now."""
    return binding(step.seal_id, step.act, facts_of(step), evidence_of(work, [step.id])[step.id])


def cards(work: UnitOfWork, step_ids: Collection[str]) -> Mapping[str, SubjectCard]:
    """What a list of approvals shows of steps."""
    query = (
        select(SealStep, Seal).join(Seal, Seal.id == SealStep.seal_id).where(SealStep.id.in_(list(step_ids)))
    )
    return {
        step.id: SubjectCard(
            number=ACT_WORDS[LifeAct(step.act)].zh,
            applicant_id=step.asked_by,
            document_kind=SUBJECT_TYPE,
            amount_minor=None,
            currency="CNY",
            medium=seal.medium,
            seal_names=(seal.name,),
            counterparty_name="",
            high_risk=True,
            status=step.status,
        )
        for step, seal in work.session.execute(query).tuples()
    }


def checks_of(work: UnitOfWork, seal_id: str) -> list[SealCheck]:
    """The checks of a seal's application, newest first."""
    query = select(SealCheck).where(SealCheck.seal_id == seal_id).order_by(SealCheck.id.desc()).limit(50)
    return list(work.session.scalars(query))


def filings(work: UnitOfWork, organization_id: str, *, open_only: bool, limit: int) -> list[SealFiling]:
    """What authorities are told, newest first."""
    query = select(SealFiling).where(SealFiling.organization_id == organization_id)
    if open_only:
        query = query.where(SealFiling.status != "accepted")
    return list(work.session.scalars(query.order_by(SealFiling.id.desc()).limit(limit)))


def filings_of(work: UnitOfWork, seal_id: str) -> list[SealFiling]:
    """What was told of one seal, newest first."""
    query = select(SealFiling).where(SealFiling.seal_id == seal_id).order_by(SealFiling.id.desc()).limit(50)
    return list(work.session.scalars(query))


def filing(work: UnitOfWork, organization_id: str, filing_id: str) -> SealFiling:
    """One report to an authority. Raises NotFound."""
    found = work.session.scalar(
        select(SealFiling).where(SealFiling.id == filing_id, SealFiling.organization_id == organization_id)
    )
    if found is None:
        raise not_found("这项备案", "filing")
    return found


def open_tasks(
    work: UnitOfWork, organization_id: str, *, seal_id: str | None = None, limit: int = 200
) -> list[SealTask]:
    """What is still to be done, oldest first; of one seal when it is named."""
    query = select(SealTask).where(SealTask.organization_id == organization_id, SealTask.done_at.is_(None))
    if seal_id is not None:
        query = query.where(SealTask.seal_id == seal_id)
    return list(work.session.scalars(query.order_by(SealTask.id).limit(limit)))


def open_discrepancies(work: UnitOfWork, organization_id: str, *, limit: int = 200) -> list[SealDiscrepancy]:
    """Where outside registers say something else than this one, oldest first."""
    query = select(SealDiscrepancy).where(
        SealDiscrepancy.organization_id == organization_id, SealDiscrepancy.ended_at.is_(None)
    )
    return list(work.session.scalars(query.order_by(SealDiscrepancy.id).limit(limit)))
