"""A stand-in for a ChainMaker node with the sample contract `fact`. No consensus, no storage: it proves nothing.

It checks chain, signature and duplicates as a node does, puts every accepted request into a block of its own, and
misbehaves on demand, so that the connector can be shown to notice.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum

import grpc

from evidencelog.anchors.verifying import verify_member
from shuangyin.connectors import chainmaker_pb2 as messages
from shuangyin.connectors.chainmaker import QUERIES, SERVICE, SUCCESS
from shuangyin.connectors.standins.faults import Fault

INVALID_PARAMETER, NO_PERMISSION, CONTRACT_FAIL = 2, 3, 4
UNPACKAGED, COMMITTED = 1, 3


class Misbehaviour(StrEnum):
    """What the stand-in may do wrong."""

    SLOW = "slow"
    """Answers after the client has given up."""
    LOSES = "loses"
    """Says that it took a request, and forgets it."""
    WAITS = "waits"
    """Keeps requests in its pool."""
    FAILS = "fails"
    """The contract refuses."""
    WRONG_TRANSACTION = "wrong-transaction"
    """Shows another transaction under the id."""
    FORGETS = "forgets"
    """The contract does not find what it saved."""
    GARBAGE = "garbage"
    DOWN = "down"
    """Every call ends as it does when nobody is there."""
    DUPLICATE = "duplicate"
    """Takes a request, and says that it had it before."""


_FAULTS = {
    Fault.SLOW: Misbehaviour.SLOW,
    Fault.DOWN: Misbehaviour.DOWN,
    Fault.CONTRADICTORY: Misbehaviour.WRONG_TRANSACTION,
    Fault.DUPLICATE: Misbehaviour.DUPLICATE,
}


class StandInChainMaker:
    """One node on loopback; ``with`` starts and stops it."""

    def __init__(self, chain_id: str = "chain1", *, slow_s: float = 3, port: int = 0) -> None:
        """Binds at once; port 0 takes a free one. Raises ``OSError`` when the port is taken."""
        self.misbehaviour: Misbehaviour | None = None
        self.requests: list[bytes] = []
        self._chain_id, self._slow_s = chain_id, slow_s
        self._blocks: dict[str, messages.TransactionInfo] = {}
        self._facts: dict[str, dict[str, str]] = {}
        self._pool: set[str] = set()
        self._lock = threading.Lock()
        self._genesis = hashlib.sha256(chain_id.encode()).digest()
        # Without this a second server would silently share the port of the first.
        self._server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        handlers = {
            "SendRequest": grpc.unary_unary_rpc_method_handler(self._send_request),
            "GetTxStatus": grpc.unary_unary_rpc_method_handler(self._status),
        }
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        try:
            self.target = f"127.0.0.1:{self._server.add_insecure_port(f'127.0.0.1:{port}')}"
        except RuntimeError as error:
            raise OSError(f"port {port} is taken") from error

    @property
    def address(self) -> str:
        return self.target

    def misbehave(self, fault: Fault | None) -> None:
        self.misbehaviour = None if fault is None else _FAULTS[fault]

    def __enter__(self) -> StandInChainMaker:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()

    def _send_request(self, raw: bytes, context: grpc.ServicerContext) -> bytes:
        if self.misbehaviour is Misbehaviour.DOWN:
            context.abort(grpc.StatusCode.UNAVAILABLE, "connection refused")
        if self.misbehaviour is Misbehaviour.SLOW:
            time.sleep(self._slow_s)
        if self.misbehaviour is Misbehaviour.GARBAGE:
            return b"\xff\xff\xff"
        request = messages.TxRequest.FromString(raw)
        with self._lock:
            answer = self._refusal(request) or (
                self._query(request.payload)
                if request.payload.tx_type == messages.QUERY_CONTRACT
                else self._invoke(raw, request)
            )
        return bytes(answer.SerializeToString())

    def _refusal(self, request: messages.TxRequest) -> messages.TxResponse | None:
        payload, sender = request.payload, request.sender
        if payload.chain_id != self._chain_id:
            return messages.TxResponse(code=INVALID_PARAMETER, message="chain not found")
        signed = payload.SerializeToString(deterministic=True)
        if not verify_member(sender.signer.member_info, sender.signature, signed):
            return messages.TxResponse(code=NO_PERMISSION, message="signature verification failed")
        return None

    def _invoke(self, raw: bytes, request: messages.TxRequest) -> messages.TxResponse:
        self.requests.append(raw)
        key = request.payload.tx_id
        if key in self._blocks or key in self._pool:
            return messages.TxResponse(
                code=INVALID_PARAMETER, message="tx is duplicate in tx pool", tx_id=key
            )
        if self.misbehaviour is Misbehaviour.WAITS:
            self._pool.add(key)
        elif self.misbehaviour is not Misbehaviour.LOSES:
            self._store(request)
        if self.misbehaviour is Misbehaviour.DUPLICATE:
            return messages.TxResponse(
                code=INVALID_PARAMETER, message="tx is duplicate in tx pool", tx_id=key
            )
        return messages.TxResponse(code=SUCCESS, message="OK", tx_id=key)

    def _store(self, request: messages.TxRequest) -> None:
        values = {pair.key: pair.value.decode() for pair in request.payload.parameters}
        failed = self.misbehaviour is Misbehaviour.FAILS
        if not failed:
            self._facts[values["file_hash"]] = values
        result = messages.Result(
            code=CONTRACT_FAIL if failed else SUCCESS,
            contract_result=messages.ContractResult(
                code=int(failed), message="refused" if failed else "Success"
            ),
        )
        height = len(self._blocks) + 1
        self._blocks[request.payload.tx_id] = messages.TransactionInfo(
            transaction=messages.Transaction(payload=request.payload, sender=request.sender, result=result),
            block_height=height,
            block_hash=hashlib.sha256(self._genesis + bytes([height % 256])).digest(),
            block_timestamp=request.payload.timestamp,
        )

    def _query(self, payload: messages.Payload) -> messages.TxResponse:
        values = {pair.key: pair.value.decode() for pair in payload.parameters}
        found: bytes | None = None
        if (payload.contract_name, payload.method) == (QUERIES, "GET_BLOCK_BY_HEIGHT"):
            header = messages.BlockHeader(chain_id=self._chain_id, block_hash=self._genesis)
            found = messages.BlockInfo(block=messages.Block(header=header)).SerializeToString()
        elif (payload.contract_name, payload.method) == (QUERIES, "GET_TX_BY_TX_ID"):
            found = self._transaction(values["txId"])
        elif payload.method == "find_by_file_hash" and self.misbehaviour is not Misbehaviour.FORGETS:
            fact = self._facts.get(values["file_hash"])
            found = None if fact is None else json.dumps(fact).encode()
        if found is None:
            return messages.TxResponse(code=CONTRACT_FAIL, message="not found")
        return messages.TxResponse(code=SUCCESS, contract_result=messages.ContractResult(result=found))

    def _transaction(self, key: str) -> bytes | None:
        info = self._blocks.get(key)
        if info is None:
            return None
        if self.misbehaviour is Misbehaviour.WRONG_TRANSACTION:
            other = messages.TransactionInfo()
            other.CopyFrom(info)
            other.transaction.payload.parameters[0].value = b"0" * 64
            info = other
        return bytes(info.SerializeToString())

    def _status(self, raw: bytes, _context: grpc.ServicerContext) -> bytes:
        key = messages.GetTxStatusRequest.FromString(raw).tx_id
        with self._lock:
            status = COMMITTED if key in self._blocks else UNPACKAGED if key in self._pool else 0
        return bytes(messages.GetTxStatusResponse(tx_status=status, tx_id=key).SerializeToString())
