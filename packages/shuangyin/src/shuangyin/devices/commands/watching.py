"""What is noticed only because nothing happens: an approval that nobody uses, a device that nobody presses."""

from __future__ import annotations

from sqlalchemy import func, select

from shuangyin.alarms.commands import raise_alarm
from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.alarms.models import Alarm
from shuangyin.core.actor import system_actor
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import queries
from shuangyin.devices.models import Device, DevicePermit, DeviceStatus
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.seals.models import Seal

MOST = 100


def watch(platform: Platform) -> int:
    """One round; each idle thing is told once. Returns how many alarms were raised."""
    if not platform.view(lambda work: [*_unpressed(work), *_unused(work)]):
        return 0
    return platform.transact(_tell)


def _tell(work: UnitOfWork) -> int:
    count = 0
    for request in _unpressed(work):
        keepers = select(Seal.keeper_person_id).join(RequestSeal, RequestSeal.seal_id == Seal.id)
        found = work.session.scalars(keepers.where(RequestSeal.request_id == request.id))
        raise_alarm(
            work,
            system_actor(request.organization_id),
            "approved_not_pressed",
            subject_type="request",
            subject_id=request.id,
            custodian_ids={one for one in found if one},
            facts={"approved_at": request.approved_at},
        )
        count += 1
    for device in _unused(work):
        raise_alarm(
            work,
            system_actor(device.organization_id),
            "bound_unused",
            subject_type="device",
            subject_id=device.id,
            custodian_ids=queries.custodians(work, device),
            facts={"bound_at": device.bound_at, "seal": device.seal_id},
        )
        count += 1
    return count


def _unpressed(work: UnitOfWork) -> list[UseRequest]:
    told = select(Alarm.subject_id).where(Alarm.kind == "approved_not_pressed")
    query = select(UseRequest).where(
        UseRequest.medium == "physical",
        UseRequest.status == "approved",
        UseRequest.approved_at < work.now - alarm_kinds()["approved_not_pressed"].after_ms,
        UseRequest.id.not_in(told),
    )
    return list(work.session.scalars(query.order_by(UseRequest.id).limit(MOST)))


def _unused(work: UnitOfWork) -> list[Device]:
    since = work.now - alarm_kinds()["bound_unused"].after_ms
    told = select(Alarm.subject_id).where(Alarm.kind == "bound_unused", Alarm.raised_at > since)
    pressed = (
        select(func.max(DevicePermit.last_press_at))
        .where(DevicePermit.device_id == Device.id)
        .correlate(Device)
        .scalar_subquery()
    )
    query = select(Device).where(
        Device.status == DeviceStatus.ACTIVE,
        Device.bound_at < since,
        func.coalesce(pressed, 0) < since,
        Device.id.not_in(told),
    )
    return list(work.session.scalars(query.order_by(Device.id).limit(MOST)))
