"""A log, three witnesses and a monitor, each a process of its own; and witnesses that misbehave."""

import contextlib
import hashlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from evidencelog import (
    Ed25519Signer,
    FileTileStore,
    LogState,
    Sm2Signer,
    encode_entry,
    integrate,
    sign_checkpoint,
)
from evidencelog.cosignature import Cosigner
from evidencelog.policy import WitnessPolicy
from evidencelog.witness.client import with_lines
from evidencelog.witness.monitor import AlarmKind, LogMonitor, MonitorState

from .conftest import EVIDENCELOG, ORIGIN, Served, close_clients


@dataclass
class WitnessProcess:
    name: str
    cosigners: list[Cosigner]
    process: subprocess.Popen[str]
    address: str

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()


def start_witness(root: Path, name: str, log_vkeys: list[str]) -> WitnessProcess:
    full = f"witness.example/{name}"
    root.mkdir()
    keys: list[str] = []
    cosigners = [Cosigner.generate(full), Cosigner.generate(full, "sm2")]
    for number, cosigner in enumerate(cosigners):
        path = root / f"{number}.key"
        path.write_text(cosigner.skey)
        keys += ["--key", str(path)]
    logs = [part for vkey in log_vkeys for part in ("--log", vkey)]
    command = [*EVIDENCELOG, "witness", str(root / "data"), *keys, *logs, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    assert lines[0].strip() == cosigners[0].verifier.vkey
    return WitnessProcess(name, cosigners, process, lines[2].split()[-1])


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "operator", Ed25519Signer.generate(ORIGIN), Sm2Signer.generate(ORIGIN))
    served.root.mkdir()
    yield served
    served.end()
    close_clients(served)


@pytest.fixture
def witnesses(log: Served, tmp_path: Path) -> Iterator[list[WitnessProcess]]:
    vkeys = [log.ed25519.verifier.vkey, log.sm2.verifier.vkey]
    started = [start_witness(tmp_path / name, name, vkeys) for name in ("bank", "court", "notary")]
    yield started
    for witness in started:
        witness.end()


def options(witnesses: list[WitnessProcess]) -> list[str]:
    return [
        part
        for witness in witnesses
        for cosigner in witness.cosigners
        for part in ("--witness", f"{witness.address}={cosigner.verifier.vkey}")
    ]


def policy_text(log: Served, witnesses: list[WitnessProcess], threshold: int) -> str:
    lines = [f"log {log.ed25519.verifier.vkey}", f"log {log.sm2.verifier.vkey}"]
    for witness in witnesses:
        vkeys = " ".join(cosigner.verifier.vkey for cosigner in witness.cosigners)
        lines.append(f"witness {witness.name} {vkeys}")
    names = " ".join(witness.name for witness in witnesses)
    return "\n".join([*lines, f"group members {threshold} {names}", "quorum members", ""])


def wait_for_quorum(log: Served, believed: WitnessPolicy, size: int) -> bytes:
    files = FileTileStore(log.root / "log" / "public")
    for _ in range(200):
        note = files.read_checkpoint()
        if note is not None:
            try:
                if believed.open(note).checkpoint.size >= size:
                    return note
            except Exception as error:
                last = error
        time.sleep(0.05)
    raise AssertionError(f"no witnessed head of {size} entries within ten seconds: {last}")


def test_three_witnesses_and_a_monitor(log: Served, witnesses: list[WitnessProcess], tmp_path: Path) -> None:
    log.start(*options(witnesses))
    client = log.client()
    for number in range(5):
        client.add(encode_entry({"n": number}))
    text = policy_text(log, witnesses, 3)
    all_three = WitnessPolicy.parse(text.encode())
    note = wait_for_quorum(log, all_three, 5)
    assert set(all_three.open(note).witnesses) == {"bank", "court", "notary"}
    (tmp_path / "policy").write_text(policy_text(log, witnesses, 2))
    command = ["monitor", log.address, "--origin", ORIGIN, "--policy", str(tmp_path / "policy")]
    command += ["--state", str(tmp_path / "state"), "--json"]
    command += [part for one in witnesses for part in ("--witness", f"{one.name}={one.address}")]
    good = log.run(*command)
    assert (good.returncode, json.loads(good.stdout)) == (0, {"alarms": []})
    # One witness goes away: two of three are still a quorum, and the monitor names the one that is gone.
    witnesses[2].process.terminate()
    witnesses[2].process.wait(timeout=20)
    client = log.client()  # The server may have closed a connection that was idle for so long.
    client.add(encode_entry({"n": 5}))
    wait_for_quorum(log, WitnessPolicy.parse(policy_text(log, witnesses, 2).encode()), 6)
    found = json.loads(log.run(*command).stdout)["alarms"]
    assert [alarm["kind"] for alarm in found] == ["witness"]
    assert "notary" in found[0]["en"]
    health = client.ask("GET", "/healthz").json
    assert health["witnessed"] == 6
    assert health["witnesses"]["witness.example/notary"]
    # History rewritten: a log of the same keys with other entries. The witnesses refuse it, the monitor sees it.
    log.end()
    (log.root / "log").rename(log.root / "old")
    (log.root / "log-fence").rename(log.root / "old-fence")
    log.start(*options(witnesses))
    for number in range(20):
        log.client().add(encode_entry({"n": f"rewritten {number}"}))
    time.sleep(1.5)
    outcome = log.client().ask("GET", "/healthz").json["witnesses"]
    assert all("422" in outcome[f"witness.example/{name}"] for name in ("bank", "court"))
    command[1] = log.address
    (tmp_path / "policy").write_text(f"log {log.ed25519.verifier.vkey}\nquorum none\n")
    rewritten = json.loads(log.run(*command).stdout)["alarms"]
    assert {"split_view", "witness"} == {alarm["kind"] for alarm in rewritten}


class BadWitness(BaseHTTPRequestHandler):
    """Answers every request as the test said."""

    answer: tuple[int, str, bytes] = (200, "text/plain", b"")
    delay_s = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.delay_s)
        status, kind, body = self.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client does not wait for all of it
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def bad_witness() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BadWitness)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.mark.parametrize(
    ("answer", "delay_s", "says"),
    [
        ((200, "text/plain", b""), 0.0, "note.malformed"),
        ((200, "text/plain", "— witness.example/bad AAAAAAAAAAA=\n".encode()), 0.0, "note.not_signed"),
        ((409, "text/x.tlog.size", b"99\n"), 0.0, "witness.ahead"),
        ((409, "text/x.tlog.size", b"\xff\xff"), 0.0, "note.malformed"),
        ((409, "text/html", b"1\n"), 0.0, "witness.refused"),
        ((500, "text/plain", b"broken"), 0.0, "witness.refused"),
        ((200, "text/plain", b"x" * 3_000_000), 0.0, "witness.unreachable"),
        ((200, "text/plain", b""), 1.5, "witness.unreachable"),
    ],
)
def test_a_witness_that_misbehaves_costs_only_its_own_line(
    bad_witness: str, answer: tuple[int, str, bytes], delay_s: float, says: str
) -> None:
    from evidencelog import TileProver  # noqa: PLC0415 - used here only
    from evidencelog.testing import MemoryLog  # noqa: PLC0415 - as above
    from evidencelog.witness.client import WitnessClient, collect_cosignatures  # noqa: PLC0415 - as above

    BadWitness.answer, BadWitness.delay_s = answer, delay_s
    signer, good = Ed25519Signer.generate(ORIGIN), Cosigner.generate("witness.example/bad")
    log = MemoryLog()
    log.add([b"one", b"two"])
    note = sign_checkpoint(ORIGIN, log.state, [signer])
    client = WitnessClient("bad", bad_witness, (good.verifier,), timeout_s=0.7)
    collected = collect_cosignatures(note, TileProver(log, 2), [client])
    assert collected.note == note
    assert collected.outcomes[0].error is not None
    assert collected.outcomes[0].error.code == says


class TestMonitorAlone:
    """What a monitor says of a log whose files are served by somebody who lies."""

    @pytest.fixture
    def site(self, tmp_path: Path) -> Iterator[tuple[str, Path]]:
        from functools import partial  # noqa: PLC0415 - used here only
        from http.server import SimpleHTTPRequestHandler  # noqa: PLC0415 - as above

        class Quiet(SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

        folder = tmp_path / "site"
        folder.mkdir()
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", folder
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)

    def test_rollback_split_view_and_silence(self, site: tuple[str, Path]) -> None:
        url, folder = site
        signer = Ed25519Signer.generate(ORIGIN)

        def publish(entries: list[bytes]) -> bytes:
            for old in folder.rglob("*"):
                if old.is_file():
                    old.unlink()
            result = integrate(LogState.empty(), entries)
            store = FileTileStore(folder)
            store.write_tiles(result.tiles)
            note = sign_checkpoint(ORIGIN, result.new_state, [signer])
            store.write_checkpoint(note)
            return note

        policy = WitnessPolicy.of([signer.verifier], {}, 0)
        monitor = LogMonitor(url, ORIGIN, policy, max_silence_s=60)
        entries = [encode_entry({"n": n}) for n in range(600)]
        publish(entries[:300])
        state, alarms = monitor.round(MonitorState(), 1000)
        assert alarms == ()
        publish(entries)
        state, alarms = monitor.round(state, 1010)
        assert alarms == ()
        _, alarms = monitor.round(state, 1100)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.SILENT]
        publish(entries[:300])
        kept, alarms = monitor.round(state, 1020)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.ROLLBACK]
        assert kept == state
        assert len(alarms[0].evidence) == 2
        # Witnesses do not cosign a log that went back: the rollback is named all the same, a mere lack of them too.
        strict = LogMonitor(
            url,
            ORIGIN,
            WitnessPolicy.of([signer.verifier], {"court": [Cosigner.generate("court").verifier]}, 1),
        )
        _, alarms = strict.round(state, 1020)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.ROLLBACK]
        publish(entries)
        kept, alarms = strict.round(state, 1020)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.NOT_ACCEPTED]
        assert kept == state
        publish([*entries[:299], encode_entry({"n": "other"}), *entries[300:], entries[0]])
        _, alarms = monitor.round(state, 1020)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.SPLIT_VIEW]
        # A witness that shows another head of an old size.
        other = integrate(LogState.empty(), [b"other"] * 5).new_state
        shown = folder / hashlib.sha256(ORIGIN.encode()).hexdigest() / "checkpoint"
        publish(entries)
        shown.parent.mkdir()
        shown.write_bytes(with_lines(sign_checkpoint(ORIGIN, other, [signer]), []))
        watching = LogMonitor(url, ORIGIN, policy, {"court": url})
        _, alarms = watching.round(MonitorState(), 1020)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.SPLIT_VIEW]
        (folder / "checkpoint").write_bytes(b"not a checkpoint")
        _, alarms = monitor.round(state, 1020)
        assert [alarm.kind for alarm in alarms] == [AlarmKind.NOT_ACCEPTED]
