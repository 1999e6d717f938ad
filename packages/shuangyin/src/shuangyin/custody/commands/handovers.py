"""Hand over what a person keeps, on one sheet: drawn up, checked line by line, confirmed by all three."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.errors import not_found, stale_version
from shuangyin.core.live import tell_live
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import (
    errors,
    handover_errors,
    handover_queries,
    loan_errors,
    original_errors,
    original_queries,
    queries,
)
from shuangyin.custody.commands.confirming import note_confirmation
from shuangyin.custody.commands.departing import name_custodian, safes_of
from shuangyin.custody.commands.missing import declare_missing, note_found
from shuangyin.custody.commands.originals import declare_original_missing
from shuangyin.custody.handover_rules import Checked, object_to_confirmation, object_to_three
from shuangyin.custody.handover_schemas import CheckedItem, NewHandover
from shuangyin.custody.models import Handover, HandoverItem, HandoverStatus, ItemKind, Safe
from shuangyin.custody.original_models import Original, OriginalState
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands.confirm_identity import Confirmed
from shuangyin.people.queries import holds_permission
from shuangyin.people.queries import person as person_of
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.seals.commands.keeping import hand_over_keeping, kept_by
from shuangyin.seals.models import Medium, Seal, SealStatus, Whereabouts

TOPIC = "handovers"
PHASE = "handover"
_GONE = (SealStatus.LOST, SealStatus.SURRENDERED, SealStatus.DESTROYED, SealStatus.REVOKED)


def draw_up(work: UnitOfWork, actor: Actor, new: NewHandover) -> Handover:
    """Draw up the sheet, by the giver or by who manages seals: seals, safes and unfinished uses by themselves.

    Raises Forbidden, Refused (SAME_PERSON, NOT_A_KEEPER, NOTHING_KEPT), Conflict (HANDOVER_UNDER_WAY).
    """
    if actor.person_id != new.giver_id:
        actor.require("seals.manage")
    organization_id = actor.organization_id
    objection = object_to_three(new.giver_id, new.receiver_id, new.witness_id)
    if objection is not None:
        raise errors.refused(objection)
    giver, receiver, _ = (
        person_of(work, organization_id, one) for one in (new.giver_id, new.receiver_id, new.witness_id)
    )
    for right in ("seals.keep", "custody.open"):
        if not holds_permission(work, organization_id, receiver.id, right):
            raise handover_errors.not_a_keeper(receiver.name)
    running = work.session.scalar(select(Handover.number).where(Handover.giver_slot == giver.id))
    if running is not None:
        raise handover_errors.under_way(running)
    lines = _kept(work, organization_id, giver.id)
    if not lines:
        raise handover_errors.nothing_kept(giver.name)
    lines += [(ItemKind(one.kind), None, one.name) for one in new.further]
    handover = Handover(
        id=work.new_id(),
        organization_id=organization_id,
        number=next_number(work, organization_id, "交接"),
        giver_slot=giver.id,
        giver_id=giver.id,
        receiver_id=receiver.id,
        witness_id=new.witness_id,
        reason=new.reason,
        status=HandoverStatus.PENDING,
        drafted_by=actor.person_id,
        drafted_at=work.now,
    )
    work.session.add(handover)
    work.session.flush()
    for position, (kind, thing_id, name) in enumerate(lines, 1):
        work.session.add(
            HandoverItem(
                id=work.new_id(),
                organization_id=organization_id,
                handover_id=handover.id,
                position=position,
                kind=kind,
                thing_id=thing_id,
                name=name,
            )
        )
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "number": handover.number,
        "giver": handover.giver_id,
        "receiver": handover.receiver_id,
        "witness": handover.witness_id,
        "reason": digest_of(handover.reason),
        "items": [_stated(kind, thing_id, name) for kind, thing_id, name in lines],
    }
    _record(work, actor, handover, "custody.handover_drawn_up", facts)
    _tell(work, handover)
    return handover


def check_items(
    work: UnitOfWork, actor: Actor, handover_id: str, found: Sequence[CheckedItem], *, expected: int | None
) -> Handover:
    """Enter what was found of lines of the sheet, by any of the three, until the first of them confirms.

    Raises Conflict, Forbidden, Stale, and Refused (SEAL_NOT_FREE) when a seal that is out is said to be there.
    """
    handover = _pending(work, actor, handover_id, expected)
    if actor.person_id not in _parties(handover).values():
        raise loan_errors.not_a_party()
    if queries.confirmations(work, handover.id, PHASE):
        raise handover_errors.confirmed_already()
    lines = {line.id: line for line in handover_queries.items(work, handover.id)}
    entered: list[JsonValue] = []
    for one in found:
        line = lines.get(one.id)
        if line is None:
            raise not_found("交接单中的该项", "line of this sheet")
        if one.present:
            _require_in_place(work, line)
        line.present = one.present
        line.discrepancy = None if one.present else (one.discrepancy or "").strip() or None
        entered.append(
            {
                "item": line.id,
                "present": line.present,
                "discrepancy": digest_of(line.discrepancy) if line.discrepancy else None,
            }
        )
    # The sheet is another one with other findings: its version rises although its own columns stay.
    flag_modified(handover, "reason")
    work.session.flush()
    _record(work, actor, handover, "custody.handover_checked", {"items": entered})
    _tell(work, handover)
    return handover


def confirm_handover(work: UnitOfWork, actor: Actor, handover_id: str, shown: Confirmed) -> Handover:
    """Note that one of the three confirmed with his own factor; with all three, keepers change in this transaction.

    What is missing stays with the giver, raises an alarm and is suspended. Raises Refused while a line is unchecked or
    something is missing without a discrepancy record, Conflict when a keeper changed meanwhile, Forbidden.
    """
    handover = _pending(work, actor, handover_id, None)
    lines = handover_queries.items(work, handover.id)
    objection = object_to_confirmation(Checked(one.name, one.present, one.discrepancy) for one in lines)
    if objection is not None:
        raise errors.refused(objection)
    for line in lines:
        if line.present:
            _require_in_place(work, line)
    if note_confirmation(work, actor, ("handover", handover.id), PHASE, _parties(handover), shown):
        _carry_out(work, actor, handover, lines)
    work.session.flush()
    _tell(work, handover)
    return handover


def cancel_handover(work: UnitOfWork, actor: Actor, handover_id: str, *, expected: int | None) -> Handover:
    """Call off a sheet that not all have confirmed; keepers stay. Raises Conflict, Forbidden, Stale."""
    handover = _pending(work, actor, handover_id, expected)
    if actor.person_id not in _parties(handover).values():
        actor.require("seals.manage")
    handover.status, handover.giver_slot = HandoverStatus.CANCELLED, None
    work.session.flush()
    _record(work, actor, handover, "custody.handover_cancelled", {"number": handover.number})
    _tell(work, handover)
    return handover


def _kept(work: UnitOfWork, organization_id: str, giver_id: str) -> list[tuple[ItemKind, str | None, str]]:
    seals = [
        one
        for one in kept_by(work, organization_id, giver_id)
        if one.medium == Medium.PHYSICAL and one.status not in _GONE
    ]
    safes = safes_of(work, organization_id, giver_id)
    unfinished = work.session.execute(
        select(UseRequest.id, UseRequest.number, UseRequest.title)
        .join(RequestSeal, RequestSeal.request_id == UseRequest.id)
        .where(
            RequestSeal.seal_id.in_([one.id for one in seals]),
            UseRequest.status == "approved",
            UseRequest.medium == "physical",
        )
        .distinct()
        .order_by(UseRequest.number)
        .limit(200)
    ).tuples()
    lines: list[tuple[ItemKind, str | None, str]] = [(ItemKind.SEAL, one.id, one.name) for one in seals]
    for safe in safes:
        lines.append((ItemKind.SAFE, safe.id, safe.name))
        lines += _originals_of(work, safe)
    lines += [
        (ItemKind.UNFINISHED_USE, row_id, f"{number} {title}"[:200]) for row_id, number, title in unfinished
    ]
    return lines


def _carry_out(work: UnitOfWork, actor: Actor, handover: Handover, lines: Sequence[HandoverItem]) -> None:
    """All three have confirmed: what is there changes hands, and nothing else does."""
    platform = system_actor(handover.organization_id)
    missing: list[JsonValue] = []
    for line in lines:
        if line.kind == ItemKind.SEAL and line.thing_id is not None:
            seal = work.session.get_one(Seal, line.thing_id)
            if seal.keeper_person_id != handover.giver_id:
                raise handover_errors.keeper_moved(seal.name)
            if line.present:
                note_found(work, actor, seal)
                hand_over_keeping(work, platform, seal, handover.receiver_id)
            else:
                missing.append(seal.id)
                declare_missing(work, actor, seal, found_by=("handover", handover.id))
        elif line.kind == ItemKind.SAFE and line.thing_id is not None and line.present:
            safe = work.session.get_one(Safe, line.thing_id)
            if safe.custodian_id != handover.giver_id:
                raise handover_errors.keeper_moved(safe.name)
            name_custodian(work, platform, safe, handover.receiver_id)
        elif line.kind == ItemKind.ORIGINAL and not line.present:
            lost = work.session.get_one(Original, line.thing_id)
            if lost.state == OriginalState.KEPT:
                declare_original_missing(work, actor, lost, found_by=("handover", handover.id))
    handover.status, handover.giver_slot, handover.done_at = HandoverStatus.DONE, None, work.now
    facts: dict[str, JsonValue] = {
        "number": handover.number,
        "present": [one.id for one in lines if one.present],
        "missing": [one.id for one in lines if not one.present],
        "missing_seals": missing,
    }
    _record(work, actor, handover, "custody.handover_done", facts)


def _originals_of(work: UnitOfWork, safe: Safe) -> list[tuple[ItemKind, str | None, str]]:
    """The originals of a safe go with it; of one that is lent the sheet of its loan is handed over."""
    return [
        (
            ItemKind.ORIGINAL_LOAN if one.state == OriginalState.LENT else ItemKind.ORIGINAL,
            one.id,
            f"{one.number} {one.name}"[:200],
        )
        for one in original_queries.in_safe(work, safe.id)
        if one.state != OriginalState.MISSING
    ]


def _require_in_place(work: UnitOfWork, line: HandoverItem) -> None:
    if line.kind == ItemKind.ORIGINAL:
        original = work.session.get_one(Original, line.thing_id)
        if original.state != OriginalState.KEPT:
            raise original_errors.lent_out(original.name)
    if line.kind != ItemKind.SEAL:
        return
    seal = work.session.get_one(Seal, line.thing_id)
    if seal.whereabouts not in (Whereabouts.IN_SAFE, Whereabouts.MISSING):
        raise handover_errors.seal_out(seal.name)


def _pending(work: UnitOfWork, actor: Actor, handover_id: str, expected: int | None) -> Handover:
    handover = handover_queries.get(work, actor, handover_id)
    if expected is not None and expected != handover.version:
        raise stale_version()
    if handover.status != HandoverStatus.PENDING:
        raise handover_errors.not_pending()
    return handover


def _parties(handover: Handover) -> dict[str, str]:
    return handover_queries.parties(handover)


def _stated(kind: ItemKind, thing_id: str | None, name: str) -> JsonValue:
    return {"kind": kind.value, "thing": thing_id, "name": None if thing_id else digest_of(name)}


def _record(
    work: UnitOfWork, actor: Actor, handover: Handover, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="handover", subject_id=handover.id, facts=facts)


def _tell(work: UnitOfWork, handover: Handover) -> None:
    tell_live(work, handover.organization_id, _parties(handover).values(), TOPIC, handover.id)
