"""How keeping is shown."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Forbidden
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import keeping_queries as queries
from shuangyin.custody import views
from shuangyin.custody.keeping_models import LockReason
from shuangyin.custody.keeping_rules import DAY_MS
from shuangyin.custody.keeping_schemas import DeputyOut, KeepingOut, LockChangeOut
from shuangyin.custody.models import Safe

_RIGHTS = ("custody.read", "custody.open", "custody.review", "seals.manage")


def require_sees_keeping(actor: Actor) -> None:
    """Raises Forbidden for who has nothing to do with custody."""
    if not any(actor.may(right) for right in _RIGHTS):
        raise Forbidden("NOT_PERMITTED", "您的岗位没有此项权限。", "Your post does not include this right.")


def keeping_out(work: UnitOfWork, actor: Actor, safe: Safe) -> KeepingOut:
    """Deputies and lock code of a safe."""
    deputies, changes = queries.deputies(work, safe.id), queries.lock_changes(work, safe.id)
    people = views.People(
        work,
        [
            *(one.person_id for one in deputies),
            *(person for one in changes for person in (one.changed_by, one.witness_id)),
        ],
    )
    return KeepingOut(
        safe_id=safe.id,
        deputies=[
            DeputyOut(id=one.id, person=people(one.person_id), from_at=one.from_at, until_at=one.until_at)
            for one in deputies
        ],
        lock_changed_at=safe.lock_changed_at,
        lock_due_at=safe.lock_changed_at + work.settings.lock_code_days * DAY_MS,
        lock_due=queries.lock_due(work, safe),
        changes=[
            LockChangeOut(
                reason=LockReason(one.reason),
                changed_by=people(one.changed_by),
                witness=people(one.witness_id),
                changed_at=one.changed_at,
            )
            for one in changes
        ],
        may_open=queries.keeps(work, safe, actor.person_id),
    )
