"""What pyHanko does for us: signed data of PAdES, validation data (DSS), document time stamps."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from asn1crypto import algos, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gmseal.errors import GmsealError, Refused
from gmseal.pdf.signatures.pades import PadesLevel, PadesOrder, PadesSigner, TimestampResponder
from gmseal.trust import TrustStore

_DIGEST = "sha256"


class Bridge:
    """Both things that are asked of pyHanko; every error it raises becomes one of ours."""

    @staticmethod
    def signed_data(signer: PadesSigner, digest: bytes, timestamps: TimestampResponder | None) -> bytes:
        """Signed data of PAdES over a SHA-256 digest, stamped when there is a responder."""
        stamper = None if timestamps is None else _Stamper(timestamps)
        with _translated():
            made = asyncio.run(
                _LoadedSigner(signer).async_sign(digest, _DIGEST, use_pades=True, timestamper=stamper)
            )
            return bytes(made.dump())

    @staticmethod
    def extended(data: bytes, signer: PadesSigner, pades: PadesOrder) -> bytes:
        """``data`` with validation data for its last signature, and a document time stamp at B-LTA."""
        with _translated():
            return asyncio.run(_extend(data, signer, pades))


class _LoadedSigner(Signer):
    """pyHanko's signer around a key that is ready to sign, wherever it is."""

    def __init__(self, signer: PadesSigner) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library has no types here
        store.register_multiple(_certificates((signer.certificate, *signer.chain)))
        super().__init__(
            signing_cert=x509.Certificate.load(signer.certificate),
            cert_registry=store,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": signer.key.mechanism}),
        )
        self._key = signer.key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - the library's signature
        return bytes(self._key.signature_size) if dry_run else self._key.sign(data)


class _Stamper(TimeStamper):
    """pyHanko's client side around any responder."""

    def __init__(self, responder: TimestampResponder) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library has no types here
        self._responder = responder

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._responder.respond(req.dump()))


async def _extend(data: bytes, signer: PadesSigner, pades: PadesOrder) -> bytes:
    """1. Prove signer and authority. 2. Write what proved it. 3. Stamp the whole file."""
    stamper = _Stamper(pades.timestamps) if pades.timestamps is not None else None
    context = _context(pades.trust or TrustStore(), fetch=pades.fetch)
    # 1.
    certificate = x509.Certificate.load(signer.certificate)
    validator = CertificateValidator(certificate, validation_context=context)
    paths: list[ValidationPath] = [await validator.async_validate_usage(set())]  # type: ignore[no-untyped-call]  # as below
    if stamper is not None:
        paths += [path async for path in stamper.validation_paths(context)]  # type: ignore[no-untyped-call]  # the library has no types here
    # 2.
    out = io.BytesIO(data)
    contents = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[-1].pkcs7_content
    if pades.level is PadesLevel.B_LT or stamper is None:
        DocumentSecurityStore.add_dss(out, contents, paths=paths, validation_context=context)
        return out.getvalue()
    # 3.
    writer = IncrementalPdfFileWriter(out)
    DocumentSecurityStore.supply_dss_in_writer(writer, contents, paths=paths, validation_context=context)
    await PdfTimeStamper(stamper).async_timestamp_pdf(
        writer, _DIGEST, context, validation_paths=paths, in_place=True
    )
    return out.getvalue()


def _context(trust: TrustStore, *, fetch: bool) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(_certificates((*trust.roots, *trust.timestamp_roots))),
        other_certs=list(_certificates(trust.intermediates)),
        crls=list(trust.crls),
        ocsps=list(trust.ocsp_responses),
        allow_fetching=fetch,
        moment=datetime.now(UTC),
    )


def _certificates(certificates: tuple[bytes, ...]) -> Iterator[x509.Certificate]:
    return (x509.Certificate.load(each) for each in certificates)


@contextmanager
def _translated() -> Iterator[None]:
    """pyHanko and its validator raise a dozen kinds; all mean that no such signature can be made here."""
    try:
        yield
    except GmsealError:
        raise
    except (PdfError, OSError, ValueError, TypeError, LookupError, NotImplementedError) as error:
        raise Refused("PADES", f"pyHanko cannot sign this: {error}") from error
    except Exception as error:
        if not type(error).__module__.startswith("pyhanko"):
            raise
        raise Refused("PADES", f"pyHanko cannot sign this: {error}") from error
