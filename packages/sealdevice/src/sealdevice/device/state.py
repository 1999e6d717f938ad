"""What a device remembers, and its spelling in the store."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gmseal.sm.keys import PublicKey
from sealdevice.errors import Code, SealDeviceError, StoreFailure
from sealdevice.event import NO_PREVIOUS
from sealdevice.fields import Fields, Json, read_object, write_object
from sealdevice.judging import Use
from sealdevice.permit import Permit, PressKind, open_permit
from sealdevice.record import read_record

MAX_PERMITS: Final = 200
"""A device holds so many permits at once; ended ones make room."""
MAX_STATE_BYTES: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class HeldPermit:
    """A permit that the device has taken, its record, and what was done under it."""

    permit: Permit
    record: bytes
    use: Use

    @property
    def digest(self) -> str:
        """What tells another record of the same id apart."""
        return read_record(self.record).digest


@dataclass(frozen=True, slots=True)
class Arming:
    """That the seal was let go for a press of which it is not known yet whether it was made."""

    permit: str
    kind: PressKind


@dataclass(frozen=True, slots=True)
class DeviceState:
    """All that survives a restart. ``locked`` says by what: ``command`` or the kind of the event that locked it.

    ``latest`` is the latest time the device has seen, from its clock or from what the platform signed: a clock that
    shows less is wrong. ``unlocking`` is the person whose check at the device ends a lock.
    """

    boot: int = 0
    seq: int = 0
    head: str = NO_PREVIOUS
    presses: int = 0
    acknowledged: int = 0
    command: int = 0
    lock_command: int = 0
    latest: int = 0
    locked: str | None = None
    unlocking: str | None = None
    arming: Arming | None = None
    permits: Mapping[str, HeldPermit] = field(default_factory=dict)


def write_state(state: DeviceState) -> bytes:
    """The state as the store keeps it."""
    arming = state.arming
    body: dict[str, Json] = {
        "v": 1,
        "boot": state.boot,
        "seq": state.seq,
        "head": state.head,
        "presses": state.presses,
        "acknowledged": state.acknowledged,
        "command": state.command,
        "lock_command": state.lock_command,
        "latest": state.latest,
        "locked": state.locked,
        "unlocking": state.unlocking,
        "arming": {"permit": arming.permit, "kind": arming.kind.value} if arming else None,
        "permits": [
            {
                "record": base64.b64encode(held.record).decode(),
                "pressed": _counts(held.use.pressed),
                "spoiled": _counts(held.use.spoiled),
                "credited": _counts(held.use.credited),
                "revoked": held.use.revoked,
            }
            for held in state.permits.values()
        ],
    }
    return write_object(body)


def read_state(data: bytes, platform: PublicKey) -> DeviceState:
    """The state in the store's spelling; permits are verified anew. Raises StoreFailure when it was altered."""
    try:
        fields = Fields(read_object(data, most=MAX_STATE_BYTES), "state")
        fields.integer("v", low=1, high=1)
        held = [_held(one, platform) for one in fields.rows("permits", most=MAX_PERMITS)]
        state = DeviceState(
            boot=fields.integer("boot"),
            seq=fields.integer("seq"),
            head=fields.digest("head"),
            presses=fields.integer("presses"),
            acknowledged=fields.integer("acknowledged"),
            command=fields.integer("command"),
            lock_command=fields.integer("lock_command"),
            latest=fields.integer("latest"),
            locked=None if fields.absent("locked") else fields.text("locked"),
            unlocking=None if fields.absent("unlocking") else fields.text("unlocking"),
            arming=None if fields.absent("arming") else _arming(fields.object("arming")),
            permits={one.permit.id: one for one in held},
        )
        fields.finish()
    except (SealDeviceError, binascii.Error, ValueError) as error:
        raise StoreFailure(
            Code.STORE_ALTERED, f"the memory of the device ({len(data)} bytes) is not what it wrote: {error}"
        ) from error
    return state


def _counts(counts: Mapping[PressKind, int]) -> dict[str, Json]:
    return {kind.value: count for kind, count in counts.items()}


def _read_counts(fields: Fields, name: str) -> dict[PressKind, int]:
    inner = fields.object(name)
    counts = {}
    for kind in PressKind:
        if kind.value in inner:
            counts[kind] = inner.integer(kind.value)
    inner.finish()
    return counts


def _held(value: Json, platform: PublicKey) -> HeldPermit:
    fields = Fields(value, "state.permits")
    record = base64.b64decode(fields.text("record", longest=40_000), validate=True)
    use = Use(
        pressed=_read_counts(fields, "pressed"),
        spoiled=_read_counts(fields, "spoiled"),
        credited=_read_counts(fields, "credited"),
        revoked=fields.flag("revoked"),
    )
    fields.finish()
    return HeldPermit(open_permit(record, platform), record, use)


def _arming(fields: Fields) -> Arming:
    arming = Arming(fields.text("permit", longest=64), PressKind(fields.text("kind")))
    fields.finish()
    return arming
