"""The plain places of a sealing, whatever the format: what was searched for is found, on numbered pages."""

from collections.abc import Callable
from dataclasses import dataclass

from gmseal.placement import FoundText, KeywordPlacement, SealPlacement, SeamPlacement
from gmseal.qr_code import QrPlacement

TextFinder = Callable[[str, tuple[int, ...] | None], tuple[FoundText, ...]]
"""Finds a keyword on pages (``None``: on all) of one document."""
PageSizes = Callable[[int], tuple[float, float]]
"""Width and height of a page in mm. Raises ``Refused`` (``PAGE_MISSING``)."""


@dataclass(frozen=True, slots=True)
class Places:
    """The plain places of an order: what was searched for is found, and everything lies on numbered pages."""

    placements: tuple[SealPlacement, ...]
    seam: SeamPlacement | None
    qr: QrPlacement | None


def by_keyword(
    placement: KeywordPlacement, find: TextFinder, seal_mm: tuple[float, float], page_mm: PageSizes
) -> list[SealPlacement]:
    """A seal of this size at every place of a text that was asked for. Raises ``NotFound`` and what ``find`` does."""
    texts = placement.chosen(find(placement.keyword, placement.pages))
    return [placement.at(text, seal_mm, page_mm(text.page)) for text in texts]
