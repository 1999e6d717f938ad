"""Receipts of anchors: one spelling, and what they prove without a network."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from anchor_receipts import OpensslAuthority, chainmaker_receipt, ethereum_receipt, sm2_stamp
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from evidencelog.anchors import (
    AnchorCheckCode,
    AnchorReceipt,
    AnchorResult,
    TimeUnit,
    parse_receipt,
    verify_receipt,
)
from evidencelog.anchors.ethereum import SELECTOR, AnchorCall, encode_call, read_call, read_transaction
from evidencelog.checkpoint import Checkpoint
from evidencelog.errors import Code, MalformedError
from gmseal.sm.keys import PrivateKey

CHECKPOINT = Checkpoint("log.example/日志", 77, bytes(range(32)))


@cache
def good() -> AnchorReceipt:
    """A receipt that holds in everything."""
    return ethereum_receipt(CHECKPOINT)


def results(receipt: AnchorReceipt, **roots: list[bytes]) -> dict[AnchorCheckCode, AnchorResult]:
    return {check.code: check.result for check in verify_receipt(receipt, CHECKPOINT.text(), **roots)}


def failed(receipt: AnchorReceipt) -> set[AnchorCheckCode]:
    return {code for code, result in results(receipt).items() if result is AnchorResult.FAIL}


class TestEthereum:
    @pytest.mark.parametrize("modern", [False, True])
    def test_all_but_the_block_is_proved_offline(self, modern: bool) -> None:
        assert results(parse_receipt(ethereum_receipt(CHECKPOINT, modern=modern).to_bytes())) == {
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
        assert failed(ethereum_receipt(CHECKPOINT, call=other)) == {AnchorCheckCode.CALL}

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
        assert failed(change(good())) == {code}

    @settings(deadline=None)
    @given(st.data())
    def test_any_flipped_bit_of_the_transaction_is_found(self, data: st.DataObject) -> None:
        receipt = good()
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
        return sm2_stamp(CHECKPOINT)

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

    @pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
    def test_tokens_of_another_maker(self, kind: str, tmp_path: Path) -> None:
        """Judge: OpenSSL makes the token, under a root with an authority in between."""
        authority = OpensslAuthority.create(tmp_path, kind)
        receipt = parse_receipt(authority.stamp(CHECKPOINT).to_bytes())
        assert set(results(receipt, roots=[authority.root]).values()) == {AnchorResult.PASS}
        _, another = sm2_stamp(CHECKPOINT)
        assert results(receipt, roots=[another])[AnchorCheckCode.AUTHORITY] is AnchorResult.FAIL


class TestChainMaker:
    def test_all_but_the_block_is_proved_offline(self) -> None:
        receipt = parse_receipt(chainmaker_receipt(CHECKPOINT, PrivateKey.generate()).to_bytes())
        found = results(receipt)
        assert found.pop(AnchorCheckCode.BLOCK) is AnchorResult.NOT_CHECKED
        assert set(found.values()) == {AnchorResult.PASS}
        other = verify_receipt(receipt, replace(CHECKPOINT, size=78).text())
        assert AnchorCheckCode.IMPRINT in {one.code for one in other if one.result is AnchorResult.FAIL}


class TestForm:
    def test_its_bytes_are_read_back(self) -> None:
        receipt = good()
        assert parse_receipt(receipt.to_bytes()) == receipt
        assert receipt.block is not None
        assert receipt.block.time_ms == 1_793_500_000_123
        assert (
            replace(receipt.block, time=1_793_500_000, time_unit=TimeUnit.SECONDS).time_ms
            == 1_793_500_000_000
        )

    @settings(deadline=None)
    @given(st.data())
    def test_any_changed_byte_is_refused_or_changes_the_object(self, data: st.DataObject) -> None:
        receipt = good()
        body = bytearray(receipt.to_bytes())
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(MalformedError):
            assert (parse_receipt(bytes(body)) == receipt) == (bytes(body) == receipt.to_bytes())

    def test_a_later_version_says_so(self) -> None:
        later = good().to_bytes().replace(b'"v":1', b'"v":2')
        with pytest.raises(MalformedError) as caught:
            parse_receipt(later)
        assert caught.value.code is Code.ANCHOR_UNKNOWN_VERSION

    def test_a_chain_without_a_block_is_refused(self) -> None:
        with pytest.raises(MalformedError):
            replace(good(), block=None).to_bytes()
