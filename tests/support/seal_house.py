"""A smart seal in the custody desk's safe, joined to the platform by a wire that the test holds in its hands.

Nothing here runs by itself: `told` lets the platform store what the device says and the device hear what the platform
says until both are silent.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from custody_desk import Desk
from platform_world import World, ok
from sqlalchemy import func, select

from sealdevice.device.store import MemoryStore
from sealdevice.link import Message, Subject
from shuangyin.alarms.models import Alarm
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.commands.reconciling import reconcile
from shuangyin.devices.commands.settling import settle_due
from shuangyin.devices.gateway.hub import Hub, Incoming
from shuangyin.devices.gateway.ingest import Ingest
from shuangyin.devices.gateway.outbox import Outbox
from shuangyin.devices.models import Device, DeviceEvent, DevicePermit

PART = 64 * 1024


class Wire:
    """The device's connection to the hub, as a queue."""

    def __init__(self) -> None:
        self.down: deque[Message] = deque()
        self.closed = False

    def send(self, message: Message) -> None:
        self.down.append(message)

    def close(self) -> None:
        self.closed = True


@dataclass
class House:
    """A device with its seal, and everything the gateway runs, driven by hand."""

    desk: Desk
    seal: SimulatedSeal
    wire: Wire = field(default_factory=Wire)
    acknowledged: int = 0

    def __post_init__(self) -> None:
        self.hub = self.platform.port(Hub)
        self.ingest = Ingest(self.platform, self.hub)
        self.outbox = Outbox(self.platform, self.hub)
        self.hub.running = True

    @property
    def world(self) -> World:
        return self.desk.world

    @property
    def platform(self) -> Platform:
        return self.world.platform

    @property
    def path(self) -> str:
        return f"/devices/{self.seal.id}"

    def connect(self) -> None:
        """The device comes online and says where it stands."""
        self.wire = Wire()
        self.seal.online = True
        self.hub.attach(self.seal.id, self.wire)
        for message in self.seal.link.connected():
            self.say(message)

    def disconnect(self) -> None:
        self.seal.online = False
        self.hub.detach(self.seal.id, self.wire)

    def say(self, message: Message, device_id: str | None = None) -> None:
        """Put one message on the wire to the platform."""
        self.hub.incoming.put(Incoming(device_id or self.seal.id, message, self._done))

    def say_event(self, record: bytes, device_id: str | None = None) -> None:
        self.say(Message(Subject.EVENT, record), device_id)

    def told(self) -> None:
        """Both sides talk until nobody has anything to say."""
        for message in self.seal.link.pending():
            self.say(message)
        while self._round():
            pass

    def _round(self) -> bool:
        stored = self.ingest.run_pending()
        self.outbox.pump()
        moved = bool(stored)
        while self.wire.down:
            moved = True
            for answer in self.seal.received(self.wire.down.popleft()):
                self.say(answer)
        return moved

    def rounds(self, *, seconds: float = 0) -> None:
        """What the gateway does each second, after some time has passed."""
        self.world.clock.advance(seconds=seconds)
        reconcile(self.platform)
        settle_due(self.platform)
        reconcile(self.platform)
        if self.seal.online:
            self.told()

    def permit(self, opening_id: str, kind: str = "custodian", **fields: Any) -> Any:
        """Ask for a permit, after the paper was checked; whatever comes out."""
        self.desk.check(opening_id, kind)
        body = {"opening_id": opening_id, "request_id": self.desk.request["id"], **fields}
        return self.desk.story.post(kind, f"{self.path}/permits", body)

    def begin_use(self, **fields: Any) -> dict[str, Any]:
        """An open safe, a permit on the device, and both persons before it."""
        opening = self.desk.open()
        permit = ok(self.permit(opening["id"], **fields), 201)
        if self.seal.online:
            self.told()
        self.persons()
        return dict(permit)

    def persons(self) -> None:
        self.seal.step_up(self.world.id("custodian"), self.world.id("reviewer"))

    def finish(self, permit_id: str, kind: str = "custodian") -> Any:
        return self.desk.story.post(kind, f"/device-permits/{permit_id}/finish")

    def read_permit(self, permit_id: str) -> dict[str, Any]:
        return dict(self.desk.story.get("custodian", f"/device-permits/{permit_id}"))

    def balanced(self, permit_id: str) -> bool | None:
        """Whether a permit's accounts balance, also when every session has ended."""
        return self.platform.view(lambda work: work.session.get_one(DevicePermit, permit_id).balanced)

    def registered(self) -> list[tuple[int, int, int]]:
        """Good presses on pages and seams and spoiled ones, of each line of the register."""
        query = select(PhysicalUse.normal, PhysicalUse.seam, PhysicalUse.spoiled).order_by(PhysicalUse.id)
        return self.platform.view(lambda work: list(work.session.execute(query).tuples()))

    def detail(self) -> dict[str, Any]:
        return dict(self.desk.story.get("administrator", self.path))

    def device(self) -> Device:
        """The row as it is now."""

        def query(work: UnitOfWork) -> Device:
            found = work.session.get_one(Device, self.seal.id)
            work.session.expunge_all()
            return found

        return self.platform.view(query)

    def stored(self) -> list[tuple[int, str]]:
        """Number and kind of the stored events."""
        query = (
            select(DeviceEvent.seq, DeviceEvent.kind)
            .where(DeviceEvent.device_id == self.seal.id)
            .order_by(DeviceEvent.seq)
        )
        return self.platform.view(lambda work: list(work.session.execute(query).tuples()))

    def alarms(self) -> dict[str, int]:
        """The open alarms by kind, with how often each was seen."""
        query = select(Alarm.kind, func.sum(Alarm.occurrences)).where(Alarm.verdict.is_(None))
        rows = self.platform.view(
            lambda work: work.session.execute(query.group_by(Alarm.kind)).tuples().all()
        )
        return {kind: int(count) for kind, count in rows}

    def upload(self, sm3: str, content: bytes, *, first: int = 0, announced: int | None = None) -> Any:
        """Send the parts of a photo from a byte on; the last answer."""
        total = announced or len(content)
        client = self.world.anonymous()
        answer = None
        for at in range(first, len(content), PART):
            part = content[at : at + PART]
            headers = {
                "Authorization": self.seal.photo_header(sm3),
                "Content-Range": f"bytes {at}-{at + len(part) - 1}/{total}",
            }
            answer = client.put(f"/api/v1/device-link/photos/{sm3}", content=part, headers=headers)
            if answer.status_code != 200:
                return answer
        return answer

    def upload_all(self) -> None:
        """Send every photo that is still on the device."""
        for sm3, content in list(self.seal.photos.items()):
            assert hashlib.new("sm3", content).hexdigest() == sm3
            assert ok(self.upload(sm3, content))["complete"]
            del self.seal.photos[sm3]

    def _done(self) -> None:
        self.acknowledged += 1


def enrol(desk: Desk, seal: SimulatedSeal, name: str = "一号智能印章") -> None:
    """Add a device, let it enrol itself with its code."""
    added = ok(desk.story.post("administrator", "/devices", {"name": name, "maker": "模拟设备"}), 201)
    answer = desk.world.anonymous().post("/api/v1/device-link/enrol", json=seal.enrolment(added["code"]))
    seal.enrolled(ok(answer, 201))


def furnish(desk: Desk) -> House:
    """A house whose device holds the official seal and is connected."""
    seal = SimulatedSeal(desk.world.clock.now_ms, store=MemoryStore())
    enrol(desk, seal)
    ok(desk.story.post("administrator", f"/devices/{seal.id}/bind", {"seal_id": desk.seal_id}))
    house = House(desk, seal)
    house.connect()
    house.told()
    return house
