"""What a receipt proves without any network.

1. The receipt speaks of the checkpoint that is to be proved: origin, size, root.
2. Ethereum: the id is Keccak-256 of the signed transaction; the transaction calls ``anchor`` of the named contract
   on the named chain with exactly that origin, size and root; the signature is the named account's.
   ChainMaker: the digest is that of the checkpoint's text; the signed request saves it in the contract ``fact``;
   the signature is that of the certificate or key inside the request.
   RFC 3161: the token is over the checkpoint's text and well signed; its authority stands under a given root.
3. That the transaction stands in its block, nobody can tell without the chain: it is said to be not checked.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from evidencelog.anchors.chainmaker import ChainMakerRequest, read_request
from evidencelog.anchors.ethereum import AnchorCall, read_call, read_transaction
from evidencelog.anchors.keccak import keccak_256
from evidencelog.anchors.receipt import AnchorKind, AnchorReceipt
from evidencelog.anchors.sentences import AnchorCheckCode, sentences
from evidencelog.checkpoint import Checkpoint, parse_checkpoint_text
from evidencelog.errors import Code, EvidenceLogError, MalformedError
from evidencelog.hashing import SHA256
from gmseal.errors import GmsealError
from gmseal.sm import algorithms
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.chain import Purpose, verify_chain
from gmseal.sm.keys import PublicKey
from gmseal.sm.timestamps.token import TimestampToken, read_token

FACT_METHOD = "save"
FACT_HASH = "file_hash"
IMPRINT_ALGORITHMS = frozenset({"sm3", "sha256"})
_UNREADABLE = "unreadable"


class AnchorResult(StrEnum):
    """The outcome of one check; ``not_checked`` means that it cannot be decided from what is here."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    FAIL = "fail"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class AnchorCheck:
    """One check of a receipt, with a sentence in Chinese and English."""

    code: AnchorCheckCode
    result: AnchorResult
    zh: str
    en: str


def verify_receipt(
    receipt: AnchorReceipt, checkpoint_text: str, *, roots: Sequence[bytes] = ()
) -> list[AnchorCheck]:
    """Check a receipt against the text of a checkpoint (the part of the note that is signed).

    ``roots`` are certificates (DER) under which time-stamp authorities are believed. Raises
    :class:`~evidencelog.errors.MalformedError` when the text is no checkpoint.
    """
    checkpoint = parse_checkpoint_text(checkpoint_text)
    head = receipt.head
    same = (head.origin, head.size, head.root) == (checkpoint.origin, checkpoint.size, checkpoint.root)
    same = same and head.tree_hash == SHA256.name
    checks: dict[AnchorKind, Callable[[], list[AnchorCheck]]] = {
        AnchorKind.ETHEREUM: lambda: _ethereum(receipt, checkpoint),
        AnchorKind.CHAINMAKER: lambda: _chainmaker(receipt, checkpoint_text),
        AnchorKind.RFC3161: lambda: _rfc3161(receipt, checkpoint_text, roots),
    }
    return [_decided(AnchorCheckCode.HEAD, same), *checks[receipt.kind]()]


def outside_id(receipt: AnchorReceipt) -> str:
    """By what the outside finds it: the transaction's id, or the serial number of the time stamp as hex.

    Raises :class:`~evidencelog.errors.MalformedError` (``anchor.malformed``) for a token that cannot be read.
    """
    if receipt.transaction is not None:
        return receipt.transaction.id
    try:
        return f"{read_token(receipt.token).info.serial:x}"
    except GmsealError as error:
        raise MalformedError(Code.ANCHOR_MALFORMED, "the time stamp cannot be read") from error


def _decided(code: AnchorCheckCode, good: bool, **values: object) -> AnchorCheck:  # noqa: FBT001 - the outcome itself
    return _check(code, AnchorResult.PASS if good else AnchorResult.FAIL, values)


def _undecided(code: AnchorCheckCode, **values: object) -> AnchorCheck:
    return _check(code, AnchorResult.NOT_CHECKED, values)


def _check(code: AnchorCheckCode, result: AnchorResult, values: Mapping[str, object]) -> AnchorCheck:
    zh, en = sentences()[code.value][result.value]
    return AnchorCheck(code, result, zh.format(**values), en.format(**values))


def _block(receipt: AnchorReceipt) -> AnchorCheck:
    chain, block = receipt.chain, receipt.block
    return _undecided(
        AnchorCheckCode.BLOCK,
        chain=f"{chain.name} {chain.id}" if chain else "",
        number=block.number if block else "",
        hash=block.hash if block else "",
    )


def _ethereum(receipt: AnchorReceipt, checkpoint: Checkpoint) -> list[AnchorCheck]:
    """Step 2 for Ethereum."""
    stated, chain = receipt.transaction, receipt.chain
    if stated is None or chain is None:
        return [_decided(AnchorCheckCode.TRANSACTION_ID, good=False)]
    identified = f"0x{keccak_256(stated.raw).hex()}" == stated.id
    checks = [_decided(AnchorCheckCode.TRANSACTION_ID, identified)]
    try:
        transaction = read_transaction(stated.raw)
        call = read_call(transaction.data)
    except EvidenceLogError:
        return [*checks, _decided(AnchorCheckCode.CALL, good=False, reason=_UNREADABLE), _block(receipt)]
    written = (str(transaction.chain_id), transaction.to, call)
    wanted = (chain.id, chain.contract, AnchorCall(checkpoint.origin, checkpoint.size, checkpoint.root))
    differing = [
        name
        for name, one, other in zip(("chain", "contract", "head"), written, wanted, strict=True)
        if one != other
    ]
    checks.append(_decided(AnchorCheckCode.CALL, not differing, reason=", ".join(differing)))
    checks.append(_decided(AnchorCheckCode.SENDER, transaction.sender == stated.sender))
    return [*checks, _block(receipt)]


def _imprint(receipt: AnchorReceipt, text: str) -> AnchorCheck:
    algorithm = receipt.head.imprint_algorithm
    known = algorithm in IMPRINT_ALGORITHMS
    good = known and hashlib.new(algorithm, text.encode()).digest() == receipt.head.imprint
    return _decided(AnchorCheckCode.IMPRINT, good)


def _chainmaker(receipt: AnchorReceipt, text: str) -> list[AnchorCheck]:
    """Step 2 for ChainMaker."""
    stated, chain = receipt.transaction, receipt.chain
    if stated is None or chain is None:
        return [_decided(AnchorCheckCode.TRANSACTION_ID, good=False)]
    checks = [_imprint(receipt, text)]
    try:
        request = read_request(stated.raw)
    except EvidenceLogError:
        return [*checks, _decided(AnchorCheckCode.CALL, good=False, reason=_UNREADABLE), _block(receipt)]
    checks.append(_decided(AnchorCheckCode.TRANSACTION_ID, request.id == stated.id))
    saved = request.parameters.get(FACT_HASH, b"")
    differing = [
        name
        for name, good in (
            ("chain", request.chain_id == chain.id),
            ("contract", (request.contract, request.method) == (chain.contract, FACT_METHOD)),
            ("digest", saved == receipt.head.imprint.hex().encode()),
        )
        if not good
    ]
    checks.append(_decided(AnchorCheckCode.CALL, not differing, reason=", ".join(differing)))
    return [*checks, _member(request), _block(receipt)]


def _member(request: ChainMakerRequest) -> AnchorCheck:
    """The signature by the certificate or key (PEM) inside the request; a certificate's digest alone says nothing."""
    if not request.member.startswith(b"-----BEGIN"):
        return _undecided(AnchorCheckCode.SENDER)
    return _decided(AnchorCheckCode.SENDER, verify_member(request.member, request.signature, request.payload))


def verify_member(member: bytes, signature: bytes, payload: bytes) -> bool:
    """Tell whether the certificate or public key (PEM) made the signature: SM2 with SM3, or ECDSA with SHA-256."""
    try:
        if b"CERTIFICATE" in member:
            certificate = x509.load_pem_x509_certificate(member)
            spki = read_certificate(certificate.public_bytes(serialization.Encoding.DER)).spki
        else:
            spki = _der_of(member)
    except (ValueError, GmsealError, UnsupportedAlgorithm):
        return False
    return _verify(spki, signature, payload)


def _der_of(member: bytes) -> bytes:
    try:
        return PublicKey.from_pem(member).to_spki_der()
    except GmsealError:
        key = serialization.load_pem_public_key(member)
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _verify(spki: bytes, signature: bytes, payload: bytes) -> bool:
    try:
        key = PublicKey.from_spki(spki)
    except GmsealError:
        return _verify_ecdsa(spki, signature, payload)
    try:
        return key.verify(signature, payload)
    except GmsealError:
        return False


def _verify_ecdsa(spki: bytes, signature: bytes, payload: bytes) -> bool:
    try:
        key = serialization.load_der_public_key(spki)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(signature, payload, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _rfc3161(receipt: AnchorReceipt, text: str, roots: Sequence[bytes]) -> list[AnchorCheck]:
    """Step 2 for a time stamp."""
    try:
        token = read_token(receipt.token)
        found = token.certificate
        certificate = None if found is None else read_certificate(found)
    except GmsealError:
        return [_decided(AnchorCheckCode.TOKEN, good=False, reason=_UNREADABLE)]
    reason = _token_fault(token, certificate, text.encode())
    if certificate is not None and not reason and not _can_verify(token):
        return [_undecided(AnchorCheckCode.TOKEN)]
    reason = reason or _signature_fault(token, certificate)
    if certificate is None or reason:
        return [_decided(AnchorCheckCode.TOKEN, good=False, reason=reason)]
    passed = _decided(AnchorCheckCode.TOKEN, good=True, time=f"{token.info.time:%Y-%m-%dT%H:%M:%SZ}")
    return [passed, _authority(token, certificate, roots)]


def _token_fault(token: TimestampToken, certificate: CertificateInfo | None, message: bytes) -> str:
    """Why the token says nothing about the message, its signature apart; empty when it does (RFC 3161, 2.4.2)."""
    signer = token.signer
    if not token.info.imprint.matches(message):
        return "it is over other data"
    if certificate is None or signer.binds(certificate.der) is not True:
        return "it does not bind the certificate of its authority"
    if not certificate.may_stamp():
        return "its certificate is not one of a time-stamp authority"
    if algorithms.digest(signer.digest_algorithm, token.signed_data.content or b"") != signer.message_digest:
        return "its content was altered"
    return ""


def _can_verify(token: TimestampToken) -> bool:
    signer = token.signer
    return algorithms.supported_signature(
        signer.signature_algorithm, signer.digest_algorithm, signer.signature_parameters
    )


def _signature_fault(token: TimestampToken, certificate: CertificateInfo | None) -> str:
    signer = token.signer
    good = certificate is not None and algorithms.verify_signature(
        certificate,
        signer.signature_algorithm,
        signer.signature,
        signer.signed_attributes or b"",
        digest_algorithm=signer.digest_algorithm,
        parameters=signer.signature_parameters,
    )
    return "" if good else "its signature is bad"


def _authority(token: TimestampToken, certificate: CertificateInfo, roots: Sequence[bytes]) -> AnchorCheck:
    if not roots:
        return _undecided(AnchorCheckCode.AUTHORITY)
    try:
        walked = verify_chain(
            certificate.der,
            token.signed_data.certificates,
            roots,
            token.info.time,
            purpose=Purpose.TIME_STAMPING,
        )
    except GmsealError:
        return _decided(AnchorCheckCode.AUTHORITY, good=False)
    return _decided(AnchorCheckCode.AUTHORITY, walked.trusted)
