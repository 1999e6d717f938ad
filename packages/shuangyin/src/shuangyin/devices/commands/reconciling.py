"""Bring devices to what they shall be, whatever made it so: a freeze, a suspended seal, a person who left.

Nothing above or below has to tell: the state of the tables is compared with what devices were told, each second. So
a gateway that was killed goes on where the next one starts, and no way of ending a seal can be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from sealdevice.command import CommandKind
from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.core.actor import system_actor
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Loan, LoanStatus, Opening, OpeningStatus
from shuangyin.devices import queries
from shuangyin.devices.commands.effects import Effects
from shuangyin.devices.commands.permitting import end_permit
from shuangyin.devices.commands.telling import command_device, tell_watchers
from shuangyin.devices.models import Device, DeviceMessage, DevicePermit, DeviceStatus
from shuangyin.devices.rules import wants_lock
from shuangyin.evidence.commands import record
from shuangyin.people.models import Person, PersonStatus
from shuangyin.requests.models import UseRequest
from shuangyin.seals.freezes import current_freeze
from shuangyin.seals.models import Seal, SealFreeze, SealStatus

MOST = 500
"""So many devices are looked at in one round; the next one goes on."""


@dataclass(frozen=True, slots=True)
class _Due:
    """What a round has to do, found by reading only."""

    locks: list[str]
    permits: list[str]
    silent: list[str]
    expired: list[str]

    @property
    def nothing(self) -> bool:
        return not (self.locks or self.permits or self.silent or self.expired)


def reconcile(platform: Platform) -> int:
    """One round; returns how many things were done. May run in several processes at once."""
    due = platform.view(_due)
    if due.nothing:
        return 0
    for device_id in due.locks:
        platform.transact(lambda work, one=device_id: _lock_or_unlock(work, one))  # type: ignore[misc]  # bound now
    for permit_id in due.permits:
        platform.transact(lambda work, one=permit_id: _withdraw(work, one))  # type: ignore[misc]  # bound now
    for device_id in due.silent:
        platform.transact(lambda work, one=device_id: _silent(work, one))  # type: ignore[misc]  # bound now
    if due.expired:
        platform.transact(lambda work: _expire(work, due.expired))
    return len(due.locks) + len(due.permits) + len(due.silent) + len(due.expired)


def _due(work: UnitOfWork) -> _Due:
    session = work.session
    frozen = exists().where(SealFreeze.slot == Device.organization_id)
    # A device without a seal is held by its own wish alone; the outer join leaves its seal's status null.
    held = or_(Device.lock_wanted, frozen, Seal.status != SealStatus.IN_FORCE)
    free = and_(
        Device.lock_wanted.is_(False), ~frozen, or_(Seal.id.is_(None), Seal.status == SealStatus.IN_FORCE)
    )
    told = or_(
        and_(held, or_(Device.lock_told.is_(None), Device.lock_told != "lock")),
        # Who has to be unlocked: it was told to lock, or it locked itself and somebody lets it be unlocked.
        and_(free, or_(Device.lock_told == "lock", and_(Device.lock_told.is_(None), _waits_for_unlock()))),
    )
    locks = (
        select(Device.id)
        .outerjoin(Seal, Seal.id == Device.seal_id)
        .where(Device.status == DeviceStatus.ACTIVE, told)
        .limit(MOST)
    )
    silent_since = work.now - alarm_kinds()["silent"].after_ms
    silent = select(Device.id).where(
        Device.status == DeviceStatus.ACTIVE,
        Device.seal_id.is_not(None),
        Device.seen_at < silent_since,
        Device.silent_told_at.is_(None),
    )
    expired = select(DeviceMessage.id).where(
        DeviceMessage.closed_at.is_(None), DeviceMessage.not_after <= work.now
    )
    return _Due(
        list(session.scalars(locks)),
        list(session.scalars(_unfounded().limit(MOST))),
        list(session.scalars(silent.limit(MOST))),
        list(session.scalars(expired.limit(MOST))),
    )


def _waits_for_unlock() -> ColumnElement[bool]:
    return and_(Device.locked_by.is_not(None), Device.unlock_person_id.is_not(None))


def _unfounded() -> Select[tuple[str]]:
    """Permits that could still be pressed under although what they stand on is gone."""
    left = exists().where(
        Person.id.in_([DevicePermit.presser_id, DevicePermit.reviewer_id]),
        Person.status != PersonStatus.ACTIVE,
    )
    # A seal that is in its place again is pressed no more, whatever its device still holds.
    back = or_(
        exists().where(Loan.id == DevicePermit.loan_id, Loan.status != LoanStatus.OUT),
        exists().where(Opening.id == DevicePermit.opening_id, Opening.status == OpeningStatus.CLOSED),
    )
    return (
        select(DevicePermit.id)
        .join(UseRequest, UseRequest.id == DevicePermit.request_id)
        .join(Seal, Seal.id == DevicePermit.seal_id)
        .where(
            DevicePermit.slot.is_not(None),
            or_(UseRequest.status != "approved", Seal.status != SealStatus.IN_FORCE, left, back),
        )
    )


def _lock_or_unlock(work: UnitOfWork, device_id: str) -> None:
    device = queries.locked(work, device_id)
    if device.status != DeviceStatus.ACTIVE:
        return
    seal = None if device.seal_id is None else work.session.get_one(Seal, device.seal_id)
    frozen = current_freeze(work, device.organization_id) is not None
    in_force = None if seal is None else seal.status == SealStatus.IN_FORCE
    lock = wants_lock(wanted=device.lock_wanted, frozen=frozen, seal_in_force=in_force)
    person_id = device.unlock_person_id or (seal.keeper_person_id if seal else None)
    if lock and device.lock_told != "lock":
        command_device(work, device, CommandKind.LOCK)
        device.lock_told = "lock"
    elif not lock and device.lock_told != "unlock" and person_id is not None:
        command_device(work, device, CommandKind.UNLOCK, subject=person_id)
        device.lock_told, device.unlock_person_id = "unlock", None
    else:
        return
    work.session.flush()
    record(
        work,
        system_actor(device.organization_id),
        kind="devices.told_lock" if lock else "devices.told_unlock",
        subject_type="device",
        subject_id=device.id,
        facts={
            "number": device.next_command - 1,
            "frozen": frozen,
            "seal_in_force": in_force,
            "wanted": device.lock_wanted,
        },
    )
    tell_watchers(work, device.organization_id, [device.id])


def _withdraw(work: UnitOfWork, permit_id: str) -> None:
    permit = work.session.get_one(DevicePermit, permit_id)
    device = queries.locked(work, permit.device_id)
    work.session.refresh(permit)
    if permit.slot is not None:
        end_permit(work, system_actor(permit.organization_id), device, permit, "unfounded")


def _silent(work: UnitOfWork, device_id: str) -> None:
    device = queries.locked(work, device_id)
    if device.silent_told_at is None:
        device.silent_told_at = work.now
        Effects(work).alarm(device, "silent", work.now, {"seen_at": device.seen_at})


def _expire(work: UnitOfWork, message_ids: list[str]) -> None:
    for message in work.session.scalars(
        select(DeviceMessage).where(DeviceMessage.id.in_(message_ids), DeviceMessage.closed_at.is_(None))
    ):
        message.closed_at, message.outcome = work.now, "expired"
