"""Wrapped secrets and the embedded key store."""

import gmssl_pyx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmseal.errors import MalformedInput, NotFound, Refused
from gmseal.keystore import EmbeddedKeyStore
from gmseal.sm.keys import PrivateKey
from gmseal.sm.keywrap import unwrap, wrap

KEK = bytes(range(16))


@given(secret=st.binary(max_size=500), context=st.binary(max_size=40))
def test_secrets_round_trip_and_never_look_the_same(secret: bytes, context: bytes) -> None:
    wrapped = wrap(secret, KEK, context)
    assert unwrap(wrapped, KEK, context) == secret
    assert wrapped != wrap(secret, KEK, context)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(position: int, bit: int) -> None:
    wrapped = bytearray(wrap(b"secret", KEK, b"context"))
    wrapped[position % len(wrapped)] ^= 1 << bit
    with pytest.raises(MalformedInput):
        unwrap(bytes(wrapped), KEK, b"context")


def test_wrong_key_context_and_length_do_not_open() -> None:
    wrapped = wrap(b"secret", KEK, b"context")
    for blob, kek, context in (
        (wrapped, b"k" * 16, b"context"),
        (wrapped, KEK, b"other"),
        (wrapped[:20], KEK, b"context"),
    ):
        with pytest.raises(MalformedInput):
            unwrap(blob, kek, context)
    with pytest.raises(Refused):
        wrap(b"secret", b"short", b"")


def test_another_implementation_opens_it() -> None:
    wrapped = wrap(b"secret", KEK, b"context")
    nonce, body, tag = wrapped[1:13], wrapped[13:-16], wrapped[-16:]
    assert gmssl_pyx.sm4_gcm_decrypt(KEK, nonce, b"\x01context", body, tag) == b"secret"


class Table:
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def get(self, key_id: str) -> bytes | None:
        return self.blobs.get(key_id)

    def put(self, key_id: str, blob: bytes) -> None:
        self.blobs[key_id] = blob


def test_keys_live_wrapped_and_sign() -> None:
    table = Table()
    store = EmbeddedKeyStore(KEK, table)
    public = store.generate("seal-1")
    signature = EmbeddedKeyStore(KEK, table).signer("seal-1").sign(b"m")
    assert public.verify(signature, b"m")
    assert store.signer("seal-1") is store.signer("seal-1")
    scalar = store.signer("seal-1").to_pkcs8_der()[36:68]
    assert scalar not in table.blobs["seal-1"]


def test_keys_are_never_overwritten_nor_exchanged() -> None:
    table = Table()
    store = EmbeddedKeyStore(KEK, table)
    store.generate("a")
    store.add("b", PrivateKey.generate())
    with pytest.raises(Refused) as refused:
        store.generate("a")
    assert refused.value.reason == "KEY_EXISTS"
    table.blobs["a"], table.blobs["b"] = table.blobs["b"], table.blobs["a"]
    with pytest.raises(MalformedInput):
        store.signer("a")
    with pytest.raises(NotFound):
        store.signer("c")
    with pytest.raises(MalformedInput):
        store.signer("../etc")
    with pytest.raises(Refused):
        EmbeddedKeyStore(b"", table)


def test_a_forgotten_key_is_read_again_or_gone() -> None:
    table = Table()
    store = EmbeddedKeyStore(KEK, table)
    store.generate("a")
    store.signer("a")
    del table.blobs["a"]
    store.signer("a")
    store.forget("a")
    with pytest.raises(NotFound):
        store.signer("a")
