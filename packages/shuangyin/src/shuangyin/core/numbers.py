"""Human numbers such as 用印-2026-000123, from a counter table: gapless within a committed history."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.clock import beijing_time
from shuangyin.core.database import Base
from shuangyin.core.unit_of_work import UnitOfWork


class Counter(Base):
    """The last number given out, per organization and series."""

    __tablename__ = "counter"

    organization_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    series: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int]


def next_number(work: UnitOfWork, organization_id: str, prefix: str) -> str:
    """The next number of a series of this year (Beijing time), such as ``用印-2026-000123``."""
    year = beijing_time(work.now).year
    series = f"{prefix}-{year}"
    counter = work.session.get(Counter, (organization_id, series), with_for_update=True)
    if counter is None:
        counter = Counter(organization_id=organization_id, series=series, value=0)
        work.session.add(counter)
    counter.value += 1
    work.session.flush()
    return f"{series}-{counter.value:06d}"
