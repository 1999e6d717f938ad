"""Register what was pressed, and keep the photos that show it."""

from __future__ import annotations

from evidencelog.entry import JsonValue
from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import Actor
from shuangyin.core.numbers import next_number
from shuangyin.core.objects import StoredObject, WrittenObject
from shuangyin.core.photos import read_photo
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, queries
from shuangyin.custody.controls import require_before_press, require_checked
from shuangyin.custody.models import Opening, OpeningStatus, PhotoMoment, PhysicalUse, UsePhoto
from shuangyin.custody.occasions import Occasion, at_safe
from shuangyin.custody.rules import Permitted, Presses, beyond_spare, object_to_presses, total_of
from shuangyin.custody.schemas import NewPress
from shuangyin.evidence.commands import digest_of, record
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.sealing.commands import record_physical_use


def register(work: UnitOfWork, actor: Actor, opening_id: str, press: NewPress) -> PhysicalUse:
    """Register one use of one seal on one request of an open safe.

    Raises Conflict when the opening is over, Refused when the counts pass the approval (invariant 6: permitted,
    spare included, ≥ good and spoiled), Invalid for a time outside the opening.
    """
    opening = queries.opening(work, actor, opening_id)
    _require_open(work, actor, opening)
    request = queries.request_in(work, opening, press.request_id)
    return keep_use(work, actor, at_safe(opening), request, press)


def keep_use(
    work: UnitOfWork, actor: Actor, occasion: Occasion, request: UseRequest, press: NewPress
) -> PhysicalUse:
    """Register one use on an occasion that stands. Raises Refused and Invalid as `register`."""
    line = queries.seal_line(work, request, press.seal_id)
    require_checked(work, occasion, request)
    require_before_press(work, occasion, request, press.copies)
    now = Presses(press.normal, press.seam, press.cover, press.spoiled)
    earlier = queries.uses_of_line(work, request.id, press.seal_id)
    before = total_of(_presses(use) for use in earlier)
    objection = object_to_presses(_permitted(line), before, now)
    if objection is not None:
        raise errors.refused(objection)
    pressed_at = work.now if press.pressed_at is None else press.pressed_at
    if not occasion.begun_at <= pressed_at <= work.now:
        raise errors.outside_opening()
    use = enter(
        work, actor, occasion, request, press.seal_id, now,
        copies=press.copies, pressed_at=pressed_at, remark=press.remark,
    )  # fmt: skip
    tell_beyond_spare(work, actor, use, beyond_spare(_permitted(line), before.plus(now)))
    return use


def tell_beyond_spare(work: UnitOfWork, actor: Actor, use: PhysicalUse, count: int) -> None:
    """Raise the alarm that more presses were spoiled than the approval has spare; none when `count` is 0."""
    if not count:
        return
    raise_alarm(
        work,
        actor,
        "spoiled_beyond_spare",
        subject_type="request",
        subject_id=use.request_id,
        about=use.seal_id,
        custodian_ids=[use.presser_id, use.reviewer_id],
        occurred_at=use.pressed_at,
        facts={"seal": use.seal_id, "use": use.id, "beyond": count},
    )


def enter(
    work: UnitOfWork,
    actor: Actor,
    occasion: Occasion,
    request: UseRequest,
    seal_id: str,
    presses: Presses,
    *,
    copies: int,
    pressed_at: int,
    remark: str | None,
) -> PhysicalUse:
    """Write one line of the register: what a person registered, or what a smart seal counted.

    It judges nothing: a press that a device made is registered whatever was permitted, and told as an alarm there.
    """
    line = queries.seal_line(work, request, seal_id)
    position = len(queries.uses_of_line(work, request.id, seal_id)) + 1
    seal_use = record_physical_use(
        work,
        actor,
        request=request,
        seal_id=seal_id,
        presser_id=occasion.presser_id,
        position=position,
        presses={
            "normal": presses.normal,
            "seam": presses.seam,
            "cover": presses.cover,
            "spoiled": presses.spoiled,
        },
        executed_at=pressed_at,
    )
    use = PhysicalUse(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "登记"),
        opening_id=occasion.opening_id,
        loan_id=occasion.loan_id,
        paper_permit_id=occasion.paper_permit_id,
        request_id=request.id,
        seal_id=seal_id,
        seal_use_id=seal_use.id,
        position=position,
        copies=copies,
        applied=_permitted(line).total,
        normal=presses.normal,
        seam=presses.seam,
        cover=presses.cover,
        spoiled=presses.spoiled,
        presser_id=occasion.presser_id,
        reviewer_id=occasion.reviewer_id,
        pressed_at=pressed_at,
        recorded_at=work.now,
        remark=remark,
    )
    work.session.add(use)
    work.session.flush()
    _record_use(work, actor, use)
    return use


def check_photo(head: bytes) -> str:
    """The media type of an image from its bytes. Raises Invalid for anything else."""
    photo = read_photo(head)
    if photo is None:
        raise errors.not_a_photo()
    return photo.media_type


def add_photo(
    work: UnitOfWork,
    actor: Actor,
    opening_id: str,
    *,
    written: WrittenObject,
    media_type: str,
    moment: PhotoMoment,
    use_id: str | None,
    request_id: str | None = None,
) -> UsePhoto:
    """Keep a photo of a paper before or after it was stamped, of the pressing, or of the seal back in its place; also
    after the session's time.

    A photo from before names the request; one of the pressing or of the stamped document names the use, if it is to
    count for it. Raises Invalid (PHOTO_OF_WHAT), Conflict, Forbidden, NotFound.
    """
    opening = queries.opening(work, actor, opening_id)
    if opening.status != OpeningStatus.OPEN:
        raise errors.not_open()
    if actor.person_id not in (opening.custodian_id, opening.reviewer_id):
        raise errors.not_yours()
    request_id = _whose(work, opening, moment, use_id, request_id)
    return keep_photo(
        work,
        actor,
        at_safe(opening),
        written=written,
        media_type=media_type,
        moment=moment,
        use_id=use_id,
        request_id=request_id,
    )


def keep_photo(
    work: UnitOfWork,
    actor: Actor,
    occasion: Occasion,
    *,
    written: WrittenObject,
    media_type: str,
    moment: PhotoMoment,
    use_id: str | None,
    request_id: str | None,
) -> UsePhoto:
    """Keep a photo of an occasion that stands, with its digest."""
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            written,
            object_id=object_id,
            organization_id=actor.organization_id,
            media_type=media_type,
            now_ms=work.now,
        )
    )
    work.session.flush()
    stored = work.session.get_one(StoredObject, object_id)
    return attach_photo(work, actor, occasion, request_id, use_id, stored, moment, actor.person_id)


def attach_photo(
    work: UnitOfWork,
    actor: Actor,
    occasion: Occasion,
    request_id: str | None,
    use_id: str | None,
    stored: StoredObject,
    moment: PhotoMoment,
    taken_by: str,
) -> UsePhoto:
    """Add a stored photo to an opening or a loan: one that a person took, or that a smart seal uploaded."""
    photo = UsePhoto(
        id=work.new_id(),
        organization_id=actor.organization_id,
        opening_id=occasion.opening_id,
        loan_id=occasion.loan_id,
        paper_permit_id=occasion.paper_permit_id,
        original_loan_id=occasion.original_loan_id,
        request_id=request_id,
        use_id=use_id,
        object_id=stored.id,
        sm3=stored.sm3,
        media_type=stored.media_type,
        moment=moment,
        taken_by=taken_by,
        taken_at=work.now,
    )
    work.session.add(photo)
    work.session.flush()
    subject_type, subject_id = occasion.subject
    record(
        work,
        actor,
        kind="custody.photo_taken",
        subject_type=subject_type,
        subject_id=subject_id,
        facts={
            "photo": photo.id,
            "request": request_id,
            "use": use_id,
            "moment": moment.value,
            "sm3": stored.sm3,
            # A smart seal's photo is attached by the platform, and was taken by whoever pressed.
            "taken_by": taken_by,
        },
    )
    return photo


def _whose(
    work: UnitOfWork, opening: Opening, moment: PhotoMoment, use_id: str | None, request_id: str | None
) -> str | None:
    """The request whose paper a photo shows."""
    if use_id is not None:
        return queries.use_in(work, at_safe(opening), use_id).request_id
    if request_id is not None:
        return queries.request_in(work, opening, request_id).id
    if moment is PhotoMoment.BEFORE:
        raise errors.moment_needs_request()
    return None


def _require_open(work: UnitOfWork, actor: Actor, opening: Opening) -> None:
    if opening.status != OpeningStatus.OPEN or (
        opening.closes_by is not None and work.now > opening.closes_by
    ):
        raise errors.not_open()
    if actor.person_id not in (opening.custodian_id, opening.reviewer_id):
        raise errors.not_yours()


def _permitted(line: RequestSeal) -> Permitted:
    return Permitted(normal=line.presses_applied, seam=line.seam_presses)


def _presses(use: PhysicalUse) -> Presses:
    return Presses(use.normal, use.seam, use.cover, use.spoiled)


def _record_use(work: UnitOfWork, actor: Actor, use: PhysicalUse) -> None:
    facts: dict[str, JsonValue] = {
        "use": use.id,
        "number": use.number,
        "request": use.request_id,
        "seal": use.seal_id,
        "seal_use": use.seal_use_id,
        "copies": use.copies,
        "applied": use.applied,
        "normal": use.normal,
        "seam": use.seam,
        "cover": use.cover,
        "spoiled": use.spoiled,
        "presser": use.presser_id,
        "reviewer": use.reviewer_id,
        "opening": use.opening_id,
        "loan": use.loan_id,
        "paper_permit": use.paper_permit_id,
        "pressed_at": use.pressed_at,
        "remark": digest_of(use.remark) if use.remark else None,
    }
    record(
        work, actor, kind="custody.pressed", subject_type="request", subject_id=use.request_id, facts=facts
    )
