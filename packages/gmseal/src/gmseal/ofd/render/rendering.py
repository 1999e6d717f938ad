"""The entrance to rendering: a page as SVG and PNG, a document as PDF."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gmseal.errors import GmsealError, MalformedInput
from gmseal.ofd.package import Package, open_package
from gmseal.ofd.render.budget import DEFAULT_LIMITS, Budget, RenderLimits, Unsupported
from gmseal.ofd.render.page import DocumentReader
from gmseal.ofd.render.svg import write_png, write_svg
from gmseal.ofd.render.weight import check_weight

DEFAULT_DPI: Final = 150


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


def render_pdf(
    source: Path | Package, target: Path, *, document: int = 0, limits: RenderLimits = DEFAULT_LIMITS
) -> tuple[Unsupported, ...]:
    """Every page of a document as a PDF of vector pages of the same size, written to ``target``.

    Returns what could not be drawn as it stands. The limits hold for each page. Raises as ``render_page``,
    and ``GmsealError`` when the file cannot be written.
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
            raise GmsealError(f"The PDF cannot be written: {error.strerror}.") from error
    return budget.notes
