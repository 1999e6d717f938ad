"""The register of engravers (刻制单位名录), read: who may be given a physical seal to make or to destroy."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.models import Engraver
from shuangyin.seals.rules.engravers import RegisteredEngraver


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


def today(work: UnitOfWork) -> str:
    """The day in Beijing, as terms are compared with it."""
    return beijing_time(work.now).date().isoformat()
