"""Receipts of anchors: one spelling, and what they prove without a network."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from eth_abi.abi import encode
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from evidencelog.anchors import (
    AnchorBlock,
    AnchorChain,
    AnchorCheckCode,
    AnchorKind,
    AnchorReceipt,
    AnchorResult,
    AnchorTransaction,
    TimeUnit,
    head_of,
    parse_receipt,
    verify_receipt,
)
from evidencelog.anchors.ethereum import SELECTOR, AnchorCall, encode_call, read_call, read_transaction
from evidencelog.anchors.keccak import keccak_256
from evidencelog.checkpoint import Checkpoint
from evidencelog.errors import Code, MalformedError
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.keys import PrivateKey
from gmseal.sm.timestamps import TrialTimestampAuthority

CHECKPOINT = Checkpoint("log.example/日志", 77, bytes(range(32)))
CONTRACT = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
ACCOUNT = Account.from_key("0x" + "11" * 32)
CHAIN = AnchorChain("trial chain", "20200", "0x" + "ab" * 32, CONTRACT)
BLOCK = AnchorBlock(9, "0x" + "cd" * 32, 1_793_500_000_123, TimeUnit.MILLISECONDS, 3)


def signed(call: bytes, *, modern: bool) -> bytes:
    """A transaction signed by a library that is not ours."""
    fees = {"maxFeePerGas": 7, "maxPriorityFeePerGas": 1, "type": 2} if modern else {"gasPrice": 7}
    fields: dict[str, object] = {"chainId": 20200, "nonce": 5, "gas": 200_000, **fees}
    fields |= {"to": "0x5FbDB2315678afecb367f032d93F642f64180aa3", "value": 0, "data": call}
    return bytes(ACCOUNT.sign_transaction(fields).raw_transaction)


def ethereum(*, modern: bool = False, call: bytes | None = None) -> AnchorReceipt:
    raw = signed(call or encode_call(AnchorCall(CHECKPOINT.origin, 77, CHECKPOINT.root)), modern=modern)
    transaction = AnchorTransaction(f"0x{keccak_256(raw).hex()}", raw, ACCOUNT.address.lower())
    return AnchorReceipt(
        AnchorKind.ETHEREUM,
        "chain-a",
        head_of(CHECKPOINT),
        1_793_500_001_000,
        chain=CHAIN,
        transaction=transaction,
        block=BLOCK,
    )


def results(receipt: AnchorReceipt, **roots: list[bytes]) -> dict[AnchorCheckCode, AnchorResult]:
    return {check.code: check.result for check in verify_receipt(receipt, CHECKPOINT.text(), **roots)}


def failed(receipt: AnchorReceipt) -> set[AnchorCheckCode]:
    return {code for code, result in results(receipt).items() if result is AnchorResult.FAIL}


class TestEthereum:
    @pytest.mark.parametrize("modern", [False, True])
    def test_all_but_the_block_is_proved_offline(self, modern: bool) -> None:
        assert results(parse_receipt(ethereum(modern=modern).to_bytes())) == {
            AnchorCheckCode.HEAD: AnchorResult.PASS,
            AnchorCheckCode.TRANSACTION_ID: AnchorResult.PASS,
            AnchorCheckCode.CALL: AnchorResult.PASS,
            AnchorCheckCode.SENDER: AnchorResult.PASS,
            AnchorCheckCode.BLOCK: AnchorResult.NOT_CHECKED,
        }

    def test_call_data_is_what_another_encoder_writes(self) -> None:
        theirs = encode(["string", "uint64", "bytes32"], [CHECKPOINT.origin, 77, CHECKPOINT.root])
        call = AnchorCall(CHECKPOINT.origin, 77, CHECKPOINT.root)
        assert encode_call(call) == SELECTOR + theirs
        assert read_call(SELECTOR + theirs) == call

    def test_another_head_in_the_transaction_is_found(self) -> None:
        other = encode_call(AnchorCall(CHECKPOINT.origin, 78, CHECKPOINT.root))
        assert failed(ethereum(call=other)) == {AnchorCheckCode.CALL}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda r: replace(r, head=replace(r.head, size=76)), AnchorCheckCode.HEAD),
            (lambda r: replace(r, chain=replace(r.chain, id="1")), AnchorCheckCode.CALL),
            (lambda r: replace(r, chain=replace(r.chain, contract="0x" + "00" * 20)), AnchorCheckCode.CALL),
            (
                lambda r: replace(r, transaction=replace(r.transaction, sender="0x" + "00" * 20)),
                AnchorCheckCode.SENDER,
            ),
            (
                lambda r: replace(r, transaction=replace(r.transaction, id="0x" + "00" * 32)),
                AnchorCheckCode.TRANSACTION_ID,
            ),
        ],
    )
    def test_every_altered_statement_is_found(
        self, change: Callable[[AnchorReceipt], AnchorReceipt], code: AnchorCheckCode
    ) -> None:
        assert failed(change(ethereum())) == {code}

    @given(st.data())
    def test_any_flipped_bit_of_the_transaction_is_found(self, data: st.DataObject) -> None:
        receipt = ethereum()
        assert receipt.transaction is not None
        raw = bytearray(receipt.transaction.raw)
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        altered = replace(receipt, transaction=replace(receipt.transaction, raw=bytes(raw)))
        assert AnchorCheckCode.TRANSACTION_ID in failed(altered)

    @given(st.binary(max_size=300))
    def test_any_bytes_are_read_or_refused(self, raw: bytes) -> None:
        for read in (read_transaction, read_call):
            with contextlib.suppress(MalformedError):
                read(raw)


class TestTimestamp:
    @pytest.fixture
    def stamped(self) -> tuple[AnchorReceipt, bytes]:
        root_key, key = PrivateKey.generate(), PrivateKey.generate()
        return make_stamp(root_key, key)

    def test_the_token_covers_the_text(self, stamped: tuple[AnchorReceipt, bytes]) -> None:
        receipt, root = stamped
        read = parse_receipt(receipt.to_bytes())
        assert results(read)[AnchorCheckCode.AUTHORITY] is AnchorResult.NOT_CHECKED
        assert set(results(read, roots=[root]).values()) == {AnchorResult.PASS}

    def test_another_text_or_an_altered_token_is_found(self, stamped: tuple[AnchorReceipt, bytes]) -> None:
        receipt, _ = stamped
        other = replace(CHECKPOINT, size=78).text()
        assert {
            check.code for check in verify_receipt(receipt, other) if check.result is AnchorResult.FAIL
        } == {
            AnchorCheckCode.HEAD,
            AnchorCheckCode.TOKEN,
        }
        token = bytearray(receipt.token)
        token[-1] ^= 1
        assert failed(replace(receipt, token=bytes(token))) == {AnchorCheckCode.TOKEN}


def certificate_of(
    key: PrivateKey,
    issuer: IssuerRef | None,
    issuer_key: PrivateKey,
    profile: CertificateProfile,
    now: datetime,
) -> bytes:
    return issue_certificate(
        subject=Name(f"trial {profile}"),
        public_key=key.public_key,
        issuer=issuer,
        issuer_key=issuer_key,
        profile=profile,
        not_before=now - timedelta(days=1),
        not_after=now + timedelta(days=30),
    )


def make_stamp(root_key: PrivateKey, key: PrivateKey) -> tuple[AnchorReceipt, bytes]:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    root = certificate_of(root_key, None, root_key, CertificateProfile.CA, now)
    profile = CertificateProfile.TIMESTAMP_AUTHORITY
    certificate = certificate_of(key, IssuerRef(root), root_key, profile, now)
    token = TrialTimestampAuthority(certificate, key, clock=lambda: now).stamp(CHECKPOINT.text().encode())
    receipt = AnchorReceipt(AnchorKind.RFC3161, "tsa", head_of(CHECKPOINT), 1_793_500_001_000, token=token)
    return receipt, root


class TestForm:
    def test_its_bytes_are_read_back(self) -> None:
        receipt = ethereum()
        assert parse_receipt(receipt.to_bytes()) == receipt
        assert receipt.block is not None
        assert receipt.block.time_ms == 1_793_500_000_123
        assert (
            replace(receipt.block, time=1_793_500_000, time_unit=TimeUnit.SECONDS).time_ms
            == 1_793_500_000_000
        )

    @given(st.data())
    def test_any_changed_byte_is_refused_or_changes_the_object(self, data: st.DataObject) -> None:
        receipt = ethereum()
        body = bytearray(receipt.to_bytes())
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(MalformedError):
            assert (parse_receipt(bytes(body)) == receipt) == (bytes(body) == receipt.to_bytes())

    def test_a_later_version_says_so(self) -> None:
        later = ethereum().to_bytes().replace(b'"v":1', b'"v":2')
        with pytest.raises(MalformedError) as caught:
            parse_receipt(later)
        assert caught.value.code is Code.ANCHOR_UNKNOWN_VERSION

    def test_a_chain_without_a_block_is_refused(self) -> None:
        with pytest.raises(MalformedError):
            replace(ethereum(), block=None).to_bytes()
