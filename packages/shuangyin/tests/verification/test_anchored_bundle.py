"""Receipts of anchors in evidence bundles: of the first head that holds the use, connected with the proofs."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anchor_receipts import OpensslAuthority
from offline_page import in_node, needs_node

from evidencelog import Ed25519Signer, TileProver, encode_entry, make_proof, sign_checkpoint
from evidencelog.anchors import parse_receipt
from evidencelog.bundle import BundleReport, EntrySource, Verdict, read_bundle, verify_bundle
from evidencelog.testing import MemoryLog
from evidencelog.vkey import parse_vkey
from gmseal.sm.keys import PrivateKey
from gmseal.sm.timestamps.trial_server import TrialTimestampServer
from gmseal.trial import TrialAuthority
from shuangyin.connectors.standins.chainmaker import StandInChainMaker
from shuangyin.core.clock import SystemClock, to_datetime
from shuangyin.core.settings import Settings
from shuangyin.evidence.anchoring import anchor_round
from shuangyin.evidence.ports import Anchors
from shuangyin.verification.bundles.checking_steps import steps_of
from shuangyin.verification.bundles.reports import check_page

API = "/api/v1/seal-uses/{}/evidence-bundle"


@pytest.fixture(scope="module")
def authority() -> TrialAuthority:
    return TrialAuthority.create(to_datetime(SystemClock().now_ms()))


@pytest.fixture
def settings(settings: Settings, authority: TrialAuthority, tmp_path: Path) -> Iterator[Settings]:
    """A platform with a time-stamp authority and 长安链, both stand-ins."""
    key_file = tmp_path / "member.key"
    key_file.write_bytes(PrivateKey.generate().to_pkcs8_pem())
    with TrialTimestampServer(authority.timestamps()) as stamping, StandInChainMaker() as chain:
        anchors: list[dict[str, object]] = [
            {"name": "tsa", "kind": "rfc3161", "url": stamping.url, "period_seconds": 1},
            {
                "name": "changan", "kind": "chainmaker", "target": chain.target, "chain_id": "chain1",
                "organization": "wx-org1.chainmaker.org", "key_file": str(key_file), "chain_name": "长安链演示",
                "period_seconds": 1,
            },
        ]  # fmt: skip
        yield settings.model_copy(update={"log_anchors": anchors})


def anchored(story: Any) -> None:
    """Rounds of both anchors until nothing is on its way."""
    for _ in range(3):
        story.world.clock.advance(seconds=2)
        for anchor in story.world.platform.port(Anchors).members:
            anchor_round(story.world.platform, anchor)


def bundle_of(story: Any, use: dict[str, Any], path: Path) -> Path:
    response = story.world.client("employee").get(API.format(use["id"]))
    assert response.status_code == 200, response.text
    path.write_bytes(response.content)
    return path


def keys(story: Any) -> list[str]:
    return str(story.world.anonymous().get("/log/vkeys").text).split()


def found(report: BundleReport) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for one in report.walk():
        codes.setdefault(one.code.value, []).append(one.result.value)
    return codes


@needs_node
def test_a_bundle_holds_what_anchors_hold_of_it(
    story: Any, authority: TrialAuthority, tmp_path: Path
) -> None:
    [use] = story.sealed()["uses"]
    story.world.settle()
    trusted = [parse_vkey(text) for text in keys(story)]
    early = bundle_of(story, use, tmp_path / "early.zip")
    assert read_bundle(early).receipts == ()
    anchored(story)
    at_once = bundle_of(story, use, tmp_path / "at-once.zip")
    story.sealed(duplicate_reason="对方遗失原件，补盖一份")
    story.world.settle()
    later = bundle_of(story, use, tmp_path / "later.zip")
    for path in (early, at_once, later):
        report = verify_bundle(path, trusted, roots=[authority.root])
        assert report.verdict is Verdict.VALID, report.to_dict()
        [answer] = in_node([(path, "\n".join(keys(story)))])
        assert answer == verify_bundle(path, trusted).to_dict()
    bundle = read_bundle(later)
    kinds = {parse_receipt(one.data).kind.value for one in bundle.receipts}
    assert kinds == {"rfc3161", "chainmaker"}
    assert all(one.consistency is not None for one in bundle.receipts), "the log has grown since"
    codes = found(report)
    assert codes["receipt.covers"] == ["pass", "pass"]
    assert codes["anchor.token"] == codes["anchor.authority"] == codes["anchor.sender"] == ["pass"]
    assert codes["anchor.block"] == ["warn"], "only the chain can tell"
    assert bundle.statement is not None
    address = str(use["verification_url"]).split("8600", 1)[1] + "/evidence-bundle"
    (tmp_path / "masked.zip").write_bytes(story.world.anonymous().get(address).content)
    assert verify_bundle(tmp_path / "masked.zip", trusted).verdict is Verdict.VALID
    assert len(read_bundle(tmp_path / "masked.zip").receipts) == 2
    derived = verify_bundle(later, trusted).statement
    assert derived is not None
    assert [section.title.zh for section in derived.sections].count("外部锚定回执") == 2


def test_the_commands_for_a_token_work_as_they_are_written(tmp_path: Path) -> None:
    """Judge: openssl ts, over a token that it made itself."""
    log = MemoryLog()
    log.add([entry := encode_entry({"kind": "other"})])
    note = sign_checkpoint("log.example/日志", log.state, [Ed25519Signer.generate("log.example/日志")])
    proof = make_proof(TileProver(log, 1), 0, note)
    (tmp_path / "openssl").mkdir()
    authority = OpensslAuthority.create(tmp_path / "openssl", "p256")
    receipt = authority.stamp(proof.head())
    (tmp_path / "receipts").mkdir()
    (tmp_path / "receipts" / "000001.json").write_bytes(receipt.to_bytes())
    (tmp_path / "roots.pem").write_bytes((tmp_path / "openssl" / "root.pem").read_bytes())
    page = check_page(steps_of(EntrySource(entry, proof), [], [receipt], salted=False), "en").decode()
    commands = [html.unescape(one) for one in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)][-3:]
    done = subprocess.run(
        ["sh", "-eu"], input="\n".join(commands), capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert "Verification: OK" in done.stdout + done.stderr, (commands, done.stderr)
    assert json.loads(receipt.to_bytes())["head"]["size"] == proof.head().size
