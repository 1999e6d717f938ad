"""Every engine of SM2 that is present, by the standard's example, OpenSSL, GmSSL, hostile input and each other."""

import subprocess
import sys
import threading
from collections.abc import Callable
from subprocess import CompletedProcess

import gmssl_pyx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import MalformedInput
from gmseal.sm import curve, der, pkcs8, secret_numbers
from gmseal.sm.engine import Engine, Message, load_engine
from gmseal.sm.keys import PrivateKey, PublicKey, SignedMessage, sm3, verify_messages
from gmseal.sm.secret_numbers import SecretNumber, draw_nonces, new_buffer

OpenSsl = Callable[..., CompletedProcess[bytes]]

# GM/T 0003.5-2012, appendix A.2: signature example on the recommended curve.
EXAMPLE_SCALAR = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
EXAMPLE_POINT = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
EXAMPLE_Z = bytes.fromhex("B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3")
EXAMPLE_E = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
EXAMPLE_R = bytes.fromhex("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3")
EXAMPLE_S = bytes.fromhex("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA")
D = int.from_bytes(EXAMPLE_SCALAR, "big")


@pytest.fixture(scope="module")
def key(engine: Engine) -> PrivateKey:
    """A fresh key of the engine under test."""
    return PrivateKey(engine.generate())


def octets(number: int) -> bytes:
    return number.to_bytes(32, "big")


def scalar_of(key: PrivateKey) -> bytes:
    return pkcs8.read(key.to_pkcs8_der(), None).scalar


# --- right answers -----------------------------------------------------------------------------


def test_example_of_the_standard(engine: Engine) -> None:
    public = PublicKey.from_point(EXAMPLE_POINT)
    assert public.z() == EXAMPLE_Z
    assert public.digest(b"message digest") == EXAMPLE_E
    assert engine.load_private(EXAMPLE_SCALAR).point == b"\x04" + EXAMPLE_POINT
    good = curve.encode_signature(EXAMPLE_R + EXAMPLE_S)
    assert public.verify(good, b"message digest")
    assert not public.verify(good, b"message digesT")
    asked = [SignedMessage(public, good, text) for text in (b"message digest", b"message digesT")]
    assert verify_messages(asked * 5) == [True, False] * 5


def test_sm3_is_the_standard_digest() -> None:
    # GB/T 32905-2016, example 1.
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abc") == gmssl_pyx.sm3_hash(b"abc")


@settings(max_examples=25, deadline=None)
@given(message=st.binary(max_size=300), user_id=st.binary(min_size=1, max_size=60))
def test_gmssl_and_the_engine_accept_each_other(key: PrivateKey, message: bytes, user_id: bytes) -> None:
    point = key.public_key.point[1:]
    ours = [key.sign(message, user_id=user_id), *key.sign_messages([message, b"other"], user_id=user_id)]
    assert gmssl_pyx.sm2_verify(point, message, ours[0], user_id)
    assert gmssl_pyx.sm2_verify(point, message, ours[1], user_id)
    assert gmssl_pyx.sm2_verify(point, b"other", ours[2], user_id)
    theirs = gmssl_pyx.sm2_sign(scalar_of(key), point, message, user_id)
    assert key.public_key.verify(theirs, message, user_id=user_id)
    asked = [SignedMessage(key.public_key, theirs, text, user_id) for text in (message, message + b"!")]
    assert verify_messages(asked) == [True, False]


def test_openssl_and_the_engine_accept_each_other(key: PrivateKey, openssl: OpenSsl) -> None:
    message = "用印".encode() * 50
    files = {
        "key.pem": key.to_pkcs8_pem(),
        "pub.pem": key.public_key.to_spki_pem(),
        "message": message,
        "one": key.sign(message),
        "many": key.sign_messages([message] * 3)[2],
        "digest": key.sign_digests([key.public_key.digest(message)])[0],
    }
    common = ("-rawin", "-digest", "sm3", "-in", "message")
    ours = ("-pkeyopt", "distid:1234567812345678")
    for name in ("one", "many", "digest"):
        verify = ("pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-sigfile", name, *common)
        good = openssl(*verify, *ours, files=files)
        assert good.returncode == 0, good.stderr
        assert openssl(*verify, "-pkeyopt", "distid:someone").returncode != 0
    theirs = openssl("pkeyutl", "-sign", "-inkey", "key.pem", *common, *ours)
    assert key.public_key.verify(theirs.stdout, message), theirs.stderr


@pytest.mark.parametrize("number", [1, 2, 3, curve.N // 2, curve.N - 2])
def test_engines_derive_the_same_point_and_verify_each_other(engine: Engine, number: int) -> None:
    portable = load_engine("portable")
    here, there = engine.load_private(octets(number)), portable.load_private(octets(number))
    assert here.point == there.point
    assert here.scalar() == octets(number)
    for digest in (b"e" * 32, bytes(32), b"\xff" * 32, octets(curve.N), octets(curve.N + 1)):
        assert portable.load_public(here.point).verify_digest(here.sign_digest(digest), digest)
        assert engine.load_public(here.point).verify_digest(there.sign_digest(digest), digest)


@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.sampled_from([0, 5, 31, 32, 96, 200, 20_000]), max_size=20), data=st.data())
def test_many_at_once_say_what_one_by_one_says(
    key: PrivateKey, lengths: list[int], data: st.DataObject
) -> None:
    """Some of one length, which an engine may take together, and some of others, which it may not."""
    texts = [bytes((at,)) * length for at, length in enumerate(lengths)]
    signatures = key.sign_messages(texts)
    assert len(set(signatures)) == len(texts)
    wrong = data.draw(st.sets(st.integers(0, max(len(texts) - 1, 0)), max_size=5))
    asked = [
        SignedMessage(key.public_key, flip(signature, 20) if at in wrong else signature, text)
        for at, (text, signature) in enumerate(zip(texts, signatures, strict=True))
    ]
    assert verify_messages(asked) == [at not in wrong for at in range(len(texts))]
    digests = [key.public_key.digest(text) for text in texts]
    pairs = list(zip(key.sign_digests(digests), digests, strict=True))
    assert key.public_key.verify_digests(pairs) == [True] * len(texts)


def test_keys_and_identities_may_be_mixed(engine: Engine) -> None:
    keys = [PrivateKey(engine.generate()) for _ in range(3)]
    asked = [
        SignedMessage(key.public_key, key.sign(text, user_id=user_id), text, user_id)
        for key in keys
        for text, user_id in ((b"a", b"1"), (b"b", b"22"), (b"c" * 40_000, b"333"))
    ]
    assert verify_messages(asked) == [True] * 9
    exchanged = [
        SignedMessage(item.public_key, asked[at - 1].signature, item.message, item.user_id)
        for at, item in enumerate(asked)
    ]
    assert verify_messages(exchanged) == [False] * 9
    assert verify_messages([SignedMessage(keys[0].public_key, b"", b"a"), asked[0]]) == [False, True]
    work = [
        (private, Message(b"m", b"id", PublicKey(private.point).z(b"id")))
        for private in [engine.generate() for _ in range(10)]
    ]
    for (private, _), rs in zip(work, engine.sign_messages(work), strict=True):
        assert PublicKey(private.point).verify(curve.encode_signature(rs), b"m", user_id=b"id")


def test_many_threads_use_one_key(key: PrivateKey) -> None:
    failures: list[str] = []

    def work(number: int) -> None:
        for turn in range(20):
            texts = [f"{number}/{turn}/{at}".encode() for at in range(3)]
            signatures = [*key.sign_messages(texts), key.sign(texts[0])]
            asked = [
                SignedMessage(key.public_key, signature, text)
                for signature, text in zip(signatures, [*texts, texts[0]], strict=True)
            ]
            if not all(verify_messages(asked)):
                failures.append(f"{number}/{turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# --- wrong numbers, points and signatures --------------------------------------------------------


@pytest.mark.parametrize("number", [0, curve.N - 1, curve.N, curve.N + 1, 2**256 - 1])
def test_private_number_outside_the_range_is_refused_without_hanging(engine: Engine, number: int) -> None:
    with pytest.raises(MalformedInput):
        engine.load_private(octets(number))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_private_number_of_another_length_is_refused(engine: Engine, length: int) -> None:
    with pytest.raises(MalformedInput):
        engine.load_private(b"\x01" * length)


def flip(data: bytes, at: int, bit: int = 1) -> bytes:
    return data[:at] + bytes((data[at] ^ bit,)) + data[at + 1 :]


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\0",
        bytes(64),
        bytes(65),
        b"\x04" + bytes(64),
        b"\x04" + flip(EXAMPLE_POINT, 63),
        b"\x04" + octets(curve.P) + EXAMPLE_POINT[32:],
        b"\x04" + octets(int.from_bytes(EXAMPLE_POINT[:32], "big") + curve.P - curve.P // 2)[:32] + bytes(32),
        b"\x04" + EXAMPLE_POINT[:32] + octets(curve.P),
        b"\x04" + b"\xff" * 64,
        b"\x02" + EXAMPLE_POINT[:32],
        b"\x06" + EXAMPLE_POINT,
        b"\x04" + EXAMPLE_POINT + b"\0",
        EXAMPLE_POINT[:-1],
        b"\x04" + EXAMPLE_POINT[32:] + EXAMPLE_POINT[:32],
    ],
    ids=lambda point: f"{len(point)} bytes",
)
def test_what_is_not_a_point_of_the_curve_is_refused(engine: Engine, point: bytes) -> None:
    with pytest.raises(MalformedInput):
        PublicKey.from_point(point)
    with pytest.raises(MalformedInput):
        engine.load_public(point if len(point) != 64 else b"\x04" + point)


def test_coordinates_beyond_p_are_refused_even_when_they_fit_the_curve_modulo_p(engine: Engine) -> None:
    # x = 0 has points, and p + 0 still fits into 32 octets.
    y = pow(curve.B, (curve.P + 1) // 4, curve.P)
    assert y * y % curve.P == curve.B
    engine.load_public(b"\x04" + octets(0) + octets(y))
    with pytest.raises(MalformedInput):
        engine.load_public(b"\x04" + octets(curve.P) + octets(y))


def malformed_signatures(good: bytes) -> list[bytes]:
    rs = curve.decode_signature(good)
    r, s = int.from_bytes(rs[:32], "big"), int.from_bytes(rs[32:], "big")
    i, q = der.integer, der.sequence
    return [
        b"",
        b"\x30\x00",
        good[:-1],
        good + b"\0",
        q(i(0), i(s)),
        q(i(r), i(0)),
        q(i(curve.N), i(s)),
        q(i(r), i(curve.N)),
        q(i(r + curve.N), i(s)),
        q(i(r), i(s + curve.N)),
        q(i(-r), i(s)),
        q(i(r), i(-s)),
        q(i(r - curve.N), i(s)),
        q(i(r), i(curve.N - r)),
        q(i(s), i(r)),
        q(i(r), i(s), i(0)),
        q(i(r)),
        q(der.tlv(2, b"\0\0" + octets(r)), i(s)),
        q(i(r), der.tlv(2, b"\0" * 3 + octets(s))),
        q(der.tlv(2, b""), i(s)),
        der.tlv(0x31, good[2:]),
        b"\x30\x81" + good[1:],
        b"\x30\x80" + good[2:] + b"\0\0",
        rs,
        q(i(1 << 4096), i(s)),
    ]


def test_malformed_signatures_are_simply_not_good(key: PrivateKey) -> None:
    good = key.sign(b"m")
    asked = [SignedMessage(key.public_key, bad, b"m") for bad in malformed_signatures(good)]
    for item in asked:
        assert key.public_key.verify(item.signature, b"m") is False, item.signature.hex()
    assert verify_messages(asked) == [False] * len(asked)
    assert verify_messages([*asked, SignedMessage(key.public_key, good, b"m")])[-1]


@settings(max_examples=300, deadline=None)
@given(
    r=st.one_of(st.integers(1, curve.N - 1), st.integers(1, 1 << 240)),
    s=st.one_of(st.integers(1, curve.N - 1), st.integers(curve.N - 3, curve.N + 3), st.integers(1, 300)),
    at=st.integers(0, 71),
    octet=st.one_of(
        st.none(), st.sampled_from([0, 1, 2, 0x20, 0x21, 0x30, 0x44, 0x45, 0x46, 0x7F, 0x80, 0xFF])
    ),
)
def test_a_signature_is_read_exactly_when_it_is_written_so(
    r: int, s: int, at: int, octet: int | None
) -> None:
    """Whatever is read is written back octet by octet, and everything that is written is read."""
    data = bytearray(der.sequence(der.integer(r), der.integer(s)))
    if octet is not None:
        data[at % len(data)] = octet
    try:
        found = curve.decode_signature(bytes(data))
    except MalformedInput:
        assert octet is not None or s >= curve.N
    else:
        assert curve.is_signature(found)
        assert curve.encode_signature(found) == bytes(data)


def test_numbers_out_of_range_do_not_pass_the_engine_itself(engine: Engine) -> None:
    public, good = engine.load_public(b"\x04" + EXAMPLE_POINT), EXAMPLE_R + EXAMPLE_S
    n, r, s = octets(curve.N), EXAMPLE_R, EXAMPLE_S
    assert public.verify_digest(good, EXAMPLE_E)
    opposite = octets(curve.N - int.from_bytes(r, "big"))
    for bad in (
        bytes(64),
        bytes(32) + s,
        r + bytes(32),
        n + s,
        r + n,
        r + opposite,
        b"\xff" * 64,
        good[:63],
        b"",
    ):
        assert not public.verify_digest(bad, EXAMPLE_E), bad.hex()


def test_the_point_at_infinity_is_no_signature(engine: Engine) -> None:
    """With the nonce 0 the sum s·G + t·P is no point; who takes its x for 0 accepts r = e."""
    public = PublicKey.from_point(EXAMPLE_POINT)
    e = int.from_bytes(EXAMPLE_E, "big") % curve.N
    infinite = octets(e) + octets(-e * D * pow(1 + D, -1, curve.N) % curve.N)
    doubled = octets(e) + octets(e * D * pow(1 - D, -1, curve.N) % curve.N)
    for rs in (infinite, doubled):
        assert not engine.load_public(public.point).verify_digest(rs, EXAMPLE_E)
        asked = SignedMessage(public, curve.encode_signature(rs), b"message digest")
        assert verify_messages([asked, asked]) == [False, False]


def test_a_sum_of_two_equal_points_is_computed(engine: Engine) -> None:
    """s·G = t·P needs a doubling, which a careless addition gets wrong; the signature is good."""
    s = 0x1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF
    r = s * (1 - D) * pow(D, -1, curve.N) % curve.N
    x = int.from_bytes(load_engine("portable").load_private(octets(2 * s)).point[1:33], "big")
    digest = octets((r - x) % curve.N)
    public = b"\x04" + EXAMPLE_POINT
    assert load_engine("portable").load_public(public).verify_digest(octets(r) + octets(s), digest)
    assert engine.load_public(public).verify_digest(octets(r) + octets(s), digest)


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 75), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_signature_is_found(key: PrivateKey, position: int, bit: int) -> None:
    good = key.sign(b"message")
    wrong = flip(good, position % len(good), 1 << bit)
    assert not key.public_key.verify(wrong, b"message")
    asked = [SignedMessage(key.public_key, signature, b"message") for signature in (good, wrong)]
    assert verify_messages(asked) == [True, False]


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=80))
def test_no_octets_at_all_make_an_engine_fail(engine: Engine, data: bytes) -> None:
    public = engine.load_public(b"\x04" + EXAMPLE_POINT)
    assert not public.verify_digest(data, EXAMPLE_E)
    assert not PublicKey(b"\x04" + EXAMPLE_POINT).verify(data, b"m")


def test_another_identity_another_key_another_message_do_not_verify(engine: Engine, key: PrivateKey) -> None:
    signature = key.sign(b"m", user_id=b"ALICE123@YAHOO.COM")
    assert key.public_key.verify(signature, b"m", user_id=b"ALICE123@YAHOO.COM")
    assert not key.public_key.verify(signature, b"m")
    assert not key.public_key.verify(signature, b"m", user_id=b"")
    assert not key.public_key.verify(key.sign(b"m"), b"n")
    assert not PrivateKey(engine.generate()).public_key.verify(key.sign(b"m"), b"m")
    for too_long in (
        lambda: key.sign(b"m", user_id=b"x" * 8192),
        lambda: key.sign_messages([b"m"], user_id=b"x" * 8192),
    ):
        with pytest.raises(MalformedInput):
            too_long()


@pytest.mark.parametrize("digest", [b"", b"e" * 31, b"e" * 33])
def test_digest_of_another_length_is_refused(key: PrivateKey, digest: bytes) -> None:
    good = key.sign_digest(b"e" * 32)
    for act in (
        lambda: key.sign_digest(digest),
        lambda: key.sign_digests([digest]),
        lambda: key.public_key.verify_digest(good, digest),
        lambda: key.public_key.verify_digests([(good, digest)]),
    ):
        with pytest.raises(MalformedInput):
            act()


# --- secrets and nonces --------------------------------------------------------------------------


def test_nonces_differ_and_nothing_secret_shows(engine: Engine, key: PrivateKey) -> None:
    digest = b"e" * 32
    rs = {key.sign_digest(digest)[:40] for _ in range(50)} | {s[:40] for s in key.sign_messages([b"m"] * 50)}
    assert len(rs) == 100
    scalar = scalar_of(key)
    for shown in (repr(key), repr(engine.load_private(scalar)), str(engine.load_private(scalar))):
        assert scalar.hex() not in shown.lower()
    with pytest.raises(MalformedInput) as refused:
        engine.load_private(octets(curve.N - 1))
    assert octets(curve.N - 1).hex() not in str(refused.value).lower()


@pytest.mark.parametrize("order", ["big", "little"])
def test_nonces_out_of_range_are_drawn_again(
    monkeypatch: pytest.MonkeyPatch, order: secret_numbers.ByteOrder
) -> None:
    n = curve.N
    offered = [0, n, n + 1, 2**256 - 1, n - 1, 5]

    def fill(buffer: secret_numbers.Buffer) -> None:
        memoryview(buffer).cast("B")[:] = offered.pop(0).to_bytes(32, order)

    monkeypatch.setattr(secret_numbers, "_fill", fill)
    buffer = new_buffer()
    draw_nonces(buffer, order)
    assert int.from_bytes(buffer.raw, order) == n - 1
    assert offered == [5]
    order = "big"
    offered[:] = [n - 1, n - 2]
    key = SecretNumber()
    assert key.buffer.raw == octets(n - 2)


def test_private_numbers_are_wiped() -> None:
    number = SecretNumber(b"\x55" * 32)
    buffer = number.buffer
    assert "55" not in repr(number)
    del number
    assert buffer.raw == bytes(32)


def test_keys_that_outlive_their_modules_go_silently() -> None:
    """When the interpreter ends, names of modules are gone before objects that others still hold."""
    program = """
import codecs, sys
from gmseal.sm import portable, secret_numbers
secret_numbers.kept = secret_numbers.SecretNumber()
sys.kept = secret_numbers.SecretNumber()
portable.kept = portable.PortableEngine().generate()
class Ring: pass
ring = Ring()
ring.ring, ring.number = ring, secret_numbers.SecretNumber()
codecs.register_error("kept", lambda error, number=ring: ("", 0))
"""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
