"""Keep the register of originals: entered, placed, missed, found again, given up."""

from __future__ import annotations

from collections.abc import Mapping

from evidencelog.entry import JsonValue
from shuangyin.alarms.commands import raise_alarm
from shuangyin.approvals.naming import named_route
from shuangyin.core.actor import Actor
from shuangyin.core.errors import NotFound, Refused, stale_version
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import original_errors, original_queries, queries
from shuangyin.custody.keeping_queries import keeps
from shuangyin.custody.models import Safe
from shuangyin.custody.original_models import Original, OriginalState
from shuangyin.custody.original_schemas import NewOriginal, OriginalPlace
from shuangyin.evidence.commands import digest_of, record


def register_original(work: UnitOfWork, actor: Actor, new: NewOriginal) -> Original:
    """Enter an original that lies in a safe, by a keeper of the safe or who manages seals.

    Raises Forbidden (NOT_KEEPER_OF_SAFE), NotFound, Invalid (ROUTE_UNKNOWN).
    """
    safe = queries.safe(work, actor.organization_id, new.safe_id)
    _require_keeper(work, actor, safe)
    if new.route_code is not None:
        try:
            named_route(work, actor.organization_id, new.route_code)
        except (NotFound, Refused) as error:
            raise original_errors.unknown_route(new.route_code) from error
    found = Original(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "原件"),
        kind=new.kind,
        name=new.name,
        reference=new.reference,
        condition=new.condition,
        safe_id=safe.id,
        slot=new.slot,
        route_code=new.route_code,
        state=OriginalState.KEPT,
        registered_by=actor.person_id,
        registered_at=work.now,
    )
    work.session.add(found)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "number": found.number,
        "original_kind": found.kind,
        "name": digest_of(found.name),
        "reference": digest_of(found.reference) if found.reference else None,
        "condition": digest_of(found.condition),
        "safe": safe.id,
        "slot": found.slot,
        "route": found.route_code,
    }
    note(work, actor, found, "custody.original_registered", facts)
    return found


def place_original(
    work: UnitOfWork, actor: Actor, original_id: str, place: OriginalPlace, *, expected: int | None
) -> Original:
    """Put an original that is in its safe into another slot or safe, by who keeps both. Raises Forbidden, Refused,
    Stale."""
    found = _kept(work, actor, original_id, expected)
    safe = queries.safe(work, actor.organization_id, place.safe_id)
    _require_keeper(work, actor, safe)
    found.safe_id, found.slot = safe.id, place.slot
    work.session.flush()
    note(work, actor, found, "custody.original_placed", {"safe": safe.id, "slot": place.slot})
    return found


def withdraw_original(
    work: UnitOfWork, actor: Actor, original_id: str, *, reason: str, expected: int | None
) -> Original:
    """Take an original out of the register for good: renewed, handed in, sold with the house. Raises as `place`."""
    found = _kept(work, actor, original_id, expected)
    found.state = OriginalState.WITHDRAWN
    work.session.flush()
    note(work, actor, found, "custody.original_withdrawn", {"reason": digest_of(reason)})
    return found


def find_again(
    work: UnitOfWork, actor: Actor, original_id: str, *, reason: str, expected: int | None
) -> Original:
    """Say that a missing original is back in its slot, and how. Raises Forbidden, Conflict, Stale."""
    found = _changeable(work, actor, original_id, expected)
    if found.state != OriginalState.MISSING:
        raise original_errors.not_missing(found.name)
    found.state = OriginalState.KEPT
    work.session.flush()
    note(work, actor, found, "custody.original_found", {"reason": digest_of(reason)})
    return found


def declare_original_missing(
    work: UnitOfWork, actor: Actor, found: Original, *, found_by: tuple[str, str]
) -> None:
    """Record that an original was not found, raise the alarm, and lend it to nobody until it was found.

    `found_by` is the type and id of the hand-over or stocktake.
    """
    subject_type, subject_id = found_by
    found.state = OriginalState.MISSING
    work.session.flush()
    note(work, actor, found, "custody.original_missing", {subject_type: subject_id})
    raise_alarm(
        work,
        actor,
        "original_missing",
        subject_type="original",
        subject_id=found.id,
        custodian_ids=[work.session.get_one(Safe, found.safe_id).custodian_id],
    )


def note(work: UnitOfWork, actor: Actor, found: Original, kind: str, facts: Mapping[str, JsonValue]) -> None:
    """Record what happened to an original."""
    record(
        work,
        actor,
        kind=kind,
        subject_type="original",
        subject_id=found.id,
        facts=facts,
    )


def _kept(work: UnitOfWork, actor: Actor, original_id: str, expected: int | None) -> Original:
    found = _changeable(work, actor, original_id, expected)
    if found.state != OriginalState.KEPT:
        raise original_errors.not_here(found.name)
    return found


def _changeable(work: UnitOfWork, actor: Actor, original_id: str, expected: int | None) -> Original:
    found = original_queries.original(work, actor.organization_id, original_id)
    if expected is not None and expected != found.version:
        raise stale_version()
    _require_keeper(work, actor, work.session.get_one(Safe, found.safe_id))
    return found


def _require_keeper(work: UnitOfWork, actor: Actor, safe: Safe) -> None:
    if not actor.may("seals.manage") and not keeps(work, safe, actor.person_id):
        raise original_errors.only_keepers()
