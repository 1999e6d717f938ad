"""Who keeps a safe beside its custodian, and that its lock code was changed."""

from __future__ import annotations

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import handover_errors, keeping_errors, keeping_queries, queries
from shuangyin.custody.keeping_models import LockCodeChange, LockReason, SafeDeputy
from shuangyin.custody.models import Safe
from shuangyin.evidence.commands import record
from shuangyin.people.commands.confirm_identity import Confirmed
from shuangyin.people.queries import holds_permission
from shuangyin.people.queries import person as person_of


def name_deputy(
    work: UnitOfWork, actor: Actor, safe_id: str, *, person_id: str, from_at: int, until_at: int | None
) -> SafeDeputy:
    """Name a deputy of a safe's custodian. Raises Forbidden, NotFound, Invalid, Refused (NOT_A_KEEPER), Conflict."""
    actor.require("seals.manage")
    safe = queries.safe(work, actor.organization_id, safe_id)
    person = person_of(work, actor.organization_id, person_id)
    if until_at is not None and until_at <= max(from_at, work.now):
        raise keeping_errors.term_backwards()
    if not holds_permission(work, actor.organization_id, person.id, "custody.open"):
        raise handover_errors.not_a_keeper(person.name)
    there = {safe.custodian_id, *(one.person_id for one in keeping_queries.deputies(work, safe.id))}
    if person.id in there:
        raise keeping_errors.deputy_already(person.name)
    deputy = SafeDeputy(
        id=work.new_id(),
        organization_id=actor.organization_id,
        safe_id=safe.id,
        person_id=person.id,
        from_at=from_at,
        until_at=until_at,
        named_by=actor.person_id,
        named_at=work.now,
    )
    work.session.add(deputy)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "deputy": deputy.id,
        "person": person.id,
        "from_at": from_at,
        "until_at": until_at,
    }
    record(work, actor, kind="custody.deputy_named", subject_type="safe", subject_id=safe.id, facts=facts)
    return deputy


def end_deputy(work: UnitOfWork, actor: Actor, safe_id: str, deputy_id: str) -> SafeDeputy:
    """End the term of a deputy now. He knew the lock code, so that it is due for change. Raises Forbidden, NotFound,
    Conflict (DEPUTY_ENDED)."""
    actor.require("seals.manage")
    safe = queries.safe(work, actor.organization_id, safe_id)
    deputy = work.session.scalar(
        select(SafeDeputy).where(SafeDeputy.id == deputy_id, SafeDeputy.safe_id == safe.id)
    )
    if deputy is None:
        raise not_found("该副保管人", "deputy")
    if deputy.ended_at is not None or (deputy.until_at is not None and deputy.until_at <= work.now):
        raise keeping_errors.deputy_ended()
    deputy.ended_at = work.now
    safe.keeper_changed_at = work.now
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.deputy_ended",
        subject_type="safe",
        subject_id=safe.id,
        facts={"deputy": deputy.id, "person": deputy.person_id},
    )
    return deputy


def record_lock_change(
    work: UnitOfWork, actor: Actor, safe_id: str, reason: LockReason, shown: Confirmed
) -> Safe:
    """Record that the lock code of a safe was changed by one who keeps it, before a second identified person.

    `shown` is the witness, identified by a factor of his own. Raises Forbidden (NOT_KEEPER_OF_SAFE), Refused
    (LOCK_WITNESS).
    """
    safe = queries.safe(work, actor.organization_id, safe_id)
    if not keeping_queries.keeps(work, safe, actor.person_id):
        raise keeping_errors.not_keeper_of_safe(safe.name)
    rights = ("custody.review", "seals.manage")
    if shown.person_id == actor.person_id or not any(
        holds_permission(work, actor.organization_id, shown.person_id, right) for right in rights
    ):
        raise keeping_errors.witness_needed()
    change = LockCodeChange(
        id=work.new_id(),
        organization_id=actor.organization_id,
        safe_id=safe.id,
        reason=reason,
        changed_by=actor.person_id,
        witness_id=shown.person_id,
        changed_at=work.now,
    )
    work.session.add(change)
    safe.lock_changed_at, safe.keeper_changed_at = work.now, None
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.lock_code_changed",
        subject_type="safe",
        subject_id=safe.id,
        facts={"change": change.id, "witness": shown.person_id, "reason": reason.value},
    )
    return safe
