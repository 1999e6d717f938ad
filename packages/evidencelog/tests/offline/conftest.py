"""A witnessed log with its SM3 twin, and bundles of it with a statement."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evidencelog import (
    Ed25519Signer,
    Sm2Signer,
    TileProver,
    encode_entry,
    make_proof,
    sign_checkpoint,
    tree_hash,
)
from evidencelog.bundle import (
    Basis,
    BasisKind,
    Bilingual,
    BundleExtras,
    EntrySource,
    FileRole,
    FileSource,
    Row,
    Section,
    Statement,
    shown_time,
    write_bundle,
)
from evidencelog.cosignature import Cosigner
from evidencelog.entry import JsonValue
from evidencelog.keys import NoteSigner
from evidencelog.note import parse_note
from evidencelog.testing import MemoryLog

ORIGIN = "log.example/offline"
DOCUMENT = b"%PDF-1.7 an invented contract\n" * 60
SALT = "00112233445566778899aabbccddeeff"
COMMENT = "同意，请盖章。\nAgreed."
SEALED_AT = 1_793_500_123_456


def sm3_hex(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


def same(text: str) -> Bilingual:
    return Bilingual(text, text)


@dataclass
class Case:
    """Keys, entries with proofs, and what a bundle is written from."""

    vkeys: list[str]
    policy: bytes
    sources: list[EntrySource]
    extras: BundleExtras

    def write(self, path: Path, **changes: Any) -> Path:
        arguments: dict[str, Any] = {
            "origin": ORIGIN,
            "created_at_ms": SEALED_AT,
            "entries": self.sources,
            "vkeys": self.vkeys,
            "files": [
                FileSource("合同.pdf", FileRole.SEALED_DOCUMENT, "application/pdf", DOCUMENT),
                FileSource("report.zh.html", FileRole.REPORT, "text/html", "报告".encode() * 500),
            ],
            "about": {"用印编号": "印-2026-000009"},
            "extras": self.extras,
        }
        write_bundle(path, **{**arguments, **changes})
        return path


def statement() -> Statement:
    digest = sm3_hex(DOCUMENT)
    rows = (
        Row(
            Bilingual("文件摘要", "Digest"),
            same(digest),
            Basis(1, ("facts", "document_sm3"), BasisKind.SAME, digest),
            True,
        ),
        Row(Bilingual("次数", "Presses"), same("3"), Basis(1, ("facts", "presses", "0"), BasisKind.SAME, 3)),
        Row(
            Bilingual("用印时间", "Sealed at"),
            same(shown_time(SEALED_AT)),
            Basis(1, ("at",), BasisKind.TIME, SEALED_AT),
        ),
        Row(
            Bilingual("审批意见", "Comment"),
            same(COMMENT),
            Basis(2, ("facts", "comment"), BasisKind.TEXT, COMMENT),
        ),
        Row(
            Bilingual("审批人", "Approver"), same("李然"), Basis(2, ("actor",), BasisKind.WORDED, "person-1")
        ),
        Row(Bilingual("印章", "Seal"), same("示例公司合同专用章")),
    )
    title = Bilingual("用印 印-2026-000009", "Seal use 印-2026-000009")
    return Statement(
        title, Bilingual("示例", "An example"), False, (Section(Bilingual("用印", "The use"), rows),)
    )


def entries() -> list[bytes]:
    """Those of the log below the entry that binds its twin."""
    comment = {"salt": SALT, "sm3": sm3_hex(bytes.fromhex(SALT) + COMMENT.encode())}
    return [encode_entry({"kind": "other", "n": n}) for n in range(37)] + [
        encode_entry(
            {"kind": "sealed", "at": SEALED_AT, "facts": {"document_sm3": sm3_hex(DOCUMENT), "presses": [3]}}
        ),
        encode_entry({"kind": "decided", "actor": "person-1", "facts": {"comment": comment}}),
    ]


@pytest.fixture(scope="session")
def longer(case: Case) -> MemoryLog:
    """The log of the case some entries later."""
    log = MemoryLog()
    # One at a time, so that it has the tiles of every size.
    for data in [
        *entries(),
        case.sources[-1].data,
        *(encode_entry({"kind": "later", "n": n}) for n in range(3)),
    ]:
        log.add([data])
    return log


@pytest.fixture(scope="session")
def case() -> Case:
    log_keys: list[NoteSigner] = [Ed25519Signer.generate(ORIGIN), Sm2Signer.generate(ORIGIN)]
    witnesses = [
        Cosigner.generate(f"witness.example/{n}", kind)
        for n, kind in ((1, "ed25519"), (2, "sm2"), (3, "sm2"))
    ]
    log, twin = MemoryLog(), MemoryLog(tree_hash("sm3"))
    batch = entries()
    log.add(batch)
    twin.add(batch)
    twin_head = sign_checkpoint(f"{ORIGIN}/sm3", twin.state, [Sm2Signer.generate(f"{ORIGIN}/sm3")])
    facts: dict[str, JsonValue] = {
        "origin": f"{ORIGIN}/sm3",
        "size": 39,
        "sm3_root": twin.state.edge.root().hex(),
    }
    log.add([encode_entry({"kind": "evidence.twin_head", "facts": facts})])
    note = sign_checkpoint(ORIGIN, log.state, log_keys)
    text = parse_note(note).text.encode()
    note += "".join(
        one.cosign(text, 1_793_500_200 + n).line() for n, one in enumerate(witnesses[:2])
    ).encode()
    prover = TileProver(log, log.state.size)
    twin_prover = TileProver(twin, 39, tree_hash("sm3"))
    policy = [f"log {key.verifier.vkey}" for key in log_keys]
    policy += [f"witness w{n} {one.verifier.vkey}" for n, one in enumerate(witnesses, 1)]
    policy += ["group g 2 w1 w2 w3", "quorum g"]
    policy_text = "".join(f"{line}\n" for line in policy).encode()
    extras = BundleExtras(
        statement=statement(),
        policy=policy_text,
        twin_origin=f"{ORIGIN}/sm3",
        twin={n: make_proof(twin_prover, 36 + n, twin_head) for n in (1, 2)},
    )
    sources = [EntrySource(log.entries[at], make_proof(prover, at, note)) for at in (37, 38, 39)]
    keys = [*(key.verifier.vkey for key in log_keys), *(one.verifier.vkey for one in witnesses)]
    return Case(keys, policy_text, sources, extras)


@pytest.fixture(scope="session")
def members(case: Case, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The members of a good bundle."""
    path = case.write(tmp_path_factory.mktemp("bundle") / "good.zip")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


Change = Callable[[Any], object]


@pytest.fixture(scope="session")
def rezip() -> Callable[[Path, Mapping[str, bytes]], Path]:
    """Write members as a ZIP."""

    def write(path: Path, content: Mapping[str, bytes]) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return path

    return write


class Liar:
    """Changes members of a good bundle; every method gives the members of one that lies."""

    def __init__(self, members: dict[str, bytes]) -> None:
        self.members = members

    def text(self, name: str, old: bytes, new: bytes) -> dict[str, bytes]:
        assert old in self.members[name], (name, old)
        return {**self.members, name: self.members[name].replace(old, new, 1)}

    def edited(self, name: str, change: Change) -> dict[str, bytes]:
        content = json.loads(self.members[name])
        change(content)
        return {**self.members, name: json.dumps(content).encode()}

    def row(self, at: int, change: Change) -> dict[str, bytes]:
        return self.edited("statement.json", lambda content: change(content["sections"][0]["rows"][at]))


def shown(value: str) -> Change:
    return lambda one: one["shown"].update(zh=value, en=value)


@pytest.fixture(scope="session")
def tampered(members: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Bundles that a liar would make, by what he did."""
    liar = Liar(members)
    return {**_proofs(liar), **_statements(liar), **_others(liar)}


def _proofs(liar: Liar) -> dict[str, dict[str, bytes]]:
    proof = "proofs/000001.tlog-proof"
    lines = liar.members[proof].split(b"\n")
    cosigned = next(line for line in lines if b"witness.example/2" in line)
    return {
        "entry": liar.text("entries/000001.json", b"[3]", b"[4]"),
        "index": liar.text(proof, b"index 37", b"index 36"),
        "size": liar.text(proof, b"\n40\n", b"\n41\n"),
        "origin": liar.text(proof, ORIGIN.encode() + b"\n", ORIGIN.encode() + b"x\n"),
        "path": {**liar.members, proof: b"\n".join([*lines[:2], lines[3], lines[2], *lines[4:]])},
        "without a cosignature": {**liar.members, proof: liar.members[proof].replace(cosigned + b"\n", b"")},
    }


def _statements(liar: Liar) -> dict[str, dict[str, bytes]]:
    return {
        "shown digest": liar.row(0, shown("0" * 64)),
        "claimed and shown digest": liar.row(
            0, lambda one: (shown("0" * 64)(one), one["basis"].update(says="0" * 64))
        ),
        "digest without basis": liar.row(0, lambda one: (shown("0" * 64)(one), one.update(basis=None))),
        "number": liar.row(1, shown("30")),
        "number as text": liar.row(1, lambda one: one["basis"].update(says="3")),
        "time": liar.row(2, shown("2026-01-01 00:00:00 UTC+8")),
        "comment": liar.row(3, lambda one: (shown("不同意")(one), one["basis"].update(says="不同意"))),
        "another person": liar.row(4, lambda one: one["basis"].update(says="person-2")),
        "a path that leads nowhere": liar.row(
            1, lambda one: one["basis"].update(path=["facts", "presses", "1"])
        ),
        "an entry that is not there": liar.row(1, lambda one: one["basis"].update(entry=9)),
        "statement malformed": liar.row(1, lambda one: one.update(more=1)),
        "statement of later version": liar.edited(
            "statement.json", lambda content: content.update(version=2)
        ),
        "twin root": liar.text("twin/000001.tlog-proof", b"\n39\n", b"\n38\n"),
        "twin index": liar.text("twin/000002.tlog-proof", b"index 38", b"index 37"),
        "twin of another entry": {
            **liar.members,
            "twin/000001.tlog-proof": liar.members["twin/000002.tlog-proof"],
        },
    }


def _others(liar: Liar) -> dict[str, dict[str, bytes]]:
    return {
        "document": liar.text("files/合同.pdf", b"invented", b"inverted"),
        "report": liar.text("files/report.zh.html", "报告".encode(), "报酬".encode()),
        "unlisted": {**liar.members, "files/more.txt": b"more"},
        "receipt": {
            **liar.edited(
                "manifest.json",
                lambda content: content.update(
                    receipts=[{"file": "receipts/000001.json", "consistency": None}]
                ),
            ),
            "receipts/000001.json": b"{}",
        },
        "policy elsewhere": liar.edited(
            "manifest.json", lambda content: content.update(policy="keys/000001.vkey")
        ),
        "policy broken": liar.text("keys/policy.txt", b"group g 2", b"group g 4"),
        "key broken": liar.text("keys/000001.vkey", b"+", b"-"),
        "later version": liar.edited("manifest.json", lambda content: content.update(version=4)),
        "float": liar.edited("manifest.json", lambda content: content.update(created_at_ms=1.5)),
        "no manifest": {name: data for name, data in liar.members.items() if name != "manifest.json"},
        "outside": {**liar.members, "../evil": b"x"},
    }
