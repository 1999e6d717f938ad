"""Many simulated seals of one organization, known to a platform as after their enrolment, without people or pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import func, select

from shuangyin.alarms.models import Alarm
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.device_sim.estate import found_devices
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.models import Device, DeviceEvent

PATIENCE_S = 10.0
_Found = TypeVar("_Found")


@dataclass
class Estate:
    """The devices and the platform that knows them."""

    platform: Platform
    seals: list[SimulatedSeal] = field(default_factory=list)

    def stored(self) -> dict[str, list[int]]:
        """The numbers of stored events of each device, in order."""
        query = select(DeviceEvent.device_id, DeviceEvent.seq).order_by(
            DeviceEvent.device_id, DeviceEvent.seq
        )
        found: dict[str, list[int]] = {}
        for device_id, seq in self.platform.view(lambda work: work.session.execute(query).tuples().all()):
            found.setdefault(device_id, []).append(seq)
        return found

    def stored_all(self) -> bool:
        """Whether everything that the devices ever told is stored, each event once and none left out."""
        return self.stored() == {seal.id: list(range(1, seal.device.state.seq + 1)) for seal in self.seals}

    def row(self, seal: SimulatedSeal) -> Device:
        def query(work: UnitOfWork) -> Device:
            found = work.session.get_one(Device, seal.id)
            work.session.expunge_all()
            return found

        return self.platform.view(query)

    def alarms(self) -> dict[str, int]:
        """The open alarms by kind, with how often each was seen."""
        query = select(Alarm.kind, func.sum(Alarm.occurrences)).where(Alarm.verdict.is_(None))
        rows = self.platform.view(
            lambda work: work.session.execute(query.group_by(Alarm.kind)).tuples().all()
        )
        return {kind: int(count) for kind, count in rows}


def found_estate(platform: Platform, count: int) -> Estate:
    """An organization with so many enrolled devices."""
    return Estate(platform, found_devices(platform, count))


def eventually(look: Callable[[], _Found | None], what: str, patience_s: float = PATIENCE_S) -> _Found:
    """What `look` finds at last."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come about in {patience_s:.0f} s"
        time.sleep(0.05)
    return found
