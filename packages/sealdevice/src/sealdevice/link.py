"""What goes over the wire, whatever the wire: the messages of both bindings, and the device's side of the talk.

A message has a *subject* and bytes. Over MQTT the subject is the last part of the topic
``seal/v1/<shard>/<device>/<subject>`` (QoS 1; receipts QoS 0), where the shard is the first byte of the SM3 of the
device's id in hexadecimal: it deals the devices out to gateways. Over a WebSocket a message is one text frame
``{"subject": …, "record": …}`` with the record as it is.

=================  ==========  ===========================================================================
subject            direction   bytes
=================  ==========  ===========================================================================
``hello``          up          where the device stands, first after every connection (not signed)
``event``          up          a record of the type ``event``; told again until a receipt covers it
``answer``         up          what became of a permit, command or confirmation (not signed)
``permit``         down        a record of the type ``permit``
``lock``           down        a ``command`` to lock or unlock; retained on MQTT, so that it waits for the device
``command``        down        a record of the type ``command`` of any other kind
``confirmation``   down        a record of the type ``confirmation``
``receipt``        down        a record of the type ``receipt``: events up to a number are stored
``challenge``      down        WebSocket only, the first frame: 64 hexadecimal digits
``session``        up          WebSocket only, the first frame: a record of the type ``session`` that answers it
=================  ==========  ===========================================================================

Messages may be lost, doubled and reordered. What is not signed is never believed: it only says where to go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gmseal.sm.keys import sm3
from sealdevice.device.core import Device
from sealdevice.errors import Code, MalformedRecord, SealDeviceError, StoreFailure
from sealdevice.fields import Fields, Json, read_object, write_object
from sealdevice.record import read_record

TOPIC_ROOT: Final = "seal/v1"
SHARDS: Final = 256
HELLO_S: Final = 60.0
"""A device says where it stands at least so often."""
PATIENCE_S: Final = 20.0
"""An event that has waited so long for its receipt is told again, after a hello."""
WINDOW: Final = 100
"""So many events are on the way at most before a receipt comes."""
MAX_DEVICE_ID: Final = 64
SHARDS_KEPT: Final = 16_384
"""Devices of which the shard is kept."""
_ID: Final = re.compile(f"[A-Za-z0-9.-]{{1,{MAX_DEVICE_ID}}}")


class Subject(StrEnum):
    """What a message is about."""

    HELLO = "hello"
    EVENT = "event"
    ANSWER = "answer"
    PERMIT = "permit"
    LOCK = "lock"
    COMMAND = "command"
    CONFIRMATION = "confirmation"
    RECEIPT = "receipt"
    CHALLENGE = "challenge"
    SESSION = "session"


SUBJECTS: Final = {one.value: one for one in Subject}
UPWARD: Final = frozenset({Subject.HELLO, Subject.EVENT, Subject.ANSWER, Subject.SESSION})
PUBLISHED: Final = (Subject.HELLO, Subject.EVENT, Subject.ANSWER)
"""What a device publishes over MQTT, where its certificate says who it is."""
SUBSCRIBED: Final = (
    Subject.PERMIT,
    Subject.LOCK,
    Subject.COMMAND,
    Subject.CONFIRMATION,
    Subject.RECEIPT,
)
"""What a device subscribes to over MQTT."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of either direction."""

    subject: Subject
    data: bytes


@dataclass(frozen=True, slots=True)
class Hello:
    """Where a device stands: its last event and its digest, and up to where it holds receipts."""

    device: str
    boot: int
    seq: int
    head: str
    acknowledged: int
    firmware: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the record with this digest: ``taken``, or ``refused`` with a code of the error family."""

    digest: str
    taken: bool
    code: str | None = None


class DeviceLink:
    """The device's side: feed it what arrives, send what it returns. It holds nothing that a restart would lose."""

    def __init__(self, device: Device, *, firmware: str = "reference") -> None:
        self._device = device
        self._firmware = firmware
        self._sent = 0

    def connected(self) -> list[Message]:
        """The messages right after a connection: who I am, and what was not receipted."""
        self._sent = self._device.state.acknowledged
        return self.standing()

    def standing(self) -> list[Message]:
        """The hello of each minute, and what is new. What was told on this connection is not told again by it."""
        state = self._device.state
        hello = Hello(self._device.id, state.boot, state.seq, state.head, state.acknowledged, self._firmware)
        return [Message(Subject.HELLO, write_hello(hello)), *self.pending()]

    def pending(self) -> list[Message]:
        """Events to be sent now, at most a window beyond the last receipt."""
        acknowledged = self._device.state.acknowledged
        self._sent = max(min(self._sent, self._device.state.seq), acknowledged)
        room = acknowledged + WINDOW - self._sent
        events = self._device.events(self._sent + 1, room) if room > 0 else []
        if events:
            self._sent = events[-1][0]
        return [Message(Subject.EVENT, record) for _, record in events]

    def received(self, message: Message) -> list[Message]:
        """Act on a message; returns the answer, and the events that are to be sent now.

        Raises :class:`StoreFailure` when the device's memory fails: it has to be started anew.
        """
        if message.subject in UPWARD or message.subject is Subject.CHALLENGE:
            return []
        before = self._device.state.acknowledged
        answer = self._act(message)
        if self._device.state.acknowledged < before:
            # A command to tell events again sets the receipts back, and with them what counts as sent.
            self._sent = self._device.state.acknowledged
        answers = [] if answer is None else [Message(Subject.ANSWER, write_answer(answer))]
        return [*answers, *self.pending()]

    def _act(self, message: Message) -> Answer | None:
        device = self._device
        takers = {
            Subject.PERMIT: device.take_permit,
            Subject.LOCK: device.take_command,
            Subject.COMMAND: device.take_command,
            Subject.CONFIRMATION: device.take_confirmation,
            Subject.RECEIPT: device.take_receipt,
        }
        try:
            digest = read_record(message.data).digest
        except MalformedRecord:
            return None
        try:
            takers[message.subject](message.data)
        except StoreFailure:
            raise
        except SealDeviceError as error:
            return Answer(digest, taken=False, code=error.code.value)
        return None if message.subject is Subject.RECEIPT else Answer(digest, taken=True)


@lru_cache(maxsize=SHARDS_KEPT)
def shard_of(device: str) -> str:
    """The part of a device's topics that deals devices out to gateways: two hexadecimal digits."""
    return sm3(device.encode()).hex()[:2]


def topic_of(device: str, subject: Subject) -> str:
    """The MQTT topic of a device's subject. Raises MalformedRecord for an id that cannot stand in a topic."""
    if not _usable(device):
        raise MalformedRecord(
            Code.RECORD_MALFORMED, "a device's id has 1 to 64 letters, digits, dots and hyphens"
        )
    return f"{TOPIC_ROOT}/{shard_of(device)}/{device}/{subject.value}"


@lru_cache(maxsize=SHARDS_KEPT)
def read_topic(topic: str) -> tuple[str, Subject]:
    """Device and subject of an MQTT topic. Raises MalformedRecord."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[4] not in SUBJECTS or not _usable(parts[3]):
        raise MalformedRecord(Code.RECORD_MALFORMED, "this is no topic of the contract")
    device, subject = parts[3], SUBJECTS[parts[4]]
    if topic != topic_of(device, subject):
        raise MalformedRecord(Code.RECORD_MALFORMED, "the topic names another shard than the device's")
    return device, subject


def write_frame(message: Message) -> bytes:
    """A message as one WebSocket text frame."""
    return write_object({"subject": message.subject.value, "record": message.data.decode()})


def read_frame(data: bytes) -> Message:
    """The message in a WebSocket text frame. Raises MalformedRecord."""
    fields = Fields(read_object(data, most=2 * 32_768), "frame")
    named, record = fields.text("subject"), fields.text("record", longest=32_768)
    fields.finish()
    if named not in SUBJECTS:
        raise MalformedRecord(Code.RECORD_MALFORMED, f"there is no subject {named!r}")
    return Message(SUBJECTS[named], record.encode())


def write_hello(hello: Hello) -> bytes:
    """The bytes of a hello."""
    return write_object(
        {
            "device": hello.device,
            "boot": hello.boot,
            "seq": hello.seq,
            "head": hello.head,
            "acknowledged": hello.acknowledged,
            "firmware": hello.firmware,
        }
    )


def read_hello(data: bytes) -> Hello:
    """The hello in a message. Raises MalformedRecord."""
    fields = Fields(read_object(data), "hello")
    hello = Hello(
        device=fields.text("device", longest=MAX_DEVICE_ID),
        boot=fields.integer("boot"),
        seq=fields.integer("seq"),
        head=fields.digest("head"),
        acknowledged=fields.integer("acknowledged"),
        firmware=fields.text("firmware", longest=64),
    )
    fields.finish()
    return hello


def write_answer(answer: Answer) -> bytes:
    """The bytes of an answer."""
    body: Mapping[str, Json] = {"digest": answer.digest, "taken": answer.taken, "code": answer.code}
    return write_object(body)


def read_answer(data: bytes) -> Answer:
    """The answer in a message. Raises MalformedRecord."""
    fields = Fields(read_object(data), "answer")
    answer = Answer(
        digest=fields.digest("digest"),
        taken=fields.flag("taken"),
        code=None if fields.absent("code") else fields.text("code", longest=64),
    )
    fields.finish()
    return answer


def _usable(device: str) -> bool:
    return _ID.fullmatch(device) is not None
