"""gmseal sign --kind and gmseal verify for every kind of signature on PDF, with a time-stamp server at hand."""

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
from cryptography.hazmat.primitives import serialization
from international_authority import World

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
    key = PrivateKey.from_pkcs8((desk / "tsa.key").read_bytes())
    trial = TrialTimestampAuthority((desk / "tsa.cer").read_bytes(), key)
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
    ]
    for arguments, code in cases:
        done = run("sign", source, out, *arguments)
        assert done.exit_code == 1
        assert code in done.stderr
        assert not out.exists()
