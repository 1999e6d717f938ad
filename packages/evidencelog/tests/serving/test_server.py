"""The log over HTTP, from outside: what it promises, what it refuses, and what a kill leaves."""

import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from evidencelog import encode_entry, open_checkpoint, parse_proof, verify_consistency, verify_proof
from evidencelog.store import FileTileStore
from evidencelog.tiles import decode_entry_bundle
from evidencelog.tree import TileProver

from .conftest import ORIGIN, Answer, Served, close_clients

ROUNDS = 8 if os.environ.get("SHUANGYIN_TEST_FULL") else 3


def entry(number: int | str) -> bytes:
    return encode_entry({"number": str(number)})


def published(served: Served, size: int) -> Answer:
    client = served.client()
    for _ in range(100):
        answer = client.ask("GET", "/checkpoint")
        if answer.status == 200 and int(answer.body.split(b"\n")[1]) >= size:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"no checkpoint of {size} entries within five seconds")


def test_an_entry_is_placed_proved_and_published(served: Served) -> None:
    client = served.client()
    first = client.add(entry("a"), key="k1")
    assert (first.status, first.json) == (201, {"index": 0})
    assert client.add(entry("a"), key="k1").status == 200
    conflict = client.add(entry("b"), key="k1")
    assert (conflict.status, conflict.json["code"]) == (409, "entry.conflict")
    assert client.add(entry("b")).json == {"index": 1}
    note = published(served, 2)
    head = open_checkpoint(note.body, [served.ed25519.verifier, served.sm2.verifier], origin=ORIGIN)
    assert {key.algorithm for key in head.signed_by} == {"ed25519", "sm2"}
    proof = parse_proof(client.ask("GET", "/proof/1").body)
    verify_proof(proof, entry("b"), [served.ed25519.verifier], origin=ORIGIN)
    bundle = client.ask("GET", "/tile/entries/000.p/2")
    assert decode_entry_bundle(bundle.body, 2) == (entry("a"), entry("b"))
    assert "immutable" in bundle.headers["cache-control"]
    assert client.ask("GET", "/tile/0/000.p/2").status == 200
    assert client.ask("GET", "/healthz").json["size"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/add", b"x" * 65_536, 413, "entry.too_large"),
        ("POST", "/add", b"\xff\x00 not an entry", 400, "entry.malformed"),
        ("POST", "/add", b'{"v":1, "a":1}', 400, "entry.not_canonical"),
        ("POST", "/add", b"[" * 60_000, 400, "entry.not_canonical"),
        ("GET", "/proof/7", None, 404, "store.missing"),
        ("GET", "/proof/x", None, 400, "tile.path"),
        ("GET", "/proof/" + "9" * 30, None, 400, "tile.path"),
        ("GET", "/tile/0/999", None, 404, "store.missing"),
        ("GET", "/tile/0/../log.sqlite3", None, 400, "tile.path"),
        ("GET", "/tile/entries/x000/000", None, 400, "tile.path"),
        ("GET", "/log.sqlite3", None, 400, "tile.path"),
    ],
)
def test_what_cannot_be_is_refused_with_a_code(
    shared: Served, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    answer = shared.client().ask(method, path, body)
    assert (answer.status, answer.json["code"]) == (status, code)


def test_other_methods_are_told_which_are_allowed(shared: Served) -> None:
    assert shared.client().ask("GET", "/add").headers["allow"] == "POST"
    assert shared.client().ask("DELETE", "/checkpoint").headers["allow"] == "GET, HEAD"


def test_a_second_server_on_the_folder_is_refused(shared: Served) -> None:
    done = shared.run("serve", str(shared.root / "log"), *shared.options(), "--port", "0")
    assert done.returncode == 2
    assert "log.busy" in done.stderr


@pytest.mark.slow
def test_killed_in_the_middle_again_and_again(served: Served) -> None:
    """Every acknowledged entry is in the next checkpoint, no head shrinks, no two of one size differ."""
    acknowledged: dict[int, bytes] = {}
    heads: dict[int, bytes] = {}
    lock = threading.Lock()
    chance = random.Random(4)
    serial = iter(range(1_000_000))

    def work() -> None:
        client = served.client()
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                with lock:
                    body = entry(next(serial))
                answer = client.add(body)
                assert answer.status == 201
                with lock:
                    assert answer.json["index"] not in acknowledged
                    acknowledged[answer.json["index"]] = body

    for _ in range(ROUNDS):
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.4 + chance.random() / 2)
        with contextlib.suppress(OSError, http.client.HTTPException):
            note = served.client().ask("GET", "/checkpoint")
            if note.status == 200:
                head = open_checkpoint(note.body, [served.sm2.verifier], origin=ORIGIN).checkpoint
                assert heads.setdefault(head.size, head.root) == head.root
        served.end(signal.SIGKILL)
        for thread in threads:
            thread.join(timeout=30)
        close_clients(served)
        served.start()
        note = published(served, max(acknowledged) + 1)
        head = open_checkpoint(note.body, [served.ed25519.verifier], origin=ORIGIN).checkpoint
        assert head.size >= max(heads, default=0)
        heads[head.size] = head.root
    served.end()
    files = FileTileStore(served.root / "log" / "public")
    last = max(heads)
    for size, root in heads.items():
        proof = TileProver(files, last).consistency_proof(size)
        verify_consistency(size, last, root, heads[last], proof)
    stored = [
        item
        for index in range((last + 255) // 256)
        for item in decode_entry_bundle(
            files.read_entries(index, min(256, last - index * 256)), min(256, last - index * 256)
        )
    ]
    assert all(stored[index] == body for index, body in acknowledged.items())
    assert len(acknowledged) > 50


def test_import_audit_and_recovery_from_the_command_line(served: Served, tmp_path: Path) -> None:
    served.end()
    lines = tmp_path / "entries.ndjson"
    lines.write_bytes(b"".join(entry(number) + b"\n" for number in range(1000)))
    folder = str(served.root / "log")
    done = served.run("import", folder, str(lines), *served.options())
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{ORIGIN}: 1000"
    vkeys = ["--vkey", served.ed25519.verifier.vkey]
    audit = served.run("audit", folder, "--origin", ORIGIN, *vkeys, "--json")
    assert (audit.returncode, json.loads(audit.stdout)["size"]) == (0, 1000)
    other = str(served.root / "other")
    done = served.run("recover", other, folder + "/public", *served.options())
    assert done.stdout.strip() == f"{ORIGIN}: 0 → 1000"
    # The recovered log has no fence yet: it is signed for only with the word of somebody outside.
    head = folder + "/public/checkpoint"
    done = served.run("reconcile", other, *served.options(), "--head", head)
    assert done.returncode == 0, done.stderr
    audit = served.run("audit", other, "--origin", ORIGIN, *vkeys)
    assert audit.returncode == 0
    assert "1000" in audit.stdout
