"""gmseal sign | verify: documents."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import (
    FILE,
    ask_password,
    parse_instant,
    prefers_chinese,
    read_certificate_file,
    read_input,
    read_password,
    show_error,
    show_json,
)
from gmseal.cli.ofd_documents import is_package, sign_package
from gmseal.cli.pdf_documents import UNASKED, PdfOptions, PdfSigning, pdf_options
from gmseal.cli.place_options import PlaceOptions, place_options
from gmseal.cli.timestamping import timestamp_source
from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.policy import DEFAULT, POLICIES, Policy

if TYPE_CHECKING:
    from gmseal.ofd.sign import OfdSigner
    from gmseal.pdf import InvisibleOrder, SealOrder
    from gmseal.placement import SealPlacement, SeamPlacement
    from gmseal.report import Report, TrustStore
    from gmseal.ses.signature import SealSigner
    from gmseal.sm.keys import PrivateKey

# What a command does not need is imported inside it: `gmseal verify` must start quickly.

_EXIT_STATUS = {"valid": 0, "invalid": 1, "indeterminate": 3}
_UNREADABLE = 2
_PDF_START_WITHIN = 1024
"""Readers of PDF look for the header within so many bytes."""


@click.command()
@click.argument("file", type=FILE)
@click.argument("out", type=FILE)
@click.option("--seal", type=FILE, help="The seal (DER). An OFD can be signed without one.")
@click.option("--cert", type=FILE, required=True, help="The signer's certificate; the seal must list it.")
@click.option("--key", type=FILE, required=True, help="The signer's private key.")
@click.option(
    "--page", type=click.IntRange(min=1), default=1, show_default=True, help="Page of the seal, from 1."
)
@click.option("--x", type=float, help="Left edge of the seal, mm from the left of the page.")
@click.option("--y", type=float, help="Top edge of the seal, mm from the top of the page.")
@click.option("--seam", type=float, help="Riding seam, mm from the top (or left) of its edge.")
@click.option(
    "--seam-edge",
    type=click.Choice(["right", "left", "top", "bottom"]),
    default="right",
    show_default=True,
    help="Edge of the riding seam.",
)
@click.option("--whole", is_flag=True, help="OFD: protect the list of signatures too; nobody can sign after.")
@click.option(
    "--document",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="OFD: which document, from 1.",
)
@click.option("--qr", help="Address for a QR code.")
@click.option("--qr-x", type=float, default=15.0, show_default=True, help="Left edge of the QR code, mm.")
@click.option("--qr-y", type=float, default=15.0, show_default=True, help="Top edge of the QR code, mm.")
@click.option("--qr-size", type=float, default=15.0, show_default=True, help="Side of the QR code, mm.")
@click.option("--reason", help="Why the document is sealed.")
@click.option("--password-file", type=FILE, help="Password of the key.")
@place_options
@pdf_options
def sign(
    *,
    file: Path,
    out: Path,
    seal: Path | None,
    cert: Path,
    key: Path,
    page: int,
    x: float | None,
    y: float | None,
    seam: float | None,
    seam_edge: str,
    whole: bool,
    document: int,
    qr: str | None,
    qr_x: float,
    qr_y: float,
    qr_size: float,
    reason: str | None,
    password_file: Path | None,
    pdf: PdfOptions,
    places: PlaceOptions,
) -> None:
    """Put a seal on a PDF or an OFD: at --x and --y of --page, by text or field, across pages with --seam."""
    if (x is None) != (y is None):
        raise Refused("PLACE", "A place needs both --x and --y.")
    if out.exists():
        raise Refused("FILE_EXISTS", f"{out} exists already; choose another name or remove it.")
    placement, seam_placement = _place(page, x, y), places.seam(seam, seam_edge)
    if is_package(_start_of(file)):
        if places.any_named:
            raise Refused("OPTION", "Places by text or field are for PDF.")
        package_signer = _package_signer(seal, cert, key, password_file, pdf)
        named = _name_of(package_signer)
        sign_package(
            file,
            out,
            package_signer,
            placement=placement,
            seam=seam_placement,
            document=document,
            whole=whole,
            pdf_only=replace(pdf, tsa=None, tsa_digest=UNASKED.tsa_digest) != UNASKED
            or qr is not None
            or reason is not None,
        )
    else:
        if whole or document != 1:
            raise Refused("OPTION", "--whole and --document are for OFD.")
        code = None if qr is None else (page - 1 if placement else 0, qr_x, qr_y, qr, qr_size)
        named = PdfSigning(
            order=_pdf_order(placement, seam_placement, code, reason, places),
            options=pdf,
            cert=cert,
            key=key,
            password_file=password_file,
            load_seal=lambda: _seal_signer(seal, cert, key, password_file),
            load_key=load_private_key,
        ).run(file, out)
    click.echo(f"{out}: sealed with {named}")


@click.command()
@click.argument("file", type=FILE)
@click.option("--trust", type=FILE, help="Directory of trusted roots; otherwise GMSEAL_TRUST.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@click.option("--at", help="Judge as of this time (ISO 8601); now.")
@click.option(
    "--policy",
    "policy_name",
    type=click.Choice(sorted(POLICIES)),
    default=DEFAULT.name,
    show_default=True,
    help="What is accepted; strict counts every deviation of form.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Language of the report; otherwise the locale's."
)
def verify(
    *,
    file: Path,
    trust: Path | None,
    as_json: bool,
    at: str | None,
    policy_name: str,
    lang: str | None,
) -> None:
    """Verify. Exit status: 0 valid, 1 not valid, 2 unreadable, 3 indeterminate."""
    from gmseal.cli.show import report_lines  # noqa: PLC0415 - see above
    from gmseal.report import TrustStore  # noqa: PLC0415 - see above

    try:
        store = TrustStore.from_directory(trust) if trust else TrustStore.from_environment()
        report = verify_file(file, store, parse_instant(at), POLICIES[policy_name])
    except (GmsealError, OSError) as error:
        _show_unreadable(error, as_json=as_json)
        click.get_current_context().exit(_UNREADABLE)
    if as_json:
        show_json(report.to_dict())
    else:
        for line in report_lines(report, file.name, chinese=prefers_chinese(lang)):
            click.echo(line)
    click.get_current_context().exit(_EXIT_STATUS[report.verdict.value])


def verify_file(file: Path, trust: "TrustStore", at: datetime | None, policy: Policy = DEFAULT) -> "Report":
    """Judge a file by what it contains, not by its name. Raises ``GmsealError`` when unreadable."""
    from gmseal.batch.documents import verify_document  # noqa: PLC0415 - see above

    return verify_document(file, trust, at, policy)


def load_private_key(path: Path, password_file: Path | None) -> "PrivateKey":
    """A private key; asks for the password when the key wants one and no file was named."""
    from gmseal.sm.keys import PrivateKey  # noqa: PLC0415 - see above

    data, password = read_input(path, "private key"), read_password(password_file)
    if password is None and b"BEGIN ENCRYPTED PRIVATE KEY" in data:
        password = ask_password(f"Password of {path}")
    return PrivateKey.from_pkcs8(data, password)


def _show_unreadable(error: GmsealError | OSError, *, as_json: bool) -> None:
    code = error.code if isinstance(error, GmsealError) else "FILE"
    code = error.reason if isinstance(error, Refused) else code
    if as_json:
        show_json({"verdict": "unreadable", "code": code, "message": str(error)})
    else:
        show_error(code, str(error))


def _place(page: int, x: float | None, y: float | None) -> "SealPlacement | None":
    from gmseal.placement import SealPlacement  # noqa: PLC0415 - see above

    return None if x is None or y is None else SealPlacement(page - 1, x, y)


def _pdf_order(
    placement: "SealPlacement | None",
    seam: "SeamPlacement | None",
    qr: tuple[int, float, float, str, float] | None,
    reason: str | None,
    places: PlaceOptions,
) -> "SealOrder | InvisibleOrder":
    """With places, or without any for a signature that shows nothing."""
    from gmseal.pdf import Edge, InvisibleOrder, QrBeside, QrPlacement, SealOrder  # noqa: PLC0415 - see above

    now = datetime.now(UTC)
    placements = (*(() if placement is None else (placement,)), *places.named())
    if not placements and seam is None:
        return InvisibleOrder(signed_at=now, reason=reason)
    code: QrPlacement | QrBeside | None = None if qr is None else QrPlacement(*qr)
    if qr is not None and places.qr_beside is not None:
        code = QrBeside(qr[3], Edge(places.qr_beside), size_mm=qr[4])
    return SealOrder(
        signed_at=now,
        placements=placements,
        seam=seam,
        qr=code,
        reason=reason,
    )


def _start_of(file: Path) -> bytes:
    if not file.is_file():
        raise NotFound(f"There is no file {file}.")
    with file.open("rb") as stream:
        return stream.read(_PDF_START_WITHIN)


def _seal_signer(seal: Path | None, cert: Path, key: Path, password_file: Path | None) -> "SealSigner":
    from gmseal.ses.signature import SealSigner  # noqa: PLC0415 - see above

    if seal is None:
        raise Refused("OPTION", "A PDF is sealed with a seal: --seal names it.")
    private_key = load_private_key(key, password_file)
    return SealSigner(read_input(seal, "seal"), read_certificate_file(cert), private_key)


def _package_signer(
    seal: Path | None,
    cert: Path,
    key: Path,
    password_file: Path | None,
    pdf: PdfOptions,
) -> "OfdSigner":
    timestamps = timestamp_source(pdf.tsa, pdf.tsa_digest)
    if seal is not None:
        signer = _seal_signer(seal, cert, key, password_file)
        return signer if timestamps is None else signer.stamped_by(timestamps)
    from gmseal.ofd import CertificateSigner  # noqa: PLC0415 - see above

    return CertificateSigner(
        read_certificate_file(cert), load_private_key(key, password_file), timestamps=timestamps
    )


def _name_of(signer: "OfdSigner") -> str:
    from gmseal.ofd import CertificateSigner  # noqa: PLC0415 - see above
    from gmseal.sm.certificates import read_certificate  # noqa: PLC0415 - see above

    if isinstance(signer, CertificateSigner):
        return f"the certificate of {read_certificate(signer.certificate).subject}"
    return signer.seal.name
