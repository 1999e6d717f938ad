"""Key files against OpenSSL, GmSSL and hostile input."""

import hashlib
from collections.abc import Callable
from subprocess import CompletedProcess

import gmssl_pyx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import curve, der, pkcs8
from gmseal.sm.keys import DEFAULT_ID, PrivateKey, PublicKey, Signer
from gmseal.sm.pkcs8 import KeyProtection

OpenSsl = Callable[..., CompletedProcess[bytes]]

KEY = PrivateKey.generate()


def pkcs8_of(number: int, point: bytes | None = None) -> bytes:
    inner = [der.integer(1), der.octet_string(number.to_bytes(32, "big"))]
    if point is not None:
        inner.append(der.explicit(1, der.bit_string(point)))
    return der.sequence(der.integer(0), curve.ALGORITHM_SM2_KEY, der.octet_string(der.sequence(*inner)))


def test_keys_of_gmssl_are_read() -> None:
    for _ in range(10):
        point, scalar = gmssl_pyx.sm2_key_generate()
        key = PrivateKey.from_pkcs8(pkcs8_of(int.from_bytes(scalar, "big"), b"\x04" + point))
        assert key.public_key == PublicKey.from_point(point)


def test_openssl_reads_our_protected_key_and_we_read_its(openssl: OpenSsl) -> None:
    files = {
        "sm4.pem": KEY.to_pkcs8_pem(b"secret word"),
        "aes.der": KEY.to_encrypted_pkcs8_der(b"secret word", protection=KeyProtection.AES),
    }
    for name in files:
        ours = openssl("pkey", "-in", name, "-passin", "pass:secret word", "-pubout", files=files)
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


def test_protection_in_the_form_of_gmssl_is_written() -> None:
    written = KEY.to_encrypted_pkcs8_der(b"pw", protection=KeyProtection.GMSSL)
    assert PrivateKey.from_pkcs8(written, b"pw").public_key == KEY.public_key
    algorithm, body = der.parse(written, "file").fields("file", 2, 2)
    derivation, scheme = algorithm.fields("a", 2, 2)[1].fields("p", 2, 2)
    salt, rounds, length, prf = derivation.fields("d", 2, 2)[1].fields("k", 4, 4)
    assert (rounds.integer("rounds"), length.integer("length")) == (65_536, 16)
    assert prf.raw == der.sequence(der.oid("1.2.156.10197.1.401.2"))
    secret = hashlib.pbkdf2_hmac("sm3", b"pw", salt.content, 65_536, 16)
    vector = scheme.fields("s", 2, 2)[1].content
    assert gmssl_pyx.sm4_cbc_padding_decrypt(secret, vector, body.content) == KEY.to_pkcs8_der()


def test_traditional_key_files_of_openssl_are_read(openssl: OpenSsl) -> None:
    files = {"key.pem": KEY.to_pkcs8_pem()}
    for form in ("PEM", "DER"):
        theirs = openssl("ec", "-in", "key.pem", "-outform", form, files=files)
        assert PrivateKey.from_pkcs8(theirs.stdout).public_key == KEY.public_key, theirs.stderr
    text = openssl("ec", "-in", "key.pem").stdout
    assert b"BEGIN SM2 PRIVATE KEY" in text
    assert PrivateKey.from_pkcs8(text.replace(b"SM2 PRIV", b"EC PRIV")).public_key == KEY.public_key
    with_parameters = openssl("ecparam", "-name", "SM2", "-genkey")
    assert b"BEGIN SM2 PARAMETERS" in with_parameters.stdout
    key = PrivateKey.from_pkcs8(with_parameters.stdout)
    assert key.public_key.verify(key.sign(b"x"), b"x")


def test_traditional_keys_of_other_curves_or_under_old_protection_are_refused(openssl: OpenSsl) -> None:
    key = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    other = openssl("ec", "-in", "other.pem", files={"other.pem": key.stdout})
    assert b"BEGIN EC PRIVATE KEY" in other.stdout
    with pytest.raises(MalformedInput, match="not an SM2 key"):
        PrivateKey.from_pkcs8(other.stdout)
    protection = ("-aes128", "-passout", "pass:p")
    old = openssl("ec", "-in", "key.pem", *protection, files={"key.pem": KEY.to_pkcs8_pem()})
    assert b"Proc-Type" in old.stdout, old.stderr
    with pytest.raises(Refused) as refused:
        PrivateKey.from_pkcs8(old.stdout, b"p")
    assert refused.value.reason == "PROTECTION"
    scalar = pkcs8.read(KEY.to_pkcs8_der(), None).scalar
    for fields in (
        (der.integer(1), der.octet_string(scalar)),
        (der.integer(2), der.octet_string(scalar), der.explicit(0, der.oid(curve.SM2_CURVE))),
        (der.integer(1), der.octet_string(b"\0" + scalar), der.explicit(0, der.oid(curve.SM2_CURVE))),
        (der.integer(1), der.octet_string(scalar), *(der.explicit(0, der.oid(curve.SM2_CURVE)),) * 2),
        (der.integer(1), der.octet_string(scalar), der.explicit(2, der.oid(curve.SM2_CURVE))),
    ):
        with pytest.raises(MalformedInput):
            PrivateKey.from_pkcs8(der.sequence(*fields))


@pytest.mark.parametrize("rounds", [0, pkcs8.MAX_PASSWORD_ROUNDS + 1, 1 << 40])
def test_absurd_rounds_are_refused_at_once(rounds: int) -> None:
    oids = (pkcs8.KeyProtection.SM4.value[0], pkcs8.KeyProtection.SM4.value[1])
    protected = pkcs8.encrypt_with(KEY.to_pkcs8_der(), b"pw", *oids, 70_000)
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


def test_public_half_of_another_key_is_refused() -> None:
    other = PrivateKey.generate().public_key.point
    number = int.from_bytes(pkcs8.read(KEY.to_pkcs8_der(), None).scalar, "big")
    with pytest.raises(MalformedInput, match="another private key"):
        PrivateKey.from_pkcs8(pkcs8_of(number, other))


def test_point_of_another_curve_is_refused(openssl: OpenSsl) -> None:
    other = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-outform", "DER")
    with pytest.raises(MalformedInput, match="not an SM2 key"):
        PrivateKey.from_pkcs8(other.stdout)
    public = openssl(
        "pkey", "-inform", "DER", "-in", "k", "-pubout", "-outform", "DER", files={"k": other.stdout}
    )
    with pytest.raises(MalformedInput, match="not an SM2 key"):
        PublicKey.from_spki(public.stdout)


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
