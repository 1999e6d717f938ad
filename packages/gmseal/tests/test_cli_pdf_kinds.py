"""gmseal sign --kind and gmseal verify for every kind of signature on PDF, and time stamps on all that is signed."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from international_authority import World
from ofd_writer import OfdPlan
from software_token import LABEL, PIN, import_key

from gmseal.cli import app
from gmseal.ses.seal import SealPicture
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trial import TrialAuthority, TrialUnit


@contextmanager
def serving(respond: Callable[[bytes], bytes]) -> Iterator[str]:
    """A time-stamp server on loopback; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = respond(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Nothing: tests are silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def world() -> World:
    return World.create()


@pytest.fixture
def desk(tmp_path: Path, world: World, unit: TrialUnit) -> Path:
    """A folder with keys, certificates, a seal of today, roots, and a document."""
    authority = TrialAuthority.create(world.now)
    picture = SealPicture("PNG", unit.sealer().seal.picture.data, 40, 40)
    today = TrialUnit.create(authority, unit.name, picture, es_id="7")
    stamper = PrivateKey.generate()
    certificate = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, stamper, subject=Name("试用时间戳"))
    (tmp_path / "trust").mkdir()
    files = {
        "seal.esl": today.seal,
        "sm2.cer": today.certificate,
        "sm2.key": today.key.to_pkcs8_pem(),
        "rsa.cer": world.signers["rsa"].certificate,
        "rsa.key": world.signers["rsa"].key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        "next.cer": authority.issue(
            CertificateProfile.SIGNER, today.key, subject=Name(unit.name, organization=unit.name)
        ),
        "maker.cer": authority.maker,
        "maker.key": authority.maker_key.to_pkcs8_pem(),
        "picture.png": picture.data,
        "in.ofd": OfdPlan(pages=2).build(),
        "tsa.cer": certificate,
        "tsa.key": stamper.to_pkcs8_pem(),
        "trust/sm2.cer": authority.root,
        "trust/ec.cer": world.root.certificate,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
    document.save(tmp_path / "in.pdf")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def stamper_of(desk: Path) -> TrialTimestampAuthority:
    key = PrivateKey.from_pkcs8((desk / "tsa.key").read_bytes())
    return TrialTimestampAuthority((desk / "tsa.cer").read_bytes(), key)


SM2 = ("--cert", "{}/sm2.cer", "--key", "{}/sm2.key")
RSA = ("--cert", "{}/rsa.cer", "--key", "{}/rsa.key")
SEAL = ("--seal", "{}/seal.esl", "--x", "100", "--y", "200", *SM2)
CASES = {
    "seal": (SEAL, ["seal"]),
    "seal certified": ((*SEAL, "--certify", "2"), ["seal"]),
    "cms": (("--kind", "cms", *SM2), ["cms"]),
    "gbt35275": (("--kind", "gbt35275", *SM2), ["gbt35275"]),
    "pades": (("--kind", "pades", *RSA), ["cms"]),
    "dual": (
        ("--kind", "dual", "--pades-cert", "{}/rsa.cer", "--pades-key", "{}/rsa.key", *SEAL),
        ["seal", "cms"],
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_every_kind_is_signed_and_verified(desk: Path, name: str) -> None:
    arguments, kinds = CASES[name]
    out = desk / "out.pdf"
    done = run("sign", desk / "in.pdf", out, *(text.format(desk) for text in arguments))
    assert done.exit_code == 0, done.output
    verified = run("verify", out, "--trust", desk / "trust", "--json")
    assert verified.exit_code == 0, verified.output
    assert [one["kind"] for one in json.loads(verified.stdout)["signatures"]] == kinds
    assert run("verify", out, "--trust", desk / "trust").exit_code == 0


def test_time_stamps_come_from_a_server(desk: Path, world: World) -> None:
    trial = stamper_of(desk)
    for kind in ("seal", "cms"):
        arguments, _ = CASES[kind]
        out = desk / f"{kind}.pdf"
        with serving(trial.respond) as url:
            done = run("sign", desk / "in.pdf", out, "--tsa", url, *(text.format(desk) for text in arguments))
        assert done.exit_code == 0, done.output
        report = json.loads(run("verify", out, "--trust", desk / "trust", "--json").stdout)
        assert report["verdict"] == "valid"
    arguments, _ = CASES["pades"]
    out = desk / "lta.pdf"
    more = ("--level", "B-LTA", "--roots", desk / "trust", "--tsa-digest", "sha256")
    with serving(world.respond) as url:
        done = run(
            "sign", desk / "in.pdf", out, "--tsa", url, *more, *(text.format(desk) for text in arguments)
        )
    assert done.exit_code == 0, done.output
    report = json.loads(run("verify", out, "--trust", desk / "trust", "--json").stdout)
    assert (report["verdict"], [one["kind"] for one in report["signatures"]]) == (
        "valid",
        ["cms", "timestamp"],
    )


def stamps_of(report: dict[str, Any]) -> dict[str, str]:
    """The results of the steps about time stamps, by code."""
    found: dict[str, str] = {}
    waiting = [*report["checks"], *(check for one in report["signatures"] for check in one["checks"])]
    while waiting:
        check = waiting.pop()
        waiting += check["children"]
        if not check["children"] and "TIMESTAMP" in check["code"]:
            found[check["code"]] = check["result"]
    return found


def judged(desk: Path, name: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(
        run("verify", desk / name, "--trust", desk / "trust", "--json").stdout
    )
    return report


def test_seals_are_stamped_when_made_and_when_renewed(desk: Path) -> None:
    trial = stamper_of(desk)
    maker = ("--maker-cert", desk / "maker.cer", "--maker-key", desk / "maker.key")
    new = (
        "--name",
        "北京示例科技有限公司",
        "--picture",
        desk / "picture.png",
        "--signer-cert",
        desk / "sm2.cer",
    )
    with serving(trial.respond) as url:
        made = run("seal", desk / "five.esl", *new, *maker, "--standard", "5", "--tsa", url)
        assert made.exit_code == 0, made.output
        four = run("seal", desk / "four.esl", *new, *maker, "--tsa", url)
        assert (four.exit_code, "SEAL_VERSION" in four.stderr) == (1, True)
        digest = ("--tsa", url, "--tsa-digest", "sha256")
        same = run(
            "renew", desk / "five.esl", desk / "six.esl", "--signer-cert", desk / "sm2.cer", *maker, *digest
        )
        assert (same.exit_code, "NOTHING_CHANGES" in same.stderr) == (1, True)
        successor = ("--signer-cert", desk / "next.cer")
        renewed = run("renew", desk / "five.esl", desk / "six.esl", *successor, *maker, *digest)
        assert renewed.exit_code == 0, renewed.output
    for name in ("five.esl", "six.esl"):
        stamps = stamps_of(judged(desk, name))
        assert (stamps["SEAL_TIMESTAMP"], stamps["TIMESTAMP_BEFORE_CREATION"]) == ("pass", "pass")


@pytest.mark.parametrize("sealed", [True, False])
def test_signatures_of_packages_are_stamped(desk: Path, sealed: bool) -> None:
    trial = stamper_of(desk)
    asked = SEAL if sealed else SM2
    with serving(trial.respond) as url:
        done = run(
            "sign", desk / "in.ofd", desk / "out.ofd", "--tsa", url, "--tsa-digest", "sha256",
            *(text.format(desk) for text in asked),
        )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = judged(desk, "out.ofd")
    assert report["verdict"] == "valid"
    stamps = stamps_of(report)
    assert (stamps["SIGNATURE_TIMESTAMP"], stamps["TIMESTAMP_BEFORE_SIGN_TIME"]) == ("pass", "pass")
    archived = run("verify", desk / "out.ofd", "--trust", desk / "trust", "--policy", "archive")
    assert archived.exit_code == 0, archived.output
    told = run("verify", desk / "out.ofd", "--trust", desk / "trust").output
    assert ("GB/T 35275" in told) is not sealed


def test_the_seal_of_a_dual_signature_is_stamped_too(desk: Path) -> None:
    trial = stamper_of(desk)
    arguments, _ = CASES["dual"]
    with serving(trial.respond) as url:
        done = run(
            "sign",
            desk / "in.pdf",
            desk / "out.pdf",
            "--tsa",
            url,
            *(text.format(desk) for text in arguments),
        )
    assert done.exit_code == 0, done.output
    seal = judged(desk, "out.pdf")["signatures"][0]
    assert stamps_of({"checks": [], "signatures": [seal]})["SIGNATURE_TIMESTAMP"] == "pass"


@pytest.mark.parametrize("kind", ["pades", "cms", "gbt35275"])
def test_signatures_without_a_seal_show_a_picture(desk: Path, kind: str) -> None:
    arguments, _ = CASES[kind]
    shown = (
        "--picture",
        desk / "picture.png",
        "--picture-width",
        "30",
        "--picture-height",
        "20",
        "--x",
        "50",
        "--y",
        "60",
    )
    out = desk / "out.pdf"
    done = run("sign", desk / "in.pdf", out, *shown, *(text.format(desk) for text in arguments))
    assert done.exit_code == 0, done.output
    assert judged(desk, "out.pdf")["verdict"] == "valid"
    with pikepdf.open(out) as pdf:
        [widget] = pdf.pages[0].Annots
        left, bottom, right, top = (float(side) * 25.4 / 72 for side in widget.Rect)
    assert (left, right - left, top - bottom) == pytest.approx((50, 30, 20), abs=0.01)
    assert 842 * 25.4 / 72 - top == pytest.approx(60, abs=0.01)


def test_what_is_missing_is_said(desk: Path) -> None:
    source, out = desk / "in.pdf", desk / "out.pdf"
    sm2 = tuple(text.format(desk) for text in SM2)
    rsa = tuple(text.format(desk) for text in RSA)
    seal = ("--seal", f"{desk}/seal.esl")
    cases: list[tuple[tuple[str, ...], str]] = [
        ((*sm2, *seal), "NOTHING_TO_PLACE"),
        (("--kind", "dual", *sm2, *seal), "OPTION"),
        (("--kind", "pades", "--level", "B-T", *rsa), "PADES_ORDER"),
        (("--kind", "cms", "--x", "10", "--y", "10", *sm2), "NO_PICTURE"),
        (("--picture", f"{desk}/picture.png", "--x", "10", "--y", "10", *sm2, *seal), "OPTION"),
        (("--kind", "cms", "--picture", f"{desk}/sm2.key", "--x", "10", "--y", "10", *sm2), "SEAL_CONTENT"),
    ]
    for arguments, code in cases:
        done = run("sign", source, out, *arguments)
        assert done.exit_code == 1
        assert code in done.stderr
        assert not out.exists()


FOLDERS = {name: case for name, case in CASES.items() if name != "seal"} | {
    "certificate": (("--kind", "cms", "--reason", "归档", *SM2), ["cms"])
}


@pytest.mark.parametrize("name", list(FOLDERS))
def test_a_folder_is_signed_as_one_document_is(desk: Path, name: str) -> None:
    """Packages among PDF are sealed where there is a seal, signed by an SM2 certificate, or named as failed."""
    arguments, kinds = FOLDERS[name]
    source, out = desk / "in", desk / "out"
    source.mkdir()
    for place in ("a.pdf", "b.ofd"):
        (source / place).write_bytes((desk / f"in{place[1:]}").read_bytes())
    stamps = stamper_of(desk)
    options = [text.format(desk) for text in arguments]
    with serving(stamps.respond) as url:
        stamped = () if name == "pades" else ("--tsa", url)
        done = run("sign-many", source, out, *options, *stamped, "--workers", "0", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    report = judged(desk, "out/a.pdf")
    assert (report["verdict"], [one["kind"] for one in report["signatures"]]) == ("valid", kinds)
    if name == "pades":
        assert (done.exit_code, told[1]["code"]) == (2, "OPTION")
        return
    assert done.exit_code == 0, done.output
    assert stamps_of(report)["SIGNATURE_TIMESTAMP"] == "pass"
    package = judged(desk, "out/b.ofd")
    assert package["verdict"] == "valid"
    assert package["signatures"][0]["kind"] == ("seal" if "--seal" in arguments else "gbt35275")


def test_passwords_for_a_folder_are_asked_for_once(desk: Path) -> None:
    (desk / "in").mkdir()
    for name in ("a.ofd", "b.ofd"):
        (desk / "in" / name).write_bytes((desk / "in.ofd").read_bytes())
    key = PrivateKey.from_pkcs8((desk / "sm2.key").read_bytes())
    (desk / "sm2.key").write_bytes(key.to_pkcs8_pem(b"a password"))
    options = [text.format(desk) for text in SEAL]
    arguments = ["sign-many", desk / "in", desk / "out", *options, "--workers", "0"]
    done = CliRunner().invoke(app, [str(one) for one in arguments], input="a password\n")
    assert done.exit_code == 0, done.output
    assert done.output.count("Password of") == 1
    assert sorted(path.name for path in (desk / "out").iterdir()) == ["a.ofd", "b.ofd"]


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_pades_and_dual_sealing_with_a_key_in_a_token(
    desk: Path, world: World, softhsm: Path, kind: str
) -> None:
    issued = world.signers[kind]
    (desk / "token.cer").write_bytes(issued.certificate)
    (desk / "token.key").write_bytes(
        issued.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    import_key(desk / "token.key", f"pades-{kind}", {"rsa": "a1", "p256": "a2"}[kind])
    (desk / "token.key").unlink()
    (desk / "pin").write_text(PIN)
    token: tuple[str | Path, ...] = ("--pkcs11", softhsm, "--token", LABEL, "--key-label", f"pades-{kind}")
    token = (*token, "--pin-file", desk / "pin")
    done = run(
        "sign", desk / "in.pdf", desk / "alone.pdf", "--kind", "pades", "--cert", desk / "token.cer", *token
    )
    assert done.exit_code == 0, done.output
    assert judged(desk, "alone.pdf")["verdict"] == "valid"
    second = [str(one).replace("--", "--pades-") if str(one).startswith("--") else one for one in token]
    seal = [text.format(desk) for text in SEAL]
    dual = ("--kind", "dual", "--pades-cert", desk / "token.cer", *second, *seal)
    (desk / "in").mkdir()
    (desk / "in" / "both.pdf").write_bytes((desk / "in.pdf").read_bytes())
    done = run("sign-many", desk / "in", desk / "out", *dual, "--workers", "0")
    assert done.exit_code == 0, done.output
    report = judged(desk, "out/both.pdf")
    assert (report["verdict"], [one["kind"] for one in report["signatures"]]) == ("valid", ["seal", "cms"])
    wrong = run(
        "sign", desk / "in.pdf", desk / "no.pdf", "--kind", "pades", "--cert", desk / "sm2.cer", *token
    )
    assert "does not belong" in wrong.stderr
    assert not (desk / "no.pdf").exists()


def test_a_pkcs12_file_given_as_key_says_what_to_do(desk: Path, world: World) -> None:
    issued = world.signers["p256"]
    certificate = x509.load_der_x509_certificate(issued.certificate)
    made = pkcs12.serialize_key_and_certificates(
        b"key", issued.key, certificate, None, serialization.NoEncryption()
    )
    (desk / "unit.p12").write_bytes(made)
    for more in (("--kind", "pades"), ("--seal", f"{desk}/seal.esl", "--x", "10", "--y", "10")):
        done = run(
            "sign",
            desk / "in.pdf",
            desk / "out.pdf",
            "--cert",
            desk / "sm2.cer",
            "--key",
            desk / "unit.p12",
            *more,
        )
        assert done.exit_code == 1
        assert done.stderr.startswith("gmseal: PKCS12: ")
        assert "openssl pkcs12 -in FILE.p12 -nocerts -out key.pem" in done.stderr
