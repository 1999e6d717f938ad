"""TLS certificates of devices, broker and gateway (P-256), and the list of revoked ones.

They only say who is at the other end of a connection. What a device records is signed with another key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shuangyin.core.clock import to_datetime

DEVICE_YEARS = 5
AUTHORITY_YEARS = 20
CRL_DAYS = 30
ORGANIZATION = "Shuangyin device authority"


@dataclass(frozen=True, slots=True)
class Authority:
    """The installation's authority for devices."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_authority(now_ms: int) -> Authority:
    """A new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(ORGANIZATION)
    now = to_datetime(now_ms)
    certificate = (
        _builder(name, name, key.public_key(), now, AUTHORITY_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def read_request(pem: str) -> x509.CertificateSigningRequest | None:
    """A certificate request for a P-256 key with a good signature; None for anything else."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        good = request.is_signature_valid
    except (ValueError, TypeError, x509.InvalidVersion):
        return None
    if not good or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return None
    return request


def issue_device(
    authority: Authority, request: x509.CertificateSigningRequest, device_id: str, now_ms: int
) -> x509.Certificate:
    """A client certificate whose common name is the device's id; nothing else of the request is taken over."""
    key = request.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101  # read_request has seen to it
    return _issue(authority, key, device_id, now_ms, ExtendedKeyUsageOID.CLIENT_AUTH, ())


def issue_service(
    authority: Authority, name: str, hosts: Iterable[str], now_ms: int
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Certificate and key of the broker (with its hosts) or of a gateway (without)."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = tuple(hosts)
    usage = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
    return _issue(authority, key.public_key(), name, now_ms, usage, names), key


def revocation_list(authority: Authority, revoked: Iterable[tuple[str, int]], now_ms: int) -> bytes:
    """The list of revoked certificates in PEM; `revoked` are serial numbers in hex, each with its time."""
    now = to_datetime(now_ms)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - timedelta(minutes=1))
        .next_update(now + timedelta(days=CRL_DAYS))
    )
    for serial, at in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
        builder = builder.add_revoked_certificate(one.revocation_date(to_datetime(at)).build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def certificate_pem(certificate: x509.Certificate) -> str:
    """A certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key in PEM, not protected."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _issue(
    authority: Authority,
    key: ec.EllipticCurvePublicKey,
    common_name: str,
    now_ms: int,
    usage: x509.ObjectIdentifier,
    hosts: tuple[str, ...],
) -> x509.Certificate:
    now = to_datetime(now_ms)
    builder = (
        _builder(_name(common_name), authority.certificate.subject, key, now, DEVICE_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False
        )
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365 * years))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
