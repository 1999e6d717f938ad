"""Revoked devices and the broker: a new list of revoked certificates, and an end to connections that are open.

mosquitto reads the list when it starts and on SIGHUP, and looks at it only when somebody connects: a device that is
connected would stay so. So the list comes first, then the device's connection is ended; it cannot come back.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import structlog
from cryptography import x509
from sqlalchemy import select

from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.broker.folder import PID, REVOKED, write_file
from shuangyin.devices.gateway.mqtt import end_session
from shuangyin.devices.models import Device, DeviceStatus
from shuangyin.devices.trust import revoked_certificates

_log = structlog.get_logger(__name__)

DAY_MS = 24 * 3600_000


class Revoking:
    """Looks each second for devices that were revoked since. For the gateway of the first share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._done: set[str] = set()
        self._written_at = 0

    def round(self, platform: Platform) -> int:
        """One round; returns how many devices were cut off."""
        since = 0 if self._written_at else platform.clock.now_ms() - DAY_MS
        revoked = platform.view(lambda work: _revoked(work, since))
        new = {device_id: serial for device_id, serial in revoked.items() if device_id not in self._done}
        now = platform.clock.now_ms()
        if not new and now - self._written_at < DAY_MS:
            return 0
        listed = self._listed()
        lacking = [one for one in new.values() if int(one, 16) not in listed]
        if lacking or now - self._written_at >= DAY_MS:
            write_file(self._folder / REVOKED, platform.view(revoked_certificates))
            told = self._tell_broker()
            self._written_at = now
            if not told:
                # The gateway refuses what such a device says in any case; next second it is tried again.
                return 0
        cut = sum(end_session(self._folder, device_id) for device_id in new)
        if cut == len(new):
            self._done |= new.keys()
        return cut

    def _listed(self) -> set[int]:
        try:
            found = x509.load_pem_x509_crl((self._folder / REVOKED).read_bytes())
        except (OSError, ValueError):
            return set()
        return {one.serial_number for one in found}

    def _tell_broker(self) -> bool:
        """Have mosquitto read the list again."""
        try:
            pid = int((self._folder / PID).read_text())
            if Path(f"/proc/{pid}/comm").read_text().strip() != "mosquitto":
                return False
            os.kill(pid, signal.SIGHUP)
        except (OSError, ValueError):
            _log.warning("devices.broker_not_told", folder=str(self._folder))
            return False
        return True


def _revoked(work: UnitOfWork, since: int) -> dict[str, str]:
    """Devices that were revoked since then, with the serial numbers of their certificates."""
    query = select(Device.id, Device.certificate_serial).where(
        Device.status == DeviceStatus.REVOKED,
        Device.certificate_serial.is_not(None),
        Device.revoked_at >= since,
    )
    return {device_id: serial or "" for device_id, serial in work.session.execute(query).tuples()}
