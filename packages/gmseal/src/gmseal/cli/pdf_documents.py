"""gmseal sign on PDF: the kinds of signatures, time stamps, certification."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import FILE, read_certificate_file, read_input, read_password
from gmseal.cli.key_options import KeySource
from gmseal.cli.place_options import PlaceOptions, grouped
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.pdf import InvisibleOrder, PadesOrder, PadesSigner, Permission, SealOrder
    from gmseal.ses.seal import SealPicture
    from gmseal.ses.signature import SealSigner
    from gmseal.sm.timestamps import HttpTimestampSource

KINDS = ("seal", "cms", "gbt35275", "pades", "dual")
_LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


@dataclass(frozen=True, slots=True)
class PdfOptions:
    """The options of ``sign`` that speak of PDF only."""

    kind: str = "seal"
    reason: str | None = None
    location: str | None = None
    field_name: str | None = None
    filter_name: str | None = None
    sub_filter: str | None = None
    property_info: str | None = None
    picture: Path | None = None
    picture_width: int = 40
    picture_height: int = 40
    certify: int | None = None
    level: str = "B-B"
    pades_cert: Path | None = None
    pades_key: Path | None = None
    chain: tuple[Path, ...] = ()
    roots: Path | None = None
    fetch: bool = False


_OPTIONS = (
    click.option(
        "--kind", type=click.Choice(KINDS), default="seal", show_default=True, help="PDF: kind of signature."
    ),
    click.option("--reason", help="PDF: why the document is sealed."),
    click.option("--location", help="PDF: where it is sealed."),
    click.option("--field-name", help="PDF: name of the new signature field."),
    click.option("--filter-name", help="PDF: Filter of a seal, by which readers know its kind."),
    click.option("--sub-filter", help="PDF: its SubFilter."),
    click.option("--property-info", help="PDF: the protected range as the seal signature words it."),
    click.option(
        "--picture", type=FILE, help="PDF: picture shown by a signature that is no seal (PNG, JPG, GIF, BMP)."
    ),
    click.option(
        "--picture-width", type=click.IntRange(1, 200), default=40, show_default=True, help="Its width, mm."
    ),
    click.option(
        "--picture-height", type=click.IntRange(1, 200), default=40, show_default=True, help="Its height, mm."
    ),
    click.option(
        "--certify", type=click.IntRange(1, 3), help="PDF: certify; 1 nothing, 2 forms, 3 marks too."
    ),
    click.option(
        "--level", type=click.Choice(_LEVELS), default="B-B", show_default=True, help="PAdES level."
    ),
    click.option("--pades-cert", type=FILE, help="Certificate for --kind dual (RSA or ECDSA)."),
    click.option("--pades-key", type=FILE, help="Key for --kind dual."),
    click.option("--chain", type=FILE, multiple=True, help="Authorities' certificates to put inside."),
    click.option("--roots", type=FILE, help="Directory of roots to prove B-LT and B-LTA against."),
    click.option("--fetch", is_flag=True, help="PAdES: ask the servers that certificates name."),
)


def pdf_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of PDF and hands them over as ``pdf``."""
    return grouped(command, "pdf", PdfOptions, _OPTIONS)


def pdf_order(places: PlaceOptions, options: PdfOptions) -> "SealOrder | InvisibleOrder":
    """With places, or without any for a signature that shows nothing."""
    from gmseal.pdf import InvisibleOrder, SealOrder  # noqa: PLC0415 - only what a command needs is loaded

    now, reason = datetime.now(UTC), options.reason
    where, name = options.location, options.field_name
    placements, seam = (*places.plain_and_by_text(), *places.in_fields()), places.riding_seam()
    if not placements and seam is None:
        return InvisibleOrder(signed_at=now, reason=reason, location=where, field_name=name)
    order = SealOrder(
        signed_at=now,
        placements=placements,
        seam=seam,
        qr=places.code(),
        reason=reason,
        location=where,
        field_name=name,
    )
    return replace(
        order,
        filter_name=options.filter_name or order.filter_name,
        sub_filter=options.sub_filter or order.sub_filter,
        property_info=options.property_info or order.property_info,
    )


@dataclass(frozen=True, slots=True)
class PdfSigning:
    """One call of ``sign`` on a PDF: how the keys are loaded is the command's business."""

    order: "SealOrder | InvisibleOrder"
    options: PdfOptions
    cert: Path
    key: KeySource
    timestamps: "HttpTimestampSource | None"
    load_seal: "Callable[[], SealSigner]"

    def run(self, file: Path, out: Path) -> str:
        """Signs and returns who did, for the message."""
        if self.options.picture is not None and self.options.kind in {"seal", "dual"}:
            raise Refused("OPTION", "A seal shows its own picture; --picture is for the other kinds.")
        acts = {"seal": self._seal, "pades": self._pades, "dual": self._dual}
        return acts.get(self.options.kind, self._signed_data)(file, out)

    def _seal(self, file: Path, out: Path) -> str:
        from gmseal.pdf import seal_pdf  # noqa: PLC0415 - only what a command needs is loaded

        signer = self.load_seal()
        seal_pdf(
            file, out, order=self._places(), signer=signer, timestamp=self.timestamps, certify=self._level()
        )
        return signer.seal.name

    def _signed_data(self, file: Path, out: Path) -> str:
        from gmseal.pdf import CmsValue, sign_pdf  # noqa: PLC0415 - as above
        from gmseal.sm.cms import CmsForm  # noqa: PLC0415 - as above

        value = CmsValue(
            read_certificate_file(self.cert),
            self.key.signer(),
            form=CmsForm.GBT35275 if self.options.kind == "gbt35275" else CmsForm.RFC5652,
            certificates=self._chain(),
            picture=self._picture(),
            timestamp=self.timestamps,
        )
        sign_pdf(file, out, order=self.order, value=value, certify=self._level())
        return value.signer_name

    def _pades(self, file: Path, out: Path) -> str:
        from gmseal.pdf import sign_pdf_pades  # noqa: PLC0415 - as above

        signer = self._pades_signer(self.cert, self.key.file("PAdES"))
        sign_pdf_pades(
            file,
            out,
            order=self.order,
            signer=signer,
            pades=self._pades_order(),
            picture=self._picture(),
            certify=self._level(),
        )
        return f"a PAdES signature of level {self.options.level}"

    def _dual(self, file: Path, out: Path) -> str:
        from gmseal.pdf import DualSigners, seal_pdf_dual  # noqa: PLC0415 - as above

        if self.options.pades_cert is None or self.options.pades_key is None:
            raise Refused("OPTION", "--kind dual needs --pades-cert and --pades-key.")
        seal = self.load_seal()
        signers = DualSigners(
            seal=seal, pades=self._pades_signer(self.options.pades_cert, self.options.pades_key)
        )
        seal_pdf_dual(
            file,
            out,
            order=self._places(),
            signers=signers,
            pades=self._pades_order(),
            timestamp=self.timestamps,
            certify=self._level(),
        )
        return f"{seal.seal.name} and a PAdES signature of level {self.options.level}"

    def _places(self) -> "SealOrder":
        from gmseal.pdf import SealOrder  # noqa: PLC0415 - as above

        if not isinstance(self.order, SealOrder):
            raise Refused("NOTHING_TO_PLACE", "A seal needs a place: --x and --y, or --seam.")
        return self.order

    def _level(self) -> "Permission | None":
        from gmseal.pdf import Permission  # noqa: PLC0415 - as above

        return None if self.options.certify is None else Permission(self.options.certify)

    def _picture(self) -> "SealPicture | None":
        if self.options.picture is None:
            return None
        from gmseal.ses.seal import SealPicture, picture_type  # noqa: PLC0415 - as above

        data = read_input(self.options.picture, "picture")
        return SealPicture(picture_type(data), data, self.options.picture_width, self.options.picture_height)

    def _chain(self) -> tuple[bytes, ...]:
        return tuple(read_certificate_file(path) for path in self.options.chain)

    def _pades_order(self) -> "PadesOrder":
        from gmseal.pdf import PadesLevel, PadesOrder  # noqa: PLC0415 - as above
        from gmseal.trust import TrustStore  # noqa: PLC0415 - as above

        trust = None if self.options.roots is None else TrustStore.from_directory(self.options.roots)
        return PadesOrder(
            level=PadesLevel(self.options.level),
            timestamps=self.timestamps,
            trust=trust,
            fetch=self.options.fetch,
        )

    def _pades_signer(self, cert: Path, key: Path) -> "PadesSigner":
        from gmseal.pdf import PadesSigner  # noqa: PLC0415 - as above

        password = read_password(self.key.password_file)
        certificate = read_certificate_file(cert)
        return PadesSigner.load(
            certificate, read_input(key, "private key"), chain=self._chain(), password=password
        )
