"""Devices say where they stand. None of it is signed: it only says where to go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from sealdevice.command import CommandKind
from sealdevice.link import Hello
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.commands.receiving import ASK_AGAIN_MS, SEEN_MS
from shuangyin.devices.commands.telling import command_device, tell_watchers
from shuangyin.devices.models import Device, DeviceStatus
from shuangyin.devices.rules import ONLINE_MS


def greet(work: UnitOfWork, hellos: Sequence[tuple[str, Hello]]) -> None:
    """Note that devices are there, each with what it said. A network that comes back brings thousands at once."""
    named = {device_id for device_id, _ in hellos}
    query = select(Device).where(Device.id.in_(named), Device.status == DeviceStatus.ACTIVE)
    devices = {device.id: device for device in work.session.scalars(query)}
    back: dict[str, list[str]] = defaultdict(list)
    for device_id, hello in hellos:
        device = devices.get(device_id)
        if device is None or hello.device != device_id:
            continue
        if work.now - (device.seen_at or 0) > ONLINE_MS:
            back[device.organization_id].append(device.id)
        _note(work, device, hello)
    for organization_id, device_ids in back.items():
        tell_watchers(work, organization_id, device_ids)


def _note(work: UnitOfWork, device: Device, hello: Hello) -> None:
    """Note that a device is there, and ask for events of which it holds receipts that are not stored here.

    Such receipts are from before a backup was brought back: the device still has the events, or says so.
    """
    if work.now - (device.seen_at or 0) > SEEN_MS or device.firmware != hello.firmware:
        device.seen_at, device.silent_told_at, device.firmware = work.now, None, hello.firmware
    if hello.acknowledged > device.seq and work.now - (device.resend_at or 0) >= ASK_AGAIN_MS:
        device.resend_from, device.resend_at = device.seq + 1, work.now
        command_device(work, device, CommandKind.RESEND, first_seq=device.seq + 1)
