"""SM2 keys against the standard's example, OpenSSL, GmSSL, and hostile input."""

import hashlib
import threading
from collections.abc import Callable
from subprocess import CompletedProcess

import gmssl_pyx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import curve, der, pkcs8
from gmseal.sm.engine import select_engine
from gmseal.sm.keys import DEFAULT_ID, PrivateKey, PublicKey, Signer, sm3

OpenSsl = Callable[..., CompletedProcess[bytes]]

KEY = PrivateKey.generate()

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


def pkcs8_of(number: int, point: bytes | None = None) -> bytes:
    inner = [der.integer(1), der.octet_string(number.to_bytes(32, "big"))]
    if point is not None:
        inner.append(der.explicit(1, der.bit_string(point)))
    return der.sequence(der.integer(0), curve.ALGORITHM_SM2_KEY, der.octet_string(der.sequence(*inner)))


def test_example_of_the_standard_verifies() -> None:
    public = PublicKey.from_point(EXAMPLE_POINT)
    assert public.z() == EXAMPLE_Z
    assert public.digest(b"message digest") == EXAMPLE_E
    assert public.verify(curve.encode_signature(EXAMPLE_R + EXAMPLE_S), b"message digest")
    assert not public.verify(curve.encode_signature(EXAMPLE_R + EXAMPLE_S), b"message digesT")


def test_example_private_key_gives_example_point() -> None:
    key = PrivateKey.from_pkcs8(pkcs8_of(int.from_bytes(EXAMPLE_SCALAR, "big")))
    assert key.public_key.point == b"\x04" + EXAMPLE_POINT
    assert key.public_key.verify(key.sign(b"m"), b"m")


def test_sm3_is_the_standard_digest() -> None:
    # GB/T 32905-2016, example 1.
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abc") == gmssl_pyx.sm3_hash(b"abc")


@settings(max_examples=40, deadline=None)
@given(message=st.binary(max_size=300), user_id=st.binary(min_size=1, max_size=60))
def test_gmssl_and_we_accept_each_other(message: bytes, user_id: bytes) -> None:
    point = KEY.public_key.point[1:]
    scalar = pkcs8.read(KEY.to_pkcs8_der(), None).scalar
    assert gmssl_pyx.sm2_verify(point, message, KEY.sign(message, user_id=user_id), user_id)
    theirs = gmssl_pyx.sm2_sign(scalar, point, message, user_id)
    assert KEY.public_key.verify(theirs, message, user_id=user_id)


def test_keys_of_gmssl_are_read() -> None:
    for _ in range(10):
        point, scalar = gmssl_pyx.sm2_key_generate()
        key = PrivateKey.from_pkcs8(pkcs8_of(int.from_bytes(scalar, "big"), b"\x04" + point))
        assert key.public_key == PublicKey.from_point(point)


def test_openssl_verifies_our_signature_and_we_verify_its(openssl: OpenSsl) -> None:
    message = "用印".encode() * 50
    files = {
        "key.pem": KEY.to_pkcs8_pem(),
        "pub.pem": KEY.public_key.to_spki_pem(),
        "message": message,
        "sig": KEY.sign(message),
    }
    common = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in", "message")
    verify = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-sigfile", "sig", *common, files=files
    )
    assert verify.returncode == 0, verify.stderr
    theirs = openssl("pkeyutl", "-sign", "-inkey", "key.pem", *common)
    assert theirs.returncode == 0, theirs.stderr
    assert KEY.public_key.verify(theirs.stdout, message)
    wrong = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-sigfile", "sig",
        "-rawin", "-digest", "sm3", "-pkeyopt", "distid:someone", "-in", "message",
    )  # fmt: skip
    assert wrong.returncode != 0


def test_openssl_reads_our_protected_key_and_we_read_its(openssl: OpenSsl) -> None:
    ours = openssl(
        "pkey", "-in", "key.pem", "-passin", "pass:secret word", "-pubout",
        files={"key.pem": KEY.to_pkcs8_pem(b"secret word")},
    )  # fmt: skip
    assert ours.stdout == KEY.public_key.to_spki_pem(), ours.stderr
    for cipher in ("sm4-cbc", "aes-256-cbc", "aes-128-cbc"):
        theirs = openssl(
            "pkcs8", "-topk8", "-in", "plain.pem", "-v2", cipher, "-passout", "pass:p", "-iter", "1000",
            files={"plain.pem": KEY.to_pkcs8_pem()},
        )  # fmt: skip
        assert PrivateKey.from_pkcs8(theirs.stdout, b"p").public_key == KEY.public_key, theirs.stderr


def test_key_made_by_the_openssl_command_is_read(openssl: OpenSsl) -> None:
    made = openssl("genpkey", "-algorithm", "SM2")
    assert made.returncode == 0, made.stderr
    key = PrivateKey.from_pkcs8(made.stdout)
    assert key.public_key.verify(key.sign(b"x"), b"x")


def test_protection_with_sm3_is_read() -> None:
    """Key files of GmSSL derive the key with HMAC-SM3, which OpenSSL 3.0 does not know."""
    salt, vector, plain = b"s" * 16, b"v" * 16, KEY.to_pkcs8_der()
    secret = hashlib.pbkdf2_hmac("sm3", b"pw", salt, 1000, 16)
    body = gmssl_pyx.sm4_cbc_padding_encrypt(secret, vector, plain)
    kdf = der.sequence(
        der.oid("1.2.840.113549.1.5.12"),
        der.sequence(
            der.octet_string(salt),
            der.integer(1000),
            der.integer(16),
            der.sequence(der.oid("1.2.156.10197.1.401.2")),
        ),
    )
    scheme = der.sequence(der.oid("1.2.156.10197.1.104.2"), der.octet_string(vector))
    algorithm = der.sequence(der.oid("1.2.840.113549.1.5.13"), der.sequence(kdf, scheme))
    file = der.sequence(algorithm, der.octet_string(body))
    assert PrivateKey.from_pkcs8(file, b"pw").public_key == KEY.public_key


@pytest.mark.parametrize("rounds", [0, pkcs8.MAX_PASSWORD_ROUNDS + 1, 1 << 40])
def test_absurd_rounds_are_refused_at_once(rounds: int) -> None:
    protected = pkcs8.encrypt(KEY.to_pkcs8_der(), b"pw", rounds=70_000)
    absurd = protected.replace(der.integer(70_000), der.integer(rounds))
    file = rewrap_lengths(protected, absurd, rounds)
    with pytest.raises(MalformedInput, match="rounds"):
        PrivateKey.from_pkcs8(file, b"pw")


def rewrap_lengths(protected: bytes, replaced: bytes, rounds: int) -> bytes:
    """The same structure with other rounds, every outer length made right again."""
    assert protected != replaced
    algorithm, body = der.parse(protected, "file").fields("file", 2, 2)
    scheme_oid, parameters = algorithm.fields("algorithm", 2, 2)
    derivation, cipher = parameters.fields("parameters", 2, 2)
    kdf_oid, kdf = derivation.fields("derivation", 2, 2)
    salt, _, prf = kdf.fields("kdf", 3, 3)
    kdf_der = der.sequence(kdf_oid.raw, der.sequence(salt.raw, der.integer(rounds), prf.raw))
    return der.sequence(der.sequence(scheme_oid.raw, der.sequence(kdf_der, cipher.raw)), body.raw)


def test_password_is_needed_and_must_be_right() -> None:
    protected = KEY.to_pkcs8_pem(b"right")
    with pytest.raises(Refused) as needed:
        PrivateKey.from_pkcs8(protected)
    assert needed.value.reason == "PASSWORD_NEEDED"
    with pytest.raises(Refused) as wrong:
        PrivateKey.from_pkcs8(protected, b"wrong")
    assert wrong.value.reason == "PASSWORD_WRONG"
    with pytest.raises(Refused):
        KEY.to_pkcs8_pem(b"")


@pytest.mark.parametrize("number", [0, curve.N - 1, curve.N, curve.N + 1, 2**256 - 1])
def test_private_number_outside_the_range_is_refused_without_hanging(number: int) -> None:
    with pytest.raises(MalformedInput):
        PrivateKey.from_pkcs8(pkcs8_of(number))


@pytest.mark.parametrize("number", [1, 2, curve.N - 2])
def test_private_numbers_at_the_ends_of_the_range_work(number: int) -> None:
    key = PrivateKey.from_pkcs8(pkcs8_of(number))
    assert key.public_key.verify(key.sign(b"m"), b"m")


def test_public_half_of_another_key_is_refused() -> None:
    other = PrivateKey.generate().public_key.point
    number = int.from_bytes(pkcs8.read(KEY.to_pkcs8_der(), None).scalar, "big")
    with pytest.raises(MalformedInput, match="another private key"):
        PrivateKey.from_pkcs8(pkcs8_of(number, other))


def flip(data: bytes, at: int, bit: int = 1) -> bytes:
    return data[:at] + bytes((data[at] ^ bit,)) + data[at + 1 :]


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\0",
        bytes(64),
        b"\x04" + bytes(64),
        flip(KEY.public_key.point, 64),
        b"\x04" + curve.P.to_bytes(32, "big") + KEY.public_key.point[33:],
        b"\x04" + b"\xff" * 64,
        b"\x02" + KEY.public_key.point[1:33],
        b"\x06" + KEY.public_key.point[1:],
        KEY.public_key.point + b"\0",
        KEY.public_key.point[:-1],
    ],
    ids=lambda point: f"{len(point)} bytes",
)
def test_what_is_not_a_point_of_the_curve_is_refused(point: bytes) -> None:
    with pytest.raises(MalformedInput):
        PublicKey.from_point(point)


def test_point_of_another_curve_is_refused(openssl: OpenSsl) -> None:
    other = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-outform", "DER")
    with pytest.raises(MalformedInput, match="not an SM2 key"):
        PrivateKey.from_pkcs8(other.stdout)
    public = openssl(
        "pkey", "-inform", "DER", "-in", "k", "-pubout", "-outform", "DER", files={"k": other.stdout}
    )
    with pytest.raises(MalformedInput, match="not an SM2 key"):
        PublicKey.from_spki(public.stdout)


def malformed_signatures() -> list[bytes]:
    good = KEY.sign(b"m")
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
        q(i(r), i(curve.N - r)),
        q(i(s), i(r)),
        q(i(r), i(s), i(0)),
        q(i(r)),
        q(der.tlv(2, b"\0\0" + r.to_bytes(32, "big")), i(s)),
        der.tlv(0x31, good[2:]),
        b"\x30\x81" + good[1:],
        b"\x30\x80" + good[2:] + b"\0\0",
        curve.decode_signature(good),
        q(i(1 << 4096), i(s)),
    ]


@pytest.mark.parametrize("number", range(len(malformed_signatures())))
def test_malformed_signatures_are_simply_not_good(number: int) -> None:
    signature = malformed_signatures()[number]
    assert KEY.public_key.verify(signature, b"m") is False


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 75), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_signature_is_found(position: int, bit: int) -> None:
    good = KEY.sign(b"message")
    assert not KEY.public_key.verify(flip(good, position % len(good), 1 << bit), b"message")


def test_another_identity_another_key_another_message_do_not_verify() -> None:
    signature = KEY.sign(b"m", user_id=b"ALICE123@YAHOO.COM")
    assert KEY.public_key.verify(signature, b"m", user_id=b"ALICE123@YAHOO.COM")
    assert not KEY.public_key.verify(signature, b"m")
    assert not KEY.public_key.verify(signature, b"m", user_id=b"")
    assert not KEY.public_key.verify(KEY.sign(b"m"), b"n")
    assert not PrivateKey.generate().public_key.verify(KEY.sign(b"m"), b"m")
    with pytest.raises(MalformedInput):
        KEY.sign(b"m", user_id=b"x" * 8192)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200))
def test_key_readers_raise_nothing_but_their_own_errors(data: bytes) -> None:
    readers: list[Callable[[bytes], object]] = [
        PrivateKey.from_pkcs8,
        PublicKey.from_spki,
        PublicKey.from_point,
    ]
    for reader in [*readers, PublicKey.from_pem]:
        with pytest.raises((MalformedInput, Refused)):
            reader(data)


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 200), octet=st.integers(0, 255))
def test_damaged_key_files_are_read_right_or_refused(position: int, octet: int) -> None:
    file = KEY.to_pkcs8_der()
    at = position % len(file)
    damaged = file[:at] + bytes((octet,)) + file[at + 1 :]
    try:
        key = PrivateKey.from_pkcs8(damaged)
    except (MalformedInput, Refused):
        return
    assert key.public_key.verify(key.sign(b"x"), b"x")


def test_one_key_serves_many_threads() -> None:
    failures: list[str] = []

    def work(number: int) -> None:
        for turn in range(40):
            message = f"{number}/{turn}".encode()
            if not KEY.public_key.verify(KEY.sign(message), message):
                failures.append(message.decode())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_round_trips_and_protocol() -> None:
    assert PrivateKey.from_pkcs8(KEY.to_pkcs8_der()).public_key == KEY.public_key
    assert PrivateKey.from_pkcs8(KEY.to_pkcs8_pem()).public_key == KEY.public_key
    assert PublicKey.from_spki(KEY.public_key.to_spki_der()) == KEY.public_key
    assert PublicKey.from_pem(KEY.public_key.to_spki_pem()) == KEY.public_key
    assert isinstance(KEY, Signer)
    assert hash(PublicKey.from_point(KEY.public_key.point)) == hash(KEY.public_key)
    assert KEY.public_key.verify_digest(KEY.sign_digest(b"e" * 32), b"e" * 32)
    assert DEFAULT_ID == b"1234567812345678"


def test_secrets_do_not_show_in_representations() -> None:
    scalar = pkcs8.read(KEY.to_pkcs8_der(), None).scalar
    assert scalar.hex() not in repr(KEY)


def test_digest_of_another_length_is_refused() -> None:
    for digest in (b"", b"e" * 31, b"e" * 33):
        with pytest.raises(MalformedInput):
            KEY.sign_digest(digest)
        with pytest.raises(MalformedInput):
            KEY.public_key.verify_digest(KEY.sign_digest(b"e" * 32), digest)


def test_engine_names_its_library() -> None:
    assert "OpenSSL" in select_engine().name
