"""From places on pages to the StampAnnot elements of a signature (GB/T 33190-2016, 18.2.3).

``Boundary`` is the box of the whole picture, even where it sticks out of the page; ``Clip`` is the part of
it that shows, in the picture's own millimetres.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gmseal.errors import Refused
from gmseal.ofd.markup import Box
from gmseal.placement import Edge, SealPlacement, SeamPlacement, Slice, check_page, seam_slices

TOLERANCE_MM = 0.01
"""A seal that touches the edge of the page is still on it, whatever the rounding."""

BoxOfPage = Callable[[int], Box]


@dataclass(frozen=True, slots=True)
class Stamp:
    """One place of the seal. ``clip`` is None where the whole picture shows."""

    page: int
    boundary: Box
    clip: Box | None = None


def plan_stamps(
    placements: tuple[SealPlacement, ...],
    seam: SeamPlacement | None,
    page_count: int,
    box_of: BoxOfPage,
    size_mm: tuple[float, float],
) -> tuple[Stamp, ...]:
    """All stamps of one sealing. Raises ``Refused`` (``PAGE_MISSING``, ``OFF_PAGE``, ``SEAM_PAGES``)."""
    width, height = size_mm
    stamps = []
    for place in placements:
        check_page(place.page, page_count)
        boundary = Box(place.x_mm, place.y_mm, width, height)
        _check_on_page(boundary, box_of(place.page))
        stamps.append(Stamp(place.page, boundary))
    if seam is not None:
        along = width if seam.edge in {Edge.LEFT, Edge.RIGHT} else height
        slices = seam_slices(seam, page_count, along)
        stamps += [_slice_stamp(seam, one, box_of(one.page), size_mm) for one in slices]
    return tuple(stamps)


def visible(boundary: Box, clip: Box | None) -> Box:
    """The part of the page that a stamp covers."""
    if clip is None:
        return boundary
    return Box(boundary.x + clip.x, boundary.y + clip.y, clip.width, clip.height)


def on_page(shown: Box, page: Box) -> bool:
    """Whether something lies within the page. The page's own box begins at its top left, 0, 0."""
    return (
        shown.x >= -TOLERANCE_MM
        and shown.y >= -TOLERANCE_MM
        and shown.x + shown.width <= page.width + TOLERANCE_MM
        and shown.y + shown.height <= page.height + TOLERANCE_MM
    )


def _check_on_page(shown: Box, page: Box) -> None:
    if not on_page(shown, page):  # Comparisons with NaN are false, so NaN ends here too.
        raise Refused(
            "OFF_PAGE",
            f"A seal of {shown.width:.1f} x {shown.height:.1f} mm at {shown.x:.1f}, {shown.y:.1f} mm is not on "
            f"the page of {page.width:.1f} x {page.height:.1f} mm.",
        )


def _slice_stamp(seam: SeamPlacement, one: Slice, page: Box, size_mm: tuple[float, float]) -> Stamp:
    """One slice, flush with its edge: the rest of the picture lies outside the page and is clipped."""
    width, height = size_mm
    if one.edge in {Edge.LEFT, Edge.RIGHT}:
        clip = Box(one.start * width, 0, (one.end - one.start) * width, height)
        x = page.width - one.end * width if one.edge is Edge.RIGHT else -one.start * width
        boundary = Box(x, seam.offset_on(page.height, height), width, height)
    else:
        clip = Box(0, one.start * height, width, (one.end - one.start) * height)
        y = page.height - one.end * height if one.edge is Edge.BOTTOM else -one.start * height
        boundary = Box(seam.offset_on(page.width, width), y, width, height)
    _check_on_page(visible(boundary, clip), page)
    return Stamp(one.page, boundary, clip)
