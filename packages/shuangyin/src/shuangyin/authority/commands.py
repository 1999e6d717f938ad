"""Give and end grants; reserve, use and release their counts."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.authority import errors, queries
from shuangyin.authority.models import Act, Grant, GrantReservation, GrantStatus, ReservationStatus
from shuangyin.authority.rules import (
    Question,
    Scope,
    effective_scope,
    objections_to_child,
    objections_to_scope,
    objections_to_use,
)
from shuangyin.authority.schemas import NewGrant
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.organization.models import Post
from shuangyin.organization.queries import post as post_of
from shuangyin.people.commands import require_second_factor
from shuangyin.people.queries import held_posts, person
from shuangyin.seals.queries import get as seal_of

YEAR_MS = 365 * 24 * 3600 * 1000
"""A grant that names no end is looked at again after a year."""


def give(work: UnitOfWork, actor: Actor, new: NewGrant) -> Grant:
    """Give a grant: from the root office, or out of a grant that one holds. Confirmed with a second factor.

    Raises Refused with the codes of `rules.objections_to_child` when it would exceed its parent in anything.
    """
    granting_post = _require_may_give(work, actor, new.parent_id)
    _require_holder(work, actor, new)
    if new.seal_id is not None:
        seal_of(work, actor.organization_id, new.seal_id)
    parent = queries.grant_of(work, actor.organization_id, new.parent_id) if new.parent_id else None
    scope = _scope_of(work, new, parent)
    objections = objections_to_scope(scope)
    if parent is not None:
        reach = effective_scope([queries.scope_of(one) for one in queries.lineage(work, parent)])
        objections += objections_to_child(scope, queries.state_of(parent), reach)
    if objections:
        raise errors.refused(objections)
    require_second_factor(
        work,
        actor,
        act="authority.grant",
        subject=f"{new.seal_id or '*'}:{new.act.value}",
        proof=new.proof,
        strength="each",
    )
    grant = Grant(
        id=work.new_id(),
        organization_id=actor.organization_id,
        parent_id=new.parent_id,
        act=scope.act,
        seal_id=scope.seal_id,
        holder_person_id=new.holder_person_id,
        holder_post_id=new.holder_post_id,
        amount_limit_minor=scope.amount_limit_minor,
        count_limit=scope.count_limit,
        count_reserved=0,
        count_used=0,
        valid_from=scope.valid_from,
        valid_until=scope.valid_until,
        granted_by_person=actor.person_id,
        granted_by_post=granting_post.id if granting_post else None,
        granted_at=work.now,
        status=GrantStatus.ACTIVE,
        reason=new.reason,
    )
    work.session.add(grant)
    work.session.flush()
    _record(work, actor, grant, "authority.granted", _grant_facts(grant))
    return grant


def end(work: UnitOfWork, actor: Actor, grant_id: str, *, reason: str, expected: int | None) -> list[Grant]:
    """End a grant and everything granted out of it, at once; returns all that ended, this one first.

    Raises Conflict when it has ended, Stale when it changed.
    """
    grant = queries.grant_of(work, actor.organization_id, grant_id)
    if grant.granted_by_person != actor.person_id:
        actor.require("authority.grant")
    if expected is not None and expected != grant.version:
        raise stale_version()
    if grant.status == GrantStatus.ENDED:
        raise errors.already_ended()
    ended = [grant] + [one for one in queries.descendants(work, grant) if one.status == GrantStatus.ACTIVE]
    for one in ended:
        one.status = GrantStatus.ENDED
        one.ended_at = work.now
        one.end_reason = reason
        facts: dict[str, JsonValue] = {"because_of": grant.id, "reason": digest_of(reason)}
        _record(work, actor, one, "authority.ended", facts)
    work.session.flush()
    return ended


def reserve(
    work: UnitOfWork,
    actor: Actor,
    grant_id: str,
    *,
    subject_id: str,
    seal_id: str,
    amount_minor: int | None,
) -> GrantReservation:
    """Take one count of a grant and of all its ancestors for a subject. Raises Refused when none is left.

    Two subjects that ask for the last count at the same moment take turns; the second is refused.
    """
    line = _locked_line(work, actor, grant_id)
    question = Question(seal_id=seal_id, amount_minor=amount_minor, at=work.now)
    objections = objections_to_use([queries.state_of(one) for one in line], question)
    if objections:
        raise errors.used_up(objections)
    for one in line:
        one.count_reserved += 1
    reservation = GrantReservation(
        id=work.new_id(),
        organization_id=actor.organization_id,
        grant_id=grant_id,
        subject_id=subject_id,
        seal_id=seal_id,
        status=ReservationStatus.RESERVED,
        reserved_at=work.now,
        slot=f"{subject_id}:{seal_id}",
    )
    work.session.add(reservation)
    work.session.flush()
    return reservation


def consume(work: UnitOfWork, actor: Actor, subject_id: str) -> int:
    """The subject was sealed: its reserved counts are used. Returns how many."""
    return _settle(work, actor, subject_id, ReservationStatus.USED)


def release(work: UnitOfWork, actor: Actor, subject_id: str) -> int:
    """The subject came to nothing: its reserved counts are free again. Returns how many."""
    return _settle(work, actor, subject_id, ReservationStatus.RELEASED)


def _settle(work: UnitOfWork, actor: Actor, subject_id: str, status: ReservationStatus) -> int:
    reservations = queries.reservations_of(work, subject_id)
    for reservation in reservations:
        for one in _locked_line(work, actor, reservation.grant_id):
            one.count_reserved -= 1
            if status is ReservationStatus.USED:
                one.count_used += 1
        reservation.status = status
        if status is ReservationStatus.RELEASED:
            reservation.slot = None
    work.session.flush()
    return len(reservations)


def _locked_line(work: UnitOfWork, actor: Actor, grant_id: str) -> list[Grant]:
    line = queries.lineage(work, queries.grant_of(work, actor.organization_id, grant_id))
    ids = [one.id for one in line]
    # Locked from the root down, always in the same order, so that two lines cannot wait for each other.
    work.session.scalars(select(Grant).where(Grant.id.in_(ids)).order_by(Grant.id).with_for_update()).all()
    return line


def _scope_of(work: UnitOfWork, new: NewGrant, parent: Grant | None) -> Scope:
    valid_from = work.now if new.valid_from is None else new.valid_from
    valid_until = new.valid_until
    if valid_until is None:
        valid_until = parent.valid_until if parent else valid_from + YEAR_MS
    return Scope(
        act=new.act,
        seal_id=new.seal_id,
        amount_limit_minor=new.amount_limit_minor,
        count_limit=new.count_limit,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def _require_may_give(work: UnitOfWork, actor: Actor, parent_id: str | None) -> Post | None:
    held = [one.post for one in held_posts(work, [actor.person_id], work.now)]
    if parent_id is None:
        actor.require("authority.grant")
        return next((post for post in held if post.is_office), None)
    parent = queries.grant_of(work, actor.organization_id, parent_id)
    if parent.holder_person_id != actor.person_id:
        by_post = next((post for post in held if post.id == parent.holder_post_id), None)
        if by_post is None:
            actor.require("authority.grant")
        return by_post
    return None


def _require_holder(work: UnitOfWork, actor: Actor, new: NewGrant) -> None:
    named = [one for one in (new.holder_person_id, new.holder_post_id) if one is not None]
    if len(named) != (0 if new.act is Act.AUTO_SEAL else 1):
        raise errors.holder_missing()
    if new.holder_person_id is not None:
        person(work, actor.organization_id, new.holder_person_id)
    if new.holder_post_id is not None:
        post_of(work, actor.organization_id, new.holder_post_id)


def _grant_facts(grant: Grant) -> dict[str, JsonValue]:
    return {
        "parent": grant.parent_id,
        "act": str(grant.act),
        "seal": grant.seal_id,
        "holder_person": grant.holder_person_id,
        "holder_post": grant.holder_post_id,
        "amount_limit_minor": grant.amount_limit_minor,
        "count_limit": grant.count_limit,
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "granted_by_post": grant.granted_by_post,
        "reason": digest_of(grant.reason),
    }


def _record(work: UnitOfWork, actor: Actor, grant: Grant, kind: str, facts: Mapping[str, JsonValue]) -> None:
    record(work, actor, kind=kind, subject_type="grant", subject_id=grant.id, facts=facts)
