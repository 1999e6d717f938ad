"""ChainMaker through its contract `fact`, against the stand-in of a node: signing, faults, receipts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from evidencelog.anchors import AnchorCheckCode, AnchorResult, parse_receipt, verify_receipt
from evidencelog.checkpoint import Checkpoint
from gmseal.sm.certificates import CertificateProfile, Name, issue_certificate
from gmseal.sm.keys import PrivateKey
from shuangyin.connectors.anchors import configured_anchors
from shuangyin.connectors.standins.chainmaker import Misbehaviour, StandInChainMaker
from shuangyin.core.clock import ManualClock, to_datetime
from shuangyin.evidence.ports import Anchor, AnchorProblem, Fate

ROOT = Path(__file__).parents[4]
HEAD = Checkpoint("log.example/facts", 12, bytes(range(32)))


@pytest.fixture
def node() -> Iterator[StandInChainMaker]:
    with StandInChainMaker() as node:
        yield node


def pem_of(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(serialization.Encoding.PEM)


def anchor_on(
    node: StandInChainMaker,
    folder: Path,
    clock: ManualClock,
    kind: str = "sm2-certificate",
    **changes: object,
) -> Anchor:
    key_file, certificate_file = folder / "member.key", None
    if kind == "ecdsa-key":
        key_file.write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    else:
        key = PrivateKey.generate()
        key_file.write_bytes(key.to_pkcs8_pem())
        if kind == "sm2-certificate":
            now = to_datetime(clock.now_ms())
            certificate_file = folder / "member.crt"
            certificate = issue_certificate(
                subject=Name("client1"),
                public_key=key.public_key,
                issuer=None,
                issuer_key=key,
                profile=CertificateProfile.CA,
                not_before=now - timedelta(days=1),
                not_after=now + timedelta(days=1),
            )
            certificate_file.write_bytes(pem_of(certificate))
    settings: dict[str, object] = {
        "name": "facts",
        "kind": "chainmaker",
        "target": node.target,
        "chain_id": "chain1",
        "organization": "org1.example",
        "key_file": str(key_file),
        "certificate_file": certificate_file and str(certificate_file),
        "timeout_seconds": 1,
        **changes,
    }
    return configured_anchors([settings], clock).members[0]


@pytest.mark.parametrize("kind", ["sm2-certificate", "sm2-key", "ecdsa-key"])
def test_a_saved_digest_makes_a_receipt_that_proves_itself(
    node: StandInChainMaker, tmp_path: Path, clock: ManualClock, kind: str
) -> None:
    anchor = anchor_on(node, tmp_path, clock, kind)
    signed = anchor.sign(HEAD, None, ())
    assert anchor.look(HEAD, None, [signed]).fate is Fate.UNKNOWN
    anchor.send(signed)
    outcome = anchor.look(HEAD, None, [signed])
    assert outcome.fate is Fate.CONFIRMED
    assert outcome.receipt is not None
    receipt = parse_receipt(outcome.receipt.to_bytes())
    results = {check.code: check.result for check in verify_receipt(receipt, HEAD.text())}
    assert results.pop(AnchorCheckCode.BLOCK) is AnchorResult.NOT_CHECKED
    assert set(results.values()) == {AnchorResult.PASS}
    assert AnchorCheckCode.SENDER in results
    other = Checkpoint(HEAD.origin, 13, HEAD.root)
    failed = {one.code for one in verify_receipt(receipt, other.text()) if one.result is AnchorResult.FAIL}
    assert failed == {AnchorCheckCode.HEAD, AnchorCheckCode.IMPRINT}


def test_a_request_sent_twice_counts_once(
    node: StandInChainMaker, tmp_path: Path, clock: ManualClock
) -> None:
    anchor = anchor_on(node, tmp_path, clock)
    signed = anchor.sign(HEAD, None, ())
    anchor.send(signed)
    anchor.send(signed)
    assert len(node.requests) == 2
    assert anchor.look(HEAD, None, [signed]).fate is Fate.CONFIRMED


def test_what_the_node_loses_is_unknown_until_it_expires(
    node: StandInChainMaker, tmp_path: Path, clock: ManualClock
) -> None:
    anchor = anchor_on(node, tmp_path, clock)
    node.misbehaviour = Misbehaviour.LOSES
    signed = anchor.sign(HEAD, None, ())
    anchor.send(signed)
    assert anchor.look(HEAD, None, [signed]).fate is Fate.UNKNOWN
    clock.advance(seconds=601)
    assert anchor.look(HEAD, None, [signed]).fate is Fate.REJECTED


def test_what_waits_in_the_pool_is_pending(
    node: StandInChainMaker, tmp_path: Path, clock: ManualClock
) -> None:
    anchor = anchor_on(node, tmp_path, clock)
    node.misbehaviour = Misbehaviour.WAITS
    signed = anchor.sign(HEAD, None, ())
    anchor.send(signed)
    assert anchor.look(HEAD, None, [signed]).fate is Fate.PENDING


def test_a_contract_that_refuses_is_a_rejection(
    node: StandInChainMaker, tmp_path: Path, clock: ManualClock
) -> None:
    anchor = anchor_on(node, tmp_path, clock)
    node.misbehaviour = Misbehaviour.FAILS
    signed = anchor.sign(HEAD, None, ())
    anchor.send(signed)
    assert anchor.look(HEAD, None, [signed]).fate is Fate.REJECTED


@pytest.mark.parametrize(
    ("misbehaviour", "code"),
    [
        (Misbehaviour.WRONG_TRANSACTION, "anchor.refused"),
        (Misbehaviour.FORGETS, "anchor.refused"),
        (Misbehaviour.GARBAGE, "anchor.unreachable"),
        (Misbehaviour.SLOW, "anchor.unreachable"),
    ],
)
def test_a_node_that_misbehaves_is_a_problem(
    node: StandInChainMaker, tmp_path: Path, clock: ManualClock, misbehaviour: Misbehaviour, code: str
) -> None:
    anchor = anchor_on(node, tmp_path, clock)
    signed = anchor.sign(HEAD, None, ())
    anchor.send(signed)
    node.misbehaviour = misbehaviour
    with pytest.raises(AnchorProblem) as caught:
        anchor.look(HEAD, None, [signed])
    assert caught.value.code == code


def test_another_chain_or_a_node_that_is_gone_is_a_problem(tmp_path: Path, clock: ManualClock) -> None:
    with StandInChainMaker() as node:
        anchor = anchor_on(node, tmp_path, clock)
        assert anchor.identity() == anchor.identity()
        stranger = anchor_on(node, tmp_path, clock, chain_id="chain2")
        with pytest.raises(AnchorProblem):
            stranger.send(stranger.sign(HEAD, None, ()))
    with pytest.raises(AnchorProblem) as caught:
        anchor.identity()
    assert caught.value.code == "anchor.unreachable"


def test_the_committed_messages_are_made_from_the_protocol_file(tmp_path: Path) -> None:
    subprocess.run([str(ROOT / "scripts/make_protocol.sh"), str(tmp_path)], check=True, timeout=60)
    committed = ROOT / "packages/shuangyin/src/shuangyin/connectors"
    for name in ("chainmaker_pb2.py", "chainmaker_pb2.pyi"):
        assert (tmp_path / name).read_text() == (committed / name).read_text()
