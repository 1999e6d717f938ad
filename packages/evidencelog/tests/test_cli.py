"""The command line, as a person or a program calls it."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from evidencelog import (
    Ed25519Signer,
    Sm2Signer,
    TileProver,
    encode_entry,
    make_proof,
    parse_skey,
    sign_checkpoint,
    tree_hash,
)
from evidencelog.bundle import EntrySource, write_bundle
from evidencelog.cli import app
from evidencelog.testing import MemoryLog

ORIGIN = "log.example/one"


@dataclass
class World:
    folder: Path
    ed25519: Ed25519Signer
    sm2: Sm2Signer

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    def json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        done = self.run(*arguments, "--json")
        return done.exit_code, json.loads(done.stdout)

    def path(self, name: str) -> str:
        return str(self.folder / name)


@pytest.fixture
def world(tmp_path: Path) -> World:
    ed25519, sm2 = Ed25519Signer.generate(ORIGIN), Sm2Signer.generate(ORIGIN)
    log = MemoryLog()
    log.add([encode_entry({"type": "test", "n": number}) for number in range(9)])
    head = sign_checkpoint(ORIGIN, log.state, [ed25519, sm2])
    proof = make_proof(TileProver(log, 9), 5, head)
    (tmp_path / "checkpoint").write_bytes(head)
    (tmp_path / "entry.json").write_bytes(log.entries[5])
    (tmp_path / "5.tlog-proof").write_bytes(proof.to_bytes())
    (tmp_path / "keys.vkey").write_text(f"{ed25519.verifier.vkey}\n{sm2.verifier.vkey}\n")
    (tmp_path / "other.vkey").write_text(Ed25519Signer.generate(ORIGIN).verifier.vkey)
    write_bundle(
        tmp_path / "bundle.zip",
        origin=ORIGIN,
        created_at_ms=1,
        entries=[EntrySource(log.entries[5], proof)],
        vkeys=[ed25519.verifier.vkey, sm2.verifier.vkey],
    )
    return World(tmp_path, ed25519, sm2)


def test_a_proof_with_a_key_text_or_a_key_file(world: World) -> None:
    base = ("verify", world.path("5.tlog-proof"), "--entry", world.path("entry.json"))
    for keys in (
        ("--vkey", world.ed25519.verifier.vkey),
        ("--vkey", world.sm2.verifier.vkey),
        ("--vkey", world.path("keys.vkey")),
        ("--vkey", world.path("other.vkey"), "--vkey", world.sm2.verifier.vkey),
    ):
        status, found = world.json(*base, *keys, "--origin", ORIGIN)
        assert (status, found["verdict"], found["index"], found["size"]) == (0, "valid", 5, 9)
    assert found["signed_by"] == [f"{ORIGIN} (sm2)"]


def test_a_proof_that_does_not_hold(world: World) -> None:
    entry = world.folder / "entry.json"
    base = ("verify", world.path("5.tlog-proof"), "--entry", str(entry))
    key = ("--vkey", world.path("keys.vkey"))
    status, found = world.json(*base, "--vkey", world.path("other.vkey"))
    assert (status, found["code"]) == (3, "note.not_signed"), "a wrong key was given, nothing is wrong"
    status, found = world.json(*base, *key, "--origin", "log.example/two")
    assert (status, found["code"]) == (1, "checkpoint.origin")
    status, found = world.json(*base, "--origin", "log.example/two")
    assert (status, found["code"]) == (1, "checkpoint.origin")
    status, found = world.json(*base, *key, "--hash", "sm3")
    assert (status, found["code"]) == (1, "proof.inclusion_invalid")
    entry.write_bytes(entry.read_bytes().replace(b"5", b"6"))
    for keys in (key, ()):
        status, found = world.json(*base, *keys)
        assert (status, found["code"]) == (1, "proof.inclusion_invalid")
    done = world.run(*base, *key, "--lang", "zh")
    assert done.exit_code == 1
    assert "✗ 条目与证明不符" in done.stdout
    assert "无效" in done.stdout


def test_without_a_key_the_answer_is_open(world: World) -> None:
    status, found = world.json("verify", world.path("5.tlog-proof"), "--entry", world.path("entry.json"))
    assert (status, found["verdict"], found["signed_by"]) == (3, "indeterminate", [])
    status, found = world.json("verify", world.path("bundle.zip"))
    assert (status, found["verdict"]) == (3, "indeterminate")
    assert "INDETERMINATE" in world.run("verify", world.path("bundle.zip"), "--lang", "en").stdout


def test_a_bundle(world: World) -> None:
    status, found = world.json("verify", world.path("bundle.zip"), "--vkey", world.path("keys.vkey"))
    assert (status, found["verdict"], found["exit"]) == (0, "valid", 0)
    status, found = world.json("verify", world.path("bundle.zip"), "--vkey", world.path("other.vkey"))
    assert (status, found["verdict"], found["exit"]) == (3, "indeterminate", 3)
    status, found = world.json("verify", world.path("bundle.zip"), "--origin", "log.example/two")
    assert (status, found["code"]) == (1, "checkpoint.origin")


def test_the_language_follows_the_locale(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("verify", world.path("bundle.zip"), "--vkey", world.path("keys.vkey"))
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "有效：所查内容均成立。" in world.run(*arguments).stdout
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert "VALID: everything that was checked holds." in world.run(*arguments).stdout


def test_what_cannot_be_read(world: World) -> None:
    (world.folder / "broken.zip").write_bytes(b"PK\x03\x04 nothing")
    (world.folder / "huge").write_bytes(b"x" * 70_000)
    (world.folder / "empty").write_bytes(b"")
    (world.folder / "binary").write_bytes(b"\xff\xfe")
    proof, entry = world.path("5.tlog-proof"), world.path("entry.json")
    for arguments in (
        (world.path("missing"),),
        (str(world.folder),),
        (world.path("broken.zip"),),
        (entry,),
        (proof,),
        (proof, "--entry", world.path("missing")),
        (proof, "--entry", world.path("huge")),
        (proof, "--entry", entry, "--vkey", "nonsense"),
        (proof, "--entry", entry, "--vkey", world.path("empty")),
        (proof, "--entry", entry, "--vkey", world.path("binary")),
        (proof, "--entry", entry, "--vkey", "x" * 5000),
        (proof, "--entry", entry, "--vkey", "nul\x00byte"),
        (proof, "--entry", entry, "--hash", "md5"),
        (world.path("bundle.zip"), "--entry", entry),
    ):
        done = world.run("verify", *arguments)
        assert done.exit_code == 2, arguments
        assert done.stderr.startswith("evidencelog: ")
        status, found = world.json("verify", *arguments)
        assert (status, found["verdict"], found["exit"]) == (2, "unreadable", 2)
        assert found["code"]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [("合同.pdf", b"%PDF-1.7\n\xff\xfe", "gmseal verify"), ("photo.jpg", b"\xff\xd8\xff", ".tlog-proof"), ("5.txt", b"5", ".zip")],
)  # fmt: skip
def test_another_kind_of_file_is_told_what_is_wanted(world: World, name: str, data: bytes, told: str) -> None:
    (world.folder / name).write_bytes(data)
    done = world.run("verify", world.path(name), "--entry", world.path("entry.json"))
    assert done.exit_code == 2
    assert f"{name} is neither an evidence bundle" in done.stderr
    assert told in done.stderr


def test_nothing_that_a_stranger_wrote_steers_the_terminal(world: World) -> None:
    origin = "log.example/\x9b31m\u202e"
    log = MemoryLog()
    log.add([b"{}"])
    head = sign_checkpoint(origin, log.state, [world.ed25519])
    (world.folder / "p").write_bytes(make_proof(TileProver(log, 1), 0, head).to_bytes())
    (world.folder / "e").write_bytes(b"{}")
    done = world.run("verify", world.path("p"), "--entry", world.path("e"), "--lang", "zh")
    assert done.exit_code == 3
    assert "\x9b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_an_all_sm_proof(world: World) -> None:
    sm3 = tree_hash("sm3")
    log = MemoryLog(sm3)
    log.add([b"one", b"two"])
    head = sign_checkpoint(ORIGIN, log.state, [world.sm2])
    (world.folder / "p").write_bytes(make_proof(TileProver(log, 2, sm3), 1, head).to_bytes())
    (world.folder / "e").write_bytes(b"two")
    base = ("verify", world.path("p"), "--entry", world.path("e"), "--vkey", world.sm2.verifier.vkey)
    assert world.json(*base, "--hash", "sm3")[0] == 0
    assert world.json(*base)[0] == 1


def test_show(world: World) -> None:
    for name, kind in (("bundle.zip", "bundle"), ("5.tlog-proof", "proof"), ("checkpoint", "checkpoint")):
        done = world.run("show", world.path(name))
        content = json.loads(done.stdout)
        assert (done.exit_code, content["kind"], content["verified"]) == (0, kind, False)
    assert content["origin"] == ORIGIN
    assert content["size"] == 9
    assert len(content["signatures"]) == 2
    assert world.run("show", world.path("entry.json")).exit_code == 2


@pytest.mark.parametrize("kind", ["ed25519", "sm2"])
def test_keygen(world: World, kind: str) -> None:
    out = world.folder / f"new.{kind}"
    done = world.run("keygen", ORIGIN, "--type", kind, "--out", str(out))
    assert done.exit_code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert parse_skey(out.read_text()).verifier.vkey == done.stdout.strip()
    before = out.read_bytes()
    assert world.run("keygen", ORIGIN, "--out", str(out)).exit_code == 2
    assert out.read_bytes() == before
    assert world.run("keygen", "a b", "--out", world.path("x")).exit_code == 2


def test_the_installed_command_survives_a_narrow_terminal(world: World) -> None:
    command = [
        str(Path(sys.executable).parent / "evidencelog"),
        "verify",
        world.path("bundle.zip"),
        "--lang",
        "zh",
    ]
    done = subprocess.run(
        command, capture_output=True, check=False, timeout=60, env={"PYTHONIOENCODING": "latin-1", "PATH": ""}
    )
    assert done.returncode == 3, done.stderr
    assert ORIGIN.encode() in done.stdout


def test_a_bundle_of_the_platform_is_verified_within_two_seconds() -> None:
    """With the start of the program, in processor time: the clock says how busy the machine is."""
    data = Path(__file__).parent / "data" / "bundles"
    command = [str(Path(sys.executable).parent / "evidencelog"), "verify", str(data / "version-4.zip")]
    command += ["--policy", str(data / "version-4.policy"), "--lang", "en"]
    before = os.times()
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    after = os.times()
    assert done.returncode == 0, done.stdout + done.stderr
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert 0 < used < 2
