"""The permit (用印许可): the platform's signed permission to press, which a device judges by itself, offline too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gmseal.sm.keys import PublicKey, Signer
from sealdevice.fields import Fields, Json, malformed, one_of
from sealdevice.record import Record, RecordType, read_record, seal_record

MAX_PRESSES: Final = 100_000
MAX_DOCUMENTS: Final = 50
MAX_PERSONS: Final = 20
MAX_RADIUS_M: Final = 100_000


class PressKind(StrEnum):
    """What an impression is for: 常规 ordinary, 骑缝 seam, 封标 the cover of a tender."""

    ORDINARY = "ordinary"
    SEAM = "seam"
    COVER = "cover"


class Role(StrEnum):
    """In what capacity a person stands beside the seal: 盖章人, 监印人, 复核人."""

    PRESSER = "presser"
    SUPERVISOR = "supervisor"
    REVIEWER = "reviewer"


class Check(StrEnum):
    """How the device makes sure of a person."""

    FACE = "face"
    PASSWORD = "password"  # noqa: S105 (the name of a check)
    CARD = "card"


class PhotoMoment(StrEnum):
    """When the device takes a photo: of the page before, of the pressing, of the page after."""

    BEFORE = "before"
    PRESSING = "pressing"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Fence:
    """Where the seal may be used: a circle. Degrees are in units of 1e-7 (WGS 84), the radius in metres."""

    latitude_e7: int
    longitude_e7: int
    radius_m: int


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person who has to be there, and every check he has to pass at the device."""

    person: str
    role: Role
    checks: frozenset[Check]


@dataclass(frozen=True, slots=True)
class Permit:
    """The permission. Times are milliseconds since 1970 (UTC); ``not_after`` is the first instant without it.

    ``spare`` presses serve only to press again what was spoiled. ``confirmer`` must confirm each press from afar.
    """

    id: str
    device: str
    seal: str
    request: str
    documents: tuple[str, ...]
    persons: tuple[NamedPerson, ...]
    counts: Mapping[PressKind, int]
    spare: int
    not_before: int
    not_after: int
    issued_at: int
    fence: Fence | None = None
    photos: frozenset[PhotoMoment] = field(default_factory=frozenset)
    offline: bool = False
    confirmer: str | None = None
    extends: str | None = None

    @property
    def most_presses(self) -> int:
        """All presses it can ever lead to, the spare ones included."""
        return sum(self.counts.values()) + self.spare


def sign_permit(permit: Permit, key: Signer) -> bytes:
    """The record of a permit, signed by the platform."""
    fence = permit.fence
    body: dict[str, Json] = {
        "id": permit.id,
        "device": permit.device,
        "seal": permit.seal,
        "request": permit.request,
        "documents": list(permit.documents),
        "persons": [
            {
                "person": one.person,
                "role": one.role.value,
                "checks": [check.value for check in sorted(one.checks)],
            }
            for one in permit.persons
        ],
        "counts": {kind.value: count for kind, count in permit.counts.items()},
        "spare": permit.spare,
        "not_before": permit.not_before,
        "not_after": permit.not_after,
        "issued_at": permit.issued_at,
        "fence": {"lat": fence.latitude_e7, "lon": fence.longitude_e7, "radius": fence.radius_m}
        if fence
        else None,
        "photos": [moment.value for moment in sorted(permit.photos)],
        "offline": permit.offline,
        "confirmer": permit.confirmer,
        "extends": permit.extends,
    }
    read_permit_body(body)  # What a device would refuse is never signed.
    return seal_record(RecordType.PERMIT, body, key)


def open_permit(data: bytes | Record, platform: PublicKey) -> Permit:
    """The permit in a record, after its signature was checked. Raises MalformedRecord, UntrustedRecord."""
    record = data if isinstance(data, Record) else read_record(data)
    return read_permit_body(record.opened(RecordType.PERMIT, platform))


def read_permit_body(body: Mapping[str, Json]) -> Permit:
    """The permit that a body states. Raises MalformedRecord, also for one that could permit nothing."""
    fields = Fields(dict(body), "permit")
    permit = Permit(
        id=fields.text("id", longest=64),
        device=fields.text("device", longest=64),
        seal=fields.text("seal", longest=64),
        request=fields.text("request", longest=64),
        documents=_documents(fields),
        persons=tuple(_person(one) for one in fields.rows("persons", most=MAX_PERSONS)),
        counts=_counts(fields.object("counts")),
        spare=fields.integer("spare", high=MAX_PRESSES),
        not_before=fields.integer("not_before"),
        not_after=fields.integer("not_after"),
        issued_at=fields.integer("issued_at"),
        fence=None if fields.absent("fence") else _fence(fields.object("fence")),
        photos=frozenset(one_of(PhotoMoment, one, "a photo moment") for one in fields.rows("photos", most=3)),
        offline=fields.flag("offline"),
        confirmer=None if fields.absent("confirmer") else fields.text("confirmer", longest=64),
        extends=None if fields.absent("extends") else fields.text("extends", longest=64),
    )
    fields.finish()
    _check_sense(permit)
    return permit


def _check_sense(permit: Permit) -> None:
    if permit.not_after <= permit.not_before:
        raise malformed("the permit ends before it begins")
    if not any(permit.counts.values()):
        raise malformed("the permit permits no press")
    if not any(one.role is Role.PRESSER for one in permit.persons):
        raise malformed("the permit names nobody who presses")
    if len({one.person for one in permit.persons}) != len(permit.persons):
        raise malformed("the permit names a person twice")
    if permit.confirmer is not None and permit.offline:
        raise malformed("a press that somebody confirms from afar cannot be made offline")


def _documents(fields: Fields) -> tuple[str, ...]:
    rows = fields.rows("documents", most=MAX_DOCUMENTS)
    return tuple(Fields({"sm3": one}, "permit.documents").digest("sm3") for one in rows)


def _person(value: Json) -> NamedPerson:
    fields = Fields(value, "permit.persons")
    checks = frozenset(one_of(Check, one, "a check") for one in fields.rows("checks", most=len(Check)))
    person = NamedPerson(
        fields.text("person", longest=64), one_of(Role, fields.text("role"), "a role"), checks
    )
    fields.finish()
    if not checks:
        raise malformed("a person of the permit passes no check")
    return person


def _counts(fields: Fields) -> dict[PressKind, int]:
    counts = {kind: fields.integer(kind.value, high=MAX_PRESSES) for kind in PressKind}
    fields.finish()
    return counts


def _fence(fields: Fields) -> Fence:
    fence = Fence(
        latitude_e7=fields.integer("lat", low=-900_000_000, high=900_000_000),
        longitude_e7=fields.integer("lon", low=-1_800_000_000, high=1_800_000_000),
        radius_m=fields.integer("radius", low=1, high=MAX_RADIUS_M),
    )
    fields.finish()
    return fence
