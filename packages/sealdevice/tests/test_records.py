"""Signed records: what is read is what was signed, by whom it has to be; everything else is told apart."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from device_desk import DEVICE_KEY, NOON, PLATFORM_KEY, permit_of
from hypothesis import given
from hypothesis import strategies as st

from gmseal.sm.keys import PrivateKey
from sealdevice.command import (
    Command,
    CommandKind,
    Confirmation,
    open_command,
    open_confirmation,
    sign_command,
    sign_confirmation,
)
from sealdevice.errors import Code, MalformedRecord, SealDeviceError, UntrustedRecord
from sealdevice.event import open_event
from sealdevice.fields import read_object
from sealdevice.permit import PressKind, open_permit, sign_permit
from sealdevice.record import RecordType, read_record, seal_record

PLATFORM = PLATFORM_KEY.public_key
SIGNED = sign_permit(permit_of(), PLATFORM_KEY)


def test_a_permit_comes_back_as_it_was_signed() -> None:
    assert open_permit(SIGNED, PLATFORM) == permit_of()


def test_commands_and_confirmations_come_back_as_they_were_signed() -> None:
    for kind, subject, first in (
        (CommandKind.LOCK, None, None),
        (CommandKind.UNLOCK, "p-1", None),
        (CommandKind.REVOKE_PERMIT, "permit-1", None),
        (CommandKind.RESEND, None, 7),
    ):
        command = Command("device-1", 3, kind, NOON, NOON + 1, subject, first)
        assert open_command(sign_command(command, PLATFORM_KEY), PLATFORM) == command
    confirmation = Confirmation("device-1", "permit-1", 2, "p-1", NOON, NOON + 1)
    assert open_confirmation(sign_confirmation(confirmation, PLATFORM_KEY), PLATFORM) == confirmation


def test_openssl_accepts_the_signature(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    assert openssl, "the test needs openssl"
    record = read_record(SIGNED)
    (tmp_path / "signed").write_bytes(b"sealdevice/1 permit\n" + record.body)
    (tmp_path / "signature").write_bytes(record.signature)
    (tmp_path / "key.pem").write_bytes(PLATFORM.to_spki_pem())
    verify = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "signed"]
    verify += ["-sigfile", "signature", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
    assert subprocess.run(verify, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / "signed").write_bytes(b"sealdevice/1 event\n" + record.body)
    assert subprocess.run(verify, cwd=tmp_path, check=False, capture_output=True).returncode != 0


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(at: int, change: int) -> None:
    changed = bytearray(SIGNED)
    changed[at] ^= change
    with pytest.raises(SealDeviceError):
        open_permit(bytes(changed), PLATFORM)


def test_another_signer_another_type_and_a_renamed_type_are_refused() -> None:
    with pytest.raises(UntrustedRecord) as found:
        open_permit(sign_permit(permit_of(), DEVICE_KEY), PLATFORM)
    assert found.value.code is Code.RECORD_OTHER_KEY
    with pytest.raises(UntrustedRecord) as found:
        open_event(SIGNED, PLATFORM)
    assert found.value.code is Code.RECORD_OTHER_TYPE
    renamed = json.loads(SIGNED)
    renamed["type"] = "command"
    with pytest.raises(UntrustedRecord) as found:
        open_command(json.dumps(renamed).encode(), PLATFORM)
    assert found.value.code is Code.RECORD_SIGNATURE
    impostor = json.loads(sign_permit(permit_of(), PrivateKey.generate()))
    impostor["key"] = json.loads(SIGNED)["key"]
    with pytest.raises(UntrustedRecord) as found:
        open_permit(json.dumps(impostor).encode(), PLATFORM)
    assert found.value.code is Code.RECORD_SIGNATURE


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.RECORD_MALFORMED),
        (b"[]", Code.RECORD_MALFORMED),
        (b"\xff\xfe", Code.RECORD_MALFORMED),
        (b'{"v":1,"v":1}', Code.RECORD_MALFORMED),
        (b'{"v":1.0}', Code.RECORD_MALFORMED),
        (b'{"v":NaN}', Code.RECORD_MALFORMED),
        (b'{"v":' + b"9" * 5_000 + b"}", Code.RECORD_MALFORMED),
        (b"[" * 30_000, Code.RECORD_MALFORMED),
        (b'{"v":' + b"[" * 1_900 + b"]" * 1_900 + b"}", Code.RECORD_MALFORMED),
        (b'{"v":"\\ud800"}', Code.RECORD_MALFORMED),
        (b" " * 40_000, Code.RECORD_TOO_LARGE),
        (SIGNED.replace(b'"v":1', b'"v":2'), Code.RECORD_UNKNOWN_VERSION),
        (SIGNED.replace(b'"v":1', b'"v":1,"w":1'), Code.RECORD_MALFORMED),
        (SIGNED.replace(b'"type":"permit"', b'"type":"wish"'), Code.RECORD_MALFORMED),
    ],
)
def test_absurd_bytes_are_refused_by_name(data: bytes, code: Code) -> None:
    with pytest.raises(MalformedRecord) as found:
        read_record(data)
    assert found.value.code is code


@given(st.binary(max_size=300))
def test_whatever_the_bytes_the_answer_is_an_error_of_the_family(data: bytes) -> None:
    with pytest.raises(SealDeviceError):
        open_permit(data, PLATFORM)


def test_base64_has_one_spelling() -> None:
    record = json.loads(SIGNED)
    record["sig"] = record["sig"].rstrip("=") + "=" * 8
    with pytest.raises(MalformedRecord):
        read_record(json.dumps(record).encode())


@pytest.mark.parametrize(
    "changed",
    [
        {"not_after": NOON},
        {"counts": {PressKind.ORDINARY: 0, PressKind.SEAM: 0, PressKind.COVER: 0}},
        {"persons": ()},
        {"confirmer": "p-chief", "offline": True},
        {"persons": permit_of().persons[:1] * 2},
        {"spare": -1},
        {"id": ""},
        {"request": "two\nlines"},
        {"documents": ("AB" * 32,)},
    ],
)
def test_a_permit_that_makes_no_sense_is_not_signed(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedRecord):
        sign_permit(permit_of(**changed), PLATFORM_KEY)


def test_a_field_that_this_version_does_not_know_is_refused() -> None:
    body = read_object(base64.b64decode(json.loads(SIGNED)["body"]))
    with pytest.raises(MalformedRecord, match="does not know"):
        open_permit(seal_record(RecordType.PERMIT, {**body, "unlimited": True}, PLATFORM_KEY), PLATFORM)
