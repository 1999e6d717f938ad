"""Time stamps: read by OpenSSL and another parser, fetched from a real server, refused when it lies."""

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from urllib.parse import urlsplit

import pytest
from asn1crypto import tsp as other_tsp
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.cli import app
from gmseal.errors import GmsealError, MalformedInput, Refused, ServiceUnavailable
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import (
    HttpTimestampSource,
    TimestampSource,
    TrialTimestampAuthority,
    build_request,
    read_request,
    read_response,
    read_token,
)
from gmseal.sm.timestamps.trial_server import Misbehaviour, TrialTimestampServer
from gmseal.trial import TrialAuthority, TrialUnit

OpenSsl = Callable[..., CompletedProcess[bytes]]
MESSAGE = "签名值".encode()
DOCUMENTATION = Path(__file__).parent.parent / "docs" / "timestamps-and-revocation.md"


@pytest.fixture(scope="module")
def stamper(authority: TrialAuthority) -> TrialTimestampAuthority:
    return authority.timestamps()


@pytest.fixture(scope="module")
def server(stamper: TrialTimestampAuthority) -> Iterator[TrialTimestampServer]:
    with TrialTimestampServer(stamper) as running:
        yield running


# --- structures --------------------------------------------------------------------------------


def test_openssl_and_another_parser_read_tokens(
    authority: TrialAuthority, openssl: OpenSsl, stamper: TrialTimestampAuthority
) -> None:
    token = stamper.stamp(MESSAGE)
    shown = openssl(
        "ts", "-reply", "-token_in", "-in", "token", "-token_out", "-text", files={"token": token}
    )
    assert shown.returncode == 0, shown.stderr
    text = shown.stdout.decode()
    assert "Hash Algorithm: sm3" in text
    assert "Time stamp: Jun  1 04:00:00 2026 GMT" in text
    signed = other_tsp.ContentInfo.load(token, strict=True)["content"]
    assert signed["version"].native == "v3"
    info = signed["encap_content_info"]["content"].parsed
    assert info["gen_time"].native == authority.now
    assert info["message_imprint"]["hashed_message"].native == sm3(MESSAGE)
    ours = read_token(token).info
    assert (ours.serial, ours.time) == (info["serial_number"].native, authority.now)
    assert ours.policy == info["policy"].dotted


def test_openssl_verifies_the_signature_of_the_authority(
    openssl: OpenSsl, stamper: TrialTimestampAuthority
) -> None:
    read = read_token(stamper.stamp(MESSAGE))
    key = read_certificate(read.certificate or b"").public_key
    done = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-in", "attributes",
        "-sigfile", "signature", "-pkeyopt", "distid:1234567812345678",
        files={
            "key.pem": key.to_spki_pem(),
            "attributes": read.signer.signed_attributes or b"",
            "signature": read.signer.signature,
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_requests_of_openssl_are_answered_and_ours_are_read(
    openssl: OpenSsl, server: TrialTimestampServer
) -> None:
    made = openssl("ts", "-query", "-data", "file", "-sm3", "-cert", files={"file": MESSAGE})
    assert read_request(made.stdout).imprint.matches(MESSAGE)
    query = urllib.request.Request(
        server.url, made.stdout, {"Content-Type": "application/timestamp-query"}, method="POST"
    )
    with urllib.request.urlopen(query, timeout=20) as answer:
        response = answer.read()
    shown = openssl("ts", "-reply", "-in", "response", "-text", files={"response": response})
    assert "Status: Granted." in shown.stdout.decode()
    ours = build_request(MESSAGE, digest="sha256", policy="1.2.3.4", nonce=1 << 63)
    shown = openssl("ts", "-query", "-in", "query", "-text", files={"query": ours})
    text = shown.stdout.decode()
    assert "Hash Algorithm: sha256" in text
    assert "Policy OID: 1.2.3.4" in text
    assert "Nonce: 0x8000000000000000" in text
    assert "Certificate required: yes" in text


def test_what_the_authority_does_not_stamp(openssl: OpenSsl, stamper: TrialTimestampAuthority) -> None:
    sha1 = openssl("ts", "-query", "-data", "file", "-sha1", files={"file": MESSAGE}).stdout
    long_nonce = build_request(MESSAGE, nonce=1 << 600)
    for request, bit in (
        (sha1, 0),
        (long_nonce, 2),
        (b"junk", 5),
        (build_request(MESSAGE, policy="1.2.3.4"), 15),
    ):
        response = stamper.respond(request)
        refused = read_response(response)
        assert (refused.granted, refused.token, refused.failures) == (False, None, (bit,))
        shown = openssl("ts", "-reply", "-in", "response", "-text", files={"response": response})
        assert "Status: Rejected." in shown.stdout.decode()


def test_only_a_certificate_for_time_stamping_stamps(authority: TrialAuthority, unit: TrialUnit) -> None:
    with pytest.raises(Refused) as refused:
        TrialTimestampAuthority(unit.certificate, unit.key)
    assert refused.value.reason == "TSA_KEYUSAGE"
    key = PrivateKey.generate()
    good = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("TSA"))
    with pytest.raises(Refused) as refused:
        TrialTimestampAuthority(good, unit.key)
    assert refused.value.reason == "SIGNER_KEY_MISMATCH"
    assert not read_certificate(good).may_make_seals()


def test_a_source_tells_how_much_room_its_tokens_need(stamper: TrialTimestampAuthority) -> None:
    source: TimestampSource = stamper
    assert len(source.stamp(MESSAGE)) <= source.token_size < 4096


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200))
def test_random_octets_are_refused_by_name(data: bytes) -> None:
    for reader in (read_token, read_request, read_response):
        with pytest.raises(MalformedInput):
            reader(data)


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 9999), octet=st.integers(0, 255))
def test_damaged_responses_raise_nothing_else(
    position: int, octet: int, stamper: TrialTimestampAuthority
) -> None:
    data = stamper.respond(build_request(MESSAGE, nonce=5))
    at = position % len(data)
    try:
        response = read_response(data[:at] + bytes((octet,)) + data[at + 1 :])
        read_token(response.token or b"")
    except MalformedInput:
        return


# --- over HTTP ---------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", ["sm3", "sha256"])
def test_a_token_comes_from_the_server(digest: str, server: TrialTimestampServer) -> None:
    source = HttpTimestampSource(server.url, digest=digest)
    token = source.stamp(MESSAGE)
    info = read_token(token).info
    assert info.imprint.matches(MESSAGE)
    assert info.nonce is not None
    assert len(token) <= source.token_size


@pytest.mark.parametrize(
    ("misbehaviour", "error", "words"),
    [
        (Misbehaviour.SLOW, ServiceUnavailable, "in time"),
        (Misbehaviour.WRONG_NONCE, Refused, "another request"),
        (Misbehaviour.WRONG_IMPRINT, Refused, "another request"),
        (Misbehaviour.REJECTION, Refused, "No time stamps today"),
        (Misbehaviour.GARBAGE, MalformedInput, "at byte 0"),
        (Misbehaviour.ENDLESS, MalformedInput, "larger"),
        (Misbehaviour.REDIRECT, ServiceUnavailable, "307"),
        (Misbehaviour.HTTP_ERROR, ServiceUnavailable, "500"),
        (Misbehaviour.WRONG_TYPE, MalformedInput, "not a time-stamp reply"),
        (Misbehaviour.HANG_UP, ServiceUnavailable, "cannot be used"),
    ],
)
def test_a_lying_or_broken_server_is_noticed(
    misbehaviour: Misbehaviour, error: type[GmsealError], words: str, stamper: TrialTimestampAuthority
) -> None:
    patience = 0.5 if misbehaviour is Misbehaviour.SLOW else 20
    with (
        TrialTimestampServer(stamper, misbehaviour=misbehaviour) as running,
        pytest.raises(error, match=words),
    ):
        HttpTimestampSource(running.url, timeout=patience).stamp(MESSAGE)


def test_an_authorization_is_sent_and_one_that_is_none_is_refused(server: TrialTimestampServer) -> None:
    assert HttpTimestampSource(server.url, authorization="Basic dXNlcjpwYXNz").stamp(MESSAGE)
    for wrong in ("Basic x\r\nHost: y", "密码"):
        with pytest.raises(Refused) as refused:
            HttpTimestampSource(server.url, authorization=wrong)
        assert refused.value.reason == "TIMESTAMP_AUTHORIZATION"
        assert wrong not in str(refused.value)


def test_what_was_not_asked_for_is_not_taken(server: TrialTimestampServer) -> None:
    with pytest.raises(Refused, match="refused the request"):
        HttpTimestampSource(server.url, policy="1.2.3.4").stamp(MESSAGE)
    with pytest.raises(Refused) as refused:
        HttpTimestampSource(server.url, token_size=100).stamp(MESSAGE)
    assert refused.value.reason == "TIMESTAMP_TOO_LARGE"


def test_a_server_that_is_gone(stamper: TrialTimestampAuthority) -> None:
    with TrialTimestampServer(stamper) as gone:
        url = gone.url
    with pytest.raises(ServiceUnavailable):
        HttpTimestampSource(url, timeout=5).stamp(MESSAGE)


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://127.0.0.1/", "http://", "http:///x", "http://127.0.0.1:99999/", "http://a b/", "http://u:p@h/",
        "file:///etc/passwd", "http://h/\r\nX: y", "http://例子/",
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(Refused) as refused:
        HttpTimestampSource(url)
    assert refused.value.reason == "TIMESTAMP_URL"


def test_a_host_name_that_cannot_be() -> None:
    with pytest.raises(ServiceUnavailable):
        HttpTimestampSource(f"http://{'a' * 80}.invalid/", timeout=5).stamp(MESSAGE)


@pytest.mark.parametrize(
    ("length", "media_type", "status"),
    [
        (None, "application/timestamp-query", 413),
        ("999999", "application/timestamp-query", 413),
        ("3", "text/html", 415),
    ],
)
def test_the_trial_server_takes_queries_only(
    length: str | None, media_type: str, status: int, server: TrialTimestampServer
) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Type", media_type)
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders(b"abc" if length == "3" else None)
    assert connection.getresponse().status == status
    connection.close()


# --- the commands ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, authority: TrialAuthority) -> Path:
    """Keys and certificates of a trial authority that is in force today, made by the commands."""
    place = tmp_path_factory.mktemp("tsa")
    (place / "trust").mkdir()
    for arguments in (
        ("keygen", "root.key", "--no-password"),
        ("keygen", "tsa.key", "--no-password"),
        ("cert", "trust/root.pem", "--profile", "root", "--name", "试用根", "--key", "root.key", "--days", "3000"),
        (
            "cert", "tsa.pem", "--profile", "timestamp", "--name", "试用时间戳", "--key", "tsa.key",
            "--issuer", "trust/root.pem", "--issuer-key", "root.key",
        ),
    ):  # fmt: skip
        here = [str(place / each) if "." in each else each for each in arguments]
        done = CliRunner().invoke(app, here)
        assert done.exit_code == 0, done.output
    (place / "file").write_bytes(MESSAGE)
    return place


@contextlib.contextmanager
def serving(shop: Path, *more: str) -> Iterator[str]:
    """The address of `gmseal tsa serve`, a process of its own."""
    program = "import sys; from gmseal.cli import app; sys.argv[0] = 'gmseal'; app()"
    command = [sys.executable, "-u", "-c", program, "tsa", "serve", "--port", "0", *more]
    command += ["--cert", str(shop / "tsa.pem"), "--key", str(shop / "tsa.key")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            said = re.search(r"http://\S+", running.stdout.readline())
            assert said is not None
            yield said.group()
        finally:
            running.terminate()


@pytest.fixture(scope="module")
def process(shop: Path) -> Iterator[str]:
    """A server process that behaves."""
    with serving(shop) as url:
        yield url


def command(*arguments: str | Path | int) -> Result:
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"LANG": "C.UTF-8"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_from_a_server_process_to_a_verdict(process: str, shop: Path) -> None:
    token = shop / "file.tst"
    done = command("timestamp", "get", shop / "file", token, "--url", process)
    assert done.exit_code == 0, done.output
    again = command("timestamp", "get", shop / "file", token, "--url", process)
    assert (again.exit_code, "FILE_EXISTS" in again.output) == (1, True)
    shown = json.loads(command("timestamp", "show", token).output)
    assert shown["digest"] == sm3(MESSAGE).hex()
    assert "试用时间戳" in shown["authority"]
    good = command("timestamp", "verify", token, shop / "file", "--trust", shop / "trust")
    assert (good.exit_code, "The time stamp is good." in good.output) == (0, True), good.output
    (shop / "empty").mkdir()
    assert command("timestamp", "verify", token, shop / "file", "--trust", shop / "empty").exit_code == 3
    (shop / "other").write_bytes(b"other")
    bad = command("timestamp", "verify", token, shop / "other", "--trust", shop / "trust")
    assert (bad.exit_code, "other data" in bad.output) == (1, True)


def test_a_server_process_that_lies_is_noticed(process: str, shop: Path) -> None:
    with serving(shop, "--misbehave", "wrong-nonce") as url:
        lied = command("timestamp", "get", shop / "file", shop / "lie.tst", "--url", url)
    assert (lied.exit_code, "TIMESTAMP_MISMATCH" in lied.output) == (1, True)
    assert not (shop / "lie.tst").exists()
    options = ("--cert", shop / "tsa.pem", "--key", shop / "tsa.key", "--port", urlsplit(process).port or 0)
    taken = command("tsa", "serve", *options)
    assert (taken.exit_code, "ADDRESS" in taken.output) == (1, True)


def test_a_revocation_list_from_the_command_counts(process: str, shop: Path) -> None:
    token = shop / "revoked.tst"
    assert command("timestamp", "get", shop / "file", token, "--url", process).exit_code == 0
    issue = ("--issuer", shop / "trust/root.pem", "--issuer-key", shop / "root.key")
    revoke = ("--revoke", shop / "tsa.pem", "--reason", "superseded", "--at", "2026-01-01T00:00:00+08:00")
    (shop / "later").mkdir()
    (shop / "later/root.pem").write_bytes((shop / "trust/root.pem").read_bytes())
    done = command("crl", shop / "later/1.crl", *issue, *revoke)
    assert (done.exit_code, "certificates: 1" in done.output) == (0, True), done.output
    assert "TRIAL" in done.output
    judged = command("timestamp", "verify", token, shop / "file", "--trust", shop / "later")
    assert (judged.exit_code, "TIMESTAMP_REVOKED" in judged.output) == (1, True)
    kept = command("crl", shop / "2.crl", *issue, "--previous", shop / "later/1.crl")
    assert (kept.exit_code, "certificates: 1" in kept.output) == (0, True)
    twice = command("crl", shop / "3.crl", *issue, *revoke, "--previous", shop / "later/1.crl")
    assert (twice.exit_code, "ENTRIES" in twice.output) == (1, True)
    foreign = command("crl", shop / "4.crl", "--issuer", shop / "tsa.pem", "--issuer-key", shop / "tsa.key")
    assert (foreign.exit_code, "ISSUER_NOT_CA" in foreign.output) == (1, True)


def test_the_examples_of_the_documentation_run(tmp_path: Path) -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    (script,) = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
    }
    said = []
    for command in (["bash", "-euc", script], [sys.executable, "-c", program]):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()
        said.append(done.stdout.decode())
    assert "The time stamp is good." in said[0]
    assert "revoked certificates: 1" in said[0]
    assert "fail SIGNER_REVOKED_BEFORE_SIGNING" in said[1]
    assert "pass SIGNATURE_TIMESTAMP" in said[1]
