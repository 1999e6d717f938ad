"""Paper permits for emergencies: issued beforehand, entered afterwards, handed back unused, and missed when neither."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from gmseal.sm.keys import PrivateKey
from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.numbers import next_number
from shuangyin.core.objects import WrittenObject
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, keeping_queries, queries
from shuangyin.custody import paper_permit_errors as refusals
from shuangyin.custody import paper_permit_queries as permits
from shuangyin.custody.commands.openings import is_done
from shuangyin.custody.commands.uses import enter, keep_photo, tell_beyond_spare
from shuangyin.custody.controls import factor_for
from shuangyin.custody.models import PhotoMoment, PhysicalUse, Safe, SafeSlot, UsePhoto
from shuangyin.custody.occasions import under_paper_permit
from shuangyin.custody.paper_permit_code import PermitCode, sign_code
from shuangyin.custody.paper_permit_models import PaperPermit, PaperPermitKey, PaperPermitStatus
from shuangyin.custody.paper_permit_schemas import NewPaperPermits, PaperPermitUse
from shuangyin.custody.rules import (
    Permitted,
    Presses,
    beyond_spare,
    object_to_persons,
    object_to_presses,
    total_of,
)
from shuangyin.evidence.commands import record
from shuangyin.people.commands import require_second_factor
from shuangyin.people.queries import holds_permission
from shuangyin.people.queries import person as person_of
from shuangyin.requests.authorizing import duties_of
from shuangyin.requests.commands import mark_sealed
from shuangyin.requests.models import UseRequest
from shuangyin.seals.models import Seal

DAY_MS = 24 * 3_600_000
HOUR_MS = 3_600_000
AT_ONCE = 200
ENTRY_ACT = "custody.enter_paper_permit"
"""What is confirmed where a list asks for a face or two factors; the subject is the permit."""


def signing_key(work: UnitOfWork, organization_id: str) -> PrivateKey:
    """The organization's key for paper permits; made when there is none yet (in a write transaction)."""
    context = f"paper-permit:{organization_id}"
    row = work.session.get(PaperPermitKey, organization_id)
    if row is not None:
        return PrivateKey.from_pkcs8(work.keyring.unwrap(organization_id, context, row.wrapped_key))
    key = PrivateKey.generate()
    wrapped = work.keyring.wrap(organization_id, context, key.to_pkcs8_der())
    work.session.add(
        PaperPermitKey(
            organization_id=organization_id,
            public_key=key.public_key.point.hex(),
            wrapped_key=wrapped,
            created_at=work.now,
        )
    )
    work.session.flush()
    return key


def issue_permits(work: UnitOfWork, actor: Actor, new: NewPaperPermits) -> list[PaperPermit]:
    """Issue numbered permits for a seal in a safe. Raises Forbidden, NotFound, Refused (SEAL_NOT_HERE)."""
    actor.require("seals.manage")
    safe = queries.safe(work, actor.organization_id, new.safe_id)
    place, seal = work.session.get(SafeSlot, new.seal_id), work.session.get(Seal, new.seal_id)
    if place is None or place.safe_id != safe.id or seal is None or seal.status != "in_force":
        raise refusals.wrong_seal()
    key = signing_key(work, actor.organization_id)
    return [_issue(work, actor, key, new) for _ in range(new.count)]


def enter_use(work: UnitOfWork, actor: Actor, stated: PaperPermitUse) -> PaperPermit:
    """Enter what was pressed under a paper permit: one line of the register, by a keeper of the safe.

    Raises Invalid (PERMIT_FORGED), Conflict (PERMIT_USED), Forbidden, and Refused when the press lies outside the term,
    beyond the permit or the approval, or duties were not separate.
    """
    permit = permits.by_code(work, actor, stated.code)
    _require_open(permit)
    safe = _require_keeper(work, actor, permit)
    if not permit.valid_from <= stated.pressed_at < permit.valid_until or stated.pressed_at > work.now:
        raise refusals.outside_term(permit.number)
    request = queries.request(work, permit.organization_id, stated.request_id)
    if request.status != "approved" or request.medium != "physical":
        raise errors.not_ready(request.number)
    if request.approved_at is None or request.approved_at > stated.pressed_at:
        raise refusals.approved_later(request.number)
    _require_persons(work, safe, request, stated)
    shown = _require_confirmed(work, actor, permit, request, stated)
    presses = Presses(stated.normal, stated.seam, stated.cover, stated.spoiled)
    _require_counts(work, permit, request, presses, stated.copies)
    permit.status, permit.ended_by, permit.ended_at = PaperPermitStatus.ENTERED, actor.person_id, work.now
    permit.presser_id, permit.reviewer_id = stated.presser_id, stated.reviewer_id
    work.session.flush()
    use = enter(
        work,
        actor,
        under_paper_permit(permit),
        request,
        permit.seal_id,
        presses,
        copies=stated.copies,
        pressed_at=stated.pressed_at,
        remark=stated.remark,
    )
    line = queries.seal_line(work, request, permit.seal_id)
    total = _pressed(work, request, permit.seal_id)
    tell_beyond_spare(
        work, actor, use, beyond_spare(Permitted(line.presses_applied, line.seam_presses), total)
    )
    facts: dict[str, JsonValue] = {
        "number": permit.number,
        "request": request.id,
        "use": use.id,
        "presser": stated.presser_id,
        "reviewer": stated.reviewer_id,
        "pressed_at": stated.pressed_at,
        "late": work.now >= permit.settle_by,
    }
    if shown:
        facts["confirmed_with"] = shown.split(",")
    _record(work, actor, permit, "custody.paper_permit_entered", facts)
    if is_done(work, request):
        mark_sealed(work, actor, request)
    work.session.flush()
    return permit


def return_unused(work: UnitOfWork, actor: Actor, code: str) -> PaperPermit:
    """Note that the paper came back unused. Raises Invalid (PERMIT_FORGED), Conflict (PERMIT_USED), Forbidden."""
    permit = permits.by_code(work, actor, code)
    _require_open(permit)
    _require_keeper(work, actor, permit)
    permit.status, permit.ended_by, permit.ended_at = PaperPermitStatus.UNUSED, actor.person_id, work.now
    work.session.flush()
    _record(work, actor, permit, "custody.paper_permit_unused", {"number": permit.number})
    return permit


def photograph_use(
    work: UnitOfWork, actor: Actor, permit_id: str, *, written: WrittenObject, media_type: str
) -> UsePhoto:
    """Keep a photo of the stamped paper, of the cut sheets or of the filled-in permit. Raises Conflict, Forbidden."""
    permit = permits.get(work, actor, permit_id)
    _require_keeper(work, actor, permit)
    use = work.session.scalar(select(PhysicalUse).where(PhysicalUse.paper_permit_id == permit.id))
    if use is None:
        raise errors.not_open()
    return keep_photo(
        work,
        actor,
        under_paper_permit(permit),
        written=written,
        media_type=media_type,
        moment=PhotoMoment.DOCUMENT,
        use_id=use.id,
        request_id=use.request_id,
    )


def notice_open_permits(platform: Platform) -> int:
    """Raise an alarm once for each permit that is neither entered nor handed back in time; returns how many."""
    return platform.transact(_notice)


def _issue(work: UnitOfWork, actor: Actor, key: PrivateKey, new: NewPaperPermits) -> PaperPermit:
    number = next_number(work, actor.organization_id, "备用")
    until = work.now + new.days * DAY_MS
    code = PermitCode(number, actor.organization_id, new.seal_id, new.presses, work.now, until)
    permit = PaperPermit(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=number,
        safe_id=new.safe_id,
        seal_id=new.seal_id,
        presses=new.presses,
        valid_from=work.now,
        valid_until=until,
        settle_by=until + work.settings.paper_permit_hours * HOUR_MS,
        code=sign_code(code, key),
        status=PaperPermitStatus.ISSUED,
        issued_by=actor.person_id,
        issued_at=work.now,
    )
    work.session.add(permit)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "number": number,
        "safe": permit.safe_id,
        "seal": permit.seal_id,
        "presses": permit.presses,
        "valid_from": permit.valid_from,
        "valid_until": permit.valid_until,
        "settle_by": permit.settle_by,
    }
    _record(work, actor, permit, "custody.paper_permit_issued", facts)
    return permit


def _require_open(permit: PaperPermit) -> None:
    if permit.status != PaperPermitStatus.ISSUED:
        raise refusals.used_already(permit.number)


def _require_keeper(work: UnitOfWork, actor: Actor, permit: PaperPermit) -> Safe:
    safe = queries.safe(work, permit.organization_id, permit.safe_id)
    if not keeping_queries.keeps(work, safe, actor.person_id) and not actor.may("seals.manage"):
        raise refusals.not_yours()
    return safe


def _require_persons(work: UnitOfWork, safe: Safe, request: UseRequest, stated: PaperPermitUse) -> None:
    presser = person_of(work, safe.organization_id, stated.presser_id)
    reviewer = person_of(work, safe.organization_id, stated.reviewer_id)
    if not keeping_queries.keeps(work, safe, presser.id):
        raise refusals.not_a_keeper(presser.name)
    if not holds_permission(work, safe.organization_id, reviewer.id, "custody.review"):
        raise refusals.not_a_keeper(reviewer.name)
    duties = duties_of(work, request, presser.id)
    objection = object_to_persons(
        custodian_id=presser.id,
        reviewer_id=reviewer.id,
        applicant_ids=(duties.applicant_id,),
        final_approver_ids=duties.final_approver_ids,
    )
    if objection is not None:
        raise errors.refused(objection)


def _require_confirmed(
    work: UnitOfWork, actor: Actor, permit: PaperPermit, request: UseRequest, stated: PaperPermitUse
) -> str:
    """Where the list asks for a face or two factors, which nobody could look at without the platform, the presser shows
    them when he enters the press; returns the kinds shown, nothing where no more than a signature on paper is asked.

    Raises Refused (PRESSER_ENTERS), Forbidden (STEP_UP_REQUIRED).
    """
    wanted = factor_for(work, [request])
    if wanted == "each":
        return ""
    if actor.person_id != stated.presser_id:
        raise refusals.presser_enters(request.number)
    used = require_second_factor(
        work, actor, act=ENTRY_ACT, subject=permit.id, proof=stated.proof, strength=wanted
    )
    return used.kinds


def _require_counts(
    work: UnitOfWork, permit: PaperPermit, request: UseRequest, presses: Presses, copies: int
) -> None:
    if presses.total > permit.presses:
        raise refusals.too_many(permit.number, permit.presses)
    if copies > request.copies:
        raise errors.more_copies(request.copies)
    line = queries.seal_line(work, request, permit.seal_id)
    before = _pressed(work, request, permit.seal_id)
    objection = object_to_presses(Permitted(line.presses_applied, line.seam_presses), before, presses)
    if objection is not None:
        raise errors.refused(objection)


def _pressed(work: UnitOfWork, request: UseRequest, seal_id: str) -> Presses:
    return total_of(
        Presses(one.normal, one.seam, one.cover, one.spoiled)
        for one in queries.uses_of_line(work, request.id, seal_id)
    )


def _notice(work: UnitOfWork) -> int:
    query = (
        select(PaperPermit)
        .where(
            PaperPermit.status == PaperPermitStatus.ISSUED,
            PaperPermit.settle_by <= work.now,
            PaperPermit.overdue_at.is_(None),
        )
        .order_by(PaperPermit.settle_by)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = list(work.session.scalars(query))
    for permit in found:
        permit.overdue_at = work.now
        actor = system_actor(permit.organization_id)
        _record(work, actor, permit, "custody.paper_permit_missed", {"settle_by": permit.settle_by})
        raise_alarm(
            work,
            actor,
            "paper_permit_open",
            subject_type="paper_permit",
            subject_id=permit.id,
            custodian_ids=[queries.safe(work, permit.organization_id, permit.safe_id).custodian_id],
            occurred_at=permit.settle_by,
        )
    work.session.flush()
    return len(found)


def _record(
    work: UnitOfWork, actor: Actor, permit: PaperPermit, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="paper_permit", subject_id=permit.id, facts=facts)
