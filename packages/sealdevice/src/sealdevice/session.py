"""How a device shows who it is where the connection itself does not: a signed answer to a challenge.

Over MQTT the certificate of the TLS connection names the device. Over a WebSocket the platform sends a challenge
(``challenge``: 64 hexadecimal digits that were never used before) and the device signs it with the key of its records.
A photo goes up over HTTPS with the photo's own SM3 as the challenge: such a session lets in that one file and nothing
else, so that one who hears it gains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gmseal.sm.keys import PublicKey, Signer
from sealdevice.fields import Fields, Json, one_of, read_object
from sealdevice.record import Record, RecordType, read_record, seal_record

SESSION_MS: Final = 120_000
"""How far the time of a session may lie from the platform's own."""


class Purpose(StrEnum):
    """What a session is for."""

    LINK = "link"
    PHOTO = "photo"


@dataclass(frozen=True, slots=True)
class Session:
    """That ``device`` answers ``challenge`` at ``time`` (milliseconds since 1970, UTC)."""

    device: str
    purpose: Purpose
    challenge: str
    time: int


def sign_session(session: Session, key: Signer) -> bytes:
    """The record of a session, signed by the device."""
    body: dict[str, Json] = {
        "device": session.device,
        "purpose": session.purpose.value,
        "challenge": session.challenge,
        "time": session.time,
    }
    _read(body)
    return seal_record(RecordType.SESSION, body, key)


def claimed_device(record: Record) -> str:
    """Whose session this says it is, before anything is known to be true: it finds the key to verify with.

    Raises MalformedRecord.
    """
    return _read(read_object(record.body)).device


def open_session(data: bytes | Record, device: PublicKey) -> Session:
    """The session in a record, after its signature was checked. Raises MalformedRecord, UntrustedRecord."""
    record = data if isinstance(data, Record) else read_record(data)
    return _read(record.opened(RecordType.SESSION, device))


def _read(body: Mapping[str, Json]) -> Session:
    fields = Fields(dict(body), "session")
    session = Session(
        device=fields.text("device", longest=64),
        purpose=one_of(Purpose, fields.text("purpose"), "a purpose"),
        challenge=fields.digest("challenge"),
        time=fields.integer("time"),
    )
    fields.finish()
    return session
