"""gmseal sign | verify: documents."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import (
    FILE,
    parse_instant,
    prefers_chinese,
    read_certificate_file,
    read_input,
    show_error,
    show_json,
)
from gmseal.cli.key_options import KeySource, key_options
from gmseal.cli.ofd_documents import OfdOptions, is_package, ofd_options, sign_package
from gmseal.cli.pdf_documents import PdfOptions, PdfSigning, pdf_options, pdf_order
from gmseal.cli.place_options import PlaceOptions, place_options
from gmseal.cli.timestamping import stamped
from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.policy import DEFAULT, POLICIES, Policy

if TYPE_CHECKING:
    from gmseal.ofd.sign import OfdSigner
    from gmseal.report import Report, TrustStore
    from gmseal.ses.signature import SealSigner
    from gmseal.sm.timestamps import HttpTimestampSource

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
@key_options("key", "The signer's private key")
@stamped
@place_options
@ofd_options
@pdf_options
def sign(
    *,
    file: Path,
    out: Path,
    seal: Path | None,
    cert: Path,
    key: KeySource,
    timestamps: "HttpTimestampSource | None",
    places: PlaceOptions,
    ofd: OfdOptions,
    pdf: PdfOptions,
) -> None:
    """Put a seal on a PDF or an OFD: at --x and --y of --page, by --keyword, in a --field, across pages with --seam."""
    if out.exists():
        raise Refused("FILE_EXISTS", f"{out} exists already; choose another name or remove it.")
    if is_package(_start_of(file)):
        if pdf != PdfOptions():
            raise Refused("OPTION", "A reason, certification and other kinds of signatures are for PDF only.")
        package_signer = _package_signer(seal, cert, key, timestamps)
        sign_package(file, out, package_signer, places, ofd)
        named = _name_of(package_signer)
    else:
        if ofd != OfdOptions():
            raise Refused("OPTION", "--whole, --document, --base and what else is marked OFD are for OFD.")
        named = PdfSigning(
            order=pdf_order(places, pdf),
            options=pdf,
            cert=cert,
            key=key,
            timestamps=timestamps,
            load_seal=lambda: _seal_signer(seal, cert, key),
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


def _show_unreadable(error: GmsealError | OSError, *, as_json: bool) -> None:
    code = error.code if isinstance(error, GmsealError) else "FILE"
    code = error.reason if isinstance(error, Refused) else code
    if as_json:
        show_json({"verdict": "unreadable", "code": code, "message": str(error)})
    else:
        show_error(code, str(error))


def _start_of(file: Path) -> bytes:
    if not file.is_file():
        raise NotFound(f"There is no file {file}.")
    with file.open("rb") as stream:
        return stream.read(_PDF_START_WITHIN)


def _seal_signer(seal: Path | None, cert: Path, key: KeySource) -> "SealSigner":
    from gmseal.ses.signature import SealSigner  # noqa: PLC0415 - see above

    if seal is None:
        raise Refused("OPTION", "A PDF is sealed with a seal: --seal names it.")
    return SealSigner(read_input(seal, "seal"), read_certificate_file(cert), key.signer())


def _package_signer(
    seal: Path | None, cert: Path, key: KeySource, timestamps: "HttpTimestampSource | None"
) -> "OfdSigner":
    if seal is not None:
        signer = _seal_signer(seal, cert, key)
        return signer if timestamps is None else signer.stamped_by(timestamps)
    from gmseal.ofd import CertificateSigner  # noqa: PLC0415 - see above

    return CertificateSigner(read_certificate_file(cert), key.signer(), timestamps=timestamps)


def _name_of(signer: "OfdSigner") -> str:
    from gmseal.ofd import CertificateSigner  # noqa: PLC0415 - see above
    from gmseal.sm.certificates import read_certificate  # noqa: PLC0415 - see above

    if isinstance(signer, CertificateSigner):
        return f"the certificate of {read_certificate(signer.certificate).subject}"
    return signer.seal.name
