"""gmseal sign: options that say where a seal goes beyond plain millimetres."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.pdf import FieldPlacement
    from gmseal.placement import KeywordPlacement, SeamPlacement

_RUN = re.compile(r"([1-9]\d{0,5})(?:-([1-9]\d{0,5}))?")
_MOST_PAGES = 100_000
_ANCHORS = (
    *("center", "top-left", "top", "top-right", "left", "right"),
    *("bottom-left", "bottom", "bottom-right"),
)


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What was asked for on the command line; pages as people count them, from 1."""

    keyword: str | None
    nth: int | None
    keyword_pages: str | None
    anchor: str
    offset_x: float
    offset_y: float
    field: str | None
    fill: bool
    seam_centered: bool
    seam_pages: str | None
    pages_per_seal: int | None
    facing: float | None
    qr_beside: str | None

    def named(self) -> "tuple[KeywordPlacement | FieldPlacement, ...]":
        """Places by keyword and by form field."""
        from gmseal.pdf import FieldPlacement  # noqa: PLC0415 - only what a command needs is loaded
        from gmseal.placement import Anchor, KeywordPlacement  # noqa: PLC0415 - as above

        found: list[KeywordPlacement | FieldPlacement] = []
        if self.keyword is not None:
            pages = None if self.keyword_pages is None else pages_of(self.keyword_pages)
            anchor = Anchor(self.anchor)
            found.append(
                KeywordPlacement(self.keyword, self.nth, pages, anchor, self.offset_x, self.offset_y)
            )
        if self.field is not None:
            found.append(FieldPlacement(self.field, fill=self.fill))
        elif self.fill:
            raise Refused("OPTION", "--fill needs --field.")
        return tuple(found)

    @property
    def any_named(self) -> bool:
        """Whether places are asked for that only a PDF is searched for."""
        return self.keyword is not None or self.field is not None or self.fill or self.qr_beside is not None

    def seam(self, offset_mm: float | None, edge: str) -> "SeamPlacement | None":
        """The riding seam, when one is asked for."""
        from gmseal.placement import Edge, SeamPages, SeamPlacement  # noqa: PLC0415 - as above

        if offset_mm is None and not self.seam_centered:
            if self.seam_pages is not None or self.pages_per_seal is not None or self.facing is not None:
                raise Refused("OPTION", "A riding seam needs --seam or --seam-centered.")
            return None
        if offset_mm is not None and self.seam_centered:
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
            offset_mm,
            Edge(edge),
            pages,
            groups=groups,
            pages_per_seal=self.pages_per_seal,
            facing=self.facing,
        )


_OPTIONS = (
    click.option("--keyword", help="PDF: seal where this text stands (「盖章处」)."),
    click.option("--nth", type=int, help="Only at its n-th place; -1 is the last. Otherwise at all."),
    click.option("--keyword-pages", help="Search these pages only: 1-3,5."),
    click.option(
        "--anchor",
        type=click.Choice(_ANCHORS),
        default="center",
        show_default=True,
        help="Point of the text that the offset begins at; the seal's centre goes there.",
    ),
    click.option("--offset-x", type=float, default=0.0, help="mm to the right of the text."),
    click.option("--offset-y", type=float, default=0.0, help="mm below the text."),
    click.option("--field", help="PDF: seal in the middle of this form field, named in full."),
    click.option("--fill", is_flag=True, help="The field is an empty signature field; fill it."),
    click.option("--seam-centered", is_flag=True, help="Riding seam in the middle of its edge."),
    click.option(
        "--seam-pages", help="odd, even, all, pages (1-3,5-9), or groups with a seal each (1-3/5-9)."
    ),
    click.option("--pages-per-seal", type=click.IntRange(min=2), help="Pages that one seal is cut into."),
    click.option("--facing", type=float, help="Seam of a book: share (0..1) on the first of two pages."),
    click.option(
        "--qr-beside",
        type=click.Choice(["right", "left", "top", "bottom"]),
        help="PDF: the QR code beside the seal, instead of --qr-x and --qr-y.",
    ),
)


def place_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options for places and hands them over as ``places``."""

    @wraps(command)
    def with_options(**values: Any) -> None:
        own = {field.name: values.pop(field.name) for field in fields(PlaceOptions)}
        command(places=PlaceOptions(**own), **values)

    for option in reversed(_OPTIONS):
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
