"""What an OFD package is made of: its documents, their pages and how large these are (GB/T 33190-2016, 7)."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from lxml import etree

from gmseal.errors import GmsealError, MalformedInput, NotFound, Refused
from gmseal.named_paths import check_file
from gmseal.ofd import markup
from gmseal.ofd.archive import Archive, open_archive
from gmseal.ofd.entry_names import locate
from gmseal.ofd.limits import DEFAULT_LIMITS, OfdLimits
from gmseal.ofd.markup import Box
from gmseal.placement import check_page

ENTRY: Final = "OFD.xml"
BEYOND_LIMITS: Final = frozenset(
    {"TOO_MANY_PAGES", "TOO_MANY_REFERENCES", "TOO_MANY_SIGNATURES", "XML_TOO_LARGE"}
)
"""Refusals of what is too much to be judged, which does not make it bad."""
_AREA_BOX: Final = "PhysicalBox"
_KEPT: Final = 32 << 20
"""Bytes of entries that are kept unpacked while a package is open."""


class PageRef(NamedTuple):
    """A page as the document lists it: its id, and the entry that holds its content."""

    id: str
    path: str


@dataclass(frozen=True, slots=True)
class OfdDocument:
    """One document (DocBody) of a package. Paths are names of entries.

    ``default_box`` is the physical box of pages that have none; ``templates`` maps ids to entries.
    ``signatures_path`` is where the list of signatures is, or should be; None when the body names none.
    ``annotations_path`` is the list of annotations, None when the document names none.
    ``unreadable`` says why nothing but OFD.xml speaks of it: only ``Package.readable_document`` gives such.
    """

    index: int
    root_path: str
    signatures_path: str | None
    doc_id: str | None
    title: str | None
    default_box: Box | None
    pages: tuple[PageRef, ...]
    templates: dict[str, str] = field(repr=False)
    annotations_path: str | None = None
    unreadable: str | None = None

    def pages_by_id(self) -> dict[str, int]:
        """The numbers of pages, from 0, by their ids; the first one where an id is used twice."""
        return {page.id: index for index, page in reversed(list(enumerate(self.pages)))}


class Package:
    """An opened package. Not changed by anything; made by ``open_package`` or ``read_package``."""

    def __init__(self, archive: Archive, limits: OfdLimits) -> None:
        """``archive`` is open; ``OFD.xml`` is read, documents when they are asked for."""
        self.archive = archive
        self.limits = limits
        self._read: dict[str, bytes] = {}
        self._kept = 0
        self._boxes: dict[tuple[int, int], Box] = {}
        self.entry = markup.expect(self.parse(ENTRY), "OFD", ENTRY)
        self.bodies = tuple(markup.children(self.entry, "DocBody"))
        if not self.bodies:
            raise MalformedInput("The package holds no document.")
        if len(self.bodies) > limits.max_documents:
            raise Refused("TOO_MANY_DOCUMENTS", f"More than {limits.max_documents} documents in a package.")

    @cached_property
    def documents(self) -> tuple[OfdDocument, ...]:
        """All documents. Raises ``MalformedInput`` or ``Refused`` when one cannot be read."""
        return tuple(self._document(index, body) for index, body in enumerate(self.bodies))

    def readable_document(self, index: int) -> OfdDocument:
        """As ``document``; one that is damaged comes with what OFD.xml says of it alone, and the reason.

        Its signatures can then still be judged. Raises ``Refused`` only for what is beyond the limits.
        """
        try:
            return self._document(index, self.bodies[index])
        except GmsealError as error:
            if isinstance(error, Refused) and error.reason in BEYOND_LIMITS:
                raise
            return self._bare(index, str(error))

    def _bare(self, index: int, reason: str) -> OfdDocument:
        body = self.bodies[index]

        def named(part: str) -> str | None:
            try:
                return self.locate(markup.child_text(body, part), ENTRY)
            except GmsealError:
                return None

        return OfdDocument(
            index=index,
            root_path=named("DocRoot") or "",
            signatures_path=named("Signatures"),
            doc_id=None,
            title=None,
            default_box=None,
            pages=(),
            templates={},
            unreadable=reason,
        )

    def document(self, index: int) -> OfdDocument:
        """One document. Raises ``NotFound``."""
        if not 0 <= index < len(self.bodies):
            raise NotFound(f"The package has {len(self.bodies)} documents; there is no number {index + 1}.")
        return self.documents[index]

    def read(self, name: str) -> bytes:
        """The bytes of an entry; what is small is unpacked once. Raises ``MalformedInput``."""
        content = self._read.get(name)
        if content is None:
            content = self.archive.read(name)
            if self._kept + len(content) <= _KEPT:
                self._read[name] = content
                self._kept += len(content)
        return content

    def parse(self, name: str) -> etree._Element:
        """The root element of an XML entry. Raises ``MalformedInput`` and ``Refused``."""
        return markup.parse(self.read(name), name, self.limits.max_xml)

    def locate(self, location: str | None, naming_file: str) -> str | None:
        """The entry that a location means, None for no location. Raises ``MalformedInput``."""
        return None if location is None else locate(location, naming_file, self.archive)

    def page_box(self, document: OfdDocument, index: int) -> Box:
        """The physical box of a page: its own, the document's default, or its template's.

        Raises ``Refused`` (``PAGE_MISSING``) and ``MalformedInput``.
        """
        check_page(index, len(document.pages))
        key = (document.index, index)
        if key not in self._boxes:
            self._boxes[key] = self._box(document, index)
        return self._boxes[key]

    def _box(self, document: OfdDocument, index: int) -> Box:
        page = document.pages[index]
        content = self.read(page.path)
        if _AREA_BOX.encode() not in content and document.default_box is not None:
            return document.default_box
        root = self.parse(page.path)
        found = _area(root) or document.default_box or self._template_box(document, root)
        if found is None or found.width < 1 or found.height < 1:
            raise MalformedInput(f"Page {index + 1} has no usable size.")
        return found

    def _template_box(self, document: OfdDocument, page: etree._Element) -> Box | None:
        for used in markup.children(page, "Template"):
            path = document.templates.get(markup.attribute(used, "TemplateID") or "")
            if path is not None and path in self.archive:
                found = _area(self.parse(path))
                if found is not None:
                    return found
        return None

    def _document(self, index: int, body: etree._Element) -> OfdDocument:
        says = markup.members(body)
        root_path = self.locate(markup.text(says.get("DocRoot")), ENTRY)
        if root_path is None:
            raise MalformedInput("A document of the package names no root.")
        root = markup.expect(self.parse(root_path), "Document", root_path)
        info = markup.members(says.get("DocInfo"))
        holds = markup.members(root)
        common = holds.get("CommonData")
        return OfdDocument(
            index=index,
            root_path=root_path,
            signatures_path=self.locate(markup.text(says.get("Signatures")), ENTRY),
            doc_id=markup.text(info.get("DocID")),
            title=markup.text(info.get("Title")),
            default_box=_area(common, "PageArea") if common is not None else None,
            pages=self._pages(holds.get("Pages"), root_path),
            templates=self._templates(common, root_path) if common is not None else {},
            annotations_path=self._annotations(markup.text(holds.get("Annotations")), root_path),
        )

    def _annotations(self, location: str | None, root_path: str) -> str | None:
        """Where annotations are listed; a location that is none leads nowhere and hinders nothing."""
        try:
            return self.locate(location, root_path)
        except GmsealError:
            return None

    def _pages(self, listed: etree._Element | None, root_path: str) -> tuple[PageRef, ...]:
        found: list[PageRef] = []
        for page in markup.children(listed, "Page") if listed is not None else ():
            path = self.locate(markup.attribute(page, "BaseLoc"), root_path)
            if path is None:
                raise MalformedInput("A page of the document names no content.")
            found.append(PageRef(markup.attribute(page, "ID") or "", path))
            if len(found) > self.limits.max_pages:
                raise Refused("TOO_MANY_PAGES", f"More than {self.limits.max_pages} pages.")
        return tuple(found)

    def _templates(self, common: etree._Element, root_path: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for template in markup.children(common, "TemplatePage"):
            path = self.locate(markup.attribute(template, "BaseLoc"), root_path)
            if path is not None:
                found[markup.attribute(template, "ID") or ""] = path
        return found


def _area(holder: etree._Element, name: str = "Area") -> Box | None:
    """The physical box of an area inside ``holder``."""
    area = markup.child(holder, name)
    return markup.box(markup.child_text(area, _AREA_BOX)) if area is not None else None


def read_package(data: bytes, limits: OfdLimits = DEFAULT_LIMITS) -> Package:
    """The package that ``data`` is. Raises as ``open_archive`` and ``Package.parse``."""
    archive = open_archive(data, limits)
    if ENTRY not in archive:
        raise MalformedInput("This ZIP archive is no OFD package: it has no OFD.xml.")
    return Package(archive, limits)


def open_package(source: Path, limits: OfdLimits = DEFAULT_LIMITS) -> Package:
    """As ``read_package``, for a file."""
    return read_package(read_source(source, limits), limits)


def read_source(source: Path | bytes, limits: OfdLimits) -> bytes:
    """The bytes of a package. Raises as ``check_file``, and ``Refused`` (``CANNOT_READ``, ``TOO_LARGE``)."""
    if isinstance(source, bytes):
        return source
    check_file(source)
    try:
        with source.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise Refused(
            "CANNOT_READ", f"{source.name} cannot be read: {error.strerror}. Look at its rights."
        ) from error
    if len(data) > limits.max_bytes:
        raise Refused("TOO_LARGE", f"The package is larger than {limits.max_bytes >> 20} MiB.")
    return data
