"""Stores what devices tell, many messages in one transaction, and acknowledges only after it is durable.

Signatures are verified before the transaction, several together where the engine can. A group that cannot be stored
is tried device by device, so that one device's trouble is not everybody's; what is not stored is not acknowledged and
comes again.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias, TypeVar

import structlog
from sqlalchemy import select

from gmseal.errors import GmsealError
from gmseal.sm.keys import PrivateKey, PublicKey
from sealdevice.command import sign_receipt
from sealdevice.errors import MalformedRecord, SealDeviceError
from sealdevice.event import Event, open_events
from sealdevice.link import Message, Subject, read_answer, read_hello
from sealdevice.record import Record, read_record
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.commands.greeting import greet
from shuangyin.devices.commands.receiving import Stored, Told, receive
from shuangyin.devices.commands.telling import close_messages
from shuangyin.devices.gateway.hub import Hub, Incoming
from shuangyin.devices.models import Device, DeviceStatus
from shuangyin.devices.signing import signing_key

_log = structlog.get_logger(__name__)
_Said = TypeVar("_Said")
_Name: TypeAlias = tuple[str, bytes]
"""A device and the SHA-256 of a message of it."""

GROUP = 1_000
"""Most messages of one transaction."""
WAIT_S = 0.2
KEYS_KEPT = 200_000
REMEMBERED = 10_000
"""So many verified events are kept, some 3 kB each."""
SPLIT = 64
"""From so many signatures on, two threads verify: the engines work outside of the interpreter's lock."""


class Ingest:
    """One thread that stores."""

    def __init__(self, platform: Platform, hub: Hub) -> None:
        self._platform = platform
        self._hub = hub
        self._keys: dict[str, PublicKey] = {}
        self._verified: OrderedDict[_Name, Told] = OrderedDict()
        self._signers: dict[str, PrivateKey] = {}
        self._stop = threading.Event()
        self._verifiers = ThreadPoolExecutor(2, thread_name_prefix="device-verify")
        self._receipts = ThreadPoolExecutor(1, thread_name_prefix="device-receipts")
        self._sending: Future[None] | None = None
        self._thread = threading.Thread(target=self._run, name="device-ingest", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Store the group in hand and end the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._receipts_sent()
        self._receipts.shutdown()
        self._verifiers.shutdown()

    def run_pending(self) -> int:
        """Store what waits, in this thread; returns how many messages."""
        count = 0
        while group := self._group(wait=False):
            self._store(group)
            count += len(group)
        self._receipts_sent()
        return count

    def _run(self) -> None:
        while not self._stop.is_set():
            group = self._group(wait=True)
            if group:
                self._store(group)

    def _group(self, *, wait: bool) -> list[Incoming]:
        found: list[Incoming] = []
        try:
            found.append(self._hub.incoming.get(timeout=WAIT_S) if wait else self._hub.incoming.get_nowait())
            while len(found) < GROUP:
                found.append(self._hub.incoming.get_nowait())
        except queue.Empty:
            pass
        return found

    def _store(self, group: Sequence[Incoming]) -> None:
        try:
            self._store_together(group)
        except Exception:
            # Whatever it was, it must not take the messages of other devices with it.
            _log.warning("devices.group_failed", messages=len(group), exc_info=True)
            self._store_apart(group)

    def _store_apart(self, group: Sequence[Incoming]) -> None:
        by_device: dict[str, list[Incoming]] = defaultdict(list)
        for one in group:
            by_device[one.device_id].append(one)
        failed = False
        for device_id, messages in by_device.items():
            try:
                self._store_together(messages)
            except Exception:
                # Not acknowledged: the device tells it again after it has come back.
                _log.exception("devices.not_stored", device=device_id, messages=len(messages))
                failed = True
                self._hub.drop(device_id)
        if failed and self._hub.broker is not None:
            self._stop.wait(1.0)
            self._hub.broker.redeliver()

    def _store_together(self, group: Sequence[Incoming]) -> None:
        told = self._told([one for one in group if one.message.subject is Subject.EVENT])
        hellos = _read(group, Subject.HELLO, read_hello)
        answers = _read(group, Subject.ANSWER, read_answer)

        def command(work: UnitOfWork) -> dict[str, Stored]:
            stored = receive(work, told) if told else {}
            if hellos:
                greet(work, hellos)
            for device_id, answer in answers:
                outcome = "taken" if answer.taken else answer.code or "refused"
                close_messages(work, device_id, [(answer.digest, outcome)])
            return stored

        stored = self._platform.transact(command)
        for one in group:
            one.done()
        self._hub.flush()
        if hellos:
            self._hub.greeted({device_id for device_id, _ in hellos})
        # The next group is verified and stored while these are signed, but receipts lag by one group at most.
        self._receipts_sent()
        self._sending = self._receipts.submit(self._send_receipts, stored)

    def _send_receipts(self, stored: Mapping[str, Stored]) -> None:
        """Sign and send. A receipt that fails here is as good as lost on the way: the device tells its events again."""
        for device_id, one in stored.items():
            if one.receipt is None:
                continue
            try:
                record = sign_receipt(one.receipt, self._signer(one.organization_id))
                self._hub.send(device_id, Message(Subject.RECEIPT, record))
            except Exception:
                # Its events are stored all the same, and the other devices get theirs.
                _log.exception("devices.receipt_failed", device=device_id)
        self._hub.flush()

    def _receipts_sent(self) -> None:
        """Wait for the receipts of the group before."""
        if self._sending is not None:
            self._sending.result()
            self._sending = None

    def _told(self, incoming: Sequence[Incoming]) -> list[Told]:
        """The events, verified. What was verified before, byte for byte, is not verified again."""
        self._load_keys({one.device_id for one in incoming})
        known = [one for one in incoming if one.device_id in self._keys]
        names = [(one.device_id, hashlib.sha256(one.message.data).digest()) for one in known]
        fresh = {name: one for name, one in zip(names, known, strict=True) if name not in self._verified}
        found = dict(zip(fresh, self._verify(list(fresh.values())), strict=True))
        told = [found.get(name) or self._verified[name] for name in names]
        self._remember(found)
        return told

    def _verify(self, incoming: Sequence[Incoming]) -> list[Told]:
        read = [(one, _record(one.message.data)) for one in incoming]
        good = [(one, record) for one, record in read if isinstance(record, Record)]
        opened = iter(self._opened([(record, self._keys[one.device_id]) for one, record in good]))
        found = []
        for one, record in read:
            if isinstance(record, Record):
                found.append(Told(one.device_id, one.message.data.decode(), record.digest, next(opened)))
            else:
                found.append(Told(one.device_id, "", "", record))
        return found

    def _remember(self, found: Mapping[_Name, Told]) -> None:
        """Keep what was verified for when it is told again: a crowd that waits for receipts repeats itself."""
        self._verified.update({name: told for name, told in found.items() if isinstance(told.event, Event)})
        while len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)

    def _opened(self, records: list[tuple[Record, PublicKey]]) -> list[Event | SealDeviceError]:
        if len(records) < SPLIT:
            return open_events(records)
        middle = len(records) // 2
        halves = self._verifiers.map(open_events, [records[:middle], records[middle:]])
        return [event for half in halves for event in half]

    def _load_keys(self, device_ids: set[str]) -> None:
        missing = device_ids - self._keys.keys()
        if not missing:
            return
        if len(self._keys) > KEYS_KEPT:
            self._keys.clear()
            self._verified.clear()
            missing = device_ids
        query = select(Device.id, Device.record_key).where(
            Device.id.in_(missing), Device.status == DeviceStatus.ACTIVE, Device.record_key.is_not(None)
        )
        rows = self._platform.view(lambda work: work.session.execute(query).tuples().all())
        for device_id, point in rows:
            try:
                self._keys[device_id] = PublicKey.from_point(bytes.fromhex(point or ""))
            except (ValueError, GmsealError):
                _log.error("devices.key_unreadable", device=device_id)  # the row says it all

    def _signer(self, organization_id: str) -> PrivateKey:
        if organization_id not in self._signers:
            self._signers[organization_id] = self._platform.transact(
                lambda work: signing_key(work, organization_id)
            )
        return self._signers[organization_id]


def _record(data: bytes) -> Record | MalformedRecord:
    try:
        return read_record(data)
    except MalformedRecord as error:
        return error


def _read(
    group: Sequence[Incoming], subject: Subject, reader: Callable[[bytes], _Said]
) -> list[tuple[str, _Said]]:
    """The unsigned messages of a subject; what cannot be read says nothing."""
    found = []
    for one in group:
        if one.message.subject is subject:
            try:
                found.append((one.device_id, reader(one.message.data)))
            except MalformedRecord:
                _log.info("devices.unreadable", device=one.device_id, subject=subject.value)
    return found
