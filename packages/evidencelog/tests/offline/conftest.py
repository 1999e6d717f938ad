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
    Bilingual,
    BundleExtras,
    DerivedStatement,
    EntrySource,
    FileRole,
    FileSource,
    GivenText,
    ProvenEntry,
    StatedFact,
    Supplement,
    derive,
    render_report,
    write_bundle,
)
from evidencelog.cosignature import Cosigner
from evidencelog.entry import JsonValue, decode_entry
from evidencelog.keys import NoteSigner
from evidencelog.note import parse_note
from evidencelog.testing import MemoryLog

ORIGIN = "log.example/offline"
DATA = Path(__file__).parents[1] / "data" / "bundles"
SOURCE = b"%PDF-1.7 an invented contract before it was sealed\n" * 50
DOCUMENT = b"%PDF-1.7 an invented contract\n" * 60
SALT = "00112233445566778899aabbccddeeff"
COMMENT = "同意，请盖章。\nAgreed."
SEALED_AT = 1_793_500_123_456


def sm3_hex(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


@dataclass
class Case:
    """Keys, entries with proofs, and what a bundle is written from."""

    vkeys: list[str]
    policy: bytes
    sources: list[EntrySource]
    extras: BundleExtras

    def derived(self, extras: BundleExtras, sources: list[EntrySource]) -> DerivedStatement:
        """What a verifier derives from a bundle of these."""
        entries = {
            n: ProvenEntry(one.proof.index, decode_entry(one.data)) for n, one in enumerate(sources, 1)
        }
        return derive(entries, [one.receipt.to_bytes() for one in extras.receipts], extras.statement)

    def write(self, path: Path, **changes: Any) -> Path:
        extras = changes.get("extras", self.extras)
        statement = self.derived(extras, changes.get("entries", self.sources))
        report = render_report(statement, ORIGIN, "zh")
        arguments: dict[str, Any] = {
            "origin": ORIGIN,
            "created_at_ms": SEALED_AT,
            "entries": self.sources,
            "vkeys": self.vkeys,
            "files": [
                FileSource("合同.pdf", FileRole.SEALED_DOCUMENT, "application/pdf", DOCUMENT),
                FileSource("report.zh.html", FileRole.REPORT, "text/html", report),
                FileSource("print.pdf", FileRole.PRINTOUT, "application/pdf", b"%PDF-1.7 a printout"),
            ],
            "about": {"用印编号": "印-2026-000009"},
            "extras": self.extras,
        }
        write_bundle(path, **{**arguments, **changes})
        return path


def supplement() -> Supplement:
    return Supplement(
        main=1,
        masked=False,
        names={
            "person-1": Bilingual("李然", "Li Ran"),
            "seal-1": Bilingual("示例公司合同专用章", "A contract seal"),
        },
        texts=(GivenText(2, ("facts", "comment"), COMMENT),),
        stated=(
            StatedFact("document_title", Bilingual.same("供货合同")),
            StatedFact("step", Bilingual("法务审查", "Legal review"), 2),
        ),
    )


def entries() -> list[bytes]:
    """Those of the log below the entry that binds its twin."""
    comment = {"salt": SALT, "sm3": sm3_hex(bytes.fromhex(SALT) + COMMENT.encode())}
    subject = {"id": "request-1", "type": "request"}
    sealed: dict[str, JsonValue] = {
        "number": "印-2026-000009",
        "document_sm3": sm3_hex(DOCUMENT),
        "source_sm3": sm3_hex(SOURCE),
        "executed_at": SEALED_AT,
        "medium": "electronic",
        "presses": {"normal": 3},
        "seal": "seal-1",
        "use": "use-1",
    }
    return [encode_entry({"kind": "other", "n": n}) for n in range(37)] + [
        encode_entry({"kind": "sealing.sealed", "at": SEALED_AT, "facts": sealed, "subject": subject}),
        encode_entry(
            {
                "kind": "approvals.decided",
                "actor": "person-1",
                "facts": {"comment": comment, "decision": "approve"},
                "subject": subject,
            }
        ),
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


def voiding() -> bytes:
    """The entry that the use of the case does not stand any more."""
    facts: dict[str, JsonValue] = {
        "use": "use-1",
        "number": "印-2026-000009",
        "reason_code": "wrong_document",
    }
    content: dict[str, JsonValue] = {
        "kind": "sealing.voided",
        "actor": "person-1",
        "at": SEALED_AT + 86_400_000,
        "facts": facts,
        "subject": {"id": "request-1", "type": "request"},
    }
    return encode_entry(content)


@pytest.fixture(scope="session")
def case() -> Case:
    return recorded(entries())


@pytest.fixture(scope="session")
def voided_case() -> Case:
    """The same use, voided a day later."""
    return recorded([*entries(), voiding()])


def recorded(batch: list[bytes]) -> Case:
    """What a log of these entries, cosigned by two of three witnesses, has to give away of the use in it."""
    log_keys: list[NoteSigner] = [Ed25519Signer.generate(ORIGIN), Sm2Signer.generate(ORIGIN)]
    witnesses = [
        Cosigner.generate(f"witness.example/{n}", kind)
        for n, kind in ((1, "ed25519"), (2, "sm2"), (3, "sm2"))
    ]
    log, twin = MemoryLog(), MemoryLog(tree_hash("sm3"))
    size = len(batch)
    log.add(batch)
    twin.add(batch)
    twin_head = sign_checkpoint(f"{ORIGIN}/sm3", twin.state, [Sm2Signer.generate(f"{ORIGIN}/sm3")])
    facts: dict[str, JsonValue] = {
        "origin": f"{ORIGIN}/sm3",
        "size": size,
        "sm3_root": twin.state.edge.root().hex(),
    }
    log.add([encode_entry({"kind": "evidence.twin_head", "facts": facts})])
    note = sign_checkpoint(ORIGIN, log.state, log_keys)
    text = parse_note(note).text.encode()
    note += "".join(
        one.cosign(text, 1_793_500_200 + n).line() for n, one in enumerate(witnesses[:2])
    ).encode()
    prover = TileProver(log, log.state.size)
    twin_prover = TileProver(twin, size, tree_hash("sm3"))
    policy = [f"log {key.verifier.vkey}" for key in log_keys]
    policy += [f"witness w{n} {one.verifier.vkey}" for n, one in enumerate(witnesses, 1)]
    policy += ["group g 2 w1 w2 w3", "quorum g"]
    policy_text = "".join(f"{line}\n" for line in policy).encode()
    extras = BundleExtras(
        statement=supplement(),
        policy=policy_text,
        twin_origin=f"{ORIGIN}/sm3",
        twin={at - 36: make_proof(twin_prover, at, twin_head) for at in range(37, size)},
    )
    sources = [EntrySource(log.entries[at], make_proof(prover, at, note)) for at in range(37, size + 1)]
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

    def replaced_whole(self, name: str, data: bytes) -> dict[str, bytes]:
        """Another file in the place of one, with size and digests in the manifest that fit it."""
        sizes = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "sm3": sm3_hex(data)}
        return {**self._described(name, sizes), name: data}

    def replaced(self, name: str, old: bytes, new: bytes) -> dict[str, bytes]:
        assert old in self.members[name], (name, old.decode())
        return self.replaced_whole(name, self.members[name].replace(old, new))

    def role(self, name: str, role: str) -> dict[str, bytes]:
        return self._described(name, {"role": role})

    def _described(self, name: str, values: Mapping[str, object]) -> dict[str, bytes]:
        def change(content: Any) -> None:
            next(one for one in content["files"] if one["file"] == name).update(values)

        return self.edited("manifest.json", change)

    def row(self, at: int, change: Change) -> dict[str, bytes]:
        return self.edited("statement.json", lambda content: change(content["sections"][0]["rows"][at]))


@pytest.fixture(scope="session")
def older() -> dict[str, bytes]:
    """The members of a good bundle of the release before, whose statement has its maker's words."""
    with zipfile.ZipFile(DATA / "version-3.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def shown(value: str) -> Change:
    return lambda one: one["shown"].update(zh=value, en=value)


@pytest.fixture(scope="session")
def tampered(members: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Bundles that a liar would make, by what he did."""
    liar = Liar(members)
    return {**_proofs(liar), **_twins(liar), **_others(liar), **_added(liar), **_words(liar)}


@pytest.fixture(scope="session")
def tampered_older(older: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The same of a bundle of the release before: what its rows say."""
    return _statements(Liar(older))


def _words(liar: Liar) -> dict[str, dict[str, bytes]]:
    """Reports that say something else, with a manifest that fits them."""
    return {
        what: liar.replaced("files/report.zh.html", old.encode(), new.encode())
        for what, old, new in (
            ("report calls the document's digest something else", "用印后文件摘要 SM3", "作废文件摘要 SM3"),
            ("report calls another the approver", "李然", "周凯"),
            ("report words a code otherwise", "同意", "不同意"),
            ("report names another amount of presses", ">3<", ">30<"),
            ("report hides what is not proven", "平台陈述，日志不证明", "日志所记"),
        )
    }


def _added(liar: Liar) -> dict[str, dict[str, bytes]]:
    edited = liar.edited

    def first(key: str, **values: Any) -> dict[str, bytes]:
        return edited("statement.json", lambda content: content[key][0].update(values))

    return {
        "text": first("texts", text="不同意"),
        "digest in a stated fact": first("stated", zh="0" * 64),
        "digest as a name": first("names", zh="摘要 " + "0" * 64),
        "another main entry": edited("statement.json", lambda content: content.update(main=2)),
        "a main entry that is not there": edited("statement.json", lambda content: content.update(main=9)),
        "masked with a text": edited("statement.json", lambda content: content.update(masked=True)),
        "statement malformed": first("texts", more=1),
        "statement of later version": edited("statement.json", lambda content: content.update(version=3)),
        "later words": edited("statement.json", lambda content: content.update(vocabulary=99)),
        "statement with words of its own": {**liar.members, "statement.json": _older_statement()},
        "source as the sealed document": liar.replaced_whole("files/合同.pdf", SOURCE),
        "sealed document as the source": liar.role("files/合同.pdf", "original_document"),
    }


def _older_statement() -> bytes:
    with zipfile.ZipFile(DATA / "version-3.zip") as archive:
        return archive.read("statement.json")


def _proofs(liar: Liar) -> dict[str, dict[str, bytes]]:
    proof = "proofs/000001.tlog-proof"
    lines = liar.members[proof].split(b"\n")
    cosigned = next(line for line in lines if b"witness.example/2" in line)
    return {
        "entry": liar.text("entries/000001.json", b'"normal":3', b'"normal":4'),
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
        "row malformed": liar.row(1, lambda one: one.update(more=1)),
    }


def _twins(liar: Liar) -> dict[str, dict[str, bytes]]:
    return {
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
        "report": liar.text("files/report.zh.html", "李然".encode(), "周凯".encode()),
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
        "later version": liar.edited("manifest.json", lambda content: content.update(version=5)),
        "float": liar.edited("manifest.json", lambda content: content.update(created_at_ms=1.5)),
        "no manifest": {name: data for name, data in liar.members.items() if name != "manifest.json"},
        "outside": {**liar.members, "../evil": b"x"},
    }
