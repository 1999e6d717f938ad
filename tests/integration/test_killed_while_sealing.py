"""SIGKILL at the moments of sealing that matter: afterwards a request is sealed once, or approved and then sealed once.

The moments are those of `shuangyin.sealing.commands.electronic`: before the worker takes the job, with the decrypted
file in the work folder, with the seal in it, with half a ciphertext, with the whole ciphertext that no row knows yet.
"""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from foundation import Foundation
from running_installation import Installation, installation, run

from evidencelog.bundle import EntrySource, write_bundle
from evidencelog.proof import parse_proof
from evidencelog.tree import TileProver
from evidencelog.witness.monitor import HttpTiles

pytestmark = pytest.mark.slow

MEGABYTES = 24
PATIENCE_SECONDS = 120
PLACE = {"page": 0, "x_mm": 100.0, "y_mm": 200.0}


@dataclass(frozen=True)
class State:
    """What the rows say of one request."""

    status: str
    uses: int
    sealed_versions: int


class Folders:
    """What can be seen of the sealing from outside: files that appear in the work folder and the object store."""

    def __init__(self, data_dir: Path, source_size: int) -> None:
        self._work = data_dir / "work"
        self._objects = data_dir / "objects"
        self._size = source_size
        self._before = self._published()

    def _published(self) -> set[str]:
        return {name for _, _, names in os.walk(self._objects) for name in names if not name.startswith(".")}

    def _work_sizes(self) -> list[int]:
        try:
            return [path.stat().st_size for path in self._work.iterdir()]
        except FileNotFoundError:  # one was removed while we looked
            return []

    def nothing_yet(self) -> bool:
        return True

    def decrypted(self) -> bool:
        return any(size > 0 for size in self._work_sizes())

    def sealed_in_work(self) -> bool:
        return any(size > self._size for size in self._work_sizes())

    def encrypting(self) -> bool:
        return any(path.name.startswith(".incoming-") for path in self._objects.iterdir())

    def published(self) -> bool:
        return bool(self._published() - self._before)


MOMENTS: dict[str, tuple[Callable[[Folders], bool], float]] = {
    "approved, nobody has begun": (Folders.nothing_yet, 0.0),
    "decrypted in the work folder": (Folders.decrypted, 0.0),
    "seal in the work file": (Folders.sealed_in_work, 0.0),
    "half a ciphertext": (Folders.encrypting, 0.02),
    "ciphertext that no row knows, or just after the commit": (Folders.published, 0.03),
}
"""What to wait for, and the longest random delay in seconds after it."""


def large_pdf(megabytes: int) -> bytes:
    """A contract with an incompressible attachment in it, so that sealing takes a while."""
    buffer = io.BytesIO()
    sample = Path(__file__).parents[2] / "samples" / "contract.pdf"
    with pikepdf.open(sample) as pdf:
        pdf.Root["/Attachment"] = pdf.make_indirect(pikepdf.Stream(pdf, random.randbytes(megabytes << 20)))
        pdf.save(buffer)
    return buffer.getvalue()


def rows(installation: Installation, copy: Path, request_id: str, document_id: str) -> State:
    """The state of a stopped installation, read from a copy so that the server's own recovery stays untouched."""
    copy.mkdir()
    for path in installation.data_dir.glob("shuangyin.sqlite3*"):
        shutil.copy(path, copy)
    connection = sqlite3.connect(copy / installation.database.name)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [status] = connection.execute("SELECT status FROM use_request WHERE id = ?", [request_id]).fetchone()
        [uses] = connection.execute(
            "SELECT count(*) FROM seal_use WHERE request_id = ?", [request_id]
        ).fetchone()
        [versions] = connection.execute(
            "SELECT count(*) FROM document_version WHERE document_id = ? AND origin = 'sealed'", [document_id]
        ).fetchone()
        return State(status, uses, versions)
    finally:
        connection.close()


def entries_of(installation: Installation) -> list[dict[str, Any]]:
    """All evidence entries, in the order of the log; those without a place last."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = installation["auditor"].get("/evidence/entries", limit=200, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return sorted(
                found, key=lambda entry: (entry["log_index"] is None, entry["log_index"], entry["id"])
            )
        cursor = {"cursor": page["next_cursor"]}


def head_of(installation: Installation) -> tuple[int, str]:
    """Size and root of the newest signed head."""
    log = installation["auditor"].get("/evidence/log")
    return log["size"], log["root"]


def wait_until(answer: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not answer():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for: {what}"
        time.sleep(0.1)


@pytest.fixture
def running(tmp_path: Path, foundation: Foundation) -> Iterator[Installation]:
    """An installation of its own: other tests would meet the large files and the dead server."""
    with installation(tmp_path / "installation", foundation=foundation) as made:
        yield made


def test_a_killed_sealing_is_done_once_or_not_yet(running: Installation, tmp_path: Path) -> None:
    source = large_pdf(MEGABYTES)
    document = running.upload("large.pdf", source, "附大附件的供货合同")
    version = document["versions"][0]
    assert version["size"] >= MEGABYTES << 20
    acknowledged: set[str] = set()
    heads: list[tuple[int, str]] = []
    interrupted = 0
    for turn, (name, (moment, longest)) in enumerate(MOMENTS.items()):
        request = running.apply(version, placements=[PLACE])
        acknowledged |= {entry["id"] for entry in entries_of(running)}
        heads.append(head_of(running))
        folders = Folders(running.data_dir, len(source))
        running.approve(request)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not moment(folders):
            assert time.monotonic() < deadline, f"never seen: {name}"
            time.sleep(0.001)  # the moments last longer, and the server needs the processor to come to them
        time.sleep(random.uniform(0, longest))
        running.kill()

        left = rows(running, tmp_path / f"copy-{turn}", request["id"], document["id"])
        assert left in (State("approved", 0, turn), State("sealed", 1, turn + 1)), name
        interrupted += left.status == "approved"
        running.server.start()
        wait_until(
            lambda number=request["id"]: running["employee"].get(f"/requests/{number}")["status"] == "sealed",  # type: ignore[misc]  # bound at once
            f"sealed by itself after: {name}",
        )
        check_sealed_once(running, request["id"], document["id"], turn + 1, name)
        assert not list((running.data_dir / "work").iterdir()), name
        assert not list((running.data_dir / "objects").glob(".incoming-*")), name
    assert interrupted >= 3, "the kills came too late to interrupt anything"
    check_sealed_file(running, request["id"], source, tmp_path)
    check_log(running, tmp_path, acknowledged, heads)


def check_sealed_once(
    running: Installation, request_id: str, document_id: str, count: int, name: str
) -> None:
    employee = running["employee"]
    request = employee.get(f"/requests/{request_id}")
    assert len(request["uses"]) == 1, name
    versions = employee.get(f"/documents/{document_id}")["versions"]
    assert len([one for one in versions if one["origin"] == "sealed"]) == count, name
    uses = running["auditor"].get("/seal-uses", request_id=request_id)["items"]
    assert [use["id"] for use in uses] == [request["uses"][0]["id"]], name
    kinds = [
        entry["kind"]
        for entry in running["auditor"].get(
            "/evidence/entries", subject_type="request", subject_id=request_id
        )["items"]
    ]
    assert kinds.count("sealing.sealed") == 1, (name, kinds)


def check_sealed_file(running: Installation, request_id: str, source: bytes, folder: Path) -> None:
    sealed = running.sealed_file(running["employee"].get(f"/requests/{request_id}"))
    assert sealed.startswith(source)
    path = folder / "sealed.pdf"
    path.write_bytes(sealed)
    checked = run("qpdf", "--check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(re.findall(rb"/ByteRange", sealed[len(source) :])) == 1, "sealed by one update"


def check_log(
    running: Installation, folder: Path, acknowledged: set[str], heads: list[tuple[int, str]]
) -> None:
    auditor = running["auditor"]
    wait_until(lambda: auditor.get("/evidence/log")["pending"] == 0, "all entries in the log")
    entries = entries_of(running)
    assert acknowledged <= {entry["id"] for entry in entries}, "an acknowledged entry is gone"
    # Between them stand the log's own entries, which bind its twin and belong to no organization.
    indexes = [entry["log_index"] for entry in entries]
    assert indexes == sorted(set(indexes)), "an entry has no place, or two"
    bodies = [auditor.download(f"/evidence/entries/{entry['id']}/body") for entry in entries]
    newest = head_of(running)
    tiles = HttpTiles(f"{running.server.base_url}/log", newest[0])
    for size, root in [*heads, newest]:
        assert TileProver(tiles, size).root().hex() == root, f"the log does not grow from its head of {size}"
    proofs = [parse_proof(auditor.download(f"/evidence/entries/{entry['id']}/proof")) for entry in entries]
    keys = folder / "log.vkeys"
    keys.write_text("".join(f"{key}\n" for key in auditor.get("/evidence/log")["vkeys"]))
    bundle = folder / "bundle.zip"
    write_bundle(
        bundle,
        origin=proofs[0].head().origin,
        created_at_ms=int(time.time() * 1000),
        entries=[EntrySource(body, proof) for body, proof in zip(bodies, proofs, strict=True)],
        vkeys=keys.read_text().split(),
    )
    verified = run("evidencelog", "verify", bundle, "--vkey", keys)
    assert verified.returncode == 0, verified.stdout + verified.stderr
