"""Lend seals for an approved request: agreed, taken out and brought back, each by custodian and escort together."""

from __future__ import annotations

from collections.abc import Mapping

from evidencelog.entry import JsonValue
from shuangyin.authority.separating import verdict
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.live import tell_live
from shuangyin.core.numbers import next_number
from shuangyin.core.objects import WrittenObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, loan_errors, queries
from shuangyin.custody.commands.confirming import note_confirmation
from shuangyin.custody.commands.openings import is_done
from shuangyin.custody.commands.stocktakes import require_not_counted
from shuangyin.custody.commands.uses import keep_photo, keep_use
from shuangyin.custody.controls import factor_for, require_covered, require_photos, require_stub
from shuangyin.custody.keeping_queries import require_lock_changed, require_may_take_out
from shuangyin.custody.loan_rules import (
    Span,
    object_to_escort,
    object_to_overlap,
    object_to_take_out,
    object_to_time,
)
from shuangyin.custody.loan_schemas import NewLoan
from shuangyin.custody.models import (
    Loan,
    LoanSeal,
    LoanStatus,
    PhotoMoment,
    PhysicalUse,
    SafeSlot,
    UsePhoto,
)
from shuangyin.custody.occasions import on_loan
from shuangyin.custody.rules import Objection
from shuangyin.custody.schemas import NewPress
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands.confirm_identity import Confirmed
from shuangyin.people.queries import person as person_of
from shuangyin.requests.authorizing import duties_of
from shuangyin.requests.commands import mark_sealed
from shuangyin.requests.formalities import may_be_pressed
from shuangyin.requests.lawful import require_as_approved, require_still_lawful
from shuangyin.requests.models import UseRequest
from shuangyin.seals.commands import set_whereabouts
from shuangyin.seals.freezes import require_not_frozen
from shuangyin.seals.models import Seal, Whereabouts

TOPIC = "loans"


def request_loan(work: UnitOfWork, actor: Actor, new: NewLoan) -> Loan:
    """Agree on a loan for an approved request; the caller is the custodian who gives the seals out.

    Raises Refused when the request is not ready, a seal is not approved, not in force or in no safe, a loan overlaps,
    or duties are not apart.
    """
    actor.require("custody.open")
    require_not_frozen(work, actor.organization_id)
    _refuse(object_to_time(work.now, new.from_at, new.due_at))
    request = queries.request(work, actor.organization_id, new.request_id)
    person_of(work, actor.organization_id, new.escort_id)
    _require_ready(work, request)
    _require_apart(work, actor, request, new.escort_id)
    seal_ids = sorted(set(new.seal_ids))
    places = [_place_of(work, request, seal_id) for seal_id in seal_ids]
    for safe_id in sorted({place.safe_id for place in places}):
        require_may_take_out(work, actor, queries.safe(work, actor.organization_id, safe_id))
    for seal_id in seal_ids:
        _require_no_overlap(work, seal_id, new)
    loan = Loan(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "外带"),
        request_id=request.id,
        custodian_id=actor.person_id,
        escort_id=new.escort_id,
        place=new.place,
        purpose=new.purpose,
        from_at=new.from_at,
        due_at=new.due_at,
        status=LoanStatus.PENDING,
        requested_at=work.now,
    )
    work.session.add(loan)
    work.session.flush()
    work.session.add_all(
        LoanSeal(
            loan_id=loan.id,
            seal_id=place.seal_id,
            organization_id=loan.organization_id,
            safe_id=place.safe_id,
            slot=place.slot,
        )
        for place in places
    )
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "number": loan.number,
        "request": request.id,
        "seals": [*seal_ids],
        "escort": loan.escort_id,
        "from_at": loan.from_at,
        "due_at": loan.due_at,
        "place": digest_of(loan.place),
        "purpose": digest_of(loan.purpose),
    }
    _record(work, actor, loan, "custody.loan_requested", facts)
    _tell(work, loan)
    return loan


def confirm_loan(work: UnitOfWork, actor: Actor, loan_id: str, shown: Confirmed) -> Loan:
    """Note that custodian or escort confirmed with his own factor that the seals go out, or that they are back.

    What is confirmed follows from where the loan stands: a pending one goes out when both have, one that is out is
    returned when both have. Raises Conflict (NOTHING_TO_CONFIRM), Forbidden, and Refused when it may not go out now or
    a photo is missing.
    """
    loan = queries.loan(work, actor, loan_id)
    if loan.status not in (LoanStatus.PENDING, LoanStatus.OUT):
        raise loan_errors.ended()
    request = queries.request(work, loan.organization_id, loan.request_id)
    wanted = factor_for(work, [request])
    if not shown.enough_for(wanted):
        raise errors.stronger_needed(loan.id, wanted)
    phase = "out" if loan.status == LoanStatus.PENDING else "back"
    if phase == "out":
        _require_may_go(work, loan, request)
    else:
        occasion = on_loan(loan, request)
        require_photos(work, occasion, [request], queries.photos_of(work, occasion))
    parties = {"custodian": loan.custodian_id, "escort": loan.escort_id}
    if note_confirmation(work, actor, ("loan", loan.id), phase, parties, shown):
        if phase == "out":
            _take_out(work, actor, loan)
        else:
            _bring_back(work, actor, loan, request)
    work.session.flush()
    _tell(work, loan)
    return loan


def cancel_loan(work: UnitOfWork, actor: Actor, loan_id: str, *, expected: int | None) -> Loan:
    """Call off a loan that has not begun. Raises Conflict (LOAN_NOT_PENDING), Forbidden, Stale."""
    loan = queries.loan(work, actor, loan_id)
    if expected is not None and expected != loan.version:
        raise stale_version()
    if actor.person_id not in (loan.custodian_id, loan.escort_id):
        raise loan_errors.not_a_party()
    if loan.status != LoanStatus.PENDING:
        raise loan_errors.not_pending()
    loan.status = LoanStatus.CANCELLED
    work.session.flush()
    _record(work, actor, loan, "custody.loan_cancelled", {"number": loan.number})
    _tell(work, loan)
    return loan


def register_on_loan(work: UnitOfWork, actor: Actor, loan_id: str, press: NewPress) -> PhysicalUse:
    """Register what the escort pressed at the place of the loan, also when the loan is past its time.

    Raises as `uses.register`, and Invalid (OTHER_REQUEST) for another request than the loan's.
    """
    loan, request = _out_with(work, actor, loan_id)
    if press.request_id != request.id:
        raise loan_errors.other_request()
    if press.seal_id not in {line.seal_id for line, _, _ in queries.loan_seals(work, loan.id)}:
        raise loan_errors.seal_not_asked(work.session.get_one(Seal, press.seal_id).name)
    return keep_use(work, actor, on_loan(loan, request), request, press)


def photograph_on_loan(
    work: UnitOfWork,
    actor: Actor,
    loan_id: str,
    *,
    written: WrittenObject,
    media_type: str,
    moment: PhotoMoment,
    use_id: str | None,
) -> UsePhoto:
    """Keep a photo of the paper, the pressing or the seals back in their place. Raises Conflict, Forbidden, NotFound."""
    loan, request = _out_with(work, actor, loan_id, applicant=True)
    occasion = on_loan(loan, request)
    if use_id is not None:
        queries.use_in(work, occasion, use_id)
    return keep_photo(
        work,
        actor,
        occasion,
        written=written,
        media_type=media_type,
        moment=moment,
        use_id=use_id,
        request_id=None if moment is PhotoMoment.RETURNED else request.id,
    )


def _out_with(
    work: UnitOfWork, actor: Actor, loan_id: str, *, applicant: bool = False
) -> tuple[Loan, UseRequest]:
    loan = queries.loan(work, actor, loan_id)
    if loan.status != LoanStatus.OUT:
        raise loan_errors.not_out()
    request = queries.request(work, loan.organization_id, loan.request_id)
    allowed = {loan.custodian_id, loan.escort_id, *([request.applicant_id] if applicant else [])}
    if actor.person_id not in allowed:
        raise loan_errors.not_a_party()
    return loan, request


def _require_ready(work: UnitOfWork, request: UseRequest) -> None:
    work.session.refresh(request, with_for_update=True)  # Its applicant may be withdrawing it at this moment.
    if request.status != "approved" or request.medium != "physical":
        raise loan_errors.not_ready(request.number)
    require_as_approved(work, request)
    require_still_lawful(work, request)
    require_covered(work, request)
    require_stub(request)


def _require_apart(work: UnitOfWork, actor: Actor, request: UseRequest, escort_id: str) -> None:
    duties = duties_of(work, request, escort_id)
    lifted = verdict(work, request.organization_id, request.id, duties) in ("override", "small_unit")
    _refuse(
        object_to_escort(
            custodian_id=actor.person_id,
            escort_id=escort_id,
            applicant_ids=() if lifted else (duties.applicant_id,),
            final_approver_ids=() if lifted else duties.final_approver_ids,
        )
    )


def _place_of(work: UnitOfWork, request: UseRequest, seal_id: str) -> SafeSlot:
    seal = work.session.get(Seal, seal_id)
    asked = {line.seal_id for line, _ in queries.lines_of(work, request.id)}
    if seal is None or seal.organization_id != request.organization_id or seal_id not in asked:
        raise loan_errors.seal_not_asked(seal.name if seal is not None and seal_id in asked else "—")
    place = work.session.get(SafeSlot, seal_id)
    if not may_be_pressed(work, request, seal) or place is None:
        raise loan_errors.seal_not_kept(seal.name)
    return place


def _require_no_overlap(work: UnitOfWork, seal_id: str, new: NewLoan) -> None:
    name = work.session.get_one(Seal, seal_id).name
    spans = [
        Span(one.number, one.from_at, one.due_at, one.status == LoanStatus.OUT)
        for one in queries.spans_of_seal(work, seal_id)
    ]
    _refuse(object_to_overlap(name, spans, from_at=new.from_at, due_at=new.due_at, now=work.now))


def _require_may_go(work: UnitOfWork, loan: Loan, request: UseRequest) -> None:
    """What was true when the loan was agreed is looked at again when the seals go out."""
    require_not_frozen(work, loan.organization_id)
    _refuse(object_to_take_out(work.now, from_at=loan.from_at, due_at=loan.due_at))
    _require_ready(work, request)
    for _, seal, safe in queries.loan_seals(work, loan.id):
        require_not_counted(work, safe.id)
        require_lock_changed(work, safe)
        if not may_be_pressed(work, request, seal) or work.session.get(SafeSlot, seal.id) is None:
            raise loan_errors.seal_not_kept(seal.name)
        if seal.whereabouts != Whereabouts.IN_SAFE:
            raise loan_errors.seal_not_free(seal.name)


def _take_out(work: UnitOfWork, actor: Actor, loan: Loan) -> None:
    loan.status, loan.out_at = LoanStatus.OUT, work.now
    seals: list[JsonValue] = []
    for line, seal, _ in queries.loan_seals(work, loan.id):
        place = work.session.get_one(SafeSlot, seal.id)
        line.safe_id, line.slot = place.safe_id, place.slot
        set_whereabouts(work, actor, seal, Whereabouts.OUT_ON_LOAN)
        seals.append(seal.id)
    _record(work, actor, loan, "custody.loan_out", {"seals": seals, "due_at": loan.due_at})


def _bring_back(work: UnitOfWork, actor: Actor, loan: Loan, request: UseRequest) -> None:
    loan.status, loan.back_at = LoanStatus.RETURNED, work.now
    seals: list[JsonValue] = []
    for _, seal, _ in queries.loan_seals(work, loan.id):
        set_whereabouts(work, actor, seal, Whereabouts.IN_SAFE)
        seals.append(seal.id)
    done = is_done(work, request)
    facts: dict[str, JsonValue] = {"seals": seals, "late": work.now >= loan.due_at, "done": done}
    _record(work, actor, loan, "custody.loan_returned", facts)
    if done:
        mark_sealed(work, actor, request)


def _refuse(objection: Objection | None) -> None:
    if objection is not None:
        raise errors.refused(objection)


def _record(work: UnitOfWork, actor: Actor, loan: Loan, kind: str, facts: Mapping[str, JsonValue]) -> None:
    record(work, actor, kind=kind, subject_type="loan", subject_id=loan.id, facts=facts)


def _tell(work: UnitOfWork, loan: Loan) -> None:
    tell_live(work, loan.organization_id, [loan.custodian_id, loan.escort_id], TOPIC, loan.id)
