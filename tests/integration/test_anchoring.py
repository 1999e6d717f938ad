"""Anchoring on a real EVM node: depth, reorganisation, reset, double send, stuck and taken numbers, old copies."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from development_chain import DevelopmentChain, development_chain
from relayed_node import Altering, RelayedNode
from sqlalchemy import select

from evidencelog.anchors import AnchorResult, TimeUnit, parse_receipt, verify_receipt
from evidencelog.checkpoint import Checkpoint, parse_checkpoint_text
from evidencelog.note import parse_note
from shuangyin.connectors.ethereum import EthereumAnchor, contract
from shuangyin.connectors.ethereum_accounts import LocalAccount
from shuangyin.core.actor import system_actor
from shuangyin.core.clock import ManualClock
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import anchor_queries, queries
from shuangyin.evidence.anchoring import anchor_round, confirm_anchor
from shuangyin.evidence.commands import record
from shuangyin.evidence.models import LogAnchorTransaction, LogProblem
from shuangyin.evidence.ports import Anchors, Fate
from shuangyin.evidence.problems import open_problems
from shuangyin.evidence.schemas import AnchorOut
from shuangyin.evidence.sequencer import sequence_pending

ROOT = Path(__file__).parents[2]
NUMBERS = count(1000)


@pytest.fixture(scope="module")
def chain() -> Iterator[DevelopmentChain]:
    with development_chain() as chain:
        yield chain


class Desk:
    """A platform whose log is anchored on the chain, with the clock in hand."""

    def __init__(self, platform: Platform, clock: ManualClock, chain: DevelopmentChain) -> None:
        self.chain, self.clock = chain, clock
        self.account: LocalAccount = chain.account(next(NUMBERS))
        self.contract = chain.contract(self.account)
        self.anchor = self.anchor_at(chain.url)
        self.platform = replace(platform, ports={**platform.ports, Anchors: Anchors((self.anchor,))})

    def anchor_at(self, url: str, *, confirmations: int = 2, timeout_s: float = 10) -> EthereumAnchor:
        return EthereumAnchor(
            name="chain-a",
            url=url,
            contract_address=self.contract,
            account=self.account,
            clock=self.clock,
            confirmations=confirmations,
            timeout_s=timeout_s,
        )

    def write(self) -> str:
        """One entry more, in a signed head."""
        entry = self.platform.transact(
            lambda work: (
                record(
                    work,
                    system_actor("0" * 31 + "1"),
                    kind="test.noted",
                    subject_type="test",
                    subject_id="t1",
                    facts={},
                ).id
            )
        )
        sequence_pending(self.platform)
        return str(entry)

    def round(self, *, after_s: float = 400) -> AnchorOut:
        self.clock.advance(seconds=after_s)
        anchor_round(self.platform, self.anchor)
        return self.state()

    def confirmed(self) -> AnchorOut:
        """Anchor what there is, as deep as is asked for."""
        self.round()
        self.chain.mine(2)
        return self.round(after_s=1)

    def state(self) -> AnchorOut:
        return self.platform.view(anchor_queries.anchor_states)[0]

    def on_chain(self) -> int:
        origin = self.platform.view(queries.origin)
        held = self.anchor.remembered(str(origin))
        return held.size if held else 0

    def problems(self) -> list[LogProblem]:
        def query(work: UnitOfWork) -> list[LogProblem]:
            found = list(open_problems(work))
            work.session.expunge_all()
            return found

        return self.platform.view(query)

    def receipts(self) -> list[bytes]:
        def query(work: UnitOfWork) -> list[bytes]:
            listed = anchor_queries.receipts_of(work, "chain-a", 100)
            return [anchor_queries.receipt_body(work, one.id) for one in listed]

        return self.platform.view(query)

    def head(self) -> Checkpoint:
        def query(work: UnitOfWork) -> str:
            head = queries.newest_checkpoint(work)
            assert head is not None
            return parse_note(head.note.encode()).text

        return parse_checkpoint_text(self.platform.view(query))


@pytest.fixture
def desk(platform: Platform, clock: ManualClock, chain: DevelopmentChain) -> Desk:
    return Desk(platform, clock, chain)


def test_the_committed_bytecode_is_what_the_source_compiles_to() -> None:
    run = subprocess.run(
        [str(Path(sys.executable).parent / "node"), str(ROOT / "contracts/compile.js")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert run.stderr == ""
    assert json.loads(run.stdout) == contract()


class TestConfirmation:
    def test_a_head_is_anchored_when_it_is_deep_enough(self, desk: Desk) -> None:
        entry = desk.write()
        assert desk.round().state == "sent"
        assert desk.on_chain() == 0
        desk.chain.mine()
        assert desk.round(after_s=1).state == "sent"
        desk.chain.mine()
        state = desk.round(after_s=1)
        assert state.state == "anchored"
        assert state.last_size == desk.on_chain()
        assert state.problem is None

        def covering(work: UnitOfWork) -> tuple[str, str | None]:
            placed = queries.entries_for(work, "0" * 31 + "1", [("test", "t1")])
            found = anchor_queries.anchors_of(work, placed)[entry]
            return anchor_queries.state_of_entry(found), found[0].transaction_id

        assert desk.platform.view(covering) == ("anchored", state.last_transaction_id)

    def test_the_receipt_proves_the_head_offline(self, desk: Desk) -> None:
        desk.write()
        desk.confirmed()
        receipt = parse_receipt(desk.receipts()[0])
        checks = verify_receipt(receipt, desk.head().text())
        assert [check.code for check in checks if check.result is AnchorResult.NOT_CHECKED] == [
            "anchor.block"
        ]
        assert all(check.result is not AnchorResult.FAIL for check in checks)
        assert receipt.block is not None
        assert receipt.block.time_unit is TimeUnit.SECONDS
        assert receipt.block.confirmations == 2

    def test_nothing_is_sent_before_the_period_is_over(self, desk: Desk) -> None:
        desk.write()
        first = desk.confirmed()
        desk.write()
        desk.round(after_s=5)
        desk.chain.mine(2)
        assert desk.round(after_s=5).last_size == first.last_size
        assert (desk.confirmed().last_size or 0) > (first.last_size or 0)

    def test_an_account_that_may_not_write_is_told(self, desk: Desk) -> None:
        desk.contract = desk.chain.contract(desk.chain.account(next(NUMBERS)))
        desk.anchor = desk.anchor_at(desk.chain.url)
        desk.write()
        desk.confirmed()
        assert [problem.code for problem in desk.problems()] == ["anchor.refused"]
        assert desk.receipts() == []


class TestReorganisation:
    def test_shallower_than_the_depth_it_is_sent_again(self, desk: Desk) -> None:
        desk.write()
        desk.round()
        desk.chain.mine()
        desk.chain.rpc.call("anvil_reorg", 1, [])
        desk.chain.rpc.call("anvil_dropAllTransactions")
        assert desk.on_chain() == 0
        assert desk.round(after_s=1).state == "sent"
        desk.chain.mine(2)
        assert desk.round(after_s=1).state == "anchored"
        assert len(desk.receipts()) == 1

    def test_deeper_than_the_depth_every_lost_head_comes_back(self, desk: Desk) -> None:
        sizes = []
        for _ in range(3):
            desk.write()
            sizes.append(desk.confirmed().last_size)
        desk.chain.rpc.call("anvil_reorg", 5, [])
        desk.chain.rpc.call("anvil_dropAllTransactions")
        held = desk.on_chain()
        assert held < (sizes[-1] or 0)
        desk.round()
        desk.chain.mine(3)
        state = desk.round(after_s=1)
        assert (state.state, state.last_size, state.problem) == ("anchored", sizes[-1], None)
        assert desk.on_chain() == sizes[-1]
        assert len(desk.receipts()) > 3


class TestTransactions:
    def test_two_workers_send_one_transaction(self, desk: Desk) -> None:
        desk.write()
        desk.clock.advance(seconds=60)
        threads = [threading.Thread(target=anchor_round, args=(desk.platform, desk.anchor)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        desk.chain.mine(2)
        pending = desk.chain.rpc.call("eth_getTransactionCount", desk.account.address, "latest")
        assert int(pending, 16) == 2
        assert desk.round(after_s=1).state == "anchored"

    def test_a_crash_after_sending_and_before_anything_else_repeats_nothing(self, desk: Desk) -> None:
        desk.write()
        desk.round()
        for transaction in sent_by(desk):
            desk.chain.rpc.call("anvil_dropTransaction", transaction)
        desk.round(after_s=1)
        desk.round(after_s=1)
        desk.chain.mine(2)
        assert desk.round(after_s=1).state == "anchored"
        assert len(sent_by(desk)) == 1

    def test_a_stuck_transaction_is_replaced_by_one_that_pays_more(self, desk: Desk) -> None:
        desk.write()
        desk.round()
        desk.round(after_s=121)
        assert len(sent_by(desk)) == 2
        desk.chain.mine(2)
        state = desk.round(after_s=1)
        assert state.state == "anchored"
        assert state.last_transaction_id == sent_by(desk)[1]

    def test_a_number_that_another_transaction_took_is_noticed(self, desk: Desk) -> None:
        desk.write()
        desk.round()
        desk.chain.rpc.call("anvil_dropTransaction", sent_by(desk)[0])
        desk.chain.rpc.call("anvil_setNonce", desk.account.address, "0x9")
        desk.chain.mine()
        state = desk.round(after_s=1)
        assert state.problem is not None
        assert "number" in str(state.problem_en)
        state = desk.confirmed()
        assert (state.state, state.problem) == ("anchored", None)


class TestTheOutsideChanges:
    def test_a_chain_that_was_reset_stops_the_anchor_until_confirmed(
        self, platform: Platform, clock: ManualClock
    ) -> None:
        with development_chain() as first:
            desk = Desk(platform, clock, first)
            desk.write()
            desk.confirmed()
            port = int(first.url.rsplit(":", 1)[1])
        with development_chain(port) as second:
            desk.chain = second
            desk.write()
            assert desk.round().problem_code == "anchor.reset"
            second.account(int.from_bytes(desk.account.key, "big"))
            assert second.contract(desk.account).lower() == desk.contract.lower()
            second.mine()
            desk.round()
            sequence_pending(desk.platform)
            assert desk.platform.transact(lambda work: confirm_anchor(work, "chain-a"))
            state = desk.confirmed()
            if state.problem is not None:
                # The new chain had given the number away already; the next round makes the transaction anew.
                state = desk.confirmed()
            assert (state.state, state.problem) == ("anchored", None)
            assert len(desk.receipts()) == 2

    def test_a_node_that_is_down_is_asked_less_and_less_and_recovers(self, desk: Desk) -> None:
        desk.write()
        good, desk.anchor = desk.anchor, desk.anchor_at("http://127.0.0.1:9", timeout_s=1)
        assert desk.round().problem_code == "anchor.unreachable"
        desk.round(after_s=0.5)
        desk.anchor = good
        desk.round(after_s=0.2)
        assert desk.state().problem is not None
        assert desk.confirmed().problem is None

    def test_a_node_that_takes_and_never_answers_costs_one_transaction(self, desk: Desk) -> None:
        """Slow: everything reaches the chain, and the platform has given up before it is told so."""
        with RelayedNode(desk.chain.url) as relay:
            desk.anchor = desk.anchor_at(relay.url, timeout_s=0.5)
            desk.write()
            relay.silent.set()
            assert desk.round().problem_code == "anchor.unreachable"
            relay.silent.clear()
            relay.alter = _silent_after_sending(relay)
            assert desk.round().problem_code == "anchor.unreachable"
            relay.silent.clear()
            relay.alter = lambda _method, result: result
            desk.chain.mine(3)
            state = desk.round(after_s=5)
            assert (state.state, state.problem) == ("anchored", None)
        sent = int(desk.chain.rpc.call("eth_getTransactionCount", desk.account.address, "latest"), 16)
        assert sent == 2, "the contract, and one head"

    def test_nodes_that_disagree_on_the_block_confirm_nothing(self, desk: Desk) -> None:
        """Split: one node has the transaction in a block that the other does not know."""
        with RelayedNode(desk.chain.url) as relay:
            desk.anchor = desk.anchor_at(relay.url)
            desk.write()
            desk.round()
            desk.chain.mine(3)
            relay.alter = _another_fork
            assert desk.round(after_s=1).state == "sent"
            assert desk.receipts() == []
            relay.alter = lambda _method, result: result
            assert desk.round(after_s=1).state == "anchored"
            # What was confirmed is taken back while they disagree again, and signing goes on.
            relay.alter = _another_fork
            assert desk.round().state == "sent"
            relay.alter = lambda _method, result: result
            assert desk.confirmed().state == "anchored"
        assert not any(one.blocking for one in desk.problems())

    def test_a_head_that_is_not_ours_stops_signing(self, desk: Desk) -> None:
        desk.write()
        origin = str(desk.platform.view(queries.origin))
        foreign = Checkpoint(origin, 1000, b"\x07" * 32)
        desk.anchor.send(desk.anchor.sign(foreign, desk.anchor.next_number(), ()))
        desk.chain.mine()
        desk.round()
        problem = desk.problems()[0]
        assert (problem.subject, problem.code, problem.blocking) == ("anchor:chain-a", "anchor.ahead", 1)
        before = desk.head().size
        desk.write()
        assert desk.head().size == before
        # Falling silent afterwards takes nothing back.
        desk.anchor = desk.anchor_at("http://127.0.0.1:9", timeout_s=1)
        desk.round()
        assert desk.problems()[0].code == "anchor.ahead"


def sent_by(desk: Desk) -> list[str]:
    """The ids of all transactions that the platform signed, oldest first."""

    def query(work: UnitOfWork) -> list[str]:
        rows = select(LogAnchorTransaction.transaction_id).order_by(LogAnchorTransaction.id)
        return list(work.session.scalars(rows))

    return desk.platform.view(query)


def _another_fork(method: str, result: Any) -> Any:
    """The answer of a node on another fork, which has another block at every height above the first."""
    if method == "eth_getBlockByNumber" and isinstance(result, dict) and int(result["number"], 16) > 0:
        return {**result, "hash": "0x" + "ee" * 32}
    return result


def _silent_after_sending(relay: RelayedNode) -> Altering:
    def alter(method: str, result: Any) -> Any:
        if method == "eth_sendRawTransaction":
            relay.silent.set()
        return result

    return alter


def test_a_transaction_that_the_node_has_already_is_no_error(desk: Desk) -> None:
    desk.write()
    head = Checkpoint("log.example/double", 1, b"\x01" * 32)
    signed = desk.anchor.sign(head, desk.anchor.next_number(), ())
    desk.anchor.send(signed)
    desk.anchor.send(signed)
    desk.chain.mine(2)
    desk.anchor.send(signed)
    assert desk.anchor.look(head, 1, [signed]).fate is Fate.CONFIRMED
