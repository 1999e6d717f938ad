"""One document of a batch, whatever its kind: told by its content, sealed or judged by the module for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.named_paths import check_file

if TYPE_CHECKING:
    from gmseal.ofd.order import OfdSealOrder
    from gmseal.pdf.placement import SealOrder
    from gmseal.policy import Policy
    from gmseal.report import Report
    from gmseal.ses.signature import SealSigner
    from gmseal.trust import TrustStore

Source = Path | bytes
"""A file, or a document in memory."""

_START_WITHIN: Final = 1024
"""Readers of PDF look for the header within so many bytes."""
_PACKAGE: Final = b"PK\x03\x04"
_PDF: Final = b"%PDF-"
_ARMOUR: Final = re.compile(rb"\s*-----BEGIN ([A-Z0-9 ]{1,40})-----")
_MAX_DER: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result: a stable code (that of the error, or the reason of a refusal) and a sentence.

    ``FILE`` is the system's refusal of a file; ``WORKER_DIED`` a document whose process was killed or crashed
    twice; ``UNEXPECTED`` a fault of this library that only this document met.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SealTask:
    """A document to be sealed.

    ``target``, where the result goes, appears whole or not at all; ``None``: the result is the sealed bytes.
    ``order`` is for this document alone; ``None``: the batch's order for its kind.
    """

    source: Source
    target: Path | None = None
    order: "SealOrder | OfdSealOrder | None" = None


@dataclass(frozen=True, slots=True)
class SigningFiles:
    """Seal, certificate and key as files, for processes that each load them once.

    The key stays in its file and the password is handed on through a pipe: neither stands in a command line, an
    environment or a message.
    """

    seal: Path
    certificate: Path
    key: Path
    password: bytes | None = field(default=None, repr=False)

    def __call__(self) -> "SealSigner":
        """Ready to sign. Raises as ``SealSigner`` and ``PrivateKey.from_pkcs8``, and ``NotFound``."""
        from gmseal.ses.signature import SealSigner  # noqa: PLC0415 - who verifies loads nothing that signs
        from gmseal.sm.keys import PrivateKey  # noqa: PLC0415 - as above
        from gmseal.trust import split_certificates  # noqa: PLC0415 - as above

        key = PrivateKey.from_pkcs8(_small(self.key), self.password)
        certificate = split_certificates(_small(self.certificate), str(self.certificate))[0]
        return SealSigner(_small(self.seal), certificate, key)


def verify_document(
    source: Source, trust: "TrustStore", at: datetime | None = None, policy: "Policy | None" = None
) -> "Report":
    """Judge a PDF, an OFD, a seal or a seal signature by what it contains, not by its name.

    Raises ``NotFound``, ``MalformedInput`` and ``Refused``: ``AMBIGUOUS_FILE``, or as the module for the kind does.
    """
    from gmseal.policy import DEFAULT  # noqa: PLC0415 - what one kind needs is not loaded for another

    start, chosen = start_of(source), policy or DEFAULT
    if is_package(start, source):
        from gmseal.ofd.verify import verify_ofd  # noqa: PLC0415 - as above

        return verify_ofd(source, trust, at, chosen)
    if _PDF in start:
        from gmseal.pdf.verify import verify_pdf, verify_pdf_bytes  # noqa: PLC0415 - as above

        if isinstance(source, Path):
            return verify_pdf(source, trust, at, policy=chosen)
        return verify_pdf_bytes(source, trust, at, policy=chosen)
    if start[:1] == b"\x30":
        from gmseal.ses.files import verify_der  # noqa: PLC0415 - as above

        return verify_der(source if isinstance(source, bytes) else _small(source), trust, at, chosen)
    if (armour := _ARMOUR.match(start)) is not None:
        raise MalformedInput(
            f"{_called(source)} is text (PEM, {armour[1].decode('ascii')}), and neither a PDF, an OFD nor a seal; "
            "a seal is read in its binary form (DER)."
        )
    raise MalformedInput(f"{_called(source)} is neither a PDF, an OFD nor a seal.")


def seal_document(
    task: SealTask,
    signer: "SealSigner",
    *,
    pdf: "SealOrder | None" = None,
    ofd: "OfdSealOrder | None" = None,
    durable: bool = True,
) -> bytes | Path:
    """Seal one document; the sealed bytes, or the path they were written to.

    Raises ``Refused`` (``ORDER`` when nothing says how this kind is sealed) and as ``seal_pdf`` and ``seal_ofd`` do.
    """
    from gmseal.ofd.order import OfdSealOrder  # noqa: PLC0415 - who verifies loads nothing that signs
    from gmseal.pdf.placement import SealOrder  # noqa: PLC0415 - as above

    source, target = task.source, task.target
    if is_package(start_of(source), source):
        package_order = task.order or ofd
        if not isinstance(package_order, OfdSealOrder):
            raise Refused("ORDER", f"There is no order for packages, and {_called(source)} is one.")
        return _seal_package(source, target, package_order, signer, durable=durable)
    order = task.order or pdf
    if not isinstance(order, SealOrder):
        raise Refused("ORDER", f"There is no order for PDF, and {_called(source)} is to be sealed as one.")
    from gmseal.pdf.seal import seal_pdf, seal_pdf_bytes  # noqa: PLC0415 - as above

    if target is None:
        return seal_pdf_bytes(_read(source), order, signer)
    if isinstance(source, Path):
        seal_pdf(source, target, order=order, signer=signer, durable=durable)
    else:
        _write(target, seal_pdf_bytes(source, order, signer), durable=durable)
    return target


def failure_of(error: Exception) -> Failure:
    """What became of one document, as something that can be handed between processes."""
    if isinstance(error, Refused):
        return Failure(error.reason, str(error))
    if isinstance(error, GmsealError):
        return Failure(error.code, str(error))
    if isinstance(error, OSError):
        return Failure("FILE", f"{error.filename or 'A file'}: {error.strerror or error}.")
    return Failure("UNEXPECTED", f"{type(error).__name__} while this document was worked on.")


def start_of(source: Source) -> bytes:
    """The first kilobyte. Raises as ``check_file``."""
    if isinstance(source, bytes):
        return source[:_START_WITHIN]
    check_file(source)
    with source.open("rb") as stream:
        return stream.read(_START_WITHIN)


def is_package(start: bytes, source: Source) -> bool:
    """Whether this is a ZIP archive. Raises ``Refused`` (``AMBIGUOUS_FILE``) for one that is a PDF as well."""
    if not start.startswith(_PACKAGE):
        return False
    if _PDF in start:
        raise Refused(
            "AMBIGUOUS_FILE", f"{_called(source)} is a PDF and a package at once: programs differ on it."
        )
    return True


def _seal_package(
    source: Source, target: Path | None, order: "OfdSealOrder", signer: "SealSigner", *, durable: bool
) -> bytes | Path:
    from gmseal.ofd.limits import DEFAULT_LIMITS  # noqa: PLC0415 - what one kind needs is not loaded for another
    from gmseal.ofd.package import read_source  # noqa: PLC0415 - as above
    from gmseal.ofd.sign import sign_ofd_bytes  # noqa: PLC0415 - as above

    sealed = sign_ofd_bytes(read_source(source, DEFAULT_LIMITS), order, signer)
    if target is None:
        return sealed
    _write(target, sealed, durable=durable)
    return target


def _write(target: Path, data: bytes, *, durable: bool) -> None:
    from gmseal.durable_file import replacing  # noqa: PLC0415 - as above

    with replacing(target, durable=durable) as out:
        out.write(data)


def _read(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    from gmseal.pdf.limits import DEFAULT_LIMITS  # noqa: PLC0415 - as above

    if source.stat().st_size > DEFAULT_LIMITS.max_bytes:
        raise Refused("TOO_LARGE", f"{source.name} is larger than is accepted.")
    return source.read_bytes()


def _small(path: Path) -> bytes:
    check_file(path)
    if path.stat().st_size > _MAX_DER:
        raise MalformedInput(f"The file {path} is larger than 16 MiB.")
    return path.read_bytes()


def _called(source: Source) -> str:
    return source.name if isinstance(source, Path) else "The document"


Action = Callable[..., object]
"""What a process does with each document: takes it, gives its result, raises when there is none."""
