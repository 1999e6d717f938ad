"""The command line from nothing to a verdict, and its sentences for everything that goes wrong."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner, Result
from ofd_writer import OfdPlan

from gmseal.cli import app
from gmseal.durable_file import replacing
from gmseal.errors import Refused
from gmseal.sm.csr import read_request, to_pem
from gmseal.sm.keys import PrivateKey
from gmseal.trial import TrialUnit

README = Path(__file__).parent.parent / "README.md"


class Shell:
    """Runs commands in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, *arguments: str | Path, **more: Any) -> Result:
        texts = [str(argument) for argument in arguments]
        result = CliRunner().invoke(app, texts, **more)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        return result

    def path(self, name: str) -> Path:
        return self.directory / name


def blank_pdf(path: Path, pages: int = 2) -> Path:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(595, 842))
    document.save(path)
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A directory with a root, a maker, a signer with a protected key, and a drawn seal."""
    run = Shell(tmp_path_factory.mktemp("shop"))
    p = run.path
    p("pw").write_text("a secret\nnot this")
    p("trust").mkdir()
    for arguments in (
        ("keygen", p("root.key"), "--no-password"),
        ("keygen", p("maker.key"), "--no-password"),
        ("keygen", p("signer.key"), "--password-file", p("pw"), "--public", p("signer.pub")),
        ("cert", p("trust/root.pem"), "--profile", "root", "--name", "试用根", "--key", p("root.key"), "--days", "3000"),
        (
            "cert", p("maker.pem"), "--profile", "maker", "--name", "制章人", "--key", p("maker.key"),
            "--issuer", p("trust/root.pem"), "--issuer-key", p("root.key"),
        ),
        (
            "cert", p("signer.pem"), "--profile", "signer", "--name", "签章人", "--organization", "北京示例科技有限公司",
            "--key", p("signer.pub"), "--issuer", p("trust/root.pem"), "--issuer-key", p("root.key"),
        ),
        (
            "seal", p("seal.esl"), "--name", "北京示例科技有限公司", "--face", "limited_company", "--code", "1101080123456",
            "--maker-cert", p("maker.pem"), "--maker-key", p("maker.key"), "--signer-cert", p("signer.pem"),
        ),
    ):  # fmt: skip
        done = run(*arguments)
        assert done.exit_code == 0, done.output
    blank_pdf(p("plain.pdf"))
    return run


@pytest.fixture(scope="module")
def sealed(shop: Shell) -> Path:
    out = shop.path("sealed.pdf")
    done = shop(
        "sign", shop.path("plain.pdf"), out, "--seal", shop.path("seal.esl"), "--cert", shop.path("signer.pem"),
        "--key", shop.path("signer.key"), "--password-file", shop.path("pw"),
        "--page", "2", "--x", "120", "--y", "200", "--seam", "100", "--qr", "https://example.org/v/abc",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return out


def test_a_sealed_file_is_valid(shop: Shell, sealed: Path) -> None:
    done = shop("verify", sealed, "--trust", shop.path("trust"), "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert report["verdict"] == "valid"
    assert report["signatures"][0]["trial"] is True
    assert report["signatures"][0]["organization"] == "北京示例科技有限公司"
    assert report["size"] == sealed.stat().st_size


def test_what_is_no_seal_is_named_and_an_empty_folder_makes_none(shop: Shell, tmp_path: Path) -> None:
    (tmp_path / "junk.esl").write_bytes(b"\x30\x03\x02\x01\x05 and more")
    (tmp_path / "empty").mkdir()
    rest = (
        "--cert",
        shop.path("signer.pem"),
        "--key",
        shop.path("signer.key"),
        "--password-file",
        shop.path("pw"),
        "--x",
        "10",
        "--y",
        "10",
    )
    junk = shop("sign", shop.path("plain.pdf"), tmp_path / "out.pdf", "--seal", tmp_path / "junk.esl", *rest)
    assert junk.exit_code == 2
    assert f"{tmp_path / 'junk.esl'} is not a seal" in junk.stderr
    none = shop("sign-many", tmp_path / "empty", tmp_path / "results", "--seal", shop.path("seal.esl"), *rest)
    assert (none.exit_code, (tmp_path / "results").exists()) == (2, False)
    assert "NO_DOCUMENTS" in none.stderr


def test_exit_status_1_for_an_altered_file(shop: Shell, sealed: Path, tmp_path: Path) -> None:
    data = bytearray(sealed.read_bytes())
    data[data.index(b"842")] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    done = shop("verify", changed, "--trust", shop.path("trust"), env={"LC_ALL": "C"})
    assert done.exit_code == 1
    assert "altered after sealing" in done.output
    chinese = shop("verify", changed, "--trust", shop.path("trust"), env={"LC_ALL": "zh_CN.UTF-8"})
    asked = shop("verify", changed, "--trust", shop.path("trust"), "--lang", "zh", env={"LC_ALL": "C"})
    # Each says when it judged.
    one, other = (re.sub(r"\d\d:\d\d:\d\d", "", done.stdout) for done in (asked, chinese))
    assert one == other
    assert "盖章后被改动" in chinese.output


def test_exit_status_2_for_what_cannot_be_read(shop: Shell, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "junk.pdf").write_bytes(b"%PDF-1.7\n" + b"junk " * 100)
    (tmp_path / "junk.der").write_bytes(b"\x30\x03\x02\x01\x05")
    for name in ("missing", "text", "junk.pdf", "junk.der", "."):
        done = shop("verify", tmp_path / name)
        assert done.exit_code == 2, name
        assert "gmseal: " in done.stderr
        told = json.loads(shop("verify", tmp_path / name, "--json").stdout)
        assert told["verdict"] == "unreadable"
        assert re.fullmatch("[A-Z_]+", told["code"])
    assert shop("verify", tmp_path / "text", "--trust", tmp_path / "nowhere").exit_code == 2


def test_exit_status_3_without_a_trusted_root_and_without_a_seal(
    shop: Shell, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GMSEAL_TRUST", raising=False)
    assert shop("verify", sealed).exit_code == 3
    assert shop("verify", shop.path("plain.pdf"), "--trust", shop.path("trust")).exit_code == 3
    monkeypatch.setenv("GMSEAL_TRUST", str(shop.path("trust")))
    assert shop("verify", sealed).exit_code == 0


def steps_of(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps of a report's tree as JSON gives it."""
    return [step for check in checks for step in (steps_of(check["children"]) or [check])]


def test_bare_seals_and_signatures_are_judged(shop: Shell, unit: TrialUnit, tmp_path: Path) -> None:
    trust = shop.path("trust")
    assert shop("verify", shop.path("seal.esl"), "--trust", trust).exit_code == 0
    assert shop("verify", shop.path("seal.esl"), "--trust", trust, "--at", "2001-01-01").exit_code == 1
    (tmp_path / "sig").write_bytes(unit.sealer().sign(bytes(32), "p", unit.authority.now))
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "root.der").write_bytes(unit.authority.root)
    told = shop(
        "verify", tmp_path / "sig", "--trust", tmp_path / "trust", "--json", "--at", "2026-06-02T00:00:00Z"
    )
    report = json.loads(told.stdout)
    assert report["kind"] == "seal_signature"
    results = {check["code"]: check["result"] for check in steps_of(report["signatures"][0]["checks"])}
    assert results["SIGNATURE_VALUE"] == "pass"
    assert results["DATA_HASH"] == "not_checked"


def test_times_without_zone_are_beijing_times(shop: Shell, unit: TrialUnit, tmp_path: Path) -> None:
    (tmp_path / "seal").write_bytes(unit.seal)
    (tmp_path / "root.der").write_bytes(unit.authority.root)
    begin = "2026-05-31T12:00:00"
    for at, status in (
        (begin, 0),
        (begin + "+08:00", 0),
        ("2026-05-31T11:59:59", 1),
        (begin + "Z", 0),
        ("soon", 2),
    ):
        assert shop("verify", tmp_path / "seal", "--trust", tmp_path, "--at", at).exit_code == status, at


def test_keys_are_private_and_never_overwritten(shop: Shell, tmp_path: Path) -> None:
    key = tmp_path / "k"
    assert shop("keygen", key, input="one two\none two\n").exit_code == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert PrivateKey.from_pkcs8(key.read_bytes(), b"one two")
    before = key.read_bytes()
    again = shop("keygen", key, "--no-password")
    assert again.exit_code == 1
    assert "FILE_EXISTS" in again.stderr
    assert key.read_bytes() == before


def test_refusals_are_one_sentence_with_a_code(shop: Shell, sealed: Path, tmp_path: Path) -> None:
    p, out = shop.path, tmp_path / "out.pdf"
    use = (
        "--seal",
        p("seal.esl"),
        "--cert",
        p("signer.pem"),
        "--key",
        p("signer.key"),
        "--password-file",
        p("pw"),
    )
    cases: list[tuple[tuple[str | Path, ...], str, int]] = [
        (("sign", p("plain.pdf"), out, *use, "--page", "3", "--x", "1", "--y", "1"), "PAGE_MISSING", 1),
        (("sign", p("plain.pdf"), out, *use, "--x", "200", "--y", "1"), "OFF_PAGE", 1),
        (("sign", p("plain.pdf"), out, *use, "--x", "nan", "--y", "1"), "OFF_PAGE", 1),
        (("sign", p("plain.pdf"), out, *use, "--x", "1"), "PLACE", 1),
        (("sign", p("plain.pdf"), out, *use), "NOTHING_TO_PLACE", 1),
        (("sign", p("plain.pdf"), sealed, *use, "--x", "1", "--y", "1"), "FILE_EXISTS", 1),
        (("sign", p("nothing.pdf"), out, *use, "--x", "1", "--y", "1"), "NOT_FOUND", 2),
        (("sign", p("trust"), out, *use, "--x", "1", "--y", "1"), "IS_A_FOLDER", 1),
        (("sign", p("plain.pdf"), tmp_path / "no" / "out.pdf", *use, "--x", "1", "--y", "1"), "NO_FOLDER", 1),
        (("sign", p("plain.pdf"), p("pw") / "out.pdf", *use, "--x", "1", "--y", "1"), "NO_FOLDER", 1),
        (("keygen", tmp_path / "no" / "key.pem", "--password-file", p("pw")), "NO_FOLDER", 1),
        (("sign-many", p("trust"), p("pw"), *use, "--x", "1", "--y", "1"), "NOT_A_FOLDER", 1),
        (("keygen", p("root.key")), "FILE_EXISTS", 1),
        (("repair", p("plain.pdf"), tmp_path / "no" / "out.pdf"), "NO_FOLDER", 1),
        (("inspect", p("trust")), "IS_A_FOLDER", 1),
        (("sign", p("plain.pdf"), out, *use[:-1], p("maker.pem"), "--x", "1", "--y", "1"), "PASSWORD_WRONG", 1),
        (
            ("sign", p("plain.pdf"), out, *use[:2], "--cert", p("maker.pem"), "--key", p("maker.key"), "--x", "1", "--y", "1"),
            "SIGNER_NOT_IN_SEAL", 1,
        ),
        (("cert", out, "--profile", "signer", "--name", "x", "--key", p("root.key")), "ISSUER", 1),
        (
            ("cert", out, "--profile", "signer", "--name", "x" * 10_000, "--key", p("root.key"),
             "--issuer", p("trust/root.pem"), "--issuer-key", p("root.key")),
            "NAME", 1,
        ),
        (
            ("cert", out, "--profile", "signer", "--name", "x", "--key", p("root.key"),
             "--issuer", p("trust/root.pem"), "--issuer-key", p("maker.key")),
            "ISSUER_KEY_MISMATCH", 1,
        ),
        (("cert", out, "--profile", "root", "--name", "x", "--key", p("seal.esl")), "MALFORMED_INPUT", 2),
    ]  # fmt: skip
    for arguments, code, status in cases:
        done = shop(*arguments)
        assert (done.exit_code, done.stderr.split(":")[1].strip()) == (status, code), done.output
        assert not out.exists()


def test_what_cannot_be_verified_is_told_apart(shop: Shell, tmp_path: Path) -> None:
    """A folder, nothing, and what may never end: each has its code, and the sentence says what to do instead."""
    os.mkfifo(tmp_path / "pipe")
    for path, code, advice in (
        (shop.path("trust"), "IS_A_FOLDER", "verify-many"),
        (tmp_path / "nothing.pdf", "NOT_FOUND", "There is no file"),
        (tmp_path / "pipe", "NOT_A_FILE", "copy what it gives into a file"),
    ):
        told = shop("verify", path)
        assert told.exit_code == 2
        assert told.stderr.startswith(f"gmseal: {code}: ")
        assert advice in told.stderr
        written = json.loads(shop("verify", path, "--json").stdout)
        assert (written["verdict"], written["code"]) == ("unreadable", code)


def test_a_place_that_the_system_refuses_says_why(tmp_path: Path) -> None:
    target = tmp_path / "out.pdf"
    target.mkdir()
    with (
        pytest.raises(Refused, match=r"out\.pdf cannot be written: Is a directory") as refused,
        replacing(target),
    ):
        pass
    assert refused.value.reason == "CANNOT_WRITE"
    assert list(tmp_path.iterdir()) == [target], "nothing half-written stays"


def test_seal_needs_one_picture(shop: Shell, tmp_path: Path) -> None:
    p, out = shop.path, tmp_path / "s"
    common = (
        "seal", out, "--name", "章", "--maker-cert", p("maker.pem"), "--maker-key", p("maker.key"),
        "--signer-cert", p("signer.pem"),
    )  # fmt: skip
    assert "PICTURE" in shop(*common).stderr
    assert "FACE" in shop(*common, "--face", "triangle").stderr
    assert "SEAL_CONTENT" in shop(*common, "--picture", p("pw")).stderr
    wrong_maker = (
        "--maker-cert",
        p("signer.pem"),
        "--maker-key",
        p("signer.key"),
        "--password-file",
        p("pw"),
    )
    assert "MAKER_KEYUSAGE" in shop(*common, "--face", "limited_company", *wrong_maker).stderr
    assert not out.exists()


def test_a_request_is_made_and_a_certificate_issued_for_it(shop: Shell) -> None:
    p = shop.path
    made = shop("keygen", p("asking.key"), "--password-file", p("pw"), "--protection", "gmssl")
    assert made.exit_code == 0, made.output
    asked = shop(
        "csr", p("asking.csr"), "--name", "北京示例科技有限公司", "--key", p("asking.key"), "--password-file", p("pw")
    )  # fmt: skip
    assert asked.exit_code == 0, asked.output
    issuer = ("--issuer", p("trust/root.pem"), "--issuer-key", p("root.key"))
    signer = ("--profile", "signer", "--name", "签章人")
    issued = shop("cert", p("asking.pem"), *signer, "--key", p("asking.csr"), *issuer)
    assert issued.exit_code == 0, issued.output
    der = bytearray(read_request(p("asking.csr").read_bytes()).der)
    der[-1] ^= 1
    p("forged.csr").write_bytes(to_pem(bytes(der)))
    refused = shop("cert", p("forged.pem"), *signer, "--key", p("forged.csr"), *issuer)
    assert (refused.exit_code, p("forged.pem").exists()) == (1, False)
    assert "REQUEST_SIGNATURE" in refused.stderr


def test_bench_measures_every_engine_that_is_there(shop: Shell) -> None:
    figures = json.loads(shop("bench", "--seconds", "0.05", "--json").stdout)
    assert [row["engine"] for row in figures["engines"]] == ["batch", "fast", "portable"]
    portable = figures["engines"][-1]
    assert portable["present"]
    assert "OpenSSL" in portable["name"]
    assert portable["sign_per_second"] > 10
    assert portable["verify_many_per_second"] > 10
    for row in figures["engines"]:
        assert row["present"] or row["reason"]
    assert sum(row.get("chosen", False) for row in figures["engines"]) == 1
    assert figures["chosen"] in {row.get("name") for row in figures["engines"]}
    shown = shop("bench", "--seconds", "0.05").output
    assert "* " in shown
    assert "portable" in shown


def test_the_examples_of_the_readme_run(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    (script,) = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    blank_pdf(tmp_path / "contract.pdf")
    (tmp_path / "contract.ofd").write_bytes(OfdPlan(lines=1, text="甲方（盖章）").build())
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
    }
    for command in (["bash", "-euc", script], [sys.executable, "-c", program]):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()
        assert b"valid" in done.stdout


def test_help_of_every_command(shop: Shell) -> None:
    for command in ("keygen", "cert", "seal", "sign", "verify", "bench", "crl", "tsa", "timestamp"):
        done = shop(command, "--help")
        assert done.exit_code == 0
        assert "Usage:" in done.output
    assert shop("--version").output.startswith("gmseal, version ")


def test_pictures_are_drawn_and_taken_from_scans(shop: Shell, tmp_path: Path) -> None:
    drawn = tmp_path / "face.png"
    options = ("--kind", "contract", "--text", "北京示例科技有限公司", "--number", "2", "--dpi", "200")
    done = shop("picture", "draw", drawn, *options)
    assert done.exit_code == 0, done.output
    assert "40 x 40 mm" in done.output
    assert shop("picture", "draw", tmp_path / "face.svg", *options).exit_code == 0
    assert (tmp_path / "face.svg").read_text(encoding="utf-8").startswith("<svg")
    name = ("--kind", "personal_name", "--text", "欧阳修", "--suffix", "印", "--white-on-red")
    assert shop("picture", "draw", tmp_path / "name.png", *name).exit_code == 0
    taken = shop("picture", "from-scan", drawn, tmp_path / "taken.png", "--width", "40")
    assert taken.exit_code == 0, taken.output
    assert "40.0 x 40.0 mm" in taken.output
    refused = shop("picture", "from-scan", shop.path("pw"), tmp_path / "x.png", "--width", "40")
    assert (refused.exit_code, refused.stderr.split(":")[1].strip()) == (2, "MALFORMED_INPUT")
    assert "FACE" in shop("picture", "draw", tmp_path / "x.png", "--kind", "egg", "--text", "x").stderr
    assert "FACE" in shop("picture", "draw", tmp_path / "x.png", *options, "--suffix", "印").stderr


def test_a_seal_of_version_5_with_digests_is_made_and_renewed(shop: Shell) -> None:
    p = shop.path
    made = shop(
        "seal", p("five.esl"), "--name", "北京示例科技有限公司", "--face", "limited_company", "--standard", "5", "--digests",
        "--trust", p("trust"), "--maker-cert", p("maker.pem"), "--maker-key", p("maker.key"),
        "--signer-cert", p("signer.pem"),
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert shop("keygen", p("next.key"), "--no-password").exit_code == 0
    shop(
        "cert", p("next.pem"), "--profile", "signer", "--name", "签章人", "--organization", "北京示例科技有限公司",
        "--key", p("next.key"), "--issuer", p("trust/root.pem"), "--issuer-key", p("root.key"),
    )  # fmt: skip
    renewing = ("renew", p("five.esl"), p("six.esl"), "--signer-cert", p("next.pem"), "--maker-cert", p("maker.pem"),
                "--maker-key", p("maker.key"), "--trust", p("trust"))  # fmt: skip
    refused = shop(*renewing)
    assert (refused.exit_code, "SIGNER_DIFFERS" in refused.output) == (1, True)
    done = shop(*renewing, "--previous-cert", p("signer.pem"))
    assert done.exit_code == 0, done.output
    for policy, status in (("v5", 0), ("v4", 1), ("strict", 3)):
        told = shop("verify", p("six.esl"), "--trust", p("trust"), "--policy", policy)
        assert told.exit_code == status, told.output
