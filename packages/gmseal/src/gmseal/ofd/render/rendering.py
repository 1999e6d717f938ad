"""The entrance to rendering: a page as SVG and PNG, a document as PDF."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.named_paths import not_written
from gmseal.ofd.package import Package, open_package, read_package
from gmseal.ofd.render.budget import DEFAULT_LIMITS, Budget, RenderLimits, Unsupported
from gmseal.ofd.render.page import DocumentReader
from gmseal.ofd.render.svg import write_png, write_svg
from gmseal.ofd.render.weight import check_weight

DEFAULT_DPI: Final = 150
_SEAL_DPI: Final = 600
_LARGEST_SEAL_MM: Final = 200.0
_SEAL_LIMITS: Final = RenderLimits(
    max_objects=20_000, max_segments=500_000, max_nested=1, max_painted_pages=400, seconds=4
)
"""A seal is small; a page that asks for more is no seal, and verifying must not wait for it."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page as it looks: its size in mm, SVG and PNG, and what of it could not be drawn as it stands."""

    width_mm: float
    height_mm: float
    svg: str = field(repr=False)
    png: bytes = field(repr=False)
    unsupported: tuple[Unsupported, ...]


def render_page(
    package: Package,
    page_index: int,
    dpi: float = DEFAULT_DPI,
    *,
    document: int = 0,
    limits: RenderLimits = DEFAULT_LIMITS,
) -> RenderedPage:
    """One page, counted from 0, of one document of an opened package.

    Raises ``Refused`` (``PAGE_MISSING``, ``RENDER_LIMIT``, ``RENDER_SIZE`` and what reading the package
    refuses), ``NotFound`` for the document, and ``MalformedInput``.
    """
    budget = Budget(limits)
    try:
        scene = DocumentReader(package, package.document(document), budget).scene(page_index)
        check_weight(scene, limits.max_painted_pages)
        svg = write_svg(scene)
    except RecursionError as error:
        raise MalformedInput("The page is nested too deeply.") from error
    png = write_png(scene, dpi, limits.max_output_pixels)
    return RenderedPage(scene.width, scene.height, svg, png, budget.notes)


def seal_picture_png(data: bytes) -> bytes:
    """The picture of a seal that is an OFD package itself (its first page), as PNG on nothing, at 600 dpi.

    Raises ``Refused`` (``PICTURE_UNSUPPORTED``) for one that cannot be drawn exactly as it stands, as when a font is
    missing, ``Refused`` (``RENDER_LIMIT``, ``RENDER_SIZE`` and what reading a package refuses) and ``MalformedInput``.
    """
    package = read_package(data)
    budget = Budget(_SEAL_LIMITS)
    try:
        scene = DocumentReader(package, package.document(0), budget, nested=1).scene(0)
        check_weight(scene, _SEAL_LIMITS.max_painted_pages)
        if max(scene.width, scene.height) > _LARGEST_SEAL_MM:
            raise Refused(
                "PICTURE_UNSUPPORTED", "The page that is the seal's picture is larger than any seal."
            )
        png = write_png(scene, _SEAL_DPI, _SEAL_LIMITS.max_output_pixels, transparent=True)
    except RecursionError as error:
        raise MalformedInput("The picture of the seal is nested too deeply.") from error
    if budget.notes:
        first = budget.notes[0]
        raise Refused(
            "PICTURE_UNSUPPORTED",
            f"The OFD picture of the seal cannot be drawn exactly as it stands ({first.code} {first.detail}). "
            "Ask the seal's maker for a picture in PNG or SVG, or for one that embeds its fonts.",
        )
    return png


def render_pdf(
    source: Path | Package, target: Path, *, document: int = 0, limits: RenderLimits = DEFAULT_LIMITS
) -> tuple[Unsupported, ...]:
    """Every page of a document as a PDF of vector pages of the same size, written to ``target``.

    Returns what could not be drawn as it stands. The limits hold for each page. Raises as ``render_page``,
    and as ``not_written`` when the file cannot be written.
    """
    from gmseal.ofd.render.pdf import PdfWriter  # noqa: PLC0415 - PDF is not always wanted

    package = source if isinstance(source, Package) else open_package(source)
    chosen = package.document(document)
    budget = Budget(limits)
    reader = DocumentReader(package, chosen, budget)
    with PdfWriter() as writer:
        for index in range(len(chosen.pages)):
            budget.renew()
            try:
                scene = reader.scene(index)
                check_weight(scene, limits.max_painted_pages)
                writer.add(scene)
            except RecursionError as error:
                raise MalformedInput(f"Page {index + 1} is nested too deeply.") from error
            # Pictures are in the PDF now; keeping them as well would grow with every page.
            reader.objects.images.clear()
        try:
            writer.save(target)
        except OSError as error:
            raise not_written(target, error) from error
    return budget.notes
