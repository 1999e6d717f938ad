"""Settle the accounts of permits: permitted ≥ counted by the device = registered, photographed as the permit says.

What a device counted is entered into the register of physical use when the use was finished. What differs after the
grace for late uploads is an alarm (invariant 6).
"""

from __future__ import annotations

from sqlalchemy import func, or_, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.objects import StoredObject
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries as custody
from shuangyin.custody.commands.uses import attach_photo, enter
from shuangyin.custody.models import Loan, LoanStatus, Opening, OpeningStatus, PhotoMoment, PhysicalUse
from shuangyin.custody.rules import Presses
from shuangyin.devices import queries
from shuangyin.devices.accounting import line_accounts, photo_accounts
from shuangyin.devices.commands.effects import Effects, account_of
from shuangyin.devices.commands.permitting import end_permit
from shuangyin.devices.commands.telling import tell_watchers
from shuangyin.devices.models import Device, DeviceEvent, DevicePermit, DevicePermitUse
from shuangyin.devices.rules import GRACE_MS, to_register
from shuangyin.evidence.commands import record
from shuangyin.requests.commands import mark_sealed
from shuangyin.requests.models import RequestSeal, UseRequest

_SHOWN_AS = {
    "before": PhotoMoment.BEFORE,
    "pressing": PhotoMoment.PRESSING,
    "after": PhotoMoment.DOCUMENT,
}
UNCERTAIN_REMARK = "其中 {count} 次盖章时设备断电或中断，是否盖下以核查结论为准。"


def settle_due(platform: Platform) -> int:
    """End the permits whose time is over and settle those that are due; returns how many were looked at."""
    due = platform.view(_due)
    for permit_id in due:
        platform.transact(lambda work, permit_id=permit_id: settle(work, permit_id))  # type: ignore[misc]  # bound now
    return len(due)


def settle(work: UnitOfWork, permit_id: str) -> DevicePermit:
    """Enter what the register lacks, and after the grace judge whether everything adds up."""
    permit = work.session.get_one(DevicePermit, permit_id)
    device = queries.locked(work, permit.device_id)
    work.session.refresh(permit)
    actor = system_actor(permit.organization_id)
    if permit.slot is not None:
        if work.now < permit.not_after:
            return permit
        end_permit(work, actor, device, permit, "expired")
    if permit.check_at is None or permit.check_at > work.now:
        return permit
    _enter_lacking(work, actor, permit)
    attach_photos(work, actor, permit)
    last = max(permit.finished_at or 0, _last_told(work, permit))
    if work.now < last + GRACE_MS:
        permit.check_at = last + GRACE_MS
    else:
        _judge(work, actor, device, permit)
    work.session.flush()
    tell_watchers(work, permit.organization_id, [device.id], also=(permit.presser_id, permit.reviewer_id))
    return permit


def attach_photos(work: UnitOfWork, actor: Actor, permit: DevicePermit) -> None:
    """Show uploaded photos of presses in the register, at the latest line that was entered from the permit."""
    uses = queries.uses_of(work, permit.id)
    if not uses:
        return
    occasion = queries.occasion_of(work, permit)
    for photo in queries.photos(work, permit_id=permit.id):
        if photo.object_id is None or photo.use_photo_id is not None or photo.device_id != permit.device_id:
            continue
        stored = work.session.get_one(StoredObject, photo.object_id)
        moment = _SHOWN_AS[photo.moment]
        shown = attach_photo(
            work, actor, occasion, permit.request_id, uses[-1], stored, moment, permit.presser_id
        )
        photo.use_photo_id = shown.id
    work.session.flush()


def _due(work: UnitOfWork) -> list[str]:
    query = select(DevicePermit.id).where(
        or_(
            DevicePermit.check_at <= work.now,
            (DevicePermit.slot.is_not(None)) & (DevicePermit.not_after <= work.now),
        )
    )
    return list(work.session.scalars(query.order_by(DevicePermit.id).limit(200)))


def _enter_lacking(work: UnitOfWork, actor: Actor, permit: DevicePermit) -> None:
    counted = account_of(permit).presses
    registered = Presses(
        permit.registered_ordinary, permit.registered_seam, permit.registered_cover, permit.registered_spoiled
    )
    lacking = to_register(counted, registered)
    if lacking is None:
        return
    request = custody.request(work, permit.organization_id, permit.request_id)
    first = registered.total == 0
    use = enter(
        work,
        actor,
        queries.occasion_of(work, permit),
        request,
        permit.seal_id,
        lacking,
        copies=request.copies if first else 0,
        pressed_at=permit.last_press_at or work.now,
        remark=UNCERTAIN_REMARK.format(count=permit.uncertain) if permit.uncertain else None,
    )
    work.session.add(
        DevicePermitUse(use_id=use.id, permit_id=permit.id, organization_id=permit.organization_id)
    )
    permit.registered_ordinary, permit.registered_seam = counted.normal, counted.seam
    permit.registered_cover, permit.registered_spoiled = counted.cover, counted.spoiled
    work.session.flush()
    _end_request(work, actor, permit, request)


def _end_request(work: UnitOfWork, actor: Actor, permit: DevicePermit, request: UseRequest) -> None:
    """A request of which the last seal was entered after its safe was closed, or its loan returned, is done now."""
    if request.status != "approved" or not _is_back(work, permit):
        return
    asked = set(work.session.scalars(select(RequestSeal.seal_id).where(RequestSeal.request_id == request.id)))
    used = set(work.session.scalars(select(PhysicalUse.seal_id).where(PhysicalUse.request_id == request.id)))
    if asked <= used:
        mark_sealed(work, actor, request)


def _is_back(work: UnitOfWork, permit: DevicePermit) -> bool:
    """Whether the seal is in its place again after the occasion of a permit."""
    if permit.loan_id is not None:
        return work.session.get_one(Loan, permit.loan_id).status == LoanStatus.RETURNED
    return work.session.get_one(Opening, permit.opening_id).status == OpeningStatus.CLOSED


def _last_told(work: UnitOfWork, permit: DevicePermit) -> int:
    """When the last press or photo of a permit came in: the grace runs from there."""
    return (
        work.session.scalar(
            select(func.max(DeviceEvent.received_at)).where(DeviceEvent.permit_id == permit.id)
        )
        or 0
    )


def _judge(work: UnitOfWork, actor: Actor, device: Device, permit: DevicePermit) -> None:
    effects = Effects(work)
    line = (permit.request_id, permit.seal_id)
    account = line_accounts(work, [line])[line]
    counted, registered = account.counted, account.registered
    missing = photo_accounts(work, [permit])[permit.id].missing
    facts: dict[str, JsonValue] = {
        "permit": permit.id,
        "request": permit.request_id,
        "counted": counted.total,
        "counted_spoiled": counted.spoiled,
        "registered": registered.total,
        "registered_spoiled": registered.spoiled,
        "photos_missing": missing,
    }
    if counted != registered:
        effects.alarm(device, "count_difference", work.now, facts, about=permit.id)
    if missing:
        effects.alarm(device, "photos_missing", work.now, facts, about=permit.id)
    permit.check_at, permit.balanced = None, counted == registered and not missing
    record(
        work,
        actor,
        kind="devices.permit_settled",
        subject_type="request",
        subject_id=permit.request_id,
        facts={**facts, "balanced": permit.balanced},
    )
