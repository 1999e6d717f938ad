"""Open a safe by two persons together, and close it with every seal back."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.authority.separating import verdict
from shuangyin.core.actor import Actor
from shuangyin.core.live import tell_live
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, queries
from shuangyin.custody.commands.stocktakes import require_not_counted
from shuangyin.custody.controls import (
    factor_for,
    require_covered,
    require_photos,
    require_stub,
    seam_is_pressed,
)
from shuangyin.custody.keeping_queries import require_lock_changed, require_may_take_out
from shuangyin.custody.models import (
    Opening,
    OpeningRequest,
    OpeningStatus,
    PhysicalUse,
    Safe,
    SafeSlot,
    SealReturn,
)
from shuangyin.custody.occasions import at_safe
from shuangyin.custody.rules import is_past, object_to_persons
from shuangyin.custody.schemas import NewOpening, OpeningClose
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands.confirm_identity import Confirmed
from shuangyin.people.queries import holds_permission
from shuangyin.requests.authorizing import duties_of
from shuangyin.requests.commands import mark_sealed
from shuangyin.requests.formalities import may_be_pressed
from shuangyin.requests.lawful import require_as_approved, require_still_lawful
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.seals.commands import set_whereabouts
from shuangyin.seals.freezes import require_not_frozen
from shuangyin.seals.models import Seal, Whereabouts

MINUTE_MS = 60_000
TOPIC = "openings"
"""What the open pages of custodian and reviewer are told under."""


def request_opening(work: UnitOfWork, actor: Actor, new: NewOpening) -> Opening:
    """Ask to open a safe for a list of approved requests; the caller is the custodian who will press.

    Raises Refused when a request is not ready, a seal lies elsewhere, or duties are not separate; Conflict when the
    safe has another opening under way.
    """
    actor.require("custody.open")
    require_not_frozen(work, actor.organization_id)
    safe = queries.safe(work, actor.organization_id, new.safe_id)
    require_may_take_out(work, actor, safe)
    _end_past_openings(work, actor, safe)
    if work.session.scalar(select(Opening.id).where(Opening.safe_slot == safe.id)) is not None:
        raise errors.safe_busy()
    require_not_counted(work, safe.id)
    if not holds_permission(work, actor.organization_id, new.reviewer_id, "custody.review"):
        raise errors.not_yours()
    for request_id in dict.fromkeys(new.request_ids):
        _require_ready(work, actor, safe, request_id, new.reviewer_id)
    opening = Opening(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "开柜"),
        safe_id=safe.id,
        safe_slot=safe.id,
        custodian_id=actor.person_id,
        reviewer_id=new.reviewer_id,
        status=OpeningStatus.PENDING,
        requested_at=work.now,
        confirm_by=work.now + work.settings.opening_minutes * MINUTE_MS,
    )
    work.session.add(opening)
    work.session.flush()
    work.session.add_all(
        OpeningRequest(opening_id=opening.id, request_id=request_id, organization_id=actor.organization_id)
        for request_id in dict.fromkeys(new.request_ids)
    )
    facts: dict[str, JsonValue] = {
        "safe": safe.id,
        "reviewer": new.reviewer_id,
        "requests": sorted(set(new.request_ids)),
    }
    _record(work, actor, opening, "custody.opening_requested", facts)
    return opening


def confirm(work: UnitOfWork, actor: Actor, opening_id: str, shown: Confirmed) -> Opening:
    """Note that custodian or reviewer confirmed with his own factor; with both, the safe is open.

    `shown` is who was identified, on the actor's device or on his own, and by what. Raises Conflict when the opening
    no longer waits, Forbidden for anybody else, and (STEP_UP_REQUIRED) when a request asks for two factors.
    """
    person_id = shown.person_id
    require_not_frozen(work, actor.organization_id)
    opening = queries.opening(work, actor, opening_id)
    if opening.status != OpeningStatus.PENDING or _past(work, opening):
        raise errors.not_pending()
    if person_id == opening.custodian_id:
        opening.custodian_confirmed_at = opening.custodian_confirmed_at or work.now
    elif person_id == opening.reviewer_id:
        opening.reviewer_confirmed_at = opening.reviewer_confirmed_at or work.now
    else:
        raise errors.not_yours()
    wanted = factor_for(work, queries.requests_of(work, opening))
    if not shown.enough_for(wanted):
        raise errors.stronger_needed(opening.id, wanted)
    role = "custodian" if person_id == opening.custodian_id else "reviewer"
    facts: dict[str, JsonValue] = {
        "person": person_id,
        "role": role,
        "two_factors": shown.two_factors,
        "factors": list(shown.kinds.split(",")),
    }
    _record(work, actor, opening, "custody.opening_confirmed", facts)
    if opening.custodian_confirmed_at and opening.reviewer_confirmed_at:
        _open(work, actor, opening)
    work.session.flush()
    return opening


def close(work: UnitOfWork, actor: Actor, opening_id: str, closing: OpeningClose) -> Opening:
    """Shut the safe: every seal that was taken out is back, every use has its photo.

    Requests of the list whose every seal was used, with the seam where one is asked for, are done; the others stay
    approved for another opening. Raises Refused when a seal or a photo is missing. An opening past its time can still be closed, so that nothing that
    happened goes unrecorded.
    """
    opening = queries.opening(work, actor, opening_id)
    if opening.status != OpeningStatus.OPEN:
        raise errors.not_open()
    if actor.person_id not in (opening.custodian_id, opening.reviewer_id):
        raise errors.not_yours()
    _require_returned(work, opening, set(closing.returned_seal_ids))
    occasion = at_safe(opening)
    require_photos(work, occasion, queries.requests_of(work, opening), queries.photos_of(work, occasion))
    opening.status = OpeningStatus.CLOSED
    opening.safe_slot = None
    opening.closed_at = work.now
    opening.note = closing.note
    done = [request for request in queries.requests_of(work, opening) if is_done(work, request)]
    facts: dict[str, JsonValue] = {
        "returned": sorted(closing.returned_seal_ids),
        "done": [request.id for request in done],
        "late": _past_session(work, opening),
        "note": digest_of(closing.note) if closing.note else None,
    }
    _record(work, actor, opening, "custody.opening_closed", facts)
    for request in done:
        mark_sealed(work, actor, request)
    work.session.flush()
    return opening


def _open(work: UnitOfWork, actor: Actor, opening: Opening) -> None:
    require_lock_changed(work, work.session.get_one(Safe, opening.safe_id))
    opening.status = OpeningStatus.OPEN
    opening.opened_at = work.now
    opening.closes_by = work.now + work.settings.opening_hours * 60 * MINUTE_MS
    seal_ids = sorted(
        {line.seal_id for request in queries.requests_of(work, opening) for line in _lines(work, request)}
    )
    for seal_id in seal_ids:
        seal = work.session.get_one(Seal, seal_id)
        if seal.whereabouts == Whereabouts.OUT_ON_LOAN:
            raise errors.seal_on_loan(seal.name)
        set_whereabouts(work, actor, seal, "in_use")
        work.session.add(
            SealReturn(
                opening_id=opening.id,
                seal_id=seal_id,
                organization_id=opening.organization_id,
                taken_at=work.now,
            )
        )
    _record(work, actor, opening, "custody.safe_opened", {"safe": opening.safe_id, "seals": seal_ids})


def _require_ready(work: UnitOfWork, actor: Actor, safe: Safe, request_id: str, reviewer_id: str) -> None:
    request = queries.request(work, actor.organization_id, request_id)
    work.session.refresh(request, with_for_update=True)  # Its applicant may be withdrawing it at this moment.
    if request.status != "approved" or request.medium != "physical":
        raise errors.not_ready(request.number)
    require_as_approved(work, request)
    require_still_lawful(work, request)
    require_covered(work, request)
    require_stub(request)
    for line in _lines(work, request):
        seal = work.session.get_one(Seal, line.seal_id)
        place = work.session.get(SafeSlot, line.seal_id)
        if not may_be_pressed(work, request, seal) or place is None or place.safe_id != safe.id:
            raise errors.seal_elsewhere(seal.name)
        if seal.whereabouts == Whereabouts.OUT_ON_LOAN:
            raise errors.seal_on_loan(seal.name)
    duties = duties_of(work, request, actor.person_id)
    lifted = verdict(work, request.organization_id, request.id, duties) in ("override", "small_unit")
    objection = object_to_persons(
        custodian_id=actor.person_id,
        reviewer_id=reviewer_id,
        applicant_ids=() if lifted else (duties.applicant_id,),
        final_approver_ids=() if lifted else duties.final_approver_ids,
    )
    if objection is not None:
        raise errors.refused(objection)


def _require_returned(work: UnitOfWork, opening: Opening, returned: set[str]) -> None:
    taken = list(work.session.scalars(select(SealReturn).where(SealReturn.opening_id == opening.id)))
    missing = [
        work.session.get_one(Seal, item.seal_id).name for item in taken if item.seal_id not in returned
    ]
    if missing:
        raise errors.seal_not_returned("、".join(missing))
    for item in taken:
        item.returned_at = work.now
        set_whereabouts(work, None, work.session.get_one(Seal, item.seal_id), "in_safe")


def is_done(work: UnitOfWork, request: UseRequest) -> bool:
    """Whether every seal of an approved request was used, with the seam where one is asked for."""
    uses = list(work.session.scalars(select(PhysicalUse).where(PhysicalUse.request_id == request.id)))
    used, lines = {use.seal_id for use in uses}, _lines(work, request)
    return (
        request.status == "approved"
        and all(line.seal_id in used for line in lines)
        and seam_is_pressed(request, lines, uses)
    )


def _lines(work: UnitOfWork, request: UseRequest) -> list[RequestSeal]:
    return list(work.session.scalars(select(RequestSeal).where(RequestSeal.request_id == request.id)))


def _end_past_openings(work: UnitOfWork, actor: Actor, safe: Safe) -> None:
    """A pending opening that was not confirmed in time gives the safe free; an open one must be closed by people."""
    opening = work.session.scalar(select(Opening).where(Opening.safe_slot == safe.id))
    if opening is not None and opening.status == OpeningStatus.PENDING and _past(work, opening):
        opening.status = OpeningStatus.EXPIRED
        opening.safe_slot = None
        _record(work, actor, opening, "custody.opening_expired", {})
        work.session.flush()


def _past(work: UnitOfWork, opening: Opening) -> bool:
    return is_past(
        work.now, status=opening.status, confirm_by=opening.confirm_by, closes_by=opening.closes_by
    )


def _past_session(work: UnitOfWork, opening: Opening) -> bool:
    return opening.closes_by is not None and work.now > opening.closes_by


def _record(
    work: UnitOfWork, actor: Actor, opening: Opening, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="opening", subject_id=opening.id, facts=facts)
    persons = [opening.custodian_id, opening.reviewer_id]
    tell_live(work, opening.organization_id, persons, TOPIC, opening.id)
