"""A device says where it stands. None of it is signed: it only says where to go on."""

from __future__ import annotations

from sealdevice.command import CommandKind
from sealdevice.link import Hello
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import queries
from shuangyin.devices.commands.receiving import ASK_AGAIN_MS, SEEN_MS
from shuangyin.devices.commands.telling import command_device, tell_watchers
from shuangyin.devices.models import DeviceStatus
from shuangyin.devices.rules import ONLINE_MS


def greet(work: UnitOfWork, device_id: str, hello: Hello) -> None:
    """Note that a device is there, and ask for events of which it holds receipts that are not stored here.

    Such receipts are from before a backup was brought back: the device still has the events, or says so.
    """
    device = queries.active(work, device_id)
    if device is None or device.status != DeviceStatus.ACTIVE or hello.device != device_id:
        return
    was_away = work.now - (device.seen_at or 0) > ONLINE_MS
    if work.now - (device.seen_at or 0) > SEEN_MS or device.firmware != hello.firmware:
        device.seen_at, device.silent_told_at, device.firmware = work.now, None, hello.firmware
    if hello.acknowledged > device.seq and work.now - (device.resend_at or 0) >= ASK_AGAIN_MS:
        device.resend_from, device.resend_at = device.seq + 1, work.now
        command_device(work, device, CommandKind.RESEND, first_seq=device.seq + 1)
    if was_away:
        tell_watchers(work, device.organization_id, [device.id])
