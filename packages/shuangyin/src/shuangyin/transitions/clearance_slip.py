"""The clearance slip (印章缴销清结单) that goes with an old seal to a registered engraver, as a PDF."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shuangyin.core.clock import beijing_time
from shuangyin.core.typesetting import typeset_template
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.people.queries import display
from shuangyin.seals import step_queries
from shuangyin.seals.models import Seal
from shuangyin.seals.rules.life import LifeAct
from shuangyin.transitions import errors


@dataclass(frozen=True, slots=True)
class Slip:
    """Every value as it is to be read."""

    number: str
    organization: str
    uscc: str
    seal: str
    seal_code: str
    filing_no: str
    size: str
    engraver: str
    engraver_filing_no: str
    approved_at: str
    asked_by: str
    binding: str
    printed_at: str


def slip_of(work: UnitOfWork, seal: Seal) -> Slip:
    """The slip of a seal whose surrender was approved: no use of it is open then. Raises Conflict (NO_CLEARANCE)."""
    step = step_queries.last_step(work, seal.id, LifeAct.SURRENDER)
    if step is None or step.ended_at is None:
        raise errors.no_slip()
    organization = organization_of(work, seal.organization_id)
    facts = step_queries.facts_of(step)
    person = display(work, [step.asked_by]).get(step.asked_by)
    return Slip(
        number=f"缴销-{step.id[-12:].upper()}",
        organization=organization.name,
        uscc=organization.uscc,
        seal=seal.name,
        seal_code=seal.seal_code or "—",
        filing_no=seal.filing_no or "—",
        size=f"{seal.width_mm:g} × {seal.height_mm:g} mm",
        engraver=facts.maker_name or "—",
        engraver_filing_no=facts.maker_filing_no or "—",
        approved_at=f"{beijing_time(step.ended_at):%Y-%m-%d %H:%M:%S}",
        asked_by=person.name if person else "—",
        binding=step.binding,
        printed_at=f"{beijing_time(work.now):%Y-%m-%d %H:%M}",
    )


def typeset(slip: Slip) -> bytes:
    """The slip as PDF, A4. Raises Unavailable when typesetting fails."""
    return typeset_template("shuangyin.transitions", "clearance.typ", asdict(slip), errors.slip_not_typeset())
