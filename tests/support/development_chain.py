"""A development chain for tests: one anvil node, no consensus. It says nothing of how real members agree."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shuangyin.connectors.ethereum import deploy
from shuangyin.connectors.ethereum_accounts import Account, LocalAccount
from shuangyin.connectors.json_rpc import JsonRpc
from shuangyin.evidence.ports import AnchorProblem

ANVIL = Path(__file__).parents[1] / "chain/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
CHAIN_ID = 20200
"""The one that FISCO BCOS starts with."""
FUNDS = hex(10**20)


@dataclass
class DevelopmentChain:
    """A running node."""

    url: str
    rpc: JsonRpc
    process: subprocess.Popen[bytes]

    def account(self, number: int) -> LocalAccount:
        """An account of its own for every test, with funds."""
        account: LocalAccount = Account.from_key(number.to_bytes(32, "big"))
        self.rpc.call("anvil_setBalance", account.address, FUNDS)
        return account

    def contract(self, account: LocalAccount, *writers: LocalAccount) -> str:
        """A new CheckpointAnchor; only the account and the writers may write."""
        allowed = [each.address for each in (account, *writers)]
        transaction = deploy(self.rpc, account, allowed)
        self.rpc.call("anvil_mine", "0x1")
        receipt = self.rpc.call("eth_getTransactionReceipt", transaction)
        assert receipt["status"] == "0x1"
        return str(receipt["contractAddress"])

    def mine(self, blocks: int = 1) -> None:
        self.rpc.call("anvil_mine", hex(blocks))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


@contextmanager
def development_chain(port: int | None = None, *arguments: str) -> Iterator[DevelopmentChain]:
    """A fresh chain that makes blocks only when told to."""
    port = port or _free_port()
    command = [
        str(ANVIL),
        "--port",
        str(port),
        "--chain-id",
        str(CHAIN_ID),
        "--silent",
        "--no-mining",
        *arguments,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    chain = DevelopmentChain(url, JsonRpc(url, 10), process)
    try:
        _wait(chain)
        yield chain
    finally:
        if process.poll() is None:
            chain.stop()


def _wait(chain: DevelopmentChain) -> None:
    for _ in range(200):
        try:
            assert int(chain.rpc.call("eth_chainId"), 16) == CHAIN_ID
        except AnchorProblem:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the development chain does not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
