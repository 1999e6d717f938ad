"""Certificate requests, judged by the openssl command and damaged."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import csr, curve, der
from gmseal.sm.certificates import Name
from gmseal.sm.keys import PrivateKey

OpenSsl = Callable[..., CompletedProcess[bytes]]

KEY = PrivateKey.generate()
NAME = Name("北京示例科技有限公司", organization="示例集团", province="北京市")
REQUEST = csr.make_request(NAME, KEY)
ID = "distid:1234567812345678"


def test_openssl_verifies_our_request(openssl: OpenSsl) -> None:
    shown = openssl(
        "req", "-in", "r.pem", "-verify", "-noout", "-vfyopt", ID, "-subject", "-nameopt", "utf8",
        files={"r.pem": csr.to_pem(REQUEST)},
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert b"verify OK" in shown.stderr + shown.stdout
    assert "北京示例科技有限公司".encode() in shown.stdout
    wrong = openssl("req", "-in", "r.pem", "-verify", "-noout", "-vfyopt", "distid:someone")
    assert b"verify OK" not in wrong.stderr + wrong.stdout


def test_we_verify_openssls_request(openssl: OpenSsl) -> None:
    made = openssl(
        "req", "-new", "-key", "k.pem", "-sm3", "-sigopt", ID, "-subj", "/C=CN/CN=Unit",
        files={"k.pem": KEY.to_pkcs8_pem()},
    )  # fmt: skip
    read = csr.read_request(made.stdout)
    assert read.verify(), made.stderr
    assert read.public_key == KEY.public_key
    assert "CN=Unit" in read.subject
    # OpenSSL 3 signs under an empty identity unless told otherwise: not what GB/T 35276 says.
    empty = openssl("req", "-new", "-key", "k.pem", "-sm3", "-subj", "/CN=Unit")
    assert not csr.read_request(empty.stdout).verify()


def test_round_trip_and_another_reader() -> None:
    for data in (
        REQUEST,
        csr.to_pem(REQUEST),
        csr.to_pem(REQUEST).replace(b"CERTIFICATE", b"NEW CERTIFICATE"),
    ):
        read = csr.read_request(data)
        assert read.der == REQUEST
        assert read.verify()
    assert "北京示例科技有限公司" in x509.load_der_x509_csr(REQUEST).subject.rfc4514_string()
    with pytest.raises(Refused):
        csr.make_request(Name(""), KEY)


def test_what_is_no_request_is_refused() -> None:
    info, algorithm, signature = (part.raw for part in der.parse(REQUEST, "r").fields("r", 3, 3))
    other = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    version, subject, key, attributes = (part.raw for part in der.parse(info, "i").fields("i", 4, 4))
    for bad in (
        b"",
        b"-----BEGIN CERTIFICATE REQUEST-----",
        REQUEST[:-1],
        REQUEST + b"\0",
        der.sequence(info, other, signature),
        der.sequence(info, der.sequence(der.oid(curve.SM2_WITH_SM3), der.integer(1)), signature),
        der.sequence(der.sequence(der.integer(1), subject, key, attributes), algorithm, signature),
        der.sequence(der.sequence(version, subject, key), algorithm, signature),
        b"\x30" * 70_000,
    ):
        with pytest.raises(MalformedInput):
            csr.read_request(bad)
    with_null = der.sequence(
        info, der.sequence(der.oid(curve.SM2_WITH_SM3), der.tlv(der.NULL, b"")), signature
    )
    assert csr.read_request(with_null).verify()


@settings(max_examples=100, deadline=None)
@given(position=st.integers(0, 1000), octet=st.integers(0, 255))
def test_any_change_is_refused_or_found(position: int, octet: int) -> None:
    at = position % len(REQUEST)
    changed = REQUEST[:at] + bytes((octet,)) + REQUEST[at + 1 :]
    try:
        read = csr.read_request(changed)
    except MalformedInput:
        return
    assert read.verify() == (changed == REQUEST)
