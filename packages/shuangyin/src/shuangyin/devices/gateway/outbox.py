"""Sends what is to go out: new messages at once, everything that is open when a device says where it stands."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy import Select, select

from sealdevice.link import Message, Subject
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.gateway.hub import Hub
from shuangyin.devices.models import Device, DeviceMessage, DeviceStatus

_log = structlog.get_logger(__name__)

POLL_S = 0.5
OVERLAP_MS = 15_000
"""Rows of transactions that began earlier become visible later; so much of the past is looked at again."""


class Outbox:
    """One thread that sends. Several processes may run one each: every device takes a message once."""

    def __init__(self, platform: Platform, hub: Hub) -> None:
        self._platform = platform
        self._hub = hub
        self._sent: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="device-outbox", daemon=True)

    def start(self) -> None:
        self._hub.republish_wanted.set()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._hub.wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def republish(self) -> None:
        """Give the broker anew what it may have lost: the state every device shall be in, and all that is open."""
        query = (
            select(DeviceMessage)
            .join(Device, Device.id == DeviceMessage.device_id)
            .where(Device.status == DeviceStatus.ACTIVE, DeviceMessage.subject == Subject.LOCK.value)
            .order_by(DeviceMessage.id)
        )
        now = self._platform.clock.now_ms()
        rows = self._platform.view(lambda work: _read(work, query))
        latest = {row.device_id: row for row in rows}
        opened = select(DeviceMessage).where(DeviceMessage.closed_at.is_(None)).order_by(DeviceMessage.id)
        waiting = self._platform.view(lambda work: _read(work, opened))
        for row in [*latest.values(), *(one for one in waiting if one.subject != Subject.LOCK.value)]:
            self._send(row, now)

    def pump(self) -> int:
        """Send what is new, and all that is open for devices that have just greeted; returns how many messages."""
        now = self._platform.clock.now_ms()
        greeted = self._hub.take_greeted()
        new = DeviceMessage.created_at >= now - OVERLAP_MS
        wanted = new | DeviceMessage.device_id.in_(greeted) if greeted else new
        query = (
            select(DeviceMessage)
            .join(Device, Device.id == DeviceMessage.device_id)
            .where(DeviceMessage.closed_at.is_(None), Device.status == DeviceStatus.ACTIVE, wanted)
            .order_by(DeviceMessage.id)
        )
        rows = self._platform.view(lambda work: _read(work, query))
        count = 0
        for row in rows:
            if (row.device_id in greeted or row.id not in self._sent) and self._send(row, now):
                self._sent[row.id] = now
                count += 1
        self._forget(now)
        self._drop_revoked()
        return count

    def _send(self, row: DeviceMessage, now: int) -> bool:
        if row.not_after is not None and row.not_after <= now:
            return False
        expires_s = None if row.not_after is None else max(1, (row.not_after - now) // 1000)
        subject = Subject(row.subject)
        return self._hub.send(
            row.device_id,
            Message(subject, row.record.encode()),
            retain=subject is Subject.LOCK,
            expires_s=expires_s,
        )

    def _forget(self, now: int) -> None:
        self._sent = {key: at for key, at in self._sent.items() if at >= now - 2 * OVERLAP_MS}

    def _drop_revoked(self) -> None:
        here = self._hub.connected()
        if not here:
            return
        query = select(Device.id).where(Device.status == DeviceStatus.REVOKED, Device.revoked_at.is_not(None))
        recent = query.where(Device.revoked_at >= self._platform.clock.now_ms() - 10 * OVERLAP_MS)
        for device_id in self._platform.view(lambda work: list(work.session.scalars(recent))):
            if device_id in here:
                self._hub.drop(device_id)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._hub.wake.wait(POLL_S)
            self._hub.wake.clear()
            try:
                if self._hub.broker is not None and self._hub.republish_wanted.is_set():
                    self._hub.republish_wanted.clear()
                    self.republish()
                self.pump()
            except Exception:
                # A database that is away for a moment is no reason to stop sending.
                self._hub.republish_wanted.set()
                _log.exception("devices.outbox_failed")


def _read(work: UnitOfWork, query: Select[tuple[DeviceMessage]]) -> list[DeviceMessage]:
    """The rows, to be used after the transaction that read them."""
    rows = list(work.session.scalars(query))
    work.session.expunge_all()
    return rows
