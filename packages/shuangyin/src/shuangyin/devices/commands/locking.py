"""Lock a device, unlock it after review, delete a template, and let its clock be trusted again."""

from __future__ import annotations

from sealdevice.command import CommandKind
from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.alarms.queries import open_alarms
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import errors, queries
from shuangyin.devices.commands.telling import command_device, tell_watchers
from shuangyin.devices.models import Device, DeviceMessage, DeviceStatus
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands import require_second_factor
from shuangyin.people.queries import person

UNLOCK_ACT = "devices.unlock"


def lock(work: UnitOfWork, actor: Actor, device_id: str, reason: str) -> Device:
    """Lock a device at once; for its custodian too. It stays locked until somebody unlocks it after review."""
    device = _active(work, actor, device_id)
    if actor.person_id not in queries.custodians(work, device):
        actor.require(queries.MANAGE)
    device.lock_wanted, device.lock_reason, device.unlock_person_id = True, reason, None
    device.lock_told = "lock"
    command_device(work, device, CommandKind.LOCK)
    work.session.flush()
    record(
        work,
        actor,
        kind="devices.lock_asked",
        subject_type="device",
        subject_id=device.id,
        facts={"reason": digest_of(reason)},
    )
    tell_watchers(work, device.organization_id, [device.id])
    return device


def unlock(
    work: UnitOfWork, actor: Actor, device_id: str, *, person_id: str, reason: str, proof: str | None
) -> Device:
    """Let a device be unlocked by a person who passes its check there.

    Raises Conflict (ALARMS_OPEN) while an alarm that locks has no verdict, Refused for a device that contradicted
    itself: it is revoked and enrolled anew instead.
    """
    actor.require(queries.MANAGE)
    device = _active(work, actor, device_id)
    if device.suspect:
        raise errors.suspect()
    kinds = alarm_kinds()
    waiting = [one for one in open_alarms(work, "device", device.id) if kinds[one.kind].locks]
    if waiting:
        raise errors.alarms_open(len(waiting))
    person(work, actor.organization_id, person_id)
    used = require_second_factor(work, actor, act=UNLOCK_ACT, subject=device.id, proof=proof, strength="each")
    device.lock_wanted, device.lock_reason, device.unlock_person_id = False, None, person_id
    device.lock_told = (
        None  # The next round of the gateway unlocks it, unless its seal is frozen or not in force.
    )
    work.session.flush()
    record(
        work,
        actor,
        kind="devices.unlock_asked",
        subject_type="device",
        subject_id=device.id,
        facts={"person": person_id, "reason": digest_of(reason), "second_factor": used.kind},
    )
    tell_watchers(work, device.organization_id, [device.id])
    return device


def delete_template(work: UnitOfWork, actor: Actor, device_id: str, person_id: str) -> DeviceMessage:
    """Have a person's face template deleted from a device; its chain confirms it (``template_deleted``)."""
    if actor.person_id != person_id:
        actor.require(queries.MANAGE)
    device = _active(work, actor, device_id)
    message = command_device(work, device, CommandKind.DELETE_TEMPLATE, subject=person_id)
    record(
        work,
        actor,
        kind="devices.template_deletion_asked",
        subject_type="device",
        subject_id=device.id,
        facts={"person": person_id, "command": message.number},
    )
    return message


def confirm_clock(work: UnitOfWork, actor: Actor, device_id: str) -> DeviceMessage:
    """Tell a device that its clock is right again after somebody put it right."""
    actor.require(queries.MANAGE)
    device = _active(work, actor, device_id)
    message = command_device(work, device, CommandKind.CONFIRM_CLOCK)
    record(
        work,
        actor,
        kind="devices.clock_confirmed",
        subject_type="device",
        subject_id=device.id,
        facts={"command": message.number},
    )
    return message


def _active(work: UnitOfWork, actor: Actor, device_id: str) -> Device:
    queries.get(work, actor.organization_id, device_id)
    device = queries.locked(work, device_id)
    if device.status != DeviceStatus.ACTIVE:
        raise errors.not_active()
    return device
