"""What the platform says to one device besides permits: commands, confirmations of a press, receipts for events.

Commands carry a number that rises for each device. The device keeps the highest it has carried out and refuses any
other: a command that was kept back, repeated or reordered does nothing. Lock and unlock are compared only with each
other, for they travel on a subject of their own and may overtake the rest, or be overtaken. A lock is sticky: it
survives a restart and is undone only by a later unlock *and* a person's check at the device.

``confirm_clock`` ends the doubt after a clock ran ahead and was put right: the device takes the time of the command
for the latest it has seen, if its own clock shows nearly the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gmseal.sm.keys import PublicKey, Signer
from sealdevice.errors import Code, MalformedRecord
from sealdevice.fields import Fields, Json, one_of
from sealdevice.record import Record, RecordType, read_record, seal_record


class CommandKind(StrEnum):
    """What a device can be told."""

    LOCK = "lock"
    UNLOCK = "unlock"
    REVOKE_PERMIT = "revoke_permit"
    DELETE_TEMPLATE = "delete_template"
    RESEND = "resend"
    CONFIRM_CLOCK = "confirm_clock"


LOCKS: Final = frozenset({CommandKind.LOCK, CommandKind.UNLOCK})
"""Those of which only the latest matters; a binding keeps it for a device that is away."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. ``subject`` is the permit of ``revoke_permit`` and the person of ``delete_template`` and
    ``unlock``; ``first_seq`` is where ``resend`` begins."""

    device: str
    number: int
    kind: CommandKind
    issued_at: int
    not_after: int
    subject: str | None = None
    first_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a person confirms the ``press`` (from 1) under a permit, within a short time."""

    device: str
    permit: str
    press: int
    person: str
    issued_at: int
    not_after: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """That the platform has stored the events of a device up to ``through``, the last of which has this digest."""

    device: str
    through: int
    digest: str


def sign_command(command: Command, key: Signer) -> bytes:
    """The record of a command, signed by the platform."""
    body: dict[str, Json] = {
        "device": command.device,
        "number": command.number,
        "kind": command.kind.value,
        "issued_at": command.issued_at,
        "not_after": command.not_after,
        "subject": command.subject,
        "first_seq": command.first_seq,
    }
    _read_command(body)
    return seal_record(RecordType.COMMAND, body, key)


def open_command(data: bytes | Record, platform: PublicKey) -> Command:
    """The command in a record, after its signature was checked. Raises MalformedRecord, UntrustedRecord."""
    record = data if isinstance(data, Record) else read_record(data)
    return _read_command(record.opened(RecordType.COMMAND, platform))


def sign_confirmation(confirmation: Confirmation, key: Signer) -> bytes:
    """The record of a confirmation, signed by the platform after it made sure of the person."""
    body: dict[str, Json] = {
        "device": confirmation.device,
        "permit": confirmation.permit,
        "press": confirmation.press,
        "person": confirmation.person,
        "issued_at": confirmation.issued_at,
        "not_after": confirmation.not_after,
    }
    _read_confirmation(body)
    return seal_record(RecordType.CONFIRMATION, body, key)


def open_confirmation(data: bytes | Record, platform: PublicKey) -> Confirmation:
    """The confirmation in a record, after its signature was checked. Raises MalformedRecord, UntrustedRecord."""
    record = data if isinstance(data, Record) else read_record(data)
    return _read_confirmation(record.opened(RecordType.CONFIRMATION, platform))


def sign_receipt(receipt: Receipt, key: Signer) -> bytes:
    """The record of a receipt, signed by the platform after it stored the events durably."""
    body: dict[str, Json] = {"device": receipt.device, "through": receipt.through, "digest": receipt.digest}
    _read_receipt(body)
    return seal_record(RecordType.RECEIPT, body, key)


def open_receipt(data: bytes | Record, platform: PublicKey) -> Receipt:
    """The receipt in a record, after its signature was checked. Raises MalformedRecord, UntrustedRecord."""
    record = data if isinstance(data, Record) else read_record(data)
    return _read_receipt(record.opened(RecordType.RECEIPT, platform))


def _read_receipt(body: Mapping[str, Json]) -> Receipt:
    fields = Fields(dict(body), "receipt")
    receipt = Receipt(
        fields.text("device", longest=64), fields.integer("through", low=1), fields.digest("digest")
    )
    fields.finish()
    return receipt


def _read_command(body: Mapping[str, Json]) -> Command:
    fields = Fields(dict(body), "command")
    kind = one_of(CommandKind, fields.text("kind"), "a command")
    command = Command(
        device=fields.text("device", longest=64),
        number=fields.integer("number", low=1),
        kind=kind,
        issued_at=fields.integer("issued_at"),
        not_after=fields.integer("not_after"),
        subject=None if fields.absent("subject") else fields.text("subject", longest=64),
        first_seq=None if fields.absent("first_seq") else fields.integer("first_seq", low=1),
    )
    fields.finish()
    needs_subject = command.kind in (
        CommandKind.REVOKE_PERMIT,
        CommandKind.DELETE_TEMPLATE,
        CommandKind.UNLOCK,
    )
    if needs_subject != (command.subject is not None):
        raise MalformedRecord(Code.RECORD_MALFORMED, f"{kind} has a subject where it needs none, or none")
    if (command.kind is CommandKind.RESEND) != (command.first_seq is not None):
        raise MalformedRecord(Code.RECORD_MALFORMED, "resend, and only resend, says where to begin")
    return command


def _read_confirmation(body: Mapping[str, Json]) -> Confirmation:
    fields = Fields(dict(body), "confirmation")
    confirmation = Confirmation(
        device=fields.text("device", longest=64),
        permit=fields.text("permit", longest=64),
        press=fields.integer("press", low=1),
        person=fields.text("person", longest=64),
        issued_at=fields.integer("issued_at"),
        not_after=fields.integer("not_after"),
    )
    fields.finish()
    return confirmation
