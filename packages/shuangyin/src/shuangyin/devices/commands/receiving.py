"""Take events of devices in: many devices and events in one transaction, with the evidence of them.

Nothing is acknowledged before this transaction is durable. An event is stored once, whatever was told twice; what
contradicts the chain is kept aside as it was signed, and somebody looks at the device.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from evidencelog.entry import JsonValue
from sealdevice.chain import ChainState, Verdict, judge_event
from sealdevice.command import CommandKind, Receipt
from sealdevice.errors import SealDeviceError
from sealdevice.event import Event, read_event_body
from sealdevice.fields import read_object
from sealdevice.record import read_record
from shuangyin.core.actor import system_actor
from shuangyin.core.database import Base
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.commands.effects import Effects, touches
from shuangyin.devices.commands.telling import command_device, tell_watchers
from shuangyin.devices.models import Device, DeviceAside, DeviceEvent, DevicePhoto, DeviceStatus
from shuangyin.evidence.commands import record

MOST_ASIDE = 500
"""So many records are kept aside of one device; beyond them only the alarm counts on."""
EARLY_AHEAD = 1_000
"""An event that is further ahead of the chain is told again later anyway."""
ASK_AGAIN_MS = 5_000
SEEN_MS = 60_000
MOST_IN_ENTRY = 500
HEAD_WEIGHT = 3
"""An entry has 64 KiB at most: it holds so many digests of events, and the head of a device takes the room of three."""

_CONTRADICTIONS: Mapping[Verdict, str] = {
    Verdict.FORK: "chain_fork",
    Verdict.ROLLED_BACK: "chain_rolled_back",
    Verdict.FROM_FUTURE: "clock_ahead",
}


_DEVICE: Final = Base.metadata.tables[Device.__tablename__]
_EVENT: Final = Base.metadata.tables[DeviceEvent.__tablename__]
_STANDING: Final = (
    Device.id,
    Device.organization_id,
    Device.seq,
    Device.head,
    Device.boot,
    Device.presses,
    Device.chain_time,
    Device.seen_at,
    Device.resend_from,
)
_ADVANCE: Final = (
    update(_DEVICE)
    .where(_DEVICE.c.id == bindparam("device"))
    .values(
        seq=bindparam("to_seq"),
        head=bindparam("to_head"),
        boot=bindparam("to_boot"),
        presses=bindparam("to_presses"),
        chain_time=bindparam("to_time"),
    )
)
_SEEN: Final = (
    update(_DEVICE)
    .where(_DEVICE.c.id == bindparam("device"))
    .values(seen_at=bindparam("at"), silent_told_at=None)
)
_WRITTEN: Final = ("seq", "head", "boot", "presses", "chain_time", "seen_at", "silent_told_at")
"""What the two statements write beside the rows that the session holds."""


@dataclass(frozen=True, slots=True)
class Told:
    """One record as a device told it, verified outside of the transaction: the event, or what is wrong with it."""

    device_id: str
    record: str
    digest: str
    event: Event | SealDeviceError


@dataclass(frozen=True, slots=True)
class Standing:
    """One device as its locked row says before anything of this transaction: of most devices no more is needed."""

    id: str
    organization_id: str
    chain: ChainState
    seen_at: int | None
    resend_from: int | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What to say to one device once the transaction is durable."""

    organization_id: str
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Head:
    """Events in a row of one device from number `first` on; `state` is its chain after all that it told."""

    device_id: str
    first: int
    digests: Sequence[str]
    state: ChainState

    def facts(self) -> dict[str, JsonValue]:
        last = self.first + len(self.digests) - 1
        facts: dict[str, JsonValue] = {
            "first": self.first,
            "last": last,
            "head": self.digests[-1],
            "events": [*self.digests],
        }
        return {**facts, "presses": self.state.presses} if last == self.state.seq else facts


def _packed(heads: Iterable[Head]) -> Iterator[list[Head]]:
    """Heads in groups that fit into one entry each."""
    together: list[Head] = []
    room = MOST_IN_ENTRY
    for one in heads:
        weight = HEAD_WEIGHT + len(one.digests)
        if together and weight > room:
            yield together
            together, room = [], MOST_IN_ENTRY
        together.append(one)
        room -= weight
    if together:
        yield together


def receive(work: UnitOfWork, told: Sequence[Told]) -> dict[str, Stored]:
    """Store what is next in each device's chain; returns the receipts, for devices that may still speak."""
    by_device: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_device[one.device_id].append(one)
    devices = _standing(work, by_device)
    intake = _Intake(work, told)
    answers = {device.id: intake.take(device, by_device[device.id]) for device in devices}
    intake.write()
    return answers


def _standing(work: UnitOfWork, device_ids: Iterable[str]) -> list[Standing]:
    """Lock the rows of enrolled devices, and read where each stands."""
    rows = work.session.execute(
        select(*_STANDING)
        .where(Device.id.in_(device_ids), Device.status == DeviceStatus.ACTIVE)
        .order_by(Device.id)
        .with_for_update()
    ).tuples()
    return [
        Standing(device_id, organization_id, ChainState(seq, head, boot, presses, time), seen_at, resend_from)
        for device_id, organization_id, seq, head, boot, presses, time, seen_at, resend_from in rows
    ]


class _Intake:
    """The rows that one transaction brings."""

    def __init__(self, work: UnitOfWork, told: Iterable[Told]) -> None:
        self._work = work
        self._effects = Effects(work)
        touching = [one for one in told if isinstance(one.event, Event) and touches(one.event)]
        self._effects.expect_permits({one.event.permit for one in touching if isinstance(one.event, Event)})
        self._rows = _rows(work, {one.device_id for one in touching})
        self._events: list[dict[str, object]] = []
        self._advanced: list[dict[str, object]] = []
        self._seen: list[dict[str, object]] = []
        self._photos: list[dict[str, object]] = []
        self._organizations: dict[str, str] = {}
        self._digests: dict[str, list[str]] = defaultdict(list)
        self._heads: dict[str, list[Head]] = defaultdict(list)

    def take(self, device: Standing, told: list[Told]) -> Stored:
        """Judge and store the events of one device, in their order."""
        work = self._work
        if work.now - (device.seen_at or 0) > SEEN_MS:
            self._seen.append({"device": device.id, "at": work.now})
        before = device.chain
        known = self._known(device, told)
        state, furthest = before, 0
        for one in sorted(told, key=lambda item: item.event.seq if isinstance(item.event, Event) else 0):
            state, early = self._one(device, state, one, known)
            furthest = max(furthest, early)
        state = self._followed_up(device, state)
        if state != before:
            self._advance(device, before, state)
        if furthest > state.seq:
            self._ask_again(device, state.seq + 1)
        receipt = Receipt(device.id, state.seq, state.head) if state.seq else None
        return Stored(device.organization_id, receipt)

    def write(self) -> None:
        """Write the collected rows, and tell who watches."""
        session = self._work.session
        session.flush()
        for statement, rows in (
            (_ADVANCE, self._advanced),
            (_SEEN, self._seen),
            (insert(_EVENT), self._events),
        ):
            if rows:
                session.connection().execute(statement, rows)
        for device in self._rows.values():
            session.expire(device, _WRITTEN)
        if self._photos:
            session.execute(insert(DevicePhoto), self._photos)
        for organization_id, heads in self._heads.items():
            for together in _packed(heads):
                self._record_heads(organization_id, together)
        by_organization: dict[str, list[str]] = defaultdict(list)
        for device_id in self._effects.changed:
            by_organization[self._organizations[device_id]].append(device_id)
        for organization_id, device_ids in by_organization.items():
            tell_watchers(self._work, organization_id, device_ids, also=self._effects.persons)

    def _row(self, device: Standing) -> Device:
        """The whole row, for what needs more of a device than its chain."""
        if device.id not in self._rows:
            self._rows[device.id] = self._work.session.get_one(Device, device.id)
        return self._rows[device.id]

    def _one(
        self, device: Standing, state: ChainState, one: Told, known: dict[int, str]
    ) -> tuple[ChainState, int]:
        """The chain after one record, and the number of an event that came too early (0: it did not)."""
        self._organizations[device.id] = device.organization_id
        event = one.event
        if isinstance(event, SealDeviceError) or event.device != device.id:
            code = event.code.value if isinstance(event, SealDeviceError) else "record.other_device"
            row = self._row(device)
            self._effects.alarm(row, "record_refused", self._work.now, {"code": code}, about=code)
            return state, 0
        judged = judge_event(
            state, event, one.digest, received_at=self._work.now, known_digest=known.get(event.seq)
        )
        if judged.verdict is Verdict.NEXT:
            known[event.seq] = one.digest
            self._store(device, event, one.record, one.digest, clock_set_back=judged.clock_set_back)
            return judged.state, 0
        if judged.verdict is Verdict.EARLY:
            if event.seq <= state.seq + EARLY_AHEAD:
                self._put_aside(device, event, one, judged.verdict)
            return state, event.seq
        if judged.verdict in _CONTRADICTIONS:
            self._contradicted(device, event, one, judged.verdict)
        return state, 0

    def _store(self, device: Standing, event: Event, text: str, digest: str, *, clock_set_back: bool) -> None:
        work = self._work
        event_id = work.new_id()
        where = event.position
        self._digests[device.id].append(digest)
        self._events.append(
            {
                "id": event_id,
                "organization_id": device.organization_id,
                "device_id": device.id,
                "seq": event.seq,
                "digest": digest,
                "kind": event.kind.value,
                "occurred_at": event.time,
                "received_at": work.now,
                "permit_id": event.permit,
                "latitude_e7": where.latitude_e7 if where else None,
                "longitude_e7": where.longitude_e7 if where else None,
                "record": text,
            }
        )
        for moment, sm3, size in {(one.moment.value, one.sm3, one.size) for one in event.photos}:
            self._photos.append(
                {
                    "id": work.new_id(),
                    "organization_id": device.organization_id,
                    "device_id": device.id,
                    "event_id": event_id,
                    "permit_id": event.permit,
                    "moment": moment,
                    "sm3": sm3,
                    "size": size,
                    "taken_at": event.time,
                }
            )
        if touches(event):
            self._effects.apply(self._row(device), event)
        if clock_set_back:
            self._effects.alarm(self._row(device), "clock_changed", event.time, {"seq": event.seq})

    def _followed_up(self, device: Standing, state: ChainState) -> ChainState:
        """Go on with events that came too early and are next now."""
        session = self._work.session
        if device.resend_from is None:
            return state
        while True:
            aside = session.scalar(
                select(DeviceAside).where(
                    DeviceAside.device_id == device.id,
                    DeviceAside.verdict == Verdict.EARLY.value,
                    DeviceAside.seq == state.seq + 1,
                )
            )
            if aside is None:
                return state
            event = read_event_body(read_object(read_record(aside.record.encode()).body))
            told = Told(device.id, aside.record, aside.digest, event)
            session.delete(aside)
            session.flush()
            after, _ = self._one(device, state, told, {})
            if after == state:
                return state
            state = after

    def _advance(self, device: Standing, before: ChainState, state: ChainState) -> None:
        self._advanced.append(
            {
                "device": device.id,
                "to_seq": state.seq,
                "to_head": state.head,
                "to_boot": state.boot,
                "to_presses": state.presses,
                "to_time": state.time,
            }
        )
        if device.resend_from is not None:
            # What came early and came again in order is needed no more.
            self._work.session.execute(
                delete(DeviceAside).where(
                    DeviceAside.device_id == device.id,
                    DeviceAside.verdict == Verdict.EARLY.value,
                    DeviceAside.seq <= state.seq,
                )
            )
            self._row(device).resend_from = None
        digests = self._digests[device.id]
        for at in range(0, len(digests), MOST_IN_ENTRY - HEAD_WEIGHT):
            part = digests[at : at + MOST_IN_ENTRY - HEAD_WEIGHT]
            first = before.seq + 1 + at
            self._heads[device.organization_id].append(Head(device.id, first, part, state))

    def _record_heads(self, organization_id: str, parts: Sequence[Head]) -> None:
        """One entry for what many devices told in this transaction: how far each chain goes, its head, and every event.

        With its digest in the log an event can be shown by itself, without those before and after it.
        """
        heads = [(one.device_id, one.facts()) for one in parts]
        alone = len(heads) == 1
        told: list[JsonValue] = [{"device": device_id, **facts} for device_id, facts in heads]
        record(
            self._work,
            system_actor(organization_id),
            kind="devices.events_received",
            subject_type="device" if alone else "organization",
            subject_id=heads[0][0] if alone else organization_id,
            facts=heads[0][1] if alone else {"devices": told},
        )

    def _ask_again(self, device: Standing, first: int) -> None:
        """Ask for the events from the first that is missing on, at most once in a while for the same gap."""
        row = self._row(device)
        if row.resend_from == first and self._work.now - (row.resend_at or 0) < ASK_AGAIN_MS:
            return
        row.resend_from, row.resend_at = first, self._work.now
        command_device(self._work, row, CommandKind.RESEND, first_seq=first)

    def _contradicted(self, device: Standing, event: Event, one: Told, verdict: Verdict) -> None:
        self._put_aside(device, event, one, verdict)
        row = self._row(device)
        if verdict is not Verdict.FROM_FUTURE:
            row.suspect = True
        facts: dict[str, JsonValue] = {"seq": event.seq, "digest": one.digest, "time": event.time}
        self._effects.alarm(row, _CONTRADICTIONS[verdict], event.time, facts)

    def _put_aside(self, device: Standing, event: Event, one: Told, verdict: Verdict) -> None:
        session = self._work.session
        mine = DeviceAside.device_id == device.id
        if session.scalar(select(DeviceAside.id).where(mine, DeviceAside.digest == one.digest)) is not None:
            return
        if (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_ASIDE:
            return
        session.add(
            DeviceAside(
                id=self._work.new_id(),
                organization_id=device.organization_id,
                device_id=device.id,
                verdict=verdict.value,
                seq=event.seq,
                digest=one.digest,
                received_at=self._work.now,
                record=one.record,
            )
        )
        session.flush()

    def _known(self, device: Standing, told: Iterable[Told]) -> dict[int, str]:
        """The digests of stored events whose numbers are told again."""
        again = {
            one.event.seq
            for one in told
            if isinstance(one.event, Event) and one.event.seq <= device.chain.seq
        }
        if not again:
            return {}
        query = select(DeviceEvent.seq, DeviceEvent.digest).where(
            DeviceEvent.device_id == device.id, DeviceEvent.seq.in_(again)
        )
        return dict(self._work.session.execute(query).tuples().all())


def _rows(work: UnitOfWork, device_ids: set[str]) -> dict[str, Device]:
    """The whole rows of these devices."""
    if not device_ids:
        return {}
    return {one.id: one for one in work.session.scalars(select(Device).where(Device.id.in_(device_ids)))}
