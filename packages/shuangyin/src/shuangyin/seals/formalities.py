"""Formalities of a rename (变更手续): a stopped seal with the old name may still be pressed for one named purpose, so many
times as the root office approved, until it is surrendered. A bank that compares the specimen it has is the usual one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import life_errors, step_queries
from shuangyin.seals.kinds import Hold, SealStatus
from shuangyin.seals.models import Seal, SealStep
from shuangyin.seals.rules.life import LifeAct


@dataclass(frozen=True, slots=True)
class Formality:
    """What the root office approved of an old seal; `id` is the id of the approved step."""

    id: str
    seal: Seal
    purpose: str
    recipient: str
    presses: int
    approved_at: int

    @property
    def is_open(self) -> bool:
        """Whether the old seal is still there to be pressed: stopped by the rename and not surrendered or lost since."""
        return self.seal.status == SealStatus.SUSPENDED and self.seal.hold == Hold.RENAMED


def formality(work: UnitOfWork, organization_id: str, formality_id: str, *, lock: bool = False) -> Formality:
    """One approved formality; `lock` keeps two who count its presses apart. Raises NotFound (NO_FORMALITY)."""
    query = select(SealStep).where(
        SealStep.id == formality_id,
        SealStep.organization_id == organization_id,
        SealStep.act == LifeAct.ALLOW_FORMALITY,
        SealStep.status == "done",
    )
    step = work.session.scalar(query.with_for_update() if lock else query)
    if step is None:
        raise life_errors.no_such_formality()
    return _formality(step, work.session.get_one(Seal, step.seal_id))


def open_formalities(
    work: UnitOfWork, organization_id: str, *, seal_id: str | None = None
) -> list[Formality]:
    """The approved formalities whose seals can still be pressed, newest first; of one seal when it is named."""
    query = (
        select(SealStep, Seal)
        .join(Seal, Seal.id == SealStep.seal_id)
        .where(
            SealStep.organization_id == organization_id,
            SealStep.act == LifeAct.ALLOW_FORMALITY,
            SealStep.status == "done",
            Seal.status == SealStatus.SUSPENDED,
            Seal.hold == Hold.RENAMED,
        )
        .order_by(SealStep.id.desc())
        .limit(200)
    )
    if seal_id is not None:
        query = query.where(Seal.id == seal_id)
    return [_formality(step, seal) for step, seal in work.session.execute(query).tuples()]


def _formality(step: SealStep, seal: Seal) -> Formality:
    facts = step_queries.facts_of(step)
    return Formality(
        id=step.id,
        seal=seal,
        purpose=facts.purpose or "",
        recipient=facts.recipient or "",
        presses=facts.presses or 0,
        approved_at=step.ended_at or step.asked_at,
    )
