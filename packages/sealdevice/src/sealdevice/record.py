"""The signed record, in which everything that binds somebody travels.

::

    {"body": base64 of the body's bytes, "key": id of the signer's key, "sig": base64 of the signature,
     "type": "permit" | "command" | "confirmation" | "receipt" | "event" | "session", "v": 1}

The signature is SM2 with SM3 (GB/T 32918.2, DER of GB/T 35276, user id ``1234567812345678``) over the line
``sealdevice/1 <type>``, a line feed, and the body's bytes as they are. The type stands in what is signed, so that a
record of one type is never taken for one of another. The key's id is the first eight bytes of the SM3 of its point
(65 bytes, uncompressed) in hexadecimal: it finds the key and protects nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gmseal.sm.keys import PublicKey, SignedMessage, Signer, sm3, verify_messages
from sealdevice.errors import Code, MalformedRecord, SealDeviceError, UntrustedRecord
from sealdevice.fields import Fields, Json, malformed, one_of, read_object, write_object

VERSION: Final = 1
MAX_BODY_BYTES: Final = 16_384
KEY_IDS_KEPT: Final = 16_384
"""Ids of keys that are kept: a gateway meets the same thousands of devices again and again."""


class RecordType(StrEnum):
    """What a record is. The device signs events and sessions, the platform all others."""

    PERMIT = "permit"
    COMMAND = "command"
    CONFIRMATION = "confirmation"
    RECEIPT = "receipt"
    EVENT = "event"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read. Nothing is known of its truth before :meth:`opened` was called."""

    type: RecordType
    key_id: str
    body: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """SM3 of what was signed, in hexadecimal: the name under which the next event of a chain refers to it."""
        return sm3(self.signed).hex()

    @property
    def signed(self) -> bytes:
        """The bytes that were signed: a line with the type, and the body as it is."""
        return _signed(self.type, self.body)

    def opened(self, expected: RecordType, key: PublicKey) -> dict[str, Json]:
        """The fields of the body, after type, key and signature were found to be as expected.

        Raises :class:`UntrustedRecord` when one of them is not, :class:`MalformedRecord` when the body is no object.
        """
        self._require(expected, key)
        if not key.verify(self.signature, _signed(self.type, self.body)):
            raise _not_verified()
        return read_object(self.body)

    def _require(self, expected: RecordType, key: PublicKey) -> None:
        if self.type is not expected:
            raise UntrustedRecord(
                Code.RECORD_OTHER_TYPE, f"this is a record of the type {self.type}, not {expected}"
            )
        if self.key_id != key_id_of(key):
            raise UntrustedRecord(Code.RECORD_OTHER_KEY, "the record names another key")


def seal_record(record_type: RecordType, body: Mapping[str, Json], key: Signer) -> bytes:
    """The bytes of a record over ``body``, signed. Raises :class:`MalformedRecord` for a body beyond 16 KiB."""
    body_bytes = write_object(body)
    if len(body_bytes) > MAX_BODY_BYTES:
        raise MalformedRecord(Code.RECORD_TOO_LARGE, f"a body has at most {MAX_BODY_BYTES} bytes")
    return write_object(
        {
            "v": VERSION,
            "type": record_type.value,
            "key": key_id_of(key.public_key),
            "body": base64.b64encode(body_bytes).decode(),
            "sig": base64.b64encode(key.sign(_signed(record_type, body_bytes))).decode(),
        }
    )


def read_record(data: bytes) -> Record:
    """The record in ``data``; nothing of it is judged yet. Raises :class:`MalformedRecord`."""
    fields = Fields(read_object(data), "record")
    version = fields.integer("v")
    if version != VERSION:
        raise MalformedRecord(
            Code.RECORD_UNKNOWN_VERSION, f"records of the version {version} are not known here"
        )
    record = Record(
        type=one_of(RecordType, fields.text("type"), "a type of record"),
        key_id=fields.text("key", longest=16),
        body=_bytes(fields, "body", most=MAX_BODY_BYTES),
        signature=_bytes(fields, "sig", most=80),
    )
    fields.finish()
    return record


def open_records(
    expected: RecordType, records: Sequence[tuple[Record, PublicKey]]
) -> list[dict[str, Json] | SealDeviceError]:
    """:meth:`Record.opened` for many records at once, several signatures together where the engine can.

    What one record raises stands in its place, so that the others are not lost with it.
    """
    answers: list[dict[str, Json] | SealDeviceError] = []
    work = [SignedMessage(key, one.signature, _signed(one.type, one.body)) for one, key in records]
    for (one, key), good in zip(records, verify_messages(work), strict=True):
        try:
            one._require(expected, key)  # noqa: SLF001  # the record's own rule
            if not good:
                raise _not_verified()
            answers.append(read_object(one.body))
        except SealDeviceError as error:
            answers.append(error)
    return answers


def _not_verified() -> UntrustedRecord:
    return UntrustedRecord(Code.RECORD_SIGNATURE, "the signature of the record does not verify")


def key_id_of(key: PublicKey) -> str:
    """The id of a key: the first eight bytes of the SM3 of its point, in hexadecimal."""
    return _key_id(key.point)


@lru_cache(maxsize=KEY_IDS_KEPT)
def _key_id(point: bytes) -> str:
    return sm3(point)[:8].hex()


def _signed(record_type: RecordType, body: bytes) -> bytes:
    return b"sealdevice/1 " + record_type.value.encode() + b"\n" + body


def _bytes(fields: Fields, name: str, *, most: int) -> bytes:
    text = fields.text(name, longest=(most + 2) // 3 * 4)
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed(f"record.{name} is not base64") from error
    if base64.b64encode(found).decode() != text:
        raise malformed(f"record.{name} is not in the one spelling of base64")
    return found
