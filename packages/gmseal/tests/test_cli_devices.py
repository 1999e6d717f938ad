"""gmseal with keys that stay in a device: sealing, requests, making seals; one by one and in a batch."""

import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ofd_writer import OfdPlan

from gmseal.cli import app
from gmseal.keystore_sdf import SdfDevice, SdfKey, SdfKeyStore
from gmseal.ofd import verify_ofd
from gmseal.report import Verdict
from gmseal.ses.seal import SealSpec, make_seal, read_seal
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.csr import read_request
from gmseal.trial import TrialUnit

PASSWORD = b"device password"


@pytest.fixture
def device(unit: TrialUnit, tmp_path: Path, build_native: Callable[[str], Path]) -> str:
    """A seal whose only signer has his key in the device; the options that name all of it."""
    library = build_native("sdf_stand_in")
    opened = SdfDevice(library)
    public = SdfKeyStore(opened, {"seal": SdfKey(1, PASSWORD)}).signer("seal").public_key
    opened.close()
    authority = unit.authority
    certificate = issue_certificate(
        subject=Name("示例设备签名人", organization="北京示例科技有限公司"),
        public_key=public,
        issuer=IssuerRef(authority.root),
        issuer_key=authority.root_key,
        profile=CertificateProfile.SIGNER,
        not_before=authority.now - timedelta(days=1),
        not_after=authority.now + timedelta(days=300),
    )
    old = read_seal(unit.seal)
    spec = SealSpec(
        es_id="11010800000077",
        name=old.name,
        type=1,
        picture=old.picture,
        signer_certificates=(certificate,),
        created_at=authority.now,
        valid_from=authority.now,
        valid_to=authority.now + timedelta(days=300),
        vendor_id="EXAMPLE",
    )
    (tmp_path / "seal.esl").write_bytes(make_seal(spec, authority.maker, authority.maker_key))
    (tmp_path / "signer.cer").write_bytes(certificate)
    (tmp_path / "pin").write_bytes(PASSWORD + b"\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ofd").write_bytes(OfdPlan().build())
    return f"--sdf {library} --key-index 1 --pin-file {tmp_path / 'pin'}"


def run(folder: Path, line: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(app, shlex.split(line))


SIGN = "--seal seal.esl --cert signer.cer --x 120 --y 200"


def test_a_key_in_a_device_seals_and_asks_for_a_certificate(
    unit: TrialUnit, tmp_path: Path, device: str
) -> None:
    done = run(tmp_path, f"sign in/a.ofd out.ofd {SIGN} {device}")
    assert done.exit_code == 0, done.output
    assert verify_ofd(tmp_path / "out.ofd", unit.authority.trust).verdict is Verdict.VALID
    done = run(tmp_path, f"csr request.pem --name 示例 {device}")
    assert done.exit_code == 0, done.output
    assert read_request((tmp_path / "request.pem").read_bytes()).verify()
    done = run(tmp_path, f"sign-many in many {SIGN} {device} --workers 0")
    assert done.exit_code == 0, done.output
    assert verify_ofd(tmp_path / "many" / "a.ofd", unit.authority.trust).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--sdf {library} --pin-file pin", "OPTION"),
        ("--sdf {library} --key-index 9 --pin-file pin", "NOT_FOUND"),
        ("--sdf {library} --key-index 1 --pin-file wrong", "KEY_ACCESS"),
        ("--sdf seal.esl --key-index 1 --pin-file pin", "DEVICE_FAILURE"),
        ("--sdf {library} --key-index 1 --pin-file pin --key key.pem", "OPTION"),
        ("--pkcs11 {library} --token t --pin-file pin", "OPTION"),
        ("--pkcs11 {library} --token t --key-label k --sm2-mechanism x --pin-file pin", "OPTION"),
        ("", "OPTION"),
    ],
)
def test_what_is_wrong_with_a_device_is_a_sentence(tmp_path: Path, device: str, line: str, code: str) -> None:
    (tmp_path / "wrong").write_bytes(b"another")
    done = run(tmp_path, f"sign in/a.ofd out.ofd {SIGN} {line.format(library=shlex.split(device)[1])}")
    assert done.exit_code in {1, 2}, done.output
    assert done.stderr.startswith(f"gmseal: {code}: ")
    assert PASSWORD.decode() not in done.output
    assert not (tmp_path / "out.ofd").exists()
