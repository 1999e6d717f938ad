"""Issue a permit to press, end it, and confirm a press from afar."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from evidencelog.entry import JsonValue
from sealdevice.command import CommandKind, Confirmation, sign_confirmation
from sealdevice.link import Subject
from sealdevice.permit import Check, Fence, NamedPerson, Permit, PhotoMoment, PressKind, Role, sign_permit
from sealdevice.record import read_record
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries as custody
from shuangyin.custody.controls import require_before_press, require_checked
from shuangyin.custody.loan_errors import other_request
from shuangyin.custody.models import LoanStatus, OpeningStatus
from shuangyin.custody.occasions import Occasion, at_safe, on_loan
from shuangyin.custody.rules import Presses, spare_for, total_of
from shuangyin.devices import errors, queries
from shuangyin.devices.commands.telling import command_device, put_message, tell_watchers
from shuangyin.devices.models import Device, DevicePermit, DeviceStatus
from shuangyin.devices.rules import (
    PERMIT_MOST_MS,
    Counts,
    Readiness,
    Remaining,
    object_to_permit,
    remaining,
)
from shuangyin.devices.schemas import NewPermit
from shuangyin.devices.signing import signing_key
from shuangyin.evidence.commands import record
from shuangyin.people.commands import require_second_factor
from shuangyin.people.queries import person
from shuangyin.requests.authorizing import authority_for
from shuangyin.requests.controls import controls_of_request
from shuangyin.requests.lawful import require_as_approved, require_still_lawful
from shuangyin.requests.models import UseRequest
from shuangyin.requests.queries import documents_of
from shuangyin.seals.freezes import require_not_frozen
from shuangyin.seals.models import Seal, SealStatus

CONFIRM_ACT = "devices.confirm_press"
CONFIRMATION_MS = 120_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything a permit is issued about, as it stands now.

    `beside_id` is who stands at the device beside the presser; `keeper_id` answers for the seal, and on a loan gave it
    to the presser; the occasion lasts until `until`, UTC milliseconds.
    """

    device: Device
    occasion: Occasion
    beside_id: str
    keeper_id: str
    until: int
    request: UseRequest
    seal: Seal | None
    left: Remaining


def issue(work: UnitOfWork, actor: Actor, device_id: str, new: NewPermit) -> DevicePermit:
    """Sign a permit for one seal on one approved request, inside an opening or on a loan that two persons confirmed.

    No approval, no permit: it names exactly the documents, the counts and the persons that were approved and are
    there, and is good no longer than the opening or the loan. Raises Refused with what stands against it, Forbidden for
    anybody but the two, Conflict when the seal has a permit on this request already.
    """
    queries.get(work, actor.organization_id, device_id)
    require_not_frozen(work, actor.organization_id)
    case = _case(work, actor, queries.locked(work, device_id), new)
    objection = object_to_permit(_readiness(work, case))
    if objection is not None:
        raise errors.refused(objection)
    assert case.seal is not None  # noqa: S101  # the objection above
    require_as_approved(work, case.request)
    require_still_lawful(work, case.request)
    require_before_press(work, case.occasion, case.request, case.request.copies)
    require_checked(work, case.occasion, case.request)
    slot = f"{case.request.id}:{case.seal.id}"
    if work.session.scalar(select(DevicePermit.id).where(DevicePermit.slot == slot)) is not None:
        raise errors.permit_exists()
    if new.confirmer_id is not None:
        person(work, actor.organization_id, new.confirmer_id)
    permit = _permit(work, case, case.seal, new)
    return _keep(work, actor, case, permit, slot)


def finish(work: UnitOfWork, actor: Actor, permit_id: str) -> DevicePermit:
    """End the use under a permit: the device is told, and the accounts are settled when its last events are here.

    Raises Conflict when it ended before, Forbidden for anybody but the persons of the opening and managers.
    """
    permit = queries.readable_permit(work, actor, permit_id)
    if actor.person_id not in (permit.presser_id, permit.reviewer_id):
        actor.require(queries.MANAGE)
    device = queries.locked(work, permit.device_id)
    if permit.slot is None:
        raise errors.permit_over()
    end_permit(work, actor, device, permit, "finished")
    return permit


def end_permit(work: UnitOfWork, actor: Actor, device: Device, permit: DevicePermit, reason: str) -> None:
    """End a permit for a reason, and tell its device while the permit could still be used."""
    permit.slot, permit.finished_at = None, min(work.now, permit.not_after)
    permit.check_at = work.now
    if work.now < permit.not_after and device.status == DeviceStatus.ACTIVE:
        command_device(work, device, CommandKind.REVOKE_PERMIT, subject=permit.id)
    work.session.flush()
    record(
        work,
        actor,
        kind="devices.permit_ended",
        subject_type="request",
        subject_id=permit.request_id,
        facts={"permit": permit.id, "device": device.id, "reason": reason},
    )
    tell_watchers(work, device.organization_id, [device.id], also=(permit.presser_id, permit.reviewer_id))


def confirm_press(
    work: UnitOfWork, actor: Actor, permit_id: str, *, press: int, proof: str | None
) -> DevicePermit:
    """Let one press go from afar, as the person whom the permit names. Raises Forbidden, Conflict."""
    permit = queries.readable_permit(work, actor, permit_id)
    if permit.confirmer_id != actor.person_id:
        raise errors.not_confirmer()
    device = queries.locked(work, permit.device_id)
    if permit.slot is None or work.now >= permit.not_after or device.status != DeviceStatus.ACTIVE:
        raise errors.permit_over()
    require_not_frozen(work, actor.organization_id)
    used = require_second_factor(
        work, actor, act=CONFIRM_ACT, subject=permit.id, proof=proof, strength="window"
    )
    confirmation = Confirmation(
        device.id, permit.id, press, actor.person_id, work.now, work.now + CONFIRMATION_MS
    )
    data = sign_confirmation(confirmation, signing_key(work, device.organization_id))
    put_message(
        work,
        device,
        Subject.CONFIRMATION,
        data,
        kind="confirmation",
        number=press,
        not_after=confirmation.not_after,
    )
    record(
        work,
        actor,
        kind="devices.press_confirmed",
        subject_type="request",
        subject_id=permit.request_id,
        facts={"permit": permit.id, "device": device.id, "press": press, "second_factor": used.kind},
    )
    return permit


def _case(work: UnitOfWork, actor: Actor, device: Device, new: NewPermit) -> _Case:
    if new.loan_id is not None:
        return _case_on_loan(work, actor, device, new.loan_id, new.request_id)
    opening = custody.opening(work, actor, new.opening_id or "")
    if actor.person_id not in (opening.custodian_id, opening.reviewer_id):
        raise errors.not_your_opening()
    until = opening.closes_by or work.now + PERMIT_MOST_MS
    if opening.status != OpeningStatus.OPEN or work.now >= until:
        raise errors.opening_over()
    request = custody.request_in(work, opening, new.request_id)
    seal, left = _left(work, device, request)
    occasion = at_safe(opening)
    return _Case(device, occasion, opening.reviewer_id, opening.custodian_id, until, request, seal, left)


def _case_on_loan(work: UnitOfWork, actor: Actor, device: Device, loan_id: str, request_id: str) -> _Case:
    """On a loan the escort presses, beside the applicant who brought the paper there."""
    loan = custody.loan(work, actor, loan_id)
    if actor.person_id not in (loan.custodian_id, loan.escort_id):
        raise errors.not_your_loan()
    if loan.status != LoanStatus.OUT or work.now >= loan.due_at:
        raise errors.loan_over()
    if request_id != loan.request_id:
        raise other_request()
    request = custody.request(work, loan.organization_id, loan.request_id)
    lent = {line.seal_id for line, _, _ in custody.loan_seals(work, loan.id)}
    seal, left = _left(work, device, request) if device.seal_id in lent else (None, Remaining(Counts(), 0))
    occasion = on_loan(loan, request)
    return _Case(device, occasion, request.applicant_id, loan.custodian_id, loan.due_at, request, seal, left)


def _left(work: UnitOfWork, device: Device, request: UseRequest) -> tuple[Seal | None, Remaining]:
    """The seal in a device and what an approval still allows for it; None when it was not asked for."""
    line = next((one for one, _ in custody.lines_of(work, request.id) if one.seal_id == device.seal_id), None)
    if line is None:
        return None, Remaining(Counts(), 0)
    uses = custody.uses_of_line(work, request.id, line.seal_id)
    left = remaining(
        pages=line.presses_applied,
        seams=line.seam_presses,
        spare=spare_for(line.presses_applied + line.seam_presses),
        registered=total_of(Presses(one.normal, one.seam, one.cover, one.spoiled) for one in uses),
    )
    return work.session.get_one(Seal, line.seal_id), left


def _readiness(work: UnitOfWork, case: _Case) -> Readiness:
    device, seal = case.device, case.seal
    return Readiness(
        device_active=device.status == DeviceStatus.ACTIVE,
        device_holds_seal=seal is not None,
        device_trusted=not device.suspect,
        device_locked=device.lock_wanted or device.locked_by is not None,
        request_approved=case.request.status == "approved" and case.request.medium == "physical",
        seal_in_force=seal is not None and seal.status == SealStatus.IN_FORCE,
        presser_in_authority=seal is not None
        and authority_for(work, case.request, seal.id, person_id=case.keeper_id, at=work.now).allowed,
        left=case.left,
    )


def _permit(work: UnitOfWork, case: _Case, seal: Seal, new: NewPermit) -> Permit:
    device, counts = case.device, case.left.counts
    controls = controls_of_request(case.request)
    checks = frozenset(Check(one) for one in new.checks) | ({Check.FACE} if controls.face_check else set())
    photos = {*new.photos, *(set(PhotoMoment) & set(controls.photo_moments))}
    until = min(work.now + min(new.minutes * MINUTE_MS, PERMIT_MOST_MS), case.until)
    return Permit(
        id=work.new_id(),
        device=device.id,
        seal=seal.id,
        request=case.request.id,
        documents=tuple(one.sm3 for one in documents_of(work, case.request.id)),
        persons=(
            NamedPerson(case.occasion.presser_id, Role.PRESSER, checks),
            NamedPerson(case.beside_id, Role.REVIEWER, checks),
        ),
        counts={
            PressKind.ORDINARY: counts.ordinary,
            PressKind.SEAM: counts.seam,
            PressKind.COVER: counts.cover,
        },
        spare=case.left.spare,
        not_before=work.now,
        not_after=until,
        issued_at=work.now,
        fence=_fence(device),
        photos=frozenset(PhotoMoment(one) for one in photos),
        offline=new.offline and new.confirmer_id is None,
        confirmer=new.confirmer_id,
    )


def _fence(device: Device) -> Fence | None:
    latitude, longitude, radius = (
        device.fence_latitude_e7,
        device.fence_longitude_e7,
        device.fence_radius_m,
    )
    if latitude is None or longitude is None or radius is None:
        return None
    return Fence(latitude, longitude, radius)


def _keep(work: UnitOfWork, actor: Actor, case: _Case, permit: Permit, slot: str) -> DevicePermit:
    device = case.device
    data = sign_permit(permit, signing_key(work, device.organization_id))
    digest = read_record(data).digest
    facts: dict[str, JsonValue] = {
        "permit": permit.id,
        "device": device.id,
        "seal": permit.seal,
        "digest": digest,
        "binding": case.request.binding,
        "documents": list(permit.documents),
        "counts": {kind.value: count for kind, count in permit.counts.items()},
        "spare": permit.spare,
        "persons": [one.person for one in permit.persons],
        "confirmer": permit.confirmer,
        "not_before": permit.not_before,
        "not_after": permit.not_after,
        "opening": case.occasion.opening_id,
        "loan": case.occasion.loan_id,
    }
    entry = record(
        work,
        actor,
        kind="devices.permit_issued",
        subject_type="request",
        subject_id=permit.request,
        facts=facts,
    )
    row = DevicePermit(
        id=permit.id,
        organization_id=device.organization_id,
        device_id=device.id,
        seal_id=permit.seal,
        request_id=permit.request,
        opening_id=case.occasion.opening_id,
        loan_id=case.occasion.loan_id,
        presser_id=case.occasion.presser_id,
        reviewer_id=case.beside_id,
        confirmer_id=permit.confirmer,
        slot=slot,
        record=data.decode(),
        digest=digest,
        ordinary=permit.counts[PressKind.ORDINARY],
        seam=permit.counts[PressKind.SEAM],
        cover=permit.counts[PressKind.COVER],
        spare=permit.spare,
        photo_moments=len(permit.photos),
        not_before=permit.not_before,
        not_after=permit.not_after,
        issued_at=permit.issued_at,
        issued_by=actor.person_id,
        entry_id=entry.id,
    )
    work.session.add(row)
    work.session.flush()
    put_message(work, device, Subject.PERMIT, data, kind="permit", not_after=permit.not_after)
    also = [one for one in (row.presser_id, row.reviewer_id, row.confirmer_id) if one]
    tell_watchers(work, device.organization_id, [device.id], also)
    return row
