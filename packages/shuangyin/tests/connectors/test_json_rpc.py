"""Nodes that answer as real ones do when something is wrong, and in milliseconds where others count seconds."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from evidencelog.anchors import TimeUnit
from evidencelog.checkpoint import Checkpoint
from shuangyin.connectors.ethereum import EthereumAnchor
from shuangyin.connectors.ethereum_accounts import Account
from shuangyin.connectors.json_rpc import JsonRpc
from shuangyin.core.clock import ManualClock
from shuangyin.evidence.ports import AnchorProblem, Fate, SignedTransaction

Answer = Callable[[Any], bytes]
HEAD = Checkpoint("log.example", 5, b"\x05" * 32)


@contextmanager
def node(answer: Answer, status: int = 200) -> Iterator[str]:
    """A server that answers every request with what `answer` makes of its JSON."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def each(result: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer a single call or a batch, refusing batches of more than 8 as FISCO BCOS does."""

    def one(call: dict[str, Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": call["id"], "result": result(call)}

    def answer(asked: Any) -> bytes:
        if isinstance(asked, dict):
            return json.dumps(one(asked)).encode()
        if len(asked) > 8:
            return b'{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"batch size too large"}}'
        # The order of a batch's answers is the node's own.
        return json.dumps([one(call) for call in reversed(asked)]).encode()

    return answer


def test_long_batches_are_split_and_come_back_in_order() -> None:
    with node(each(lambda call: call["params"][0])) as url:
        assert JsonRpc(url, 5).batch([("echo", [number]) for number in range(19)]) == list(range(19))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (
            b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"insufficient funds"}}',
            200,
            "anchor.refused",
        ),
        (b"<html>bad gateway</html>", 200, "anchor.unreachable"),
        (b"{}", 200, "anchor.unreachable"),
        (b"[" * 100_000, 200, "anchor.unreachable"),
        (b"{}", 502, "anchor.unreachable"),
        (b"7", 200, "anchor.unreachable"),
        (b"[]", 200, "anchor.unreachable"),
        (b" " * 4_100_000, 200, "anchor.unreachable"),
    ],
)
def test_what_is_no_result_is_a_problem(body: bytes, status: int, code: str) -> None:
    with node(lambda _: body, status) as url, pytest.raises(AnchorProblem) as caught:
        JsonRpc(url, 5).call("eth_chainId")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("timestamp", "unit"), [(1_793_500_000, TimeUnit.SECONDS), (1_793_500_000_123, TimeUnit.MILLISECONDS)]
)
def test_the_time_of_a_block_is_kept_as_the_chain_counts_it(timestamp: int, unit: TimeUnit) -> None:
    contract = "0x" + "ab" * 20
    block = {"hash": "0x" + "01" * 32, "timestamp": hex(timestamp)}
    answers: dict[str, object] = {
        "eth_chainId": "0x4ee8",
        "eth_blockNumber": "0x9",
        "eth_getBlockByNumber": block,
        "eth_call": "0x" + HEAD.root.hex(),
        "eth_getTransactionReceipt": {
            "blockNumber": "0x9",
            "blockHash": block["hash"],
            "status": "0x1",
            "to": contract,
        },
    }
    with node(each(lambda call: answers[call["method"]])) as url:
        anchor = EthereumAnchor(
            name="fisco",
            url=url,
            contract_address=contract,
            account=Account.from_key(b"\x01" * 32),
            clock=ManualClock(),
        )
        outcome = anchor.look(HEAD, 0, [SignedTransaction("0x" + "02" * 32, b"\x01")])
    assert outcome.fate is Fate.CONFIRMED
    assert outcome.receipt is not None
    assert outcome.receipt.block is not None
    assert (outcome.receipt.block.time, outcome.receipt.block.time_unit) == (timestamp, unit)
    assert outcome.receipt.block.time_ms // 1000 == 1_793_500_000


def test_the_bound_on_recursion_is_left_as_it_was() -> None:
    code = "import sys; before = sys.getrecursionlimit(); import shuangyin.app; assert sys.getrecursionlimit() == before"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
