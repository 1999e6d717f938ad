"""gmseal sign, and what sign-many does with each document: the options they share, and how these are carried out.

Seal, certificates and keys are loaded once, however many documents follow. A ``SigningRequest`` is plain and can be
handed to a process without a terminal; ``Signing`` is that request with everything loaded.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from gmseal.cli.console import FILE, check_new, read_certificate_file, read_input
from gmseal.cli.key_options import KeySource, key_options
from gmseal.cli.ofd_documents import OfdOptions, ofd_options, package_order
from gmseal.cli.pdf_documents import PdfOptions, PdfSigning, check_order, pdf_options, pdf_order
from gmseal.cli.place_options import PlaceOptions, place_options
from gmseal.cli.timestamping import TSA_OPTIONS, timestamp_source
from gmseal.errors import MalformedInput, Refused

if TYPE_CHECKING:
    from gmseal.batch import SealTask
    from gmseal.ofd.sign import OfdSigner
    from gmseal.pdf import PadesSigner
    from gmseal.ses.signature import SealSigner
    from gmseal.sm.keys import Signer
    from gmseal.sm.timestamps import HttpTimestampSource

# What a command does not need is imported inside it: `gmseal verify` must start quickly.

_MAKES_NO_PACKAGE = frozenset({"pades"})
"""Kinds of signatures whose key is of no use for a package."""


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """Everything that was asked for on the command line, besides the documents."""

    seal: Path | None
    cert: Path
    key: KeySource
    tsa: str | None
    tsa_digest: str
    places: PlaceOptions
    ofd: OfdOptions
    pdf: PdfOptions

    def with_secrets(self) -> "SigningRequest":
        """The same with passwords and PINs read, for processes that have no terminal."""
        return replace(self, key=self.key.with_secret(), pdf=self.pdf.with_secret(self.key.password_file))

    def check(self) -> None:
        """Raises ``Refused`` when a seal is asked for and no place; nothing of a device is opened."""
        check_order(pdf_order(self.places, self.pdf), self.pdf)

    @property
    def touches_device(self) -> bool:
        """Whether a key is in a device, which another process may have to open."""
        return self.key.in_device or self.pdf.pades_pkcs11 is not None

    def prepare(self) -> "Callable[[SealTask], Path]":
        """What a process of a batch does with each task (``gmseal.batch.workers.Job``)."""
        signing = Signing(self)
        signing.load()
        return signing.file_to


class Signing:
    """A request with its seal, certificates and keys, each loaded when it is first needed and then kept."""

    def __init__(self, request: SigningRequest) -> None:
        self._request = request

    def load(self) -> None:
        """Everything that signing will need. Raises as the seal, the keys and the devices do."""
        if self._request.pdf.kind in {"pades", "dual"}:
            _ = self.pades_signer
        if self._request.pdf.kind != "pades":
            _ = self.seal_signer if self._request.seal is not None else self.key

    @cached_property
    def key(self) -> "Signer":
        """The SM2 key."""
        return self._request.key.signer()

    @cached_property
    def certificate(self) -> bytes:
        """The signer's certificate (DER)."""
        return read_certificate_file(self._request.cert)

    @cached_property
    def seal_signer(self) -> "SealSigner":
        """The seal. Raises ``Refused`` (``OPTION``) when none was named."""
        from gmseal.ses.seal_reading import read_seal  # noqa: PLC0415 - see above
        from gmseal.ses.signature import SealSigner  # noqa: PLC0415 - see above

        if self._request.seal is None:
            raise Refused("OPTION", "A PDF is sealed with a seal: --seal names it.")
        seal = read_input(self._request.seal, "seal")
        try:
            read_seal(seal)
        except MalformedInput as error:
            raise MalformedInput(f"{self._request.seal} is not a seal that can be read: {error}") from error
        return SealSigner(seal, self.certificate, self.key)

    @cached_property
    def timestamps(self) -> "HttpTimestampSource | None":
        """The time-stamp server."""
        return timestamp_source(self._request.tsa, self._request.tsa_digest)

    @cached_property
    def pades_signer(self) -> "PadesSigner":
        """The signer of PAdES: with the key of the command, or for dual sealing a second one."""
        request = self._request
        if request.pdf.kind == "dual":
            return request.pdf.second_signer(request.key.password_file)
        return request.pdf.pades_signer(self.certificate, request.key)

    @cached_property
    def package_signer(self) -> "OfdSigner":
        """Who signs packages: the seal, or without one the certificate."""
        if self._request.seal is not None:
            return (
                self.seal_signer if self.timestamps is None else self.seal_signer.stamped_by(self.timestamps)
            )
        from gmseal.ofd import CertificateSigner  # noqa: PLC0415 - see above

        return CertificateSigner(self.certificate, self.key, timestamps=self.timestamps)

    def package(self, file: Path, out: Path) -> str:
        """Signs an OFD package and returns who did, for the message."""
        from gmseal.ofd import CertificateSigner, seal_ofd  # noqa: PLC0415 - see above
        from gmseal.sm.certificates import read_certificate  # noqa: PLC0415 - see above

        if self._request.pdf.kind in _MAKES_NO_PACKAGE:
            raise Refused(
                "OPTION", f"A {self._request.pdf.kind} signature is for PDF only; {file.name} is an OFD."
            )
        order = package_order(self._request.places, self._request.ofd)
        signer = self.package_signer
        seal_ofd(file, out, order=order, signer=signer)
        if isinstance(signer, CertificateSigner):
            return f"the certificate of {read_certificate(signer.certificate).subject}"
        return signer.seal.name

    def pdf(self, file: Path, out: Path) -> str:
        """Signs a PDF and returns who did, for the message."""
        request = self._request
        return PdfSigning(pdf_order(request.places, request.pdf), request.pdf, self, self.timestamps).run(
            file, out
        )

    def file_to(self, task: "SealTask") -> Path:
        """One document of a batch, from file to file, whichever kind it is."""
        from gmseal.batch.documents import is_package, start_of  # noqa: PLC0415 - see above

        source, target = cast("Path", task.source), cast("Path", task.target)
        (self.package if is_package(start_of(source), source) else self.pdf)(source, target)
        return target


def signing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command everything that says how documents are signed; hands it over as ``request``."""

    @wraps(command)
    def with_request(**values: Any) -> None:
        own = {one.name: values.pop(one.name) for one in fields(SigningRequest)}
        command(request=SigningRequest(**own), **values)

    given = pdf_options(ofd_options(place_options(with_request)))
    for option in reversed(TSA_OPTIONS):
        given = option(given)
    given = key_options("key", "The signer's private key")(given)
    cert = click.option(
        "--cert", type=FILE, required=True, help="The signer's certificate; the seal must list it."
    )
    seal = click.option("--seal", type=FILE, help="The seal (DER). An OFD can be signed without one.")
    return seal(cert(given))


@click.command()
@click.argument("file", type=FILE)
@click.argument("out", type=FILE)
@signing_options
def sign(*, file: Path, out: Path, request: SigningRequest) -> None:
    """Put a seal on a PDF or an OFD: at --x and --y of --page, by --keyword, in a --field, across pages with --seam."""
    from gmseal.batch.documents import is_package, start_of  # noqa: PLC0415 - see above

    check_new(out)
    if is_package(start_of(file), file):
        if request.pdf != PdfOptions():
            raise Refused("OPTION", "A reason, certification and other kinds of signatures are for PDF only.")
        named = Signing(request).package(file, out)
    else:
        if request.ofd != OfdOptions():
            raise Refused("OPTION", "--whole, --document, --base and what else is marked OFD are for OFD.")
        named = Signing(request).pdf(file, out)
    click.echo(f"{out}: sealed with {named}")
