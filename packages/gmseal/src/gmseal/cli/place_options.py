"""gmseal sign, sign-many: options that say where a seal goes, and a QR code beside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.pdf import FieldPlacement
    from gmseal.placement import KeywordPlacement, SealPlacement, SeamPlacement
    from gmseal.qr_code import QrBeside, QrPlacement

# What a command does not need is imported inside it: `gmseal verify` must start quickly.

_RUN = re.compile(r"([1-9]\d{0,5})(?:-([1-9]\d{0,5}))?")
_MOST_PAGES = 100_000
_ANCHORS = (
    *("center", "top-left", "top", "top-right", "left", "right"),
    *("bottom-left", "bottom", "bottom-right"),
)
_EDGES = ("right", "left", "top", "bottom")


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What was asked for on the command line; pages as people count them, from 1."""

    page: int
    x: float | None
    y: float | None
    keyword: str | None
    nth: int | None
    keyword_pages: str | None
    anchor: str
    seal_point: str
    offset_x: float
    offset_y: float
    field: str | None
    fill: bool
    seam: float | None
    seam_centered: bool
    seam_edge: str
    seam_pages: str | None
    pages_per_seal: int | None
    min_slice: float | None
    facing: float | None
    qr: str | None
    qr_x: float
    qr_y: float
    qr_size: float
    qr_beside: str | None
    qr_gap: float

    def plain_and_by_text(self) -> "tuple[SealPlacement | KeywordPlacement, ...]":
        """Whole seals, in any format: at millimetres, and where a text stands."""
        from gmseal.placement import Anchor, KeywordPlacement, SealPlacement  # noqa: PLC0415 - see above

        if (self.x is None) != (self.y is None):
            raise Refused("PLACE", "A place needs both --x and --y.")
        found: list[SealPlacement | KeywordPlacement] = []
        if self.x is not None and self.y is not None:
            found.append(SealPlacement(self.page - 1, self.x, self.y))
        if self.keyword is not None:
            pages = None if self.keyword_pages is None else pages_of(self.keyword_pages)
            found.append(
                KeywordPlacement(
                    self.keyword,
                    self.nth,
                    pages,
                    Anchor(self.anchor),
                    self.offset_x,
                    self.offset_y,
                    Anchor(self.seal_point),
                )
            )
        return tuple(found)

    def in_fields(self) -> "tuple[FieldPlacement, ...]":
        """Whole seals in form fields, which PDF alone has."""
        from gmseal.pdf import FieldPlacement  # noqa: PLC0415 - see above

        if self.field is None:
            if self.fill:
                raise Refused("OPTION", "--fill needs --field.")
            return ()
        return (FieldPlacement(self.field, fill=self.fill),)

    @property
    def names_field(self) -> bool:
        """Whether a form field is asked for."""
        return self.field is not None or self.fill

    def riding_seam(self) -> "SeamPlacement | None":
        """The riding seam, when one is asked for."""
        from gmseal.placement import MIN_SLICE_MM, Edge, SeamPages, SeamPlacement  # noqa: PLC0415 - see above

        if self.seam is None and not self.seam_centered:
            details = (self.seam_pages, self.pages_per_seal, self.facing, self.min_slice)
            if any(one is not None for one in details):
                raise Refused("OPTION", "A riding seam needs --seam or --seam-centered.")
            return None
        if self.seam is not None and self.seam_centered:
            raise Refused("OPTION", "A riding seam is either at --seam or centred.")
        text = self.seam_pages or "all"
        groups: tuple[tuple[int, ...], ...] = ()
        pages: tuple[int, ...] | SeamPages = SeamPages.ALL
        if text in set(SeamPages):
            pages = SeamPages(text)
        elif "/" in text:
            groups = tuple(pages_of(part) for part in text.split("/"))
        else:
            pages = pages_of(text)
        return SeamPlacement(
            self.seam,
            Edge(self.seam_edge),
            pages,
            min_slice_mm=MIN_SLICE_MM if self.min_slice is None else self.min_slice,
            groups=groups,
            pages_per_seal=self.pages_per_seal,
            facing=self.facing,
        )

    def code(self) -> "QrPlacement | QrBeside | None":
        """The QR code, when one is asked for."""
        from gmseal.placement import Edge  # noqa: PLC0415 - see above
        from gmseal.qr_code import QrBeside, QrPlacement  # noqa: PLC0415 - see above

        if self.qr is None:
            if self.qr_beside is not None:
                raise Refused("OPTION", "--qr-beside needs --qr, the address in the code.")
            return None
        if self.qr_beside is not None:
            return QrBeside(self.qr, Edge(self.qr_beside), self.qr_gap, self.qr_size)
        return QrPlacement(self.page - 1, self.qr_x, self.qr_y, self.qr, self.qr_size)


_OPTIONS = (
    click.option(
        "--page", type=click.IntRange(min=1), default=1, show_default=True, help="Page of the seal, from 1."
    ),
    click.option("--x", type=float, help="Left edge of the seal, mm from the left of the page."),
    click.option("--y", type=float, help="Top edge of the seal, mm from the top of the page."),
    click.option("--keyword", help="Seal where this text stands (「盖章处」)."),
    click.option("--nth", type=int, help="Only at its n-th place; -1 is the last. Otherwise at all."),
    click.option("--keyword-pages", help="Search these pages only: 1-3,5."),
    click.option(
        "--anchor",
        type=click.Choice(_ANCHORS),
        default="center",
        show_default=True,
        help="Point of the text that the offset begins at.",
    ),
    click.option(
        "--seal-point",
        type=click.Choice(_ANCHORS),
        default="center",
        show_default=True,
        help="Point of the seal that goes there.",
    ),
    click.option("--offset-x", type=float, default=0.0, help="mm to the right of the text."),
    click.option("--offset-y", type=float, default=0.0, help="mm below the text."),
    click.option("--field", help="PDF: seal in the middle of this form field, named in full."),
    click.option("--fill", is_flag=True, help="PDF: the field is an empty signature field; fill it."),
    click.option("--seam", type=float, help="Riding seam, mm from the top (or left) of its edge."),
    click.option("--seam-centered", is_flag=True, help="Riding seam in the middle of its edge."),
    click.option(
        "--seam-edge",
        type=click.Choice(_EDGES),
        default="right",
        show_default=True,
        help="Edge of the riding seam.",
    ),
    click.option(
        "--seam-pages", help="odd, even, all, pages (1-3,5-9), or groups with a seal each (1-3/5-9)."
    ),
    click.option("--pages-per-seal", type=click.IntRange(min=2), help="Pages that one seal is cut into."),
    click.option(
        "--min-slice", type=float, help="Thinnest slice of a seam, mm; more pages start a new seal."
    ),
    click.option("--facing", type=float, help="Seam of a book: share (0..1) on the first of two pages."),
    click.option("--qr", help="Address for a QR code."),
    click.option("--qr-x", type=float, default=15.0, show_default=True, help="Left edge of the QR code, mm."),
    click.option("--qr-y", type=float, default=15.0, show_default=True, help="Top edge of the QR code, mm."),
    click.option("--qr-size", type=float, default=15.0, show_default=True, help="Side of the QR code, mm."),
    click.option(
        "--qr-beside",
        type=click.Choice(_EDGES),
        help="The QR code beside the first seal, instead of --qr-x and --qr-y.",
    ),
    click.option("--qr-gap", type=float, default=2.0, show_default=True, help="mm between seal and code."),
)


def place_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options for places and hands them over as ``places``."""
    return grouped(command, "places", PlaceOptions, _OPTIONS)


def grouped(
    command: Callable[..., None], name: str, group: type[Any], options: tuple[Callable[..., Any], ...]
) -> Callable[..., None]:
    """Gives a command these options and hands them over as one value ``name`` of the dataclass ``group``."""

    @wraps(command)
    def with_options(**values: Any) -> None:
        own = {field.name: values.pop(field.name) for field in fields(group) if field.name in values}
        command(**{name: group(**own)}, **values)

    for option in reversed(options):
        with_options = option(with_options)
    return with_options


def pages_of(text: str) -> tuple[int, ...]:
    """Pages from 0 of a list like ``1-3,5``. Raises ``Refused`` (``PAGES``) for anything else."""
    pages: list[int] = []
    for part in text.split(","):
        run = _RUN.fullmatch(part.strip())
        first, last = (int(run[1]), int(run[2] or run[1])) if run is not None else (1, 0)
        if last < first or len(pages) + last - first >= _MOST_PAGES:
            raise Refused("PAGES", f"「{text[:40]}」 is no list of pages like 1-3,5.")
        pages += range(first - 1, last)
    return tuple(pages)
