"""Every reader under files of the corpus that were damaged at random: a report, or an error of the library.

Each reader works in a child process with bounds that the system enforces: so much memory above what there was,
so much time for one input. Whatever else is raised, or takes longer, or grows, fails with the input that did it.
"""

import base64
import json
import multiprocessing
import os
import re
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import der_walker as walker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ofd_writer import read_files, write_package

from gmseal.errors import GmsealError
from gmseal.judging.cms import judge_cms
from gmseal.ofd import inspect_ofd, verify_ofd
from gmseal.pdf import verify_pdf_bytes
from gmseal.policy import STRICT
from gmseal.report import Report, TrustStore
from gmseal.ses.files import verify_der
from gmseal.sm.certificates import Name, read_certificate
from gmseal.sm.crl import read_crl
from gmseal.sm.csr import make_request, read_request
from gmseal.sm.keys import PrivateKey
from gmseal.sm.ocsp import read_ocsp_response
from gmseal.sm.timestamps import read_token
from gmseal.sm.timestamps.messages import build_request, read_response
from gmseal.sm.timestamps.messages import read_request as read_stamp_request

VECTORS = Path(__file__).parent / "vectors"
AT = datetime.fromisoformat("2026-06-03T04:00:00Z")
FULL = os.environ.get("SHUANGYIN_TEST_FULL") == "1"
SCALE = 30 if FULL else 1
SECONDS_FOR_ONE = 5
"""Processor time that one input may take; a good file of the corpus takes some milliseconds."""
MEMORY = 768 << 20
"""Address space that a child may add to what it began with: Hypothesis and PDF libraries included."""


class TookTooLong(BaseException):
    """One input used up its time. Not an ``Exception``, so that nothing on the way swallows it."""


# --- what is read -------------------------------------------------------------------------------


def stored(*suffixes: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(VECTORS.iterdir()) if path.suffix in suffixes]


def contents(name: str) -> bytes:
    """The signature value of a PDF of the corpus."""
    found = re.search(rb"/Contents<([0-9a-f]+)>", (VECTORS / name).read_bytes())
    assert found
    return walker.node(bytes.fromhex(found[1].decode())).whole


def tokens() -> list[bytes]:
    field = walker.node(contents("pdf-v4-stamped.pdf")).parts[4]
    return [field.parts[0].bits]


def certificates() -> list[bytes]:
    signed = walker.node((VECTORS / "signature-v4.dat").read_bytes()).parts[1].content
    return [(VECTORS / "trust" / "root.cer").read_bytes(), signed]


def lists() -> list[bytes]:
    return [path.read_bytes() for path in sorted(VECTORS.glob("trust-*/root.crl"))]


def keys() -> list[bytes]:
    key = PrivateKey.generate()
    return [
        key.to_pkcs8_der(),
        key.to_pkcs8_pem(),
        key.to_encrypted_pkcs8_der(b"password"),
        key.to_pkcs8_pem(b"password"),
    ]


def requests() -> list[bytes]:
    return [make_request(Name("示例", organization="示例"), PrivateKey.generate())]


def written(report: Report) -> None:
    """The report can be written down and speaks for itself."""
    json.dumps(report.to_dict())


def read_der(data: bytes, trust: TrustStore) -> None:
    written(verify_der(data, trust, AT))
    written(verify_der(data, trust, AT, STRICT))


def read_pdf(data: bytes, trust: TrustStore) -> None:
    written(verify_pdf_bytes(data, trust, AT))


def read_ofd(data: bytes, trust: TrustStore) -> None:
    written(verify_ofd(data, trust, AT))
    inspect_ofd(data)


def read_cms(data: bytes, trust: TrustStore) -> None:
    judgement = judge_cms(data, bytes(32), trust, AT)
    assert judgement.checks


def read_one_certificate(data: bytes, _: TrustStore) -> None:
    info = read_certificate(data)
    for property_of in (info.may_sign, info.may_make_seals, info.may_stamp):
        property_of()
    assert info.valid_at(AT) in {True, False}
    assert info.signed_by(info.public_key) in {True, False}


def read_list(data: bytes, trust: TrustStore) -> None:
    read = read_crl(data)
    for serial in read.serials():
        read.entry(serial)
    good = (VECTORS / "signature-v4.dat").read_bytes()
    written(verify_der(good, replace(trust, crls=(data,)), AT))


def read_key(data: bytes, _: TrustStore) -> None:
    key = PrivateKey.from_pkcs8(data, b"password")
    # What was let in is a key: it signs, and its public half agrees.
    assert key.public_key.verify(key.sign(b"message"), b"message")


def read_csr(data: bytes, _: TrustStore) -> None:
    assert read_request(data).verify() in {True, False}


def read_stamp(data: bytes, _: TrustStore) -> None:
    for read in (read_token, read_response, read_stamp_request, read_ocsp_response):
        try:
            read(data)
        except GmsealError:
            continue


def read_directory(data: bytes, trust: TrustStore) -> None:
    """A trust directory that somebody damaged: refused, or read and judged by; never more than it says."""
    folder = Path(os.environ["GMSEAL_TEST_FOLDER"])
    for name in ("a.pem", "a.crl", "a.ocsp"):
        path = folder / name
        path.write_bytes(data)
        try:
            store = TrustStore.from_directory(folder)
            written(verify_der((VECTORS / "seal-v4.esl").read_bytes(), store, AT))
        except GmsealError:
            continue
        finally:
            path.unlink()


def pem(label: str, data: bytes) -> bytes:
    return (
        f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(data) + f"-----END {label}-----\n".encode()
    )


@dataclass(frozen=True)
class Reader:
    """What is read, the good files that damage begins from, how often, and how it is damaged."""

    read: Callable[[bytes, TrustStore], None]
    files: Callable[[], list[bytes]]
    examples: int
    kind: str = "der"


READERS = {
    "seals and signatures": Reader(read_der, lambda: stored(".esl", ".dat"), 110),
    "packages": Reader(read_ofd, lambda: stored(".ofd"), 80, "package"),
    "pdf": Reader(read_pdf, lambda: stored(".pdf"), 70, "pdf"),
    "signed data": Reader(
        read_cms, lambda: [contents("pdf-cms-stamped.pdf"), contents("pdf-gbt35275.pdf")], 80
    ),
    "stamps": Reader(read_stamp, lambda: [*tokens(), build_request(b"message", nonce=7)], 80),
    "lists": Reader(read_list, lists, 70),
    "certificates": Reader(read_one_certificate, certificates, 100),
    "keys": Reader(read_key, keys, 20),
    "requests": Reader(read_csr, requests, 70),
    "trust directories": Reader(
        read_directory, lambda: [*certificates(), *lists(), pem("CERTIFICATE", certificates()[0])], 40
    ),
}

# --- how it is damaged --------------------------------------------------------------------------

ODD = st.sampled_from(
    [
        b"", b"\0", b"\xff", b"\x30\x80", b"\0\0", b"\x30\x84\xff\xff\xff\xff", b"\x02\x01\xff", b"\x30\x00",
        b"\x05\x00", b"\x06\x01\x80", b"\x03\x01\x08", b"\x17\x0dxxxxxxxxxxxxZ", b"\x1f\x81\x80\x80\x00", b"\x13\xff",
        b"0", b"-1", b"99999999999999999999", b"/", b"<<", b">>", b"[", b"]", b"(", b"R", b"null", b"true", b"obj", b"endobj",
        b"stream", b"<", b">", b'"', b"&", b"../", b"/..", b"\r\n", b"ofd:", b"NaN", b"1e999", b"%%EOF", b"startxref\n0\n",
    ]
)  # fmt: skip


def damaged(draw: Any, good: bytes) -> bytes:
    """A few pieces replaced by others, doubled, left out, cut off, or from another place of the same file."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        length = draw(st.sampled_from([0, 1, 1, 2, 4, 16, 200]))
        piece = bytes(data[at : at + length])
        change = draw(st.integers(0, 6))
        if change == 0:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif change == 1:
            data[at : at + length] = draw(ODD)
        elif change == 2:
            data[at : at + length] = draw(st.binary(max_size=8))
        elif change == 3:
            data[at:at] = piece * draw(st.sampled_from([1, 2, 50]))
        elif change == 4:
            other = draw(st.integers(0, len(data) - 1))
            data[at : at + length] = data[other : other + length]
        elif change == 5:
            del data[at : at + length]
        else:
            del data[at + 1 :]
    return bytes(data)


def damaged_structure(draw: Any, good: bytes) -> bytes:
    """One element of DER replaced, doubled, dropped or emptied, all lengths around it made right again."""
    chosen, mode, seen = draw(st.integers(0, 60)), draw(st.integers(0, 4)), 0
    odd = draw(ODD)

    def build(one: walker.Node) -> bytes:
        nonlocal seen
        seen += 1
        if seen == chosen:
            return (odd, one.whole * 2, b"", bytes((one.tag, 0)), bytes((one.tag ^ 0x20,)) + one.whole[1:])[
                mode
            ]
        if not one.tag & 0x20:
            return one.whole
        inner = b"".join(map(build, one.parts))
        return walker.tlv(one.tag, inner)

    return build(walker.node(good))


def damaged_package(draw: Any, good: bytes) -> bytes:
    """A sound archive with one file damaged, so that what is inside reaches every reader."""
    files = read_files(good)
    name = draw(st.sampled_from(sorted(files)))
    return write_package({**files, name: damaged(draw, files[name])}, packing=0)


def damaged_pdf(draw: Any, good: bytes) -> bytes:
    """A number, a name or a reference of the file replaced by another of its own, or by something odd."""
    found = list(re.finditer(rb"/[A-Za-z]+|\d+ 0 R|-?\d+|\[|<<", good))
    one = draw(st.sampled_from(found))
    other: bytes = draw(st.sampled_from(found))[0] if draw(st.booleans()) else draw(ODD)
    return good[: one.start()] + other + good[one.end() :]


CLEVER = {"der": damaged_structure, "package": damaged_package, "pdf": damaged_pdf}

# --- the bounds ---------------------------------------------------------------------------------


@contextmanager
def bounded() -> Iterator[None]:
    """One input has so much processor time."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS_FOR_ONE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _too_long(_number: int, _frame: object) -> None:
    raise TookTooLong


def _work(name: str, folder: Path, sender: Any) -> None:
    """The child: reads damaged files until something is raised that should not be."""
    os.environ["GMSEAL_TEST_FOLDER"] = str(folder)
    signal.signal(signal.SIGPROF, _too_long)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    bound = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    reader, last, counted = READERS[name], folder.parent / f"{folder.name}.input", 0
    trust = TrustStore.from_directory(VECTORS / "trust")
    files = reader.files()

    @settings(
        max_examples=reader.examples * SCALE,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def examine(data: Any) -> None:
        nonlocal counted
        good = data.draw(st.sampled_from(files))
        clever = CLEVER[reader.kind] if data.draw(st.integers(0, 2)) else damaged
        if reader.kind == "der" and good[:1] != b"\x30":
            clever = damaged
        try:
            bad = clever(data.draw, good)
        except (AssertionError, IndexError):
            return  # The good file was itself one that the walker of the tests cannot follow.
        last.write_bytes(bad)
        counted += 1
        with bounded():
            try:
                reader.read(bad, trust)
            except GmsealError:
                return

    try:
        examine()
        sender.send((counted, None))
    except BaseException:
        # Whatever it is, the parent has to hear of it.
        sender.send((counted, traceback.format_exc()))
    finally:
        sender.close()


@pytest.mark.parametrize("name", list(READERS))
def test_a_reader_answers_with_a_report_or_an_error(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    folder.mkdir()
    method = multiprocessing.get_context("fork")
    receiver, sender = method.Pipe(duplex=False)
    child = method.Process(target=_work, args=(name, folder, sender))
    child.start()
    sender.close()
    waits = 120 * SCALE
    answered = receiver.poll(waits)
    try:
        told = receiver.recv() if answered else (0, f"no answer within {waits} s: an endless loop")
    except EOFError:
        told = (0, "the process ended without a word: it crashed")
    if not answered:
        child.kill()
    child.join()
    counted, failure = told
    assert failure is None, f"{failure}\nThe input is in {tmp_path}/trust.input"
    assert counted > READERS[name].examples * SCALE // 3, "hardly anything was read"


def spin() -> None:
    """A reader that never ends, or nearly: what the watchdog is for."""
    signal.setitimer(signal.ITIMER_PROF, 0.05)
    end = time.process_time() + 20
    while time.process_time() < end:
        pass


def test_the_watchdog_notices_an_endless_loop() -> None:
    before = signal.signal(signal.SIGPROF, _too_long)
    try:
        with bounded(), pytest.raises(TookTooLong):
            spin()
    finally:
        signal.signal(signal.SIGPROF, before)
