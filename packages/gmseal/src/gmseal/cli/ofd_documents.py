"""The OFD side of ``gmseal sign``: options that belong to a package, and those that do not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gmseal.cli.place_options import PlaceOptions, grouped
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.ofd.order import OfdSealOrder
    from gmseal.ofd.signatures import Parameter, Provider

# What a command does not need is imported inside it: `gmseal verify` must start quickly.


@dataclass(frozen=True, slots=True)
class OfdOptions:
    """The options of ``sign`` that speak of OFD only."""

    whole: bool = False
    document: int = 1
    base: str | None = None
    no_seal_file: bool = False
    provider: str | None = None
    company: str | None = None
    parameter: tuple[str, ...] = ()


_OPTIONS = (
    click.option(
        "--whole", is_flag=True, help="OFD: protect the list of signatures too; nobody can sign after."
    ),
    click.option(
        "--document",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="OFD: which document, from 1.",
    ),
    click.option("--base", help="OFD: id of the signature that this one rests on (Relative), such as s001."),
    click.option("--no-seal-file", is_flag=True, help="OFD: no Seal.esl beside the signature."),
    click.option("--provider", help="OFD: name of the signing program, instead of this one's."),
    click.option("--company", help="OFD: its maker, to go with --provider."),
    click.option("--parameter", multiple=True, help="OFD: a parameter NAME=VALUE; repeatable."),
)


def ofd_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of OFD and hands them over as ``ofd``."""
    return grouped(command, "ofd", OfdOptions, _OPTIONS)


def package_order(places: PlaceOptions, options: OfdOptions) -> "OfdSealOrder":
    """What is asked of a package. Raises ``Refused`` (``OPTION``) for what only a PDF has."""
    from gmseal.ofd.order import OWN_NAME, OfdSealOrder, Protection  # noqa: PLC0415 - see above

    if places.names_field:
        raise Refused("OPTION", "Form fields are for PDF; an OFD has none.")
    return OfdSealOrder(
        signed_at=datetime.now(UTC),
        placements=places.plain_and_by_text(),
        seam=places.riding_seam(),
        qr=places.code(),
        document=options.document - 1,
        protection=Protection.WHOLE if options.whole else Protection.CONTINUE,
        seal_file=not options.no_seal_file,
        provider=_provider(options, OWN_NAME),
        parameters=tuple(_parameter(text) for text in options.parameter),
        base=options.base,
    )


def _provider(options: OfdOptions, own: "Provider") -> "Provider":
    from gmseal.ofd.signatures import Provider  # noqa: PLC0415 - see above

    if options.provider is not None:
        return Provider(options.provider, company=options.company, protocol=own.protocol)
    return own if options.company is None else replace(own, company=options.company)


def _parameter(text: str) -> "Parameter":
    from gmseal.ofd.signatures import Parameter  # noqa: PLC0415 - see above

    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise Refused("OPTION", f"{text[:40]!r} is no parameter; write it like NAME=VALUE.")
    return Parameter(name.strip(), None, value)
