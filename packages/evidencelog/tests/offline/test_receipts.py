"""Receipts in bundles: what an anchor holds of the entries, in Python and in the page, with tokens of OpenSSL."""

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from anchor_receipts import OpensslAuthority, chainmaker_receipt, ethereum_receipt, sm2_stamp
from offline_page import in_node, needs_node
from typer.testing import CliRunner

from evidencelog import TileProver
from evidencelog.anchors import AnchorReceipt, parse_receipt
from evidencelog.bundle import (
    BundleReport,
    Check,
    ConsistencyProof,
    ReceiptSource,
    Verdict,
    parse_consistency,
    read_bundle,
    verify_bundle,
)
from evidencelog.checkpoint import Checkpoint
from evidencelog.cli import app
from evidencelog.errors import MalformedError
from evidencelog.policy import WitnessPolicy
from gmseal.sm.keys import PrivateKey

DATA = Path(__file__).parents[1] / "data" / "bundles"
ORIGIN = "log.example/offline"
SIZE = 40
"""Of the checkpoint that the proofs of the case use; its entries are 37, 38 and 39."""


@dataclass
class Anchored:
    """A bundle with receipts, by the name of each, and the roots of the authorities."""

    case: Any
    receipts: dict[str, ReceiptSource]
    roots: dict[str, bytes]

    def write(self, path: Path, *names: str, **changed: ReceiptSource) -> Path:
        receipts = self.receipts | changed
        chosen = [receipts[name] for name in names or self.receipts]
        result: Path = self.case.write(path, extras=replace(self.case.extras, receipts=chosen))
        return result

    def report(self, path: Path, *roots: str) -> BundleReport:
        policy = WitnessPolicy.parse(self.case.policy)
        return verify_bundle(path, policy=policy, roots=[self.roots[name] for name in roots])

    def trusted(self, *roots: str) -> str:
        text: str = self.case.policy.decode()
        return text + "".join(ssl.DER_cert_to_PEM_cert(self.roots[name]) for name in roots)


@pytest.fixture(scope="session")
def anchored(case: Any, longer: Any, tmp_path_factory: pytest.TempPathFactory) -> Anchored:
    def head(size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, TileProver(longer, size).root())

    def source(receipt: AnchorReceipt) -> ReceiptSource:
        size = receipt.head.size
        old, new = min(size, SIZE), max(size, SIZE)
        path = TileProver(longer, new).consistency_proof(old)
        return ReceiptSource(receipt, None if old == new else ConsistencyProof(old, new, path))

    authorities = {
        kind: OpensslAuthority.create(tmp_path_factory.mktemp(kind), kind)
        for kind in ("rsa", "p256", "p384", "p521")
    }
    sm2, sm2_root = sm2_stamp(head(39))
    receipts = {
        "ethereum": ethereum_receipt(head(38)),
        "modern": ethereum_receipt(head(43), modern=True),
        "chainmaker": chainmaker_receipt(head(SIZE), PrivateKey.generate()),
        "sm2": sm2,
        "early": ethereum_receipt(head(20)),
        **{kind: one.stamp(head(41)) for kind, one in authorities.items()},
    }
    roots = {"sm2": sm2_root, **{kind: one.root for kind, one in authorities.items()}}
    return Anchored(case, {name: source(one) for name, one in receipts.items()}, roots)


def leaves(report: BundleReport, result: str) -> list[Check]:
    return [one for one in report.walk() if one.result.value == result and not one.children]


def codes(report: BundleReport, result: str) -> set[str]:
    return {one.code.value for one in leaves(report, result)}


def test_a_bundle_of_version_2_is_read_as_it_was() -> None:
    policy = WitnessPolicy.parse((DATA / "version-2.policy").read_bytes())
    bundle = read_bundle(DATA / "version-2.zip")
    assert (bundle.manifest.version, bundle.receipts) == (2, ())
    report = verify_bundle(DATA / "version-2.zip", policy=policy)
    assert report.verdict is Verdict.VALID
    assert {"twin.included", "statement.proven", "policy.met"} <= codes(report, "pass")


def test_receipts_are_checked_as_far_as_they_go(anchored: Anchored, tmp_path: Path) -> None:
    report = anchored.report(anchored.write(tmp_path / "b.zip"), *anchored.roots)
    assert report.verdict is Verdict.VALID
    assert codes(report, "fail") == codes(report, "not_checked") == set()
    covers = [one.en for one in leaves(report, "pass") if one.code.value == "receipt.covers"]
    assert [text.rpartition("holds ")[2] for text in covers] == [
        "1 of the 3 entries here.", "3 of the 3 entries here.", "3 of the 3 entries here.", "2 of the 3 entries here.",
        *["3 of the 3 entries here."] * 4,
    ]  # fmt: skip
    assert {"receipt.covers_nothing", "anchor.block"} <= codes(report, "warn")
    assert {"anchor.token", "anchor.authority", "anchor.call", "anchor.sender"} <= codes(report, "pass")
    assert "anchor.authority" in codes(anchored.report(tmp_path / "b.zip"), "warn"), "no root was given"
    assert "anchor.authority" in codes(anchored.report(tmp_path / "b.zip", "rsa"), "fail"), "another root"


def altered(source: ReceiptSource, **changes: Any) -> ReceiptSource:
    return replace(source, receipt=replace(source.receipt, **changes))


def lies(anchored: Anchored) -> dict[str, tuple[ReceiptSource, str]]:
    """What a liar would put in, and the check that finds it."""
    good = anchored.receipts
    chain, stamp, fact = good["ethereum"], good["rsa"], good["chainmaker"]
    transaction = chain.receipt.transaction
    assert transaction is not None
    assert chain.consistency is not None
    assert stamp.consistency is not None
    other_head = replace(chain.receipt.head, root=bytes(32))
    token = bytearray(stamp.receipt.token)
    token[-1] ^= 1
    backwards = tuple(reversed(chain.consistency.hashes))
    return {
        "another root": (altered(chain, head=other_head), "receipt.inconsistent"),
        "another root of one size": (
            altered(fact, head=replace(fact.receipt.head, root=bytes(32))), "receipt.split",
        ),
        "another log": (
            altered(chain, head=replace(chain.receipt.head, origin="log.example/other")), "receipt.other_log",
        ),
        "another path": (
            replace(chain, consistency=replace(chain.consistency, hashes=backwards)), "receipt.inconsistent",
        ),
        "another size": (
            replace(chain, consistency=replace(chain.consistency, old_size=37)), "receipt.inconsistent",
        ),
        "a path of another receipt": (replace(chain, consistency=stamp.consistency), "receipt.inconsistent"),
        "another id": (
            altered(chain, transaction=replace(transaction, id="0x" + "0" * 64)), "anchor.transaction_id",
        ),
        "another sender": (
            altered(chain, transaction=replace(transaction, sender="0x" + "0" * 40)), "anchor.sender",
        ),
        "another transaction": (
            altered(chain, transaction=good["modern"].receipt.transaction), "anchor.call",
        ),
        "another token": (altered(stamp, token=bytes(token)), "anchor.token"),
        "a token over another head": (altered(stamp, token=good["sm2"].receipt.token), "anchor.token"),
        "no token at all": (altered(stamp, token=b"0\x03\x02\x01\x00"), "anchor.token"),
        "another imprint": (
            altered(fact, head=replace(fact.receipt.head, imprint=bytes(32))), "anchor.imprint",
        ),
    }  # fmt: skip


def test_each_lie_is_found_and_named(anchored: Anchored, tmp_path: Path) -> None:
    for what, (source, code) in lies(anchored).items():
        report = anchored.report(anchored.write(tmp_path / "b.zip", "lie", lie=source))
        assert report.verdict is Verdict.INVALID, what
        assert code in codes(report, "fail"), what


def test_a_receipt_that_nothing_connects_says_nothing(anchored: Anchored, tmp_path: Path) -> None:
    alone = replace(anchored.receipts["ethereum"], consistency=None)
    report = anchored.report(anchored.write(tmp_path / "b.zip", "alone", alone=alone))
    assert report.verdict is Verdict.INDETERMINATE
    assert codes(report, "not_checked") == {"receipt.not_connected"}


def in_python(anchored: Anchored, path: Path, roots: tuple[str, ...]) -> Any:
    try:
        return anchored.report(path, *roots).to_dict()
    except MalformedError as error:
        return {"error": error.code.value}


@needs_node
def test_the_page_says_the_same(
    anchored: Anchored, rezip: Callable[[Path, Mapping[str, bytes]], Path], tmp_path: Path
) -> None:
    jobs: list[tuple[Path, tuple[str, ...]]] = []
    chosen: list[tuple[str, ...]] = [(), ("rsa",), ("sm2", "rsa", "p256", "p384")]
    for roots in chosen:
        jobs += [
            (anchored.write(tmp_path / f"{name}.zip", name), roots)
            for name in anchored.receipts
            if name != "p521"
        ]
    for number, (source, _) in enumerate(lies(anchored).values()):
        jobs.append((anchored.write(tmp_path / f"lie{number}.zip", "lie", lie=source), ()))
    jobs.append((DATA / "version-2.zip", ()))
    answers = in_node([(path, anchored.trusted(*roots)) for path, roots in jobs])
    verdicts = set()
    for (path, roots), answer in zip(jobs, answers, strict=True):
        assert answer == in_python(anchored, path, roots), path
        verdicts.add(answer["verdict"])
    assert verdicts == {"valid", "invalid", "indeterminate"}


@needs_node
def test_the_page_says_what_it_cannot_check(anchored: Anchored, tmp_path: Path) -> None:
    """P-521 is checked by the command line and not by the page."""
    path = anchored.write(tmp_path / "b.zip", "p521")
    [answer] = in_node([(path, anchored.trusted("p521"))])
    [receipt] = next(one for one in answer["checks"] if one["code"] == "receipts")["children"]
    results = {one["code"]: one["result"] for one in receipt["children"]}
    assert results == {"receipt.covers": "pass", "anchor.token": "warn"}
    assert "anchor.authority" in codes(anchored.report(path, "p521"), "pass")


@needs_node
def test_flipped_bits_of_a_receipt_get_the_same_verdict(
    anchored: Anchored, rezip: Callable[[Path, Mapping[str, bytes]], Path], tmp_path: Path
) -> None:
    """Anywhere in the bytes that are signed or sign: what the page calls good is good."""
    paths: list[Path] = []
    for name in ("ethereum", "chainmaker", "rsa", "p256", "sm2"):
        source = anchored.receipts[name]
        for at in range(5, 100, 8):
            receipt, transaction = source.receipt, source.receipt.transaction
            data = bytearray(receipt.token if transaction is None else transaction.raw)
            data[len(data) * at // 100] ^= 1 << at % 8
            part = replace(transaction, raw=bytes(data)) if transaction else None
            lie = altered(source, token=b"" if transaction else bytes(data), transaction=part)
            paths.append(anchored.write(tmp_path / f"{len(paths)}.zip", "lie", lie=lie))
    answers = in_node([(path, anchored.trusted("rsa", "p256", "sm2")) for path in paths])
    for path, answer in zip(paths, answers, strict=True):
        expected = in_python(anchored, path, ("rsa", "p256", "sm2"))
        found = _receipt_results(answer), _receipt_results(expected)
        assert not (found[0] <= {"pass"} and not found[1] <= {"pass"}), path
        assert answer["verdict"] == expected["verdict"], path


def _receipt_results(answer: Any) -> set[str]:
    [receipt] = next(one for one in answer["checks"] if one["code"] == "receipts")["children"]
    return {one["result"] for one in receipt["children"] if one["code"] != "anchor.block"}


@pytest.mark.parametrize(
    "text",
    [
        "", "evidencelog.consistency@v1\n", "evidencelog.consistency@v1\nold 1\nnew 2", "tree\nold 1\nnew 2\n\n",
        "evidencelog.consistency@v1\nold 2\nnew 1\nAA==\n", "evidencelog.consistency@v1\nold 01\nnew 2\n\n",
        "evidencelog.consistency@v1\nnew 1\nold 2\n" + "A" * 43 + "=\n",
    ],
)  # fmt: skip
def test_consistency_proofs_that_are_none(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_consistency(text.encode())


def test_a_consistency_proof_is_read_back(anchored: Anchored) -> None:
    for source in anchored.receipts.values():
        proof = source.consistency
        assert proof is None or parse_consistency(proof.to_bytes()) == proof
        assert parse_receipt(source.receipt.to_bytes()) == source.receipt


def test_the_command_takes_roots(anchored: Anchored, tmp_path: Path) -> None:
    path = anchored.write(tmp_path / "b.zip", "rsa")
    (tmp_path / "policy.txt").write_bytes(anchored.case.policy)
    (tmp_path / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(anchored.roots["rsa"]))
    (tmp_path / "none.pem").write_text("none")
    command = ["verify", str(path), "--policy", str(tmp_path / "policy.txt"), "--json"]

    def run(*more: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*command, *more])
        return done.exit_code, done.stdout

    code, out = run("--root", str(tmp_path / "root.pem"))
    assert code == 0
    assert {"anchor.authority", "receipt.timestamp"} <= {
        one["code"] for one in _flat(json.loads(out)["checks"])
    }
    assert run("--root", str(tmp_path / "none.pem"))[0] == 2


def _flat(checks: list[Any]) -> list[Any]:
    return [inner for one in checks for inner in (one, *_flat(one["children"]))]
