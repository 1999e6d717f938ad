"""Reads about who keeps safes and about their lock codes."""

from __future__ import annotations

from sqlalchemy import func, select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import keeping_errors, keeping_rules
from shuangyin.custody.keeping_models import LockCodeChange, SafeDeputy
from shuangyin.custody.keeping_rules import LockDue, Term
from shuangyin.custody.models import Opening, PhysicalUse, Safe
from shuangyin.people.models import Person

MINUTE_MS = 60_000


def deputies(work: UnitOfWork, safe_id: str) -> list[SafeDeputy]:
    """The deputies of a safe whose term is not over, oldest first."""
    query = select(SafeDeputy).where(
        SafeDeputy.safe_id == safe_id,
        SafeDeputy.ended_at.is_(None),
        SafeDeputy.until_at.is_(None) | (SafeDeputy.until_at > work.now),
    )
    return list(work.session.scalars(query.order_by(SafeDeputy.id)))


def keeps(work: UnitOfWork, safe: Safe, person_id: str) -> bool:
    """Whether a person may open a safe now."""
    terms = [Term(one.person_id, one.from_at, one.until_at, one.ended_at) for one in deputies(work, safe.id)]
    return keeping_rules.keeps(work.now, custodian_id=safe.custodian_id, deputies=terms, person_id=person_id)


def require_may_take_out(work: UnitOfWork, actor: Actor, safe: Safe) -> None:
    """Raises Forbidden (NOT_KEEPER_OF_SAFE) and Refused (LOCK_CODE_DUE)."""
    if not keeps(work, safe, actor.person_id):
        raise keeping_errors.not_keeper_of_safe(safe.name)
    require_lock_changed(work, safe)


def require_lock_changed(work: UnitOfWork, safe: Safe) -> None:
    """Raises Refused (LOCK_CODE_DUE) while a change of the safe's lock code is due."""
    why = lock_due(work, safe)
    if why is not None:
        raise keeping_errors.lock_code_due(safe.name, why)


def lock_due(work: UnitOfWork, safe: Safe) -> LockDue | None:
    """Why the lock code of a safe must be changed now; None while it need not."""
    left = (
        select(Person.left_at)
        .join(SafeDeputy, SafeDeputy.person_id == Person.id)
        .where(SafeDeputy.safe_id == safe.id, Person.left_at.is_not(None))
    )
    return keeping_rules.lock_due(
        work.now,
        changed_at=safe.lock_changed_at,
        keeper_changed_at=safe.keeper_changed_at,
        left_at=[at for at in work.session.scalars(left) if at is not None],
        days=work.settings.lock_code_days,
    )


def lock_changes(work: UnitOfWork, safe_id: str, *, limit: int = 20) -> list[LockCodeChange]:
    """The changes of a safe's lock code, newest first."""
    query = select(LockCodeChange).where(LockCodeChange.safe_id == safe_id)
    return list(work.session.scalars(query.order_by(LockCodeChange.id.desc()).limit(limit)))


def back_by(work: UnitOfWork, opening: Opening) -> int | None:
    """When the seals of an opening have to be back; None for one that did not open."""
    if opening.opened_at is None or opening.closes_by is None:
        return None
    last = work.session.scalar(
        select(func.max(PhysicalUse.pressed_at)).where(PhysicalUse.opening_id == opening.id)
    )
    return keeping_rules.back_by(
        opened_at=opening.opened_at,
        closes_by=opening.closes_by,
        last_press_at=last,
        return_ms=work.settings.return_minutes * MINUTE_MS,
    )
