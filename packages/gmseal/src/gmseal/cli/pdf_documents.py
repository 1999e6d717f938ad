"""gmseal sign on PDF: the kinds of signatures, time stamps, certification."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import click

from gmseal.cli.console import FILE, read_certificate_file, read_input
from gmseal.cli.key_options import KeySource
from gmseal.cli.place_options import PlaceOptions, grouped
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.pdf import InvisibleOrder, PadesOrder, PadesSigner, Permission, SealOrder
    from gmseal.ses.seal import SealPicture
    from gmseal.ses.signature import SealSigner
    from gmseal.sm.keys import Signer
    from gmseal.sm.timestamps import HttpTimestampSource

KINDS = ("seal", "cms", "gbt35275", "pades", "dual")
_SEALING = frozenset({"seal", "dual"})
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
    pades_pkcs11: Path | None = None
    pades_token: str | None = None
    pades_key_label: str | None = None
    pades_pin_file: Path | None = None
    chain: tuple[Path, ...] = ()
    roots: Path | None = None
    fetch: bool = False
    pades_secret: bytes | None = field(default=None, repr=False)
    """The PIN of the second key's token, or its password, once it was read."""

    def second_key(self, password_file: Path | None) -> KeySource:
        """Where the key of the second signature of dual sealing is. Raises ``Refused`` (``OPTION``)."""
        if self.pades_cert is None or (self.pades_key is None and self.pades_pkcs11 is None):
            raise Refused("OPTION", "--kind dual needs --pades-cert, and --pades-key or --pades-pkcs11.")
        return KeySource(
            key=self.pades_key,
            password_file=password_file,
            pkcs11=self.pades_pkcs11,
            token=self.pades_token,
            key_label=self.pades_key_label,
            pin_file=self.pades_pin_file,
            secret=self.pades_secret,
        )

    def with_secret(self, password_file: Path | None) -> "PdfOptions":
        """The same with PIN or password of the second key read, for processes that have no terminal."""
        if self.kind != "dual":
            return self
        return replace(self, pades_secret=self.second_key(password_file).with_secret().secret)

    def chain_certificates(self) -> tuple[bytes, ...]:
        """The authorities' certificates to put inside (DER)."""
        return tuple(read_certificate_file(path) for path in self.chain)

    def pades_signer(self, certificate: bytes, key: KeySource) -> "PadesSigner":
        """Ready to sign. Raises as ``KeySource.pades_key`` and ``PadesSigner``."""
        from gmseal.pdf import PadesSigner  # noqa: PLC0415 - only what a command needs is loaded

        return PadesSigner(certificate, key.pades_key(), self.chain_certificates())

    def second_signer(self, password_file: Path | None) -> "PadesSigner":
        """The signer of the second signature of dual sealing."""
        key = self.second_key(password_file)
        return self.pades_signer(read_certificate_file(cast("Path", self.pades_cert)), key)


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
    click.option("--pades-pkcs11", type=FILE, help="Or that key in a token: the maker's PKCS#11 library."),
    click.option("--pades-token", help="Label of that token."),
    click.option("--pades-key-label", help="Label of that key."),
    click.option("--pades-pin-file", type=FILE, help="PIN of that token."),
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


def check_order(order: "SealOrder | InvisibleOrder", options: PdfOptions) -> None:
    """Raises ``Refused`` (``NOTHING_TO_PLACE``, ``OPTION``) for what no document can be signed with."""
    from gmseal.pdf import SealOrder  # noqa: PLC0415 - only what a command needs is loaded

    if options.kind not in _SEALING:
        return
    if options.kind == "dual":
        options.second_key(None)
    if not isinstance(order, SealOrder):
        raise Refused("NOTHING_TO_PLACE", "A seal needs a place: --x and --y, --keyword, --field or --seam.")
    if options.picture is not None:
        raise Refused("OPTION", "A seal shows its own picture; --picture is for the other kinds.")


class Signers(Protocol):
    """What signs; each is loaded when it is asked for."""

    @property
    def certificate(self) -> bytes: ...

    @property
    def key(self) -> "Signer": ...

    @property
    def seal_signer(self) -> "SealSigner": ...

    @property
    def pades_signer(self) -> "PadesSigner": ...


@dataclass(frozen=True, slots=True)
class PdfSigning:
    """One PDF to be signed."""

    order: "SealOrder | InvisibleOrder"
    options: PdfOptions
    signers: Signers
    timestamps: "HttpTimestampSource | None"

    def run(self, file: Path, out: Path) -> str:
        """Signs and returns who did, for the message."""
        check_order(self.order, self.options)
        acts = {"seal": self._seal, "pades": self._pades, "dual": self._dual}
        return acts.get(self.options.kind, self._signed_data)(file, out)

    def _seal(self, file: Path, out: Path) -> str:
        from gmseal.pdf import seal_pdf  # noqa: PLC0415 - only what a command needs is loaded

        signer = self.signers.seal_signer
        seal_pdf(
            file, out, order=self._places(), signer=signer, timestamp=self.timestamps, certify=self._level()
        )
        return signer.seal.name

    def _signed_data(self, file: Path, out: Path) -> str:
        from gmseal.pdf import CmsValue, sign_pdf  # noqa: PLC0415 - as above
        from gmseal.sm.cms import CmsForm  # noqa: PLC0415 - as above

        value = CmsValue(
            self.signers.certificate,
            self.signers.key,
            form=CmsForm.GBT35275 if self.options.kind == "gbt35275" else CmsForm.RFC5652,
            certificates=self.options.chain_certificates(),
            picture=self._picture(),
            timestamp=self.timestamps,
        )
        sign_pdf(file, out, order=self.order, value=value, certify=self._level())
        return value.signer_name

    def _pades(self, file: Path, out: Path) -> str:
        from gmseal.pdf import sign_pdf_pades  # noqa: PLC0415 - as above

        sign_pdf_pades(
            file,
            out,
            order=self.order,
            signer=self.signers.pades_signer,
            pades=self._pades_order(),
            picture=self._picture(),
            certify=self._level(),
        )
        return f"a PAdES signature of level {self.options.level}"

    def _dual(self, file: Path, out: Path) -> str:
        from gmseal.pdf import DualSigners, seal_pdf_dual  # noqa: PLC0415 - as above

        seal = self.signers.seal_signer
        seal_pdf_dual(
            file,
            out,
            order=self._places(),
            signers=DualSigners(seal=seal, pades=self.signers.pades_signer),
            pades=self._pades_order(),
            timestamp=self.timestamps,
            certify=self._level(),
        )
        return f"{seal.seal.name} and a PAdES signature of level {self.options.level}"

    def _places(self) -> "SealOrder":
        return cast("SealOrder", self.order)

    def _level(self) -> "Permission | None":
        from gmseal.pdf import Permission  # noqa: PLC0415 - as above

        return None if self.options.certify is None else Permission(self.options.certify)

    def _picture(self) -> "SealPicture | None":
        if self.options.picture is None:
            return None
        from gmseal.ses.seal import SealPicture, picture_type  # noqa: PLC0415 - as above

        data = read_input(self.options.picture, "picture")
        return SealPicture(picture_type(data), data, self.options.picture_width, self.options.picture_height)

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
