"""Whether all seals of an organization are frozen."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import errors
from shuangyin.seals.models import SealFreeze


def current_freeze(work: UnitOfWork, organization_id: str) -> SealFreeze | None:
    """The freeze that lasts now; None when the seals can be used."""
    return work.session.scalar(select(SealFreeze).where(SealFreeze.slot == organization_id))


def require_not_frozen(work: UnitOfWork, organization_id: str) -> None:
    """Raises Refused (SEALS_FROZEN) while all seals of the organization are frozen, of whichever medium."""
    found = current_freeze(work, organization_id)
    if found is not None:
        raise errors.frozen(found.frozen_at)


def freezes(work: UnitOfWork, organization_id: str, *, limit: int = 50) -> list[SealFreeze]:
    """The freezes of an organization, the newest first."""
    query = select(SealFreeze).where(SealFreeze.organization_id == organization_id)
    return list(work.session.scalars(query.order_by(SealFreeze.frozen_at.desc()).limit(limit)))
