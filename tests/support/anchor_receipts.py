"""Receipts of anchors over a given head, made by programs that are not ours wherever there are some."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evidencelog.anchors import (
    AnchorBlock,
    AnchorChain,
    AnchorKind,
    AnchorReceipt,
    AnchorTransaction,
    TimeUnit,
    head_of,
)
from evidencelog.anchors.ethereum import AnchorCall, encode_call
from evidencelog.anchors.keccak import keccak_256
from evidencelog.checkpoint import Checkpoint
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.keys import PrivateKey
from gmseal.sm.timestamps import TrialTimestampAuthority

if TYPE_CHECKING:
    from shuangyin.connectors.ethereum_accounts import LocalAccount

CONTRACT = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
CHAIN = AnchorChain("trial chain", "20200", "0x" + "ab" * 32, CONTRACT)
BLOCK = AnchorBlock(9, "0x" + "cd" * 32, 1_793_500_000_123, TimeUnit.MILLISECONDS, 3)
SEEN_AT_MS = 1_793_500_001_000


@cache
def account() -> LocalAccount:
    """The account that signs; its library takes seconds to load, which tests of other receipts need not wait for."""
    from shuangyin.connectors.ethereum_accounts import Account  # noqa: PLC0415  # see above

    signer: LocalAccount = Account.from_key("0x" + "11" * 32)
    return signer


def signed_transaction(call: bytes, *, modern: bool = False) -> bytes:
    """A transaction to the contract, signed by a library that is not ours."""
    fees: dict[str, Any] = (
        {"maxFeePerGas": 7, "maxPriorityFeePerGas": 1, "type": 2} if modern else {"gasPrice": 7}
    )
    fields: dict[str, Any] = {"chainId": 20200, "nonce": 5, "gas": 200_000, **fees}
    fields |= {"to": "0x5FbDB2315678afecb367f032d93F642f64180aa3", "value": 0, "data": call}
    return bytes(account().sign_transaction(fields).raw_transaction)


def ethereum_receipt(head: Checkpoint, *, modern: bool = False, call: bytes | None = None) -> AnchorReceipt:
    """A head in a contract on a chain that speaks Ethereum's JSON-RPC."""
    raw = signed_transaction(
        call or encode_call(AnchorCall(head.origin, head.size, head.root)), modern=modern
    )
    transaction = AnchorTransaction(f"0x{keccak_256(raw).hex()}", raw, account().address.lower())
    return AnchorReceipt(
        AnchorKind.ETHEREUM,
        "chain-a",
        head_of(head),
        SEEN_AT_MS,
        chain=CHAIN,
        transaction=transaction,
        block=BLOCK,
    )


def chainmaker_receipt(head: Checkpoint, key: PrivateKey) -> AnchorReceipt:
    """A head's digest in the contract fact, in a request signed with SM2 by a public key as member."""
    imprint = hashlib.new("sm3", head.text().encode()).digest()
    texts = {1: "chain1", 3: "ab" * 32, 6: "fact", 7: "save"}
    payload = b"".join(_field(number, text.encode()) for number, text in texts.items())
    for name, value in {"file_hash": imprint.hex(), "file_name": head.origin, "time": "1"}.items():
        payload += _field(8, _field(1, name.encode()) + _field(2, value.encode()))
    text = base64.encodebytes(key.public_key.to_spki_der())
    member = b"-----BEGIN PUBLIC KEY-----\n" + text + b"-----END PUBLIC KEY-----\n"
    signer = _field(1, b"org1") + _field(3, member)
    raw = _field(1, payload) + _field(2, _field(1, signer) + _field(2, key.sign(payload)))
    return AnchorReceipt(
        AnchorKind.CHAINMAKER,
        "chain-m",
        head_of(head, "sm3", imprint),
        SEEN_AT_MS,
        chain=AnchorChain("trial chain", "chain1", "", "fact"),
        transaction=AnchorTransaction("ab" * 32, raw, "org1"),
        block=BLOCK,
    )


def _field(number: int, data: bytes) -> bytes:
    length, size = b"", len(data)
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + data


def sm2_stamp(head: Checkpoint) -> tuple[AnchorReceipt, bytes]:
    """A time stamp by the trial authority, and the root it stands under."""
    root_key, key = PrivateKey.generate(), PrivateKey.generate()
    now = datetime(2026, 11, 1, tzinfo=UTC)

    def certificate(subject: PrivateKey, issuer: IssuerRef | None, profile: CertificateProfile) -> bytes:
        return issue_certificate(
            subject=Name(f"trial {profile}"),
            public_key=subject.public_key,
            issuer=issuer,
            issuer_key=root_key,
            profile=profile,
            not_before=now - timedelta(days=1),
            not_after=now + timedelta(days=30),
        )

    root = certificate(root_key, None, CertificateProfile.CA)
    own = certificate(key, IssuerRef(root), CertificateProfile.TIMESTAMP_AUTHORITY)
    token = TrialTimestampAuthority(own, key, clock=lambda: now).stamp(head.text().encode())
    return stamp_receipt(head, token), root


def stamp_receipt(head: Checkpoint, token: bytes) -> AnchorReceipt:
    """The receipt of a token."""
    return AnchorReceipt(AnchorKind.RFC3161, "tsa", head_of(head), SEEN_AT_MS, token=token)


_CONFIGURATION = """
[tsa]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512, sm3
accuracy = secs:1
clock_precision_digits = 3
ess_cert_id_alg = sha256
signer_digest = {digest}
[stamp]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[req]
distinguished_name = name
[name]
"""
_KEYS = {
    "rsa": ("RSA", "rsa_keygen_bits:2048", "sha256"),
    "p256": ("EC", "ec_paramgen_curve:P-256", "sha256"),
    "p384": ("EC", "ec_paramgen_curve:P-384", "sha384"),
    "p521": ("EC", "ec_paramgen_curve:P-521", "sha512"),
}


@dataclass(frozen=True)
class OpensslAuthority:
    """A root, an authority under it, and a time-stamp authority, all by OpenSSL with one kind of key."""

    folder: Path
    digest: str

    @classmethod
    def create(cls, folder: Path, kind: str) -> OpensslAuthority:
        algorithm, option, digest = _KEYS[kind]
        made = cls(folder, digest)
        (folder / "tsa.cnf").write_text(_CONFIGURATION.format(digest=digest))
        (folder / "serial").write_text("01")
        above: list[str] = []
        for name, extensions in (("root", "ca"), ("middle", "ca"), ("tsa", "stamp")):
            made.run("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", f"{name}.key")
            made.run(
                "req", "-new", "-x509", "-config", "tsa.cnf", "-extensions", extensions, "-days", "30",
                f"-{digest}", "-subj", f"/CN=Example {name}", "-key", f"{name}.key", "-out", f"{name}.pem", *above,
            )  # fmt: skip
            above = ["-CA", f"{name}.pem", "-CAkey", f"{name}.key"]
        return made

    def run(self, *arguments: str) -> bytes:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def root(self) -> bytes:
        return self.run("x509", "-in", "root.pem", "-outform", "DER")

    def stamp(self, head: Checkpoint) -> AnchorReceipt:
        """A time stamp over the text of a head."""
        (self.folder / "message").write_bytes(head.text().encode())
        self.run("ts", "-query", "-data", "message", f"-{self.digest}", "-cert", "-out", "query")
        self.run(
            "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query", "-inkey", "tsa.key",
            "-signer", "tsa.pem", "-chain", "middle.pem", "-token_out", "-out", "token",
        )  # fmt: skip
        return stamp_receipt(head, (self.folder / "token").read_bytes())
