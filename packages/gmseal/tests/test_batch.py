"""Batches: the same results as one by one, errors that stay where they arise, flat memory, interruption, deaths."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from batch_jobs import Measuring, NeverReady, Unloadable
from click.testing import CliRunner
from ofd_writer import OfdPlan

from gmseal.batch import SealTask, SigningFiles, seal_many, verify_many, verify_many_json
from gmseal.batch.workers import run_workers
from gmseal.cli.application import app
from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.ofd import OfdSealOrder, sign_ofd_bytes, verify_ofd
from gmseal.pdf import SealOrder, seal_pdf_bytes, verify_pdf_bytes
from gmseal.placement import SealPlacement
from gmseal.ses.seal import read_seal
from gmseal.trial import TrialAuthority, TrialUnit
from gmseal.trust import TrustStore

HERE = (SealPlacement(0, 20, 30),)
PASSWORD = b"a password"


@dataclass
class Many:
    """Files of seal and key, orders, a document of each kind, and a folder."""

    files: SigningFiles
    unit: TrialUnit
    pdf_order: SealOrder
    ofd_order: OfdSealOrder
    pdf: bytes
    ofd: bytes
    folder: Path


@pytest.fixture
def many(authority: TrialAuthority, unit: TrialUnit, tmp_path: Path) -> Many:
    files = {"seal.der": unit.seal, "cert.der": unit.certificate, "key.pem": unit.key.to_pkcs8_pem(PASSWORD)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    source = tmp_path / "blank.pdf"
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        document.save(source)
    pdf = source.read_bytes()
    source.unlink()
    return Many(
        files=SigningFiles(tmp_path / "seal.der", tmp_path / "cert.der", tmp_path / "key.pem", PASSWORD),
        unit=unit,
        pdf_order=SealOrder(signed_at=authority.now, placements=HERE),
        ofd_order=OfdSealOrder(signed_at=authority.now, placements=HERE),
        pdf=pdf,
        ofd=OfdPlan().build(),
        folder=tmp_path,
    )


@pytest.fixture
def mixed(many: Many) -> list[bytes | Path]:
    """Sealed documents of both kinds, a tampered one, the seal, and things that are no documents."""
    sealer = many.unit.sealer()
    sealed = seal_pdf_bytes(many.pdf, many.pdf_order, sealer)
    package = sign_ofd_bytes(many.ofd, many.ofd_order, sealer)
    return [
        sealed,
        package,
        sealed.replace(b"/MediaBox", b"/MediaBoy", 1),
        b"no document",
        many.unit.seal,
        many.folder / "missing.pdf",
        package[:-9],
        many.pdf,
    ]


@pytest.mark.parametrize("workers", [0, 2])
def test_reports_are_those_of_single_calls_and_failures_stay_with_their_document(
    many: Many, mixed: list[bytes | Path], authority: TrialAuthority, workers: int
) -> None:
    found = list(verify_many(mixed, authority.trust, authority.now, workers=workers, at_once=3))
    assert [one.index for one in found] == list(range(len(mixed)))
    assert isinstance(mixed[0], bytes)
    assert isinstance(mixed[1], bytes)
    assert found[0].value == verify_pdf_bytes(mixed[0], authority.trust, authority.now)
    assert found[1].value == verify_ofd(mixed[1], authority.trust, authority.now)
    verdicts = [one.value.verdict.value if one.value else one.failure and one.failure.code for one in found]
    assert verdicts[2:] == [
        "invalid", "MALFORMED_INPUT", "valid", "NOT_FOUND", "MALFORMED_INPUT", "indeterminate",
    ]  # fmt: skip
    assert found[5].source == many.folder / "missing.pdf"
    assert all(one.ok == (one.failure is None) for one in found)


def test_sealing_in_workers_writes_files_that_are_valid_and_leaves_the_rest_alone(
    many: Many, authority: TrialAuthority
) -> None:
    target = many.folder / "out.ofd"
    later = SealOrder(signed_at=authority.now, placements=(SealPlacement(7, 20, 30),))
    tasks: list[SealTask | Path | bytes] = [
        SealTask(many.ofd, target),
        many.pdf,
        b"%PDF- broken",
        SealTask(many.pdf, order=later),
    ]
    found = list(
        seal_many(tasks, many.files, pdf=many.pdf_order, ofd=many.ofd_order, workers=1, durable=False)
    )
    assert found[0].value == target
    assert isinstance(found[1].value, bytes)
    assert [one.failure.code if one.failure else None for one in found] == [
        None,
        None,
        "BROKEN_XREF",
        "PAGE_MISSING",
    ]
    made = [target.read_bytes(), found[1].value]
    assert [one.value and one.value.verdict.value for one in verify_many(made, authority.trust, authority.now, workers=0)] == ["valid", "valid"]  # fmt: skip


def test_a_kind_without_an_order_is_refused(many: Many) -> None:
    (found,) = seal_many([many.ofd], many.files, pdf=many.pdf_order, workers=0)
    assert found.failure is not None
    assert found.failure.code == "ORDER"


def test_a_wrong_password_is_told_before_any_document_is_touched(many: Many) -> None:
    wrong = SigningFiles(many.files.seal, many.files.certificate, many.files.key, b"wrong")
    with pytest.raises(Refused, match="password"):
        seal_many(iter([many.pdf]), wrong, pdf=many.pdf_order)
    assert "b'wrong'" not in repr(wrong)


def test_a_killed_process_costs_only_the_document_that_killed_it() -> None:
    documents = [b"a", b"bb", b"die", b"dddd", b"fault", b"ffffff", b"die", b"h" * 8]
    found = list(run_workers(Measuring(), enumerate(documents), workers=2, ordered=True, at_once=2))
    told = [getattr(one.found, "code", one.found) for one in found]
    assert told == [1, 2, "WORKER_DIED", 4, "UNEXPECTED", 6, "WORKER_DIED", 8]
    assert [one.index for one in found] == list(range(8))


def test_a_process_that_cannot_prepare_itself_ends_the_batch_with_the_reason() -> None:
    with pytest.raises(Refused, match="device") as refused:
        list(run_workers(NeverReady(), enumerate([b"a"]), workers=1, ordered=True, at_once=1))
    assert refused.value.reason == "NO_DEVICE"


def test_processes_that_die_at_their_start_end_the_batch() -> None:
    with pytest.raises(GmsealError, match="begun"):
        list(run_workers(Unloadable(), enumerate([b"a"]), workers=1, ordered=True, at_once=1))


@pytest.mark.parametrize("ordered", [True, False])
def test_memory_is_flat_over_two_thousand_documents(*, ordered: bool) -> None:
    read = 0

    def documents() -> Iterator[tuple[int, bytes]]:
        nonlocal read
        for index in range(2000):
            read += 1
            yield index, bytes(36_000)

    seen, ahead = set(), 0
    tracemalloc.start()
    try:
        for outcome in run_workers(Measuring(), documents(), workers=2, ordered=ordered, at_once=8):
            seen.add(outcome.index)
            ahead = max(ahead, read - len(seen))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(seen) == 2000
    assert ahead <= 2 * 2 * 8 + 8
    assert peak < 12 << 20, "72 MB went through"


def test_closing_the_iterator_ends_the_processes_and_reads_no_further() -> None:
    read = []

    def documents() -> Iterator[tuple[int, bytes]]:
        for index in range(10_000):
            read.append(index)
            yield index, b"x"

    results = run_workers(Measuring(), documents(), workers=1, ordered=True, at_once=4)
    next(results)
    results.close()  # type: ignore[attr-defined]  # a generator
    assert len(read) < 20
    assert not multiprocessing.active_children()


def _interrupted(process: subprocess.Popen[str]) -> str:
    """What a process still says when it is interrupted, as from a terminal: all its processes get the signal.

    Python loses an interruption that falls into a finalizer; a person would press the keys again.
    """
    for _ in range(5):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)[0]
    os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()[0]


def test_an_interruption_ends_the_command_and_its_processes(
    many: Many, authority: TrialAuthority, tmp_path: Path
) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import itertools, multiprocessing, signal, sys\n"
        "from pathlib import Path\n"
        "from gmseal.batch import verify_many_json\n"
        "from gmseal.trust import TrustStore\n"
        "if __name__ == '__main__':\n"
        # Whoever starts these tests in the background hands on that interruptions are ignored.
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    try:\n"
        "        for one in verify_many_json(itertools.repeat(Path(sys.argv[1]).read_bytes()), TrustStore(), workers=1):\n"
        "            print(one.index, flush=True)\n"
        "    except KeyboardInterrupt:\n"
        "        print('left', len(multiprocessing.active_children()))\n"
    )
    document = tmp_path / "document.pdf"
    document.write_bytes(many.pdf)
    command = [sys.executable, str(script), str(document)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        said = _interrupted(process)
    assert process.returncode == 0
    assert said.endswith("left 0\n")


def test_the_commands_seal_a_folder_and_say_a_line_for_each_file(
    many: Many, authority: TrialAuthority
) -> None:
    source, out, roots = many.folder / "in", many.folder / "out", many.folder / "roots"
    source.mkdir()
    roots.mkdir()
    (roots / "root.cer").write_bytes(authority.root)
    (many.folder / "password").write_bytes(PASSWORD + b"\n")
    for name, data in {"a.pdf": many.pdf, "b.ofd": many.ofd, "c.pdf": b"%PDF-", "note.txt": b""}.items():
        (source / name).write_bytes(data)
    options = [
        "--seal",
        str(many.files.seal),
        "--cert",
        str(many.files.certificate),
        "--key",
        str(many.files.key),
    ]
    options += ["--password-file", str(many.folder / "password"), "--x", "20", "--y", "30", "--workers", "0"]
    sealed = CliRunner().invoke(app, ["sign-many", str(source), str(out), "--json", *options])
    lines = [json.loads(line) for line in sealed.output.splitlines()]
    assert [(Path(line["file"]).name, line.get("code")) for line in lines] == [
        ("a.pdf", None), ("b.ofd", None), ("c.pdf", "BROKEN_XREF"),
    ]  # fmt: skip
    assert sealed.exit_code == 2
    assert sorted(path.name for path in out.iterdir()) == ["a.pdf", "b.ofd"]
    judged = CliRunner().invoke(
        app, ["verify-many", str(out), "--trust", str(roots), "--json", "--workers", "0"]
    )
    reports = [json.loads(line) for line in judged.output.splitlines()]
    assert [report["kind"] for report in reports] == ["pdf", "ofd"]
    assert all(report["format"] == "gmseal-report/2" for report in reports)


def test_nothing_is_said_of_documents_when_the_roots_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    for option, code in (("--trust", "TRUST_UNREADABLE"), ("--at", "MALFORMED_INPUT")):
        told = CliRunner().invoke(
            app, ["verify-many", str(tmp_path / "a.pdf"), option, str(tmp_path / "nowhere")]
        )
        assert told.exit_code == 2, "status 1 would say that a document is not valid"
        assert told.stderr.startswith(f"gmseal: {code}: ")
        assert told.stdout == ""


def test_a_folder_without_documents_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "note.txt").write_bytes(b"")
    judged = CliRunner().invoke(app, ["verify-many", str(empty), "--workers", "0"])
    assert judged.exit_code == 3
    assert judged.stdout == ""
    assert "NO_DOCUMENTS" in judged.stderr
    assert str(empty) in judged.stderr
    beside = CliRunner().invoke(app, ["verify-many", str(empty), str(empty / "note.txt"), "--workers", "0"])
    assert beside.exit_code == 2, "what cannot be read is worse than what is not there"


@pytest.mark.parametrize(
    "data", [b"-----BEGIN CERTIFICATE-----\n" + b"A" * 80, b"\n-----BEGIN EC PRIVATE KEY-----\nAA"]
)
def test_text_where_a_document_or_seal_belongs_is_named(data: bytes) -> None:
    (found,) = verify_many([data], TrustStore(), workers=0)
    assert found.failure is not None
    assert found.failure.code == "MALFORMED_INPUT"
    assert "PEM" in found.failure.message
    assert "BEGIN" not in found.failure.message


def test_a_seal_as_text_is_named() -> None:
    with pytest.raises(MalformedInput, match=r"text \(PEM\)"):
        read_seal(b"-----BEGIN SEAL-----\n" + b"A" * 80 + b"\n-----END SEAL-----\n")


def test_json_lines_are_the_reports_of_single_calls(
    mixed: list[bytes | Path], authority: TrialAuthority
) -> None:
    (found,) = verify_many_json(mixed[1:2], authority.trust, authority.now, workers=0)
    assert isinstance(mixed[1], bytes)
    assert json.loads(found.value or "") == verify_ofd(mixed[1], authority.trust, authority.now).to_dict()
