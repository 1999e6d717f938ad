"""A first look at an OFD package: its pages, whether it is signed, its title."""

from dataclasses import dataclass
from pathlib import Path

from gmseal.ofd.limits import DEFAULT_LIMITS, OfdLimits
from gmseal.ofd.package import read_package, read_source
from gmseal.ofd.signatures import read_list


@dataclass(frozen=True, slots=True)
class PageSize:
    """A page of a document of the package, both counted from 0, and its size in millimetres."""

    document: int
    page: int
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class OfdInfo:
    """What a package is like. ``title`` is that of its first document."""

    pages: tuple[PageSize, ...]
    signed: bool
    signature_count: int
    title: str | None
    documents: int


def inspect_ofd(source: Path | bytes, limits: OfdLimits = DEFAULT_LIMITS) -> OfdInfo:
    """Looks at a package without changing it. Raises as ``read_package``."""
    package = read_package(read_source(source, limits), limits)
    pages, signatures = [], 0
    for document in package.documents:
        listed = read_list(package, document)
        signatures += len(listed.items) if listed is not None else 0
        for page in range(len(document.pages)):
            box = package.page_box(document, page)
            pages.append(PageSize(document.index, page, box.width, box.height))
    title = package.documents[0].title
    return OfdInfo(tuple(pages), signatures > 0, signatures, title, len(package.documents))
