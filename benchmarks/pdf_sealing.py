"""Sealing and verifying one PDF of 1, 10 and 100 pages, beside pyHanko signing the same file with RSA-2048.

pyHanko runs at its best settings: the key is loaded once and the size of the signature is given, so that it makes
no trial run. Both write a file of the same document; both figures are CPU time of this process.
"""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, signers

from benchmarks.timing import cpu_ms
from gmseal.pdf import SealOrder, SealPlacement, seal_pdf, verify_pdf
from gmseal.picture.draw import draw_svg
from gmseal.picture.raster import DEFAULT_DPI, render_png
from gmseal.picture.standards import FaceKind, face_of_kind
from gmseal.ses.seal import SealPicture, SealSpec, make_seal
from gmseal.ses.signature import SealSigner
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.keys import PrivateKey
from gmseal.trust import TrustStore

PAGES = (1, 10, 100)
SAMPLE = Path(__file__).parent.parent / "samples" / "contract.pdf"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def run() -> list[dict[str, Any]]:
    """One row per number of pages."""
    sealer, trust = trial_seal()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for pages in PAGES:
            source = Path(folder) / f"{pages}.pdf"
            _document(source, pages)
            rows.append(_row(source, pages, sealer, trust))
    return rows


def _row(source: Path, pages: int, sealer: SealSigner, trust: TrustStore) -> dict[str, Any]:
    target = source.with_suffix(".sealed.pdf")
    order = SealOrder(signed_at=NOW, placements=(SealPlacement(page=0, x_mm=120, y_mm=200),))
    peer_signer = rsa_signer()
    seen = cpu_ms(
        {
            "seal": lambda: seal_pdf(source, target, order=order, signer=sealer),
            "pyhanko": lambda: _pyhanko(source, peer_signer),
            "verify": lambda: verify_pdf(target, trust, NOW + timedelta(hours=1)),
        },
        rounds=7,
        calls=max(3, 30 // max(1, pages // 4)),
    )
    seal, verify, peer = (seen[name]["best"] for name in ("seal", "verify", "pyhanko"))
    return {
        "pages": pages,
        "kilobytes": source.stat().st_size // 1024,
        "seal_cpu_ms": round(seal, 2),
        "seal_cpu_ms_median": round(seen["seal"]["median"], 2),
        "seals_per_second_and_core": round(1000 / seal),
        "verify_cpu_ms": round(verify, 2),
        "verifications_per_second_and_core": round(1000 / verify),
        "pyhanko_rsa2048_cpu_ms": round(peer, 2),
        "seal_to_pyhanko": round(seal / peer, 3),
    }


def _document(target: Path, pages: int) -> None:
    with pikepdf.open(SAMPLE) as sample, pikepdf.new() as document:
        for number in range(pages):
            document.pages.append(sample.pages[number % len(sample.pages)])
        document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable)


def trial_seal(dpi: int = DEFAULT_DPI) -> tuple[SealSigner, TrustStore]:
    """A seal with a face drawn at a resolution, and the roots that trust it."""
    begin, end = NOW - timedelta(days=30), NOW + timedelta(days=700)
    root_key, maker_key, key = PrivateKey.generate(), PrivateKey.generate(), PrivateKey.generate()
    name = "北京云岫数科有限公司"
    root = issue_certificate(
        subject=Name("Benchmark Root"), public_key=root_key.public_key, issuer=None, issuer_key=root_key,
        profile=CertificateProfile.CA, not_before=begin, not_after=end,
    )  # fmt: skip
    maker, signer = (
        issue_certificate(
            subject=Name(subject), public_key=public, issuer=IssuerRef(root), issuer_key=root_key,
            profile=profile, not_before=begin, not_after=end,
        )
        for subject, public, profile in (
            ("Benchmark Maker", maker_key.public_key, CertificateProfile.SEAL_MAKER),
            (name, key.public_key, CertificateProfile.SIGNER),
        )
    )  # fmt: skip
    png = render_png(
        draw_svg(face_of_kind(FaceKind.LIMITED_COMPANY, name, code="1101080000123", trial_mark=True)),
        dpi,
    )
    spec = SealSpec(
        es_id="11010800001230", name=name, type=1, picture=SealPicture("PNG", png, 40, 40),
        signer_certificates=(signer,), created_at=NOW - timedelta(days=1), valid_from=begin, valid_to=end,
        vendor_id="SHUANGYIN",
    )  # fmt: skip
    return SealSigner(make_seal(spec, maker, maker_key), signer, key), TrustStore.of([root])


def rsa_signer() -> SimpleSigner:
    """A key and certificate of one's own, kept loaded."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Benchmark")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pfx = serialization.pkcs12.serialize_key_and_certificates(
        b"benchmark", key, certificate, None, serialization.NoEncryption()
    )
    signer = SimpleSigner.load_pkcs12_data(pfx, other_certs=[])
    if signer is None:
        message = "pyHanko could not read the benchmark's key"
        raise RuntimeError(message)
    kept = _LoadedKeySigner(
        signing_cert=signer.signing_cert, signing_key=signer.signing_key, cert_registry=signer.cert_registry
    )
    kept.loaded = key
    return kept


class _LoadedKeySigner(SimpleSigner):
    """pyHanko parses the key anew for every signature; its best setting keeps it loaded."""

    loaded: rsa.RSAPrivateKey

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002  # pyHanko's own signature
        return self.loaded.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _pyhanko(source: Path, signer: SimpleSigner) -> None:
    pyhanko_bytes(source.read_bytes(), signer)


def pyhanko_bytes(data: bytes, signer: SimpleSigner) -> bytes:
    """``data`` signed by pyHanko."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    metadata = PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256")
    out = io.BytesIO()
    signers.PdfSigner(metadata, signer).sign_pdf(writer, output=out, bytes_reserved=8192)
    return out.getvalue()
