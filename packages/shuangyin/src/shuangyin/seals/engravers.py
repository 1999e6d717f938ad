"""The register of engravers (刻制单位名录), read: who may be given a physical seal to make or to destroy."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import step_queries
from shuangyin.seals.kinds import Medium
from shuangyin.seals.models import Engraver, Seal, SealStep
from shuangyin.seals.rules.engravers import RegisteredEngraver, names_engraver, object_to_engraver
from shuangyin.seals.rules.life import LifeAct
from shuangyin.seals.rules.objecting import Objection
from shuangyin.seals.rules.steps import StepFacts

_UNDECIDED = ("waiting", "filing")


def engravers(work: UnitOfWork, organization_id: str) -> list[Engraver]:
    """All engravers of the organization: those in use first, by name."""
    query = select(Engraver).where(Engraver.organization_id == organization_id)
    return list(work.session.scalars(query.order_by(Engraver.active.desc(), Engraver.name, Engraver.id)))


def of_filing_no(work: UnitOfWork, organization_id: str, filing_no: str | None) -> Engraver | None:
    """The engraver of a filing number; None when there is none."""
    return work.session.scalar(
        select(Engraver).where(Engraver.organization_id == organization_id, Engraver.filing_no == filing_no)
    )


def as_registered(row: Engraver) -> RegisteredEngraver:
    """An engraver as the rules look at him."""
    return RegisteredEngraver(row.name, row.filing_no, row.valid_until, row.active)


def objection_to(
    work: UnitOfWork, act: LifeAct, *, organization_id: str, medium: str, facts: StepFacts
) -> Objection | None:
    """Why a step cannot be carried out today with the engraver it names; None for steps that need none."""
    if not names_engraver(act, medium):
        return None
    row = of_filing_no(work, organization_id, facts.maker_filing_no)
    return object_to_engraver(facts.maker_name, as_registered(row) if row is not None else None, today(work))


def objection_to_step(work: UnitOfWork, step: SealStep, medium: str) -> Objection | None:
    """Why a step that is not decided yet would be void if it were approved today."""
    if step.status not in _UNDECIDED:
        return None
    facts = step_queries.facts_of(step)
    return objection_to(
        work, LifeAct(step.act), organization_id=step.organization_id, medium=medium, facts=facts
    )


def steps_without_engraver(
    work: UnitOfWork, organization_id: str
) -> list[tuple[SealStep, Seal, StepFacts, Objection]]:
    """The undecided steps whose engraver cannot be given a seal: after an upgrade, those that name one nobody registered."""
    query = (
        select(SealStep, Seal)
        .join(Seal, Seal.id == SealStep.seal_id)
        .where(
            SealStep.organization_id == organization_id,
            SealStep.status.in_(_UNDECIDED),
            SealStep.act.in_([LifeAct.MAKE, LifeAct.SURRENDER]),
            Seal.medium == Medium.PHYSICAL,
        )
        .order_by(SealStep.id)
    )
    return [
        (step, seal, step_queries.facts_of(step), objection)
        for step, seal in work.session.execute(query).tuples()
        if (objection := objection_to_step(work, step, seal.medium)) is not None
    ]


def today(work: UnitOfWork) -> str:
    """The day in Beijing, as terms are compared with it."""
    return beijing_time(work.now).date().isoformat()
