"""Anchors on 长安链 ChainMaker through its sample contract `fact`: save(file_hash, file_name, time).

The service is `api.RpcNode` over gRPC; requests are signed as `PermissionedWithCert` (a certificate) or
`PermissionedWithKey` (a public key) ask, with SM2 and SM3 or with ECDSA and SHA-256. The contract finds a digest that
it is asked for and cannot list what it holds, so this anchor cannot tell of an old copy of the log. A block is final.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.message import DecodeError

from evidencelog.anchors import (
    AnchorBlock,
    AnchorChain,
    AnchorKind,
    AnchorReceipt,
    AnchorTransaction,
    TimeUnit,
    head_of,
)
from evidencelog.checkpoint import Checkpoint
from gmseal.errors import GmsealError
from gmseal.sm.keys import PrivateKey
from shuangyin.connectors import chainmaker_pb2 as messages
from shuangyin.core.clock import Clock
from shuangyin.evidence.ports import (
    REFUSED,
    UNREACHABLE,
    AnchorProblem,
    Fate,
    Outcome,
    RememberedHead,
    SignedTransaction,
)

SERVICE = "api.RpcNode"
QUERIES = "CHAIN_QUERY"
SUCCESS = 0
IN_POOL = frozenset({1, 2})
"""TxStatus UNPACKAGED and PACKAGED."""
_EXPIRES_S = 600
"""Nodes refuse a request whose time is further from theirs than this (their default)."""
_HARMLESS = ("duplicate", "repeated", "exist")
_MILLISECONDS_FROM = 100_000_000_000
_MAX_ANSWER = 4_000_000
Answer = TypeVar(
    "Answer",
    messages.TxResponse,
    messages.GetTxStatusResponse,
    messages.TransactionInfo,
    messages.BlockInfo,
)


@dataclass(frozen=True)
class ChainMakerMember:
    """Who signs: an organisation's certificate or public key (PEM), and what signs with its private key."""

    organization: str
    member_type: messages.MemberType
    member_info: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True)
class ChainMakerTls:
    """Files (PEM) of an ordinary TLS connection. GM-TLS needs a gateway in front of the node."""

    ca: bytes
    certificate: bytes | None = None
    key: bytes | None = None
    server_name: str | None = None


def load_member(organization: str, key_file: Path, certificate_file: Path | None) -> ChainMakerMember:
    """The member whose key lies in the file; without a certificate its public key stands for it.

    Raises AnchorProblem.
    """
    try:
        pem = key_file.read_bytes()
        certificate = None if certificate_file is None else certificate_file.read_bytes()
        if certificate is not None:
            x509.load_pem_x509_certificate(certificate)
        public, sign = _signing(pem)
    except (OSError, ValueError, TypeError, GmsealError) as error:
        raise AnchorProblem(REFUSED, "the key or certificate of the member cannot be read") from error
    if certificate is None:
        return ChainMakerMember(organization, messages.PUBLIC_KEY, public, sign)
    return ChainMakerMember(organization, messages.CERT, certificate, sign)


def _signing(pem: bytes) -> tuple[bytes, Callable[[bytes], bytes]]:
    try:
        own = PrivateKey.from_pkcs8(pem)
    except GmsealError:
        key = serialization.load_pem_private_key(pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the key is neither SM2 nor ECDSA") from None
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return public, lambda message: key.sign(message, ec.ECDSA(hashes.SHA256()))
    return own.public_key.to_spki_pem(), own.sign


class ChainMakerAnchor:
    """The port Anchor on the contract `fact`."""

    kind = "chainmaker"
    final = True

    def __init__(
        self,
        *,
        name: str,
        target: str,
        chain_id: str,
        member: ChainMakerMember,
        clock: Clock,
        contract: str = "fact",
        imprint: str = "sm3",
        chain_name: str = "",
        tls: ChainMakerTls | None = None,
        period_s: int = 30,
        timeout_s: float = 10,
    ) -> None:
        """`target` is host:port of a node; `imprint` the digest of the checkpoint that is saved."""
        self.name, self.period_s, self.patience_s = name, period_s, _EXPIRES_S
        self._target, self._chain_id, self._contract = target, chain_id, contract
        self._member, self._clock, self._tls = member, clock, tls
        self._imprint, self._chain_name, self._timeout_s = imprint, chain_name or name, timeout_s

    def identity(self) -> str:
        return f"chain {self._chain_id} genesis {self._genesis()} contract {self._contract}"

    def remembered(self, origin: str) -> RememberedHead | None:
        """None: the contract cannot be asked for its newest digest."""
        return None

    def next_number(self) -> int | None:
        return None

    def sign(
        self, head: Checkpoint, number: int | None, replaced: Sequence[SignedTransaction]
    ) -> SignedTransaction:
        now = self._clock.now_ms() // 1000
        values = {
            "file_hash": self._digest(head).hex(),
            "file_name": f"{head.origin} {head.size}",
            "time": str(now),
        }
        request = self._request(messages.INVOKE_CONTRACT, self._contract, "save", values)
        return SignedTransaction(request.payload.tx_id, request.SerializeToString(deterministic=True))

    def send(self, transaction: SignedTransaction) -> None:
        answer = self._call("SendRequest", transaction.raw, messages.TxResponse)
        if answer.code != SUCCESS and not any(part in answer.message.lower() for part in _HARMLESS):
            raise AnchorProblem(
                REFUSED, f"the chain does not take it: {answer.code} {_shown(answer.message)}"
            )

    def look(self, head: Checkpoint, number: int | None, sent: Sequence[SignedTransaction]) -> Outcome:
        for transaction in sent:
            info = self._query_transaction(transaction.transaction_id)
            if info is not None:
                return self._judge(head, transaction, info)
        if any(self._is_in_pool(transaction.transaction_id) for transaction in sent):
            return Outcome(Fate.PENDING)
        newest = messages.TxRequest.FromString(sent[-1].raw).payload.timestamp
        if self._clock.now_ms() // 1000 - newest > _EXPIRES_S:
            return Outcome(Fate.REJECTED, reason="the chain did not take it before it expired")
        return Outcome(Fate.UNKNOWN)

    def _judge(self, head: Checkpoint, sent: SignedTransaction, info: messages.TransactionInfo) -> Outcome:
        ours, theirs = messages.TxRequest.FromString(sent.raw), info.transaction
        if (theirs.payload, theirs.sender) != (ours.payload, ours.sender):
            raise AnchorProblem(REFUSED, "the node shows another transaction under this id")
        result = theirs.result
        if result.code != SUCCESS or result.contract_result.code != SUCCESS:
            said = _shown(result.contract_result.message or result.message)
            return Outcome(Fate.REJECTED, reason=f"the contract refused it: {result.code} {said}")
        digest = self._digest(head)
        held = self._query(self._contract, "find_by_file_hash", {"file_hash": digest.hex()})
        if held is None or digest.hex().encode() not in held:
            raise AnchorProblem(REFUSED, "the contract does not find the digest that it says it saved")
        time = info.block_timestamp
        receipt = AnchorReceipt(
            AnchorKind.CHAINMAKER,
            self.name,
            head_of(head, self._imprint, digest),
            self._clock.now_ms(),
            chain=AnchorChain(self._chain_name, self._chain_id, self._genesis(), self._contract),
            transaction=AnchorTransaction(sent.transaction_id, sent.raw, self._member.organization),
            block=AnchorBlock(
                info.block_height,
                info.block_hash.hex(),
                time,
                TimeUnit.MILLISECONDS if time >= _MILLISECONDS_FROM else TimeUnit.SECONDS,
                1,
            ),
        )
        return Outcome(Fate.CONFIRMED, receipt)

    def _digest(self, head: Checkpoint) -> bytes:
        return hashlib.new(self._imprint, head.text().encode()).digest()

    def _genesis(self) -> str:
        values = {"blockHeight": "0", "withRWSet": "false"}
        found = self._query(QUERIES, "GET_BLOCK_BY_HEIGHT", values)
        block = _parsed(messages.BlockInfo, found or b"").block
        if not block.header.block_hash:
            raise AnchorProblem(UNREACHABLE, "the node gives no first block")
        return str(block.header.block_hash.hex())

    def _query_transaction(self, transaction_id: str) -> messages.TransactionInfo | None:
        found = self._query(QUERIES, "GET_TX_BY_TX_ID", {"txId": transaction_id})
        return None if not found else _parsed(messages.TransactionInfo, found)

    def _is_in_pool(self, transaction_id: str) -> bool:
        asked = messages.GetTxStatusRequest(chain_id=self._chain_id, tx_id=transaction_id)
        answer = self._call("GetTxStatus", asked.SerializeToString(), messages.GetTxStatusResponse)
        return answer.tx_status in IN_POOL

    def _query(self, contract: str, method: str, values: dict[str, str]) -> bytes | None:
        """What a query gives; None when the chain does not have it."""
        request = self._request(messages.QUERY_CONTRACT, contract, method, values)
        answer = self._call("SendRequest", request.SerializeToString(), messages.TxResponse)
        if answer.code != SUCCESS or answer.contract_result.code != SUCCESS:
            return None
        return bytes(answer.contract_result.result)

    def _request(
        self, kind: messages.TxType, contract: str, method: str, values: dict[str, str]
    ) -> messages.TxRequest:
        payload = messages.Payload(
            chain_id=self._chain_id,
            tx_type=kind,
            tx_id=secrets.token_hex(32),
            timestamp=self._clock.now_ms() // 1000,
            contract_name=contract,
            method=method,
            parameters=[
                messages.KeyValuePair(key=key, value=value.encode()) for key, value in values.items()
            ],
        )
        member = self._member
        signer = messages.Member(
            org_id=member.organization, member_type=member.member_type, member_info=member.member_info
        )
        signature = member.sign(payload.SerializeToString(deterministic=True))
        return messages.TxRequest(
            payload=payload, sender=messages.EndorsementEntry(signer=signer, signature=signature)
        )

    def _call(self, method: str, request: bytes, answer: type[Answer]) -> Answer:
        with self._channel() as channel:
            call = channel.unary_unary(f"/{SERVICE}/{method}")
            try:
                found = call(request, timeout=self._timeout_s)
            except grpc.RpcError as error:
                code = error.code().name if isinstance(error, grpc.Call) else "unknown"
                raise AnchorProblem(UNREACHABLE, f"the node does not answer {method}: {code}") from error
        return _parsed(answer, found)

    def _channel(self) -> grpc.Channel:
        options = [("grpc.max_receive_message_length", _MAX_ANSWER), ("grpc.enable_http_proxy", 0)]
        if self._tls is None:
            return grpc.insecure_channel(self._target, options)
        if self._tls.server_name is not None:
            options.append(("grpc.ssl_target_name_override", self._tls.server_name))  # type: ignore[arg-type]  # options are of any kind
        credentials = grpc.ssl_channel_credentials(self._tls.ca, self._tls.key, self._tls.certificate)
        return grpc.secure_channel(self._target, credentials, options)


def _parsed(kind: type[Answer], data: bytes) -> Answer:
    try:
        found: Answer = kind.FromString(data)
    except DecodeError as error:
        raise AnchorProblem(UNREACHABLE, "the node's answer cannot be read") from error
    return found


def _shown(text: str) -> str:
    return "".join(character for character in text[:200] if character.isprintable())
