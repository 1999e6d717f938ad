"""pyHanko at its best settings, as the peer of the benchmarks: RSA-2048, the key kept loaded, the size given."""

from __future__ import annotations

import io
from collections.abc import Callable

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from benchmarks.pdf_sealing import pyhanko_bytes, rsa_signer


def peer_calls(document: bytes) -> tuple[Callable[[], object], Callable[[], object]]:
    """Signing ``document`` and validating the result, as calls to be measured."""
    signer = rsa_signer()
    signed = pyhanko_bytes(document, signer)
    context = ValidationContext(trust_roots=[signer.signing_cert], allow_fetching=False)

    def validate() -> object:
        embedded = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
        return validate_pdf_signature(embedded, context)

    return lambda: pyhanko_bytes(document, signer), validate
