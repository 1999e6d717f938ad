"""What a device says that happened: one record for each event, signed by the device and chained to the one before.

``seq`` counts from 1 without a gap over the device's whole life; ``previous`` is the digest of the record before
(64 zeros for the first). Who holds one event therefore holds the order and number of all before it: none can be
left out, put in, or told again otherwise without being seen (:mod:`sealdevice.chain`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gmseal.sm.keys import PublicKey, Signer
from sealdevice.errors import SealDeviceError
from sealdevice.fields import Fields, Json, malformed, one_of
from sealdevice.permit import Check, PhotoMoment, PressKind
from sealdevice.record import Record, RecordType, open_records, read_record, seal_record

NO_PREVIOUS: Final = "0" * 64
MAX_PHOTOS: Final = 10


class EventKind(StrEnum):
    """What happened. The platform raises an alarm for those of :data:`ALARMING`."""

    STARTED = "started"
    PERMIT_TAKEN = "permit_taken"
    PERMIT_ENDED = "permit_ended"
    PERSON_CHECKED = "person_checked"
    PRESSED = "pressed"
    SPOILED = "spoiled"
    PRESS_UNCERTAIN = "press_uncertain"
    PHOTO_TAKEN = "photo_taken"
    REFUSED = "refused"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    TEMPLATE_DELETED = "template_deleted"
    UNAUTHORISED_PRESS = "unauthorised_press"
    CASE_OPENED = "case_opened"
    MOVED = "moved"
    FENCE_LEFT = "fence_left"
    WRONG_PERSON = "wrong_person"
    CLOCK_CHANGED = "clock_changed"
    BATTERY_LOW = "battery_low"


LOCKING: Final = frozenset({EventKind.UNAUTHORISED_PRESS, EventKind.CASE_OPENED})
"""After these the device locks itself at once, with or without a connection."""

ALARMING: Final = LOCKING | {
    EventKind.MOVED,
    EventKind.FENCE_LEFT,
    EventKind.WRONG_PERSON,
    EventKind.CLOCK_CHANGED,
    EventKind.BATTERY_LOW,
    EventKind.PRESS_UNCERTAIN,
}

SENSED: Final = frozenset(
    {
        EventKind.UNAUTHORISED_PRESS,
        EventKind.CASE_OPENED,
        EventKind.MOVED,
        EventKind.FENCE_LEFT,
        EventKind.CLOCK_CHANGED,
        EventKind.BATTERY_LOW,
    }
)
"""What a device perceives by itself."""

PRESSES: Final = frozenset(
    {EventKind.PRESSED, EventKind.PRESS_UNCERTAIN, EventKind.UNAUTHORISED_PRESS},
)
"""The events that stand for one impression each (the uncertain one may be none; it is counted until settled)."""


class TimeSource(StrEnum):
    """What the device's clock was last set by."""

    GPS = "gps"
    NETWORK = "network"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Position:
    """Where the device was: degrees in units of 1e-7 (WGS 84), accuracy in metres."""

    latitude_e7: int
    longitude_e7: int
    accuracy_m: int


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that the device holds or has uploaded: the moment and the SM3 of the file."""

    moment: PhotoMoment
    sm3: str
    size: int


@dataclass(frozen=True, slots=True)
class PersonCheck:
    """A person, and the checks he has passed."""

    person: str
    passed: frozenset[Check]


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``presses`` is the device's count of all impressions ever made, this one included.

    ``about`` is the ``seq`` of the press that ``spoiled``, ``photo_taken`` speak of; ``detail`` are codes, such as the
    objections of ``refused``, never free text about a person.
    """

    device: str
    boot: int
    seq: int
    previous: str
    kind: EventKind
    time: int
    time_source: TimeSource
    presses: int
    permit: str | None = None
    press_kind: PressKind | None = None
    about: int | None = None
    persons: tuple[PersonCheck, ...] = ()
    position: Position | None = None
    photos: tuple[Photo, ...] = ()
    battery: int | None = None
    detail: tuple[str, ...] = ()


def sign_event(event: Event, key: Signer) -> bytes:
    """The record of an event, signed by its device."""
    where = event.position
    body: dict[str, Json] = {
        "device": event.device,
        "boot": event.boot,
        "seq": event.seq,
        "prev": event.previous,
        "kind": event.kind.value,
        "time": event.time,
        "time_source": event.time_source.value,
        "presses": event.presses,
        "permit": event.permit,
        "press_kind": event.press_kind.value if event.press_kind else None,
        "about": event.about,
        "persons": [
            {"person": one.person, "passed": [check.value for check in sorted(one.passed)]}
            for one in event.persons
        ],
        "position": {"lat": where.latitude_e7, "lon": where.longitude_e7, "accuracy": where.accuracy_m}
        if where
        else None,
        "photos": [{"moment": one.moment.value, "sm3": one.sm3, "size": one.size} for one in event.photos],
        "battery": event.battery,
        "detail": list(event.detail),
    }
    read_event_body(body)
    return seal_record(RecordType.EVENT, body, key)


def open_event(data: bytes | Record, device: PublicKey) -> Event:
    """The event in a record, after its signature was checked. Raises MalformedRecord, UntrustedRecord."""
    record = data if isinstance(data, Record) else read_record(data)
    return read_event_body(record.opened(RecordType.EVENT, device))


def open_events(records: Sequence[tuple[Record, PublicKey]]) -> list[Event | SealDeviceError]:
    """:func:`open_event` for many records of many devices; what one raises stands in its place."""
    found: list[Event | SealDeviceError] = []
    for body in open_records(RecordType.EVENT, records):
        try:
            found.append(body if isinstance(body, SealDeviceError) else read_event_body(body))
        except SealDeviceError as error:
            found.append(error)
    return found


def read_event_body(body: Mapping[str, Json]) -> Event:
    """The event that a body states. Raises MalformedRecord."""
    fields = Fields(dict(body), "event")
    event = Event(
        device=fields.text("device", longest=64),
        boot=fields.integer("boot", low=1),
        seq=fields.integer("seq", low=1),
        previous=fields.digest("prev"),
        kind=one_of(EventKind, fields.text("kind"), "a kind of event"),
        time=fields.integer("time"),
        time_source=one_of(TimeSource, fields.text("time_source"), "a source of time"),
        presses=fields.integer("presses"),
        permit=None if fields.absent("permit") else fields.text("permit", longest=64),
        press_kind=None
        if fields.absent("press_kind")
        else one_of(PressKind, fields.text("press_kind"), "a kind of press"),
        about=None if fields.absent("about") else fields.integer("about", low=1),
        persons=tuple(_person(one) for one in fields.rows("persons", most=20)),
        position=None if fields.absent("position") else _position(fields.object("position")),
        photos=tuple(_photo(one) for one in fields.rows("photos", most=MAX_PHOTOS)),
        battery=None if fields.absent("battery") else fields.integer("battery", high=100),
        detail=tuple(_code(one) for one in fields.rows("detail", most=20)),
    )
    fields.finish()
    if (event.seq == 1) != (event.previous == NO_PREVIOUS):
        raise malformed("the first event, and only the first, follows no other")
    if event.kind is EventKind.PRESSED and (event.permit is None or event.press_kind is None):
        raise malformed("a press names its permit and its kind")
    return event


def _person(value: Json) -> PersonCheck:
    fields = Fields(value, "event.persons")
    passed = frozenset(one_of(Check, one, "a check") for one in fields.rows("passed", most=len(Check)))
    person = PersonCheck(fields.text("person", longest=64), passed)
    fields.finish()
    return person


def _position(fields: Fields) -> Position:
    position = Position(
        latitude_e7=fields.integer("lat", low=-900_000_000, high=900_000_000),
        longitude_e7=fields.integer("lon", low=-1_800_000_000, high=1_800_000_000),
        accuracy_m=fields.integer("accuracy", high=1_000_000),
    )
    fields.finish()
    return position


def _photo(value: Json) -> Photo:
    fields = Fields(value, "event.photos")
    photo = Photo(
        one_of(PhotoMoment, fields.text("moment"), "a photo moment"),
        fields.digest("sm3"),
        fields.integer("size", low=1, high=100_000_000),
    )
    fields.finish()
    return photo


def _code(value: Json) -> str:
    return Fields({"code": value}, "event.detail").text("code", longest=64)
