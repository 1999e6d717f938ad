"""SM2 encryption against OpenSSL, GmSSL and hostile input."""

from collections.abc import Callable
from subprocess import CompletedProcess

import gmssl_pyx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import curve, der, encryption, pkcs8
from gmseal.sm.engine import Engine
from gmseal.sm.keys import PrivateKey

OpenSsl = Callable[..., CompletedProcess[bytes]]

KEY = PrivateKey.generate()
SCALAR = pkcs8.read(KEY.to_pkcs8_der(), None).scalar


@settings(max_examples=15, deadline=None)
@given(plain=st.binary(min_size=1, max_size=255))
def test_gmssl_and_we_open_each_others_ciphertexts(plain: bytes) -> None:
    point = KEY.public_key.point[1:]
    assert gmssl_pyx.sm2_decrypt(SCALAR, KEY.public_key.encrypt(plain)) == plain
    assert KEY.decrypt(gmssl_pyx.sm2_encrypt(point, plain)) == plain


def test_openssl_and_we_open_each_others_ciphertexts(openssl: OpenSsl) -> None:
    plain = b"k" * 1000
    files = {
        "key.pem": KEY.to_pkcs8_pem(),
        "pub.pem": KEY.public_key.to_spki_pem(),
        "ours": KEY.public_key.encrypt(plain),
        "plain": plain,
    }
    opened = openssl("pkeyutl", "-decrypt", "-inkey", "key.pem", "-in", "ours", files=files)
    assert opened.stdout == plain, opened.stderr
    theirs = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", "pub.pem", "-in", "plain")
    assert KEY.decrypt(theirs.stdout) == plain, theirs.stderr


def test_keys_of_every_engine_open_it(engine: Engine) -> None:
    key = PrivateKey(engine.generate())
    sealed = key.public_key.encrypt(b"content key 0123")
    assert key.decrypt(sealed) == b"content key 0123"
    assert sealed != key.public_key.encrypt(b"content key 0123")
    with pytest.raises(MalformedInput, match="does not open"):
        KEY.decrypt(sealed)


def test_lengths_are_limited() -> None:
    longest = b"x" * encryption.MAX_PLAIN_BYTES
    assert KEY.decrypt(KEY.public_key.encrypt(longest)) == longest
    for plain in (b"", longest + b"x"):
        with pytest.raises(Refused) as refused:
            KEY.public_key.encrypt(plain)
        assert refused.value.reason == "PLAIN_LENGTH"
    with pytest.raises(MalformedInput):
        KEY.decrypt(bytes(100_000))


def test_a_key_stream_of_zeros_is_neither_made_nor_read() -> None:
    """One octet: one ciphertext in 256 would show the text itself (GB/T 32918.4, 6.1 A5 and 7.1 B4)."""
    for number in range(300):
        sealed = KEY.public_key.encrypt(b"A")
        assert der.parse(sealed, "c").fields("c", 4, 4)[3].content != b"A", number


def test_bad_forms_points_and_digests_are_refused() -> None:
    good = KEY.public_key.encrypt(b"secret")
    x, y, digest, text = (part.raw for part in der.parse(good, "c").fields("c", 4, 4))
    i = der.integer
    number = der.parse(x, "x").integer("x")
    bad = [
        b"",
        b"\x30\x00",
        good[:-1],
        good + b"\0",
        der.sequence(x, y, digest),
        der.sequence(x, y, digest, text, text),
        der.sequence(y, x, digest, text),
        der.sequence(i(0), i(0), digest, text),
        der.sequence(i(number + 1), y, digest, text),
        der.sequence(i(number + curve.P), y, digest, text),
        der.sequence(i(-number), y, digest, text),
        der.sequence(i(1 << 300), y, digest, text),
        der.sequence(x, y, der.octet_string(b"d" * 31), text),
        der.sequence(x, y, der.octet_string(b"d" * 32), text),
        der.sequence(x, y, digest, der.octet_string(b"")),
        der.sequence(x, y, text, digest),
        der.sequence(der.tlv(2, b"\0\0\0" + number.to_bytes(32, "big")), y, digest, text),
    ]
    for ciphertext in bad:
        with pytest.raises(MalformedInput) as refused:
            KEY.decrypt(ciphertext)
        assert "secret" not in str(refused.value)
    assert KEY.decrypt(good) == b"secret"


@settings(max_examples=40, deadline=None)
@given(position=st.integers(0, 200), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(position: int, bit: int) -> None:
    sealed = bytearray(KEY.public_key.encrypt(b"secret of sixteen"))
    sealed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(MalformedInput):
        KEY.decrypt(bytes(sealed))
