"""Anchors in a served platform, end to end over HTTP: a development chain whose node goes away and comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from development_chain import development_chain
from foundation import Foundation
from running_installation import Installation, installation

from evidencelog.anchors import AnchorResult, parse_receipt, verify_receipt
from evidencelog.checkpoint import Checkpoint

WAIT_S = 60


def until(look: Callable[[], bool], what: str) -> None:
    """Ask again until it is so."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if look():
            return
        time.sleep(0.3)
    raise AssertionError(f"after {WAIT_S} s still not: {what}")


def state(running: Installation) -> dict[str, Any]:
    """Where the one anchor stands, as the auditor sees it."""
    [anchor] = running["auditor"].get("/evidence/anchors")
    return dict(anchor)


def test_a_served_platform_anchors_by_itself_and_says_so(tmp_path: Path, foundation: Foundation) -> None:
    with development_chain() as chain:
        account = chain.account(77)
        key_file = tmp_path / "account.key"
        key_file.write_text(account.key.hex())
        key_file.chmod(0o600)
        contract = chain.contract(account)
        chain.rpc.call("evm_setIntervalMining", 1)
        anchor = {
            "name": "chain-a", "kind": "ethereum", "url": chain.url, "contract": contract,
            "key_file": str(key_file), "period_seconds": 1, "confirmations": 2, "timeout_seconds": 2,
        }  # fmt: skip
        environment = {"SHUANGYIN_LOG_ANCHORS": json.dumps([anchor])}
        with installation(tmp_path / "run", environment, foundation=foundation) as running:
            _anchored(running, contract)
            chain.stop()
            until(
                lambda: state(running)["problem_code"] == "anchor.unreachable", "told that the chain is away"
            )
            # Nothing of the platform waits for it.
            running["administrator"].post_json("/departments", {"name": "档案室"})
            [entry] = running["auditor"].get("/evidence/entries?limit=1")["items"]
            until(lambda: _entry(running, entry["id"])["log_index"] is not None, "in the log")
            assert _entry(running, entry["id"])["anchor_state"] == "failed"
            problems = running["auditor"].get("/evidence/log")["problems"]
            assert [one["subject"] for one in problems] == ["anchor:chain-a"]


def _entry(running: Installation, entry_id: str) -> dict[str, Any]:
    return dict(running["auditor"].get(f"/evidence/entries/{entry_id}"))


def _anchored(running: Installation, contract: str) -> None:
    auditor = running["auditor"]
    [newest] = auditor.get("/evidence/entries?limit=1")["items"]
    until(lambda: _entry(running, newest["id"])["anchor_state"] == "anchored", "anchored")
    [covering] = _entry(running, newest["id"])["anchors"]
    receipt = parse_receipt(auditor.download(f"/evidence/receipts/{covering['receipt_id']}"))
    assert receipt.transaction is not None
    assert receipt.chain is not None
    assert receipt.transaction.id == covering["transaction_id"]
    assert receipt.chain.contract == contract.lower()
    head = Checkpoint(receipt.head.origin, receipt.head.size, receipt.head.root)
    results = {one.result for one in verify_receipt(receipt, head.text())}
    assert results == {AnchorResult.PASS, AnchorResult.NOT_CHECKED}
    listed = auditor.get("/evidence/anchors/chain-a/receipts")
    assert covering["receipt_id"] in {one["id"] for one in listed}
