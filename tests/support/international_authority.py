"""An invented authority outside the national scheme: RSA and P-256 signers, and a time-stamp authority."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import keys, tsp, x509
from cryptography import x509 as builder
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gmseal.pdf import PadesSigner
from gmseal.report import TrustStore

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Issued:
    """A certificate in DER and its key."""

    certificate: bytes
    key: Key

    @property
    def pkcs8(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass(frozen=True)
class World:
    """A root, signers by kind of key, and an authority for time stamps."""

    root: Issued
    signers: dict[str, Issued]
    stamper: Issued
    now: datetime

    @classmethod
    def create(cls) -> "World":
        now = datetime.now(UTC).replace(microsecond=0)
        root = issue("Example Root", None, ec.generate_private_key(ec.SECP256R1()), now)
        signers = {
            "rsa": issue("Example Signer RSA", root, rsa.generate_private_key(65537, 2048), now),
            "p256": issue("Example Signer EC", root, ec.generate_private_key(ec.SECP256R1()), now),
        }
        stamper = issue("Example Time", root, rsa.generate_private_key(65537, 2048), now, stamping=True)
        return cls(root, signers, stamper, now)

    def signer(self, kind: str) -> PadesSigner:
        issued = self.signers[kind]
        return PadesSigner.load(issued.certificate, issued.pkcs8, chain=(self.root.certificate,))

    @property
    def trust(self) -> TrustStore:
        return TrustStore(roots=(self.root.certificate,))

    def respond(self, request: bytes) -> bytes:
        """A time-stamp authority in this process, by pyHanko."""
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library has no types here
        store.register(x509.Certificate.load(self.root.certificate))
        dummy = DummyTimeStamper(
            x509.Certificate.load(self.stamper.certificate),
            keys.PrivateKeyInfo.load(self.stamper.pkcs8),
            certs_to_embed=store,
        )
        return bytes(dummy.request_tsa_response(tsp.TimeStampReq.load(request)).dump())


def issue(
    common_name: str, issuer: Issued | None, key: Key, now: datetime, *, stamping: bool = False
) -> Issued:
    """A certificate by ``issuer``, or of its own."""
    name = builder.Name([builder.NameAttribute(NameOID.COMMON_NAME, common_name)])
    above = name if issuer is None else builder.load_der_x509_certificate(issuer.certificate).subject
    usage = builder.KeyUsage(
        digital_signature=issuer is not None,
        content_commitment=issuer is not None,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issuer is None,
        crl_sign=issuer is None,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        builder.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(builder.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(builder.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(builder.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if stamping:
        made = made.add_extension(
            builder.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    signed = made.sign(key if issuer is None else issuer.key, hashes.SHA256())
    return Issued(signed.public_bytes(serialization.Encoding.DER), key)
