"""Write the test vectors of the device contract anew: records, and what a device or platform has to say of each.

SM2 signatures differ from run to run, so that new vectors replace the old ones as a whole; run this only when the
contract itself has changed. The keys are part of the vectors and serve no other purpose.
"""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import replace
from pathlib import Path

from gmseal.sm.keys import PrivateKey
from sealdevice.command import (
    Command,
    CommandKind,
    Confirmation,
    Receipt,
    sign_command,
    sign_confirmation,
    sign_receipt,
)
from sealdevice.event import NO_PREVIOUS, Event, EventKind, Photo, Position, TimeSource, sign_event
from sealdevice.permit import Check, Fence, NamedPerson, Permit, PhotoMoment, PressKind, Role, sign_permit
from sealdevice.record import RecordType, read_record, seal_record

TARGET = Path(__file__).resolve().parent.parent / "packages/sealdevice/tests/vectors.json"
START = 1_800_000_000_000


def permit_for_vectors() -> Permit:
    """A permit that uses every field."""
    return Permit(
        id="01985c7b2f7a7c1e8f00000000000001",
        device="SY-0001",
        seal="01985c7b2f7a7c1e8f00000000000002",
        request="用印-2026-000123",
        documents=("11" * 32, "22" * 32),
        persons=(
            NamedPerson("p-1", Role.PRESSER, frozenset({Check.FACE, Check.PASSWORD})),
            NamedPerson("p-2", Role.SUPERVISOR, frozenset({Check.CARD})),
        ),
        counts={PressKind.ORDINARY: 4, PressKind.SEAM: 1, PressKind.COVER: 0},
        spare=1,
        not_before=START,
        not_after=START + 7_200_000,
        issued_at=START,
        fence=Fence(399_042_000, 1_164_074_000, 500),
        photos=frozenset(PhotoMoment),
        offline=True,
    )


def events_for_vectors(key: PrivateKey) -> list[bytes]:
    """Three events of one chain."""
    first = Event("SY-0001", 1, 1, NO_PREVIOUS, EventKind.STARTED, START, TimeSource.NETWORK, 0)
    records = [sign_event(first, key)]
    pressed = replace(
        first,
        seq=2,
        previous=read_record(records[0]).digest,
        kind=EventKind.PRESSED,
        time=START + 60_000,
        time_source=TimeSource.GPS,
        presses=1,
        permit=permit_for_vectors().id,
        press_kind=PressKind.ORDINARY,
        position=Position(399_042_100, 1_164_074_100, 12),
        photos=(Photo(PhotoMoment.BEFORE, "33" * 32, 81_920),),
        battery=83,
    )
    records.append(sign_event(pressed, key))
    opened = replace(
        first, seq=3, previous=read_record(records[1]).digest, kind=EventKind.CASE_OPENED, presses=1
    )
    records.append(sign_event(opened, key))
    return records


def main() -> int:
    """Write the vectors."""
    platform, device, stranger = (PrivateKey.generate() for _ in range(3))
    permit = permit_for_vectors()
    body = json.loads(read_record(sign_permit(permit, platform)).body)
    good = {
        "permit": sign_permit(permit, platform),
        "lock": sign_command(Command("SY-0001", 1, CommandKind.LOCK, START, START + 1), platform),
        "unlock": sign_command(Command("SY-0001", 2, CommandKind.UNLOCK, START, START + 1, "p-1"), platform),
        "confirmation": sign_confirmation(
            Confirmation("SY-0001", permit.id, 1, "p-9", START, START + 60_000), platform
        ),
        "receipt": sign_receipt(Receipt("SY-0001", 3, "44" * 32), platform),
        **{f"event-{number}": record for number, record in enumerate(events_for_vectors(device), 1)},
    }
    changed = bytearray(good["permit"])
    changed[changed.index(b'"sig"') + 20] ^= 1
    bad = {
        "permit of another signer": (sign_permit(permit, stranger), "record.other_key"),
        "permit with a changed signature": (bytes(changed), "record.signature"),
        "permit that is called a command": (
            good["permit"].replace(b'"type":"permit"', b'"type":"command"'),
            "record.other_type",
        ),
        "permit with an unknown field": (
            seal_record(RecordType.PERMIT, {**body, "unlimited": True}, platform),
            "record.malformed",
        ),
        "permit with a number that is not an integer": (
            good["permit"].replace(b'"v":1', b'"v":1.0'),
            "record.malformed",
        ),
        "permit of a later version": (good["permit"].replace(b'"v":1', b'"v":2'), "record.unknown_version"),
        "permit that ends before it begins": (
            seal_record(RecordType.PERMIT, {**body, "not_after": START}, platform),
            "record.malformed",
        ),
    }
    vectors = {
        "keys": {
            "platform": base64.b64encode(platform.public_key.point).decode(),
            "device": base64.b64encode(device.public_key.point).decode(),
        },
        "good": [
            {"name": name, "record": record.decode(), "digest": read_record(record).digest}
            for name, record in good.items()
        ],
        "bad": [
            {"name": name, "record": record.decode(errors="surrogateescape"), "code": code}
            for name, (record, code) in bad.items()
        ],
    }
    TARGET.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
