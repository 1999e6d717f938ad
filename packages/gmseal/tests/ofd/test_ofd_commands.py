"""gmseal sign and gmseal verify on OFD packages, and the example of the documentation."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ofd_writer import OfdPlan, picture, read_files

from gmseal.cli import app
from gmseal.ses.seal import SealPicture
from gmseal.trial import TrialAuthority, TrialUnit

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "ofd.md"


@pytest.fixture(scope="module")
def today() -> TrialUnit:
    """A unit whose seal is in force at the time of this machine, which the commands go by."""
    authority = TrialAuthority.create(datetime.now(UTC))
    seal_picture = SealPicture("PNG", picture(40), 40, 40)
    return TrialUnit.create(authority, "北京示例科技有限公司", seal_picture, es_id="11010800000004")


@pytest.fixture
def desk(tmp_path: Path, today: TrialUnit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a package, a seal, a certificate, its key and a trusted root, named by the environment."""
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "root.der").write_bytes(today.authority.root)
    (tmp_path / "seal.esl").write_bytes(today.seal)
    (tmp_path / "signer.der").write_bytes(today.certificate)
    (tmp_path / "signer.key").write_bytes(today.key.to_pkcs8_pem())
    (tmp_path / "in.bin").write_bytes(OfdPlan(pages=3, documents=1).build())
    monkeypatch.setenv("GMSEAL_TRUST", str(tmp_path / "trust"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


KEY = ("--cert", "signer.der", "--key", "signer.key")
SEAL = ("--seal", "seal.esl", *KEY)


def test_sealed_and_verified_whatever_its_name(desk: Path) -> None:
    """The name ends with .bin: what a file is says its content."""
    done = run(
        "sign", "in.bin", "one.bin", *SEAL, "--x", "20", "--y", "30", "--seam", "90", "--seam-edge", "left"
    )
    assert done.exit_code == 0, done.output
    assert "北京示例科技有限公司" in done.output
    done = run("sign", "one.bin", "two.bin", *KEY, "--whole")
    assert done.exit_code == 0, done.output
    report = json.loads(run("verify", "two.bin", "--json").output)
    assert report["kind"] == "ofd"
    assert [one["kind"] for one in report["signatures"]] == ["seal", "gbt35275"]
    text = read_files((desk / "one.bin").read_bytes())["Doc_0/Signs/Sign_0/Signature.xml"]
    assert re.findall(rb'Clip="([^"]+)"', text) == [
        b"26.6667 0 13.3333 40",
        b"13.3333 0 13.3333 40",
        b"0 0 13.3333 40",
    ]
    assert run("verify", "two.bin").exit_code == 0
    closed = run("sign", "two.bin", "three.bin", *SEAL, "--x", "20", "--y", "30")
    assert closed.exit_code == 1
    assert "SIGNATURES_PROTECTED" in closed.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((*SEAL, "--x", "20", "--y", "30", "--qr-beside", "left"), "OPTION"),
        ((*SEAL, "--x", "20", "--y", "30", "--qr", "https://example.cn/v/1", "--qr-size", "9"), "QR_SIZE"),
        ((*SEAL, "--x", "20", "--y", "30", "--parameter", "no value"), "OPTION"),
        ((*SEAL, "--x", "20", "--y", "30", "--base", "s009"), "NOT_FOUND"),
        ((*SEAL, "--field", "buyer"), "OPTION"),
        ((*SEAL, "--keyword", "盖章处"), "NOT_FOUND"),
        ((*SEAL, "--x", "20", "--y", "30", "--reason", "合同"), "OPTION"),
        ((*SEAL, "--x", "20", "--y", "30", "--tsa", "ftp://localhost:1/"), "TIMESTAMP_URL"),
        ((*SEAL, "--x", "20", "--y", "30", "--picture", "seal.esl"), "OPTION"),
        ((*SEAL, "--x", "20", "--y", "30", "--kind", "dual"), "OPTION"),
        ((*SEAL, "--x", "20", "--y", "30", "--certify", "2"), "OPTION"),
        ((*SEAL, "--x", "20"), "PLACE"),
        ((*KEY, "--x", "20", "--y", "30"), "NO_PICTURE"),
        (SEAL, "NOTHING_TO_PLACE"),
        ((*SEAL, "--x", "20", "--y", "30", "--document", "2"), "NOT_FOUND"),
    ],
)
def test_what_does_not_fit_is_a_sentence(desk: Path, arguments: tuple[str, ...], reason: str) -> None:
    done = run("sign", "in.bin", "out.ofd", *arguments)
    assert done.exit_code in {1, 2}
    assert reason in done.output
    assert not (desk / "out.ofd").exists()


def test_options_of_packages_do_not_fit_a_pdf(desk: Path) -> None:
    (desk / "a.pdf").write_bytes(b"%PDF-1.4\n")
    assert "OPTION" in run("sign", "a.pdf", "b.pdf", *SEAL, "--x", "1", "--y", "1", "--whole").output
    assert "OPTION" in run("sign", "a.pdf", "b.pdf", *KEY, "--x", "1", "--y", "1").output


def test_files_that_are_no_packages_or_two_things_at_once(desk: Path) -> None:
    (desk / "bad.ofd").write_bytes(b"PK\x03\x04" + b"x" * 100)
    (desk / "both.ofd").write_bytes(b"PK\x03\x04 %PDF-1.4")
    (desk / "text.ofd").write_bytes(b"hello")
    for name, code in (
        ("bad.ofd", "MALFORMED_INPUT"),
        ("both.ofd", "AMBIGUOUS_FILE"),
        ("text.ofd", "MALFORMED_INPUT"),
    ):
        done = run("verify", name)
        assert done.exit_code == 2
        assert code in done.output


def test_the_example_of_the_documentation(
    desk: Path, authority: TrialAuthority, ofd_unit: TrialUnit, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    (desk / "contract.ofd").write_bytes(OfdPlan(pages=2).build())
    fixed = example.replace("datetime.now(UTC)", "NOW")
    fixed = fixed.replace("verify_ofd(target, trust)", "verify_ofd(target, trust, NOW)")
    names = {"signer": ofd_unit.sealer(), "trust": authority.trust, "NOW": authority.now}
    exec(compile(fixed, str(DOCUMENTATION), "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["0 0 210.0 297.0", "0 1 210.0 297.0"]
    assert printed[-2:] == ["valid", "[]"]


def test_every_code_of_the_documentation_is_in_the_source() -> None:
    source = "".join(path.read_text() for path in (DOCUMENTATION.parents[1] / "src/gmseal").rglob("*.py"))
    codes = re.findall(r"`([A-Z]+_[A-Z_]+)`", DOCUMENTATION.read_text(encoding="utf-8"))
    assert len(codes) > 20
    assert [code for code in codes if f'"{code}"' not in source] == []
