"""Anchors on chains that speak Ethereum's JSON-RPC: FISCO BCOS from 3.9 (web3_rpc), Besu, and their like.

What such chains do differently is left to them: the contract's address comes from the receipt or the settings, the
time of a block may be in seconds or milliseconds, fees may be zero, and transactions are of the oldest form
(EIP-155), which all of them take. On a 国密 chain this interface still hashes with Keccak and signs with secp256k1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from evidencelog.anchors import (
    AnchorBlock,
    AnchorChain,
    AnchorKind,
    AnchorReceipt,
    AnchorTransaction,
    TimeUnit,
    head_of,
)
from evidencelog.anchors.ethereum import AnchorCall, encode_call, read_transaction
from evidencelog.anchors.keccak import keccak_256
from evidencelog.checkpoint import Checkpoint
from shuangyin.connectors.ethereum_accounts import Account, LocalAccount
from shuangyin.connectors.json_rpc import JsonRpc
from shuangyin.core.clock import Clock
from shuangyin.evidence.ports import (
    REFUSED,
    RESET,
    UNREACHABLE,
    AnchorProblem,
    Fate,
    Outcome,
    RememberedHead,
    SignedTransaction,
)

_MILLISECONDS_FROM = 100_000_000_000
"""A time above this is in milliseconds: in seconds it would be the year 5138."""
_HARMLESS = (
    "already known",
    "already imported",
    "known transaction",
    "nonce too low",
    "underpriced",
    "exists",
)
"""What nodes say of a transaction that they have, had, or already have a better one for."""


@cache
def contract() -> Mapping[str, Any]:
    """ABI and bytecode of CheckpointAnchor, as compiled."""
    text = resources.files("shuangyin.connectors").joinpath("checkpoint_anchor.json").read_text("utf-8")
    return dict(json.loads(text))


def load_account(key_file: Path) -> LocalAccount:
    """The account whose private key (hex) lies in the file. Raises AnchorProblem."""
    try:
        account: LocalAccount = Account.from_key(key_file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise AnchorProblem(REFUSED, "the key file of the account cannot be read") from error
    return account


class EthereumAnchor:
    """The port Anchor on the contract CheckpointAnchor."""

    kind = "ethereum"
    final = False

    def __init__(
        self,
        *,
        name: str,
        url: str,
        contract_address: str,
        account: LocalAccount,
        clock: Clock,
        chain_name: str = "",
        period_s: int = 30,
        confirmations: int = 1,
        patience_s: int = 120,
        gas: int = 300_000,
        timeout_s: float = 10,
    ) -> None:
        """`confirmations` counts the block itself; `patience_s` is the wait before a higher fee, in seconds."""
        self.name, self.period_s, self.patience_s = name, period_s, patience_s
        self._rpc = JsonRpc(url, timeout_s)
        self._contract = contract_address.lower()
        self._account = account
        self._clock = clock
        self._chain_name = chain_name or name
        self._confirmations = confirmations
        self._gas = gas

    def identity(self) -> str:
        chain_id, genesis, code = self._rpc.batch(
            [
                ("eth_chainId", []),
                ("eth_getBlockByNumber", ["0x0", False]),
                ("eth_getCode", [self._contract, "latest"]),
            ]
        )
        if len(code_bytes := _octets(code)) == 0:
            raise AnchorProblem(RESET, f"there is no contract at {self._contract} any more")
        return (
            f"chain {_number(chain_id)} genesis {_hash_of(genesis)} contract {self._contract} "
            f"code {keccak_256(code_bytes).hex()[:16]}"
        )

    def remembered(self, origin: str) -> RememberedHead | None:
        answer = self._ask("latest(string)", _string(origin, 1))
        if len(answer) != 64:
            raise AnchorProblem(REFUSED, "the contract does not answer as CheckpointAnchor does")
        size = int.from_bytes(answer[:32], "big")
        return RememberedHead(size, answer[32:]) if size else None

    def next_number(self) -> int | None:
        return _number(self._rpc.call("eth_getTransactionCount", self._account.address, "latest"))

    def sign(
        self, head: Checkpoint, number: int | None, replaced: Sequence[SignedTransaction]
    ) -> SignedTransaction:
        chain_id, price = (
            _number(each) for each in self._rpc.batch([("eth_chainId", []), ("eth_gasPrice", [])])
        )
        if replaced:
            # Nodes take a replacement that pays at least a tenth more than what it replaces.
            price = max(price, read_transaction(replaced[-1].raw).price) * 5 // 4 + 1
        signed = self._account.sign_transaction(
            {
                "chainId": chain_id,
                "nonce": number or 0,
                "gas": self._gas,
                "gasPrice": price,
                "to": bytes.fromhex(self._contract[2:]),
                "value": 0,
                "data": encode_call(AnchorCall(head.origin, head.size, head.root)),
            }
        )
        return SignedTransaction(f"0x{bytes(signed.hash).hex()}", bytes(signed.raw_transaction))

    def send(self, transaction: SignedTransaction) -> None:
        try:
            self._rpc.call("eth_sendRawTransaction", f"0x{transaction.raw.hex()}")
        except AnchorProblem as problem:
            if problem.code != REFUSED or not any(part in str(problem).lower() for part in _HARMLESS):
                raise

    def look(self, head: Checkpoint, number: int | None, sent: Sequence[SignedTransaction]) -> Outcome:
        found = self._receipt(sent)
        if found is not None:
            return self._judge(head, *found)
        known = self._rpc.batch([("eth_getTransactionByHash", [each.transaction_id]) for each in sent])
        if any(each is not None for each in known):
            return Outcome(Fate.PENDING)
        if number is None or (self.next_number() or 0) <= number:
            return Outcome(Fate.UNKNOWN)
        # It may have come into a block between the questions.
        if self._receipt(sent) is not None:
            return Outcome(Fate.PENDING, reason="just came into a block")
        return Outcome(Fate.REJECTED, reason=f"another transaction of the account took its number {number}")

    def _receipt(self, sent: Sequence[SignedTransaction]) -> tuple[SignedTransaction, dict[str, Any]] | None:
        receipts = self._rpc.batch([("eth_getTransactionReceipt", [each.transaction_id]) for each in sent])
        for transaction, receipt in zip(sent, receipts, strict=True):
            if isinstance(receipt, dict) and receipt.get("blockNumber") is not None:
                return transaction, receipt
        return None

    def _judge(self, head: Checkpoint, sent: SignedTransaction, receipt: Mapping[str, Any]) -> Outcome:
        height, block = self._rpc.batch(
            [("eth_blockNumber", []), ("eth_getBlockByNumber", [receipt["blockNumber"], False])]
        )
        depth = _number(height) - _number(receipt["blockNumber"]) + 1
        if block is None or _hash_of(block) != receipt.get("blockHash") or depth < self._confirmations:
            return Outcome(Fate.PENDING, reason="in a block, not deep enough yet")
        if _number(receipt.get("status")) != 1:
            return Outcome(Fate.REJECTED, reason="the contract refused it: not a writer, or not a new size")
        held = self._ask("get(string,uint64)", _string(head.origin, 2, head.size))
        if held != head.root:
            return Outcome(Fate.REJECTED, reason="the contract holds another root for this size")
        time = _number(block.get("timestamp"))
        return Outcome(Fate.CONFIRMED, self._make_receipt(head, sent, receipt, time, depth))

    def _make_receipt(
        self, head: Checkpoint, sent: SignedTransaction, receipt: Mapping[str, Any], time: int, depth: int
    ) -> AnchorReceipt:
        chain_id, genesis = self._rpc.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
        return AnchorReceipt(
            AnchorKind.ETHEREUM,
            self.name,
            head_of(head),
            self._clock.now_ms(),
            chain=AnchorChain(
                self._chain_name, str(_number(chain_id)), _hash_of(genesis), str(receipt.get("to")).lower()
            ),
            transaction=AnchorTransaction(sent.transaction_id, sent.raw, self._account.address.lower()),
            block=AnchorBlock(
                _number(receipt["blockNumber"]),
                str(receipt["blockHash"]),
                time,
                TimeUnit.MILLISECONDS if time >= _MILLISECONDS_FROM else TimeUnit.SECONDS,
                depth,
            ),
        )

    def _ask(self, signature: str, arguments: bytes) -> bytes:
        data = keccak_256(signature.encode())[:4] + arguments
        answer = self._rpc.call("eth_call", {"to": self._contract, "data": f"0x{data.hex()}"}, "latest")
        return _octets(answer)


def deploy(rpc: JsonRpc, account: LocalAccount, writers: Sequence[str], *, gas: int = 2_000_000) -> str:
    """Send the transaction that makes a CheckpointAnchor with these writers; returns the transaction's id.

    The address is in its receipt and nowhere else: chains compute it in different ways.
    """
    numbers = rpc.batch(
        [
            ("eth_chainId", []),
            ("eth_gasPrice", []),
            ("eth_getTransactionCount", [account.address, "latest"]),
        ]
    )
    chain_id, price, number = (_number(each) for each in numbers)
    listed = b"".join(bytes(12) + bytes.fromhex(writer[2:]) for writer in writers)
    arguments = (32).to_bytes(32, "big") + len(writers).to_bytes(32, "big") + listed
    signed = account.sign_transaction(
        {
            "chainId": chain_id,
            "nonce": number,
            "gas": gas,
            "gasPrice": price,
            "value": 0,
            "data": bytes.fromhex(contract()["bytecode"][2:]) + arguments,
        }
    )
    return str(rpc.call("eth_sendRawTransaction", f"0x{bytes(signed.raw_transaction).hex()}"))


def _string(text: str, words: int, number: int | None = None) -> bytes:
    """The arguments (string) or (string, uint64) in the contract ABI; `words` is the size of the head."""
    octets = text.encode()
    second = b"" if number is None else number.to_bytes(32, "big")
    offset = (words * 32).to_bytes(32, "big")
    return offset + second + len(octets).to_bytes(32, "big") + octets + bytes(-len(octets) % 32)


def _number(value: object) -> int:
    try:
        number = int(value, 16) if isinstance(value, str) else -1
    except ValueError:
        number = -1
    if not 0 <= number < 2**256:
        raise AnchorProblem(UNREACHABLE, "the node gives no number where one belongs")
    return number


def _octets(value: object) -> bytes:
    try:
        return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else b""
    except ValueError as error:
        raise AnchorProblem(UNREACHABLE, "the node gives no hex where it belongs") from error


def _hash_of(block: object) -> str:
    found = block.get("hash") if isinstance(block, dict) else None
    if not isinstance(found, str):
        raise AnchorProblem(UNREACHABLE, "the node gives no block where one belongs")
    return found
