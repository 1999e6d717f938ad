"""The test vectors for makers: this code agrees with them, and so does another implementation of SM2."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gmssl_pyx
import pytest

from gmseal.sm.keys import DEFAULT_ID, PublicKey
from sealdevice.command import open_command, open_confirmation, open_receipt
from sealdevice.errors import SealDeviceError
from sealdevice.event import open_event
from sealdevice.permit import open_permit
from sealdevice.record import Record, RecordType, read_record

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
PLATFORM, DEVICE = (
    PublicKey.from_point(base64.b64decode(VECTORS["keys"][name])) for name in ("platform", "device")
)
OPENERS: dict[RecordType, Callable[[Record], object]] = {
    RecordType.PERMIT: lambda record: open_permit(record, PLATFORM),
    RecordType.COMMAND: lambda record: open_command(record, PLATFORM),
    RecordType.CONFIRMATION: lambda record: open_confirmation(record, PLATFORM),
    RecordType.RECEIPT: lambda record: open_receipt(record, PLATFORM),
    RecordType.EVENT: lambda record: open_event(record, DEVICE),
}


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda one: one["name"])
def test_good_records_are_read_and_their_digests_are_as_written(vector: dict[str, str]) -> None:
    record = read_record(vector["record"].encode())
    assert OPENERS[record.type](record)
    assert record.digest == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda one: one["name"])
def test_bad_records_are_refused_by_name(vector: dict[str, str]) -> None:
    with pytest.raises(SealDeviceError) as found:
        open_permit(vector["record"].encode(), PLATFORM)
    assert found.value.code.value == vector["code"]


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda one: one["name"])
def test_another_implementation_accepts_the_signatures(vector: dict[str, str]) -> None:
    record = read_record(vector["record"].encode())
    point = (DEVICE if record.type is RecordType.EVENT else PLATFORM).point
    signed = b"sealdevice/1 " + record.type.value.encode() + b"\n" + record.body
    assert gmssl_pyx.sm2_verify(point[1:], signed, record.signature, DEFAULT_ID)
