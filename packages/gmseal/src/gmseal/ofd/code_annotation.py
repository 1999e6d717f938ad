"""A QR code on a page, as an annotation (GB/T 33190-2016, 15): drawn with paths, so that it needs no resource.

An annotation is the one way to add something to a page without writing the page anew. It changes the document's root,
which states the highest id in use and where annotations are listed; so it can only be added while no signature
protects these files.
"""

from datetime import datetime
from typing import Final

from lxml import etree

from gmseal.errors import MalformedInput, Refused
from gmseal.ofd import markup
from gmseal.ofd.markup import Box
from gmseal.ofd.package import OfdDocument, Package
from gmseal.ofd.signatures import number_of
from gmseal.ofd.stamps import on_page
from gmseal.qr_code import QrPlacement, QrSymbol, qr_symbol

_AFTER: Final = frozenset({"CustomTags", "Attachments", "Extensions"})
"""What comes after Annotations in the root of a document, by the order of the schema."""
_DIGITS: Final = 4


def code_files(package: Package, document: OfdDocument, qr: QrPlacement, at: datetime) -> dict[str, bytes]:
    """The files that are new or different with this code on its page, by their names.

    Raises ``Refused`` (``QR_SIZE``, ``QR_TEXT``, ``OFF_PAGE``, ``PAGE_MISSING``, ``PAGE_ID``) and ``MalformedInput``.
    """
    symbol = qr_symbol(qr)
    box = Box(qr.x_mm - symbol.quiet_mm, qr.y_mm - symbol.quiet_mm, symbol.outer_mm, symbol.outer_mm)
    page_box = package.page_box(document, qr.page)
    if not on_page(box, page_box):
        raise Refused("OFF_PAGE", "The QR code and the white around it do not lie within the page.")
    page = document.pages[qr.page]
    if not page.id or document.pages_by_id()[page.id] != qr.page:
        raise Refused("PAGE_ID", f"Page {qr.page + 1} has no id of its own by which a code could name it.")
    return _Writer(package, document).add(page.id, qr.page, symbol, box, at)


class _Writer:
    """One code on one document: the root, the list of annotations and those of the page, parsed anew."""

    def __init__(self, package: Package, document: OfdDocument) -> None:
        self._package = package
        self._document = document
        self._root = package.parse(document.root_path)
        self._space = etree.QName(self._root).namespace

    def add(self, page_id: str, page: int, symbol: QrSymbol, box: Box, at: datetime) -> dict[str, bytes]:
        list_path, listing = self._listing()
        file_path, file = self._page_file(listing, list_path, page_id, page)
        known = (self._root, listing, file, self._package.parse(self._document.pages[page].path))
        first = max(number_of(markup.attribute(one, "ID")) for root in known for one in root.iter("*"))
        first = 1 + max(first, self._stated_highest())
        _append_code(file, first, symbol, box, at)
        self._state_highest(first + 2)
        return {
            self._document.root_path: _written(self._root),
            list_path: _written(listing),
            file_path: _written(file),
        }

    def _listing(self) -> tuple[str, etree._Element]:
        """The list of annotations; a new one is entered in the root of the document."""
        named = markup.child(self._root, "Annotations")
        path = self._package.locate(markup.text(named), self._document.root_path)
        if path is not None and path in self._package.archive:
            return path, markup.expect(self._package.parse(path), "Annotations", path)
        folder = self._document.root_path.rpartition("/")[0]
        path = self._free(f"{folder}/Annots/Annotations".lstrip("/"))
        if named is None:
            named = etree.Element(etree.QName(self._space, "Annotations"))
            later = [index for index, one in enumerate(self._root) if markup.local(one) in _AFTER]
            self._root.insert(later[0] if later else len(self._root), named)
        named.text = "/" + path
        return path, etree.Element(etree.QName(self._space, "Annotations"), nsmap=self._root.nsmap)

    def _page_file(
        self, listing: etree._Element, list_path: str, page_id: str, page: int
    ) -> tuple[str, etree._Element]:
        """The annotations of the page; a new file is entered in the list."""
        for entry in markup.children(listing, "Page"):
            if markup.attribute(entry, "PageID") == page_id:
                path = self._package.locate(markup.child_text(entry, "FileLoc"), list_path)
                if path is None or path not in self._package.archive:
                    raise MalformedInput(f"The annotations of page {page + 1} are missing.")
                return path, markup.expect(self._package.parse(path), "PageAnnot", path)
        folder = list_path.rpartition("/")[0]
        path = self._free(f"{folder}/Page_{page}/Annotation".lstrip("/"))
        entry = etree.SubElement(listing, etree.QName(self._space, "Page"))
        entry.set("PageID", page_id)
        etree.SubElement(entry, etree.QName(self._space, "FileLoc")).text = "/" + path
        return path, etree.Element(etree.QName(self._space, "PageAnnot"), nsmap=self._root.nsmap)

    def _free(self, stem: str) -> str:
        """A name that no entry has."""
        taken, number = {name.lower() for name in self._package.archive.entries}, 0
        while f"{stem}{number or ''}.xml".lower() in taken:
            number += 1
        return f"{stem}{number or ''}.xml"

    def _stated_highest(self) -> int:
        common = markup.child(self._root, "CommonData")
        return number_of(markup.child_text(common, "MaxUnitID")) if common is not None else 0

    def _state_highest(self, number: int) -> None:
        common = markup.child(self._root, "CommonData")
        if common is None:
            common = etree.Element(etree.QName(self._space, "CommonData"))
            self._root.insert(0, common)
        stated = markup.child(common, "MaxUnitID")
        if stated is None:
            stated = etree.Element(etree.QName(self._space, "MaxUnitID"))
            common.insert(0, stated)
        stated.text = str(number)


def _append_code(file: etree._Element, first: int, symbol: QrSymbol, box: Box, at: datetime) -> None:
    space = etree.QName(file).namespace

    def element(holder: etree._Element, name: str, **attributes: str) -> etree._Element:
        made = etree.SubElement(holder, etree.QName(space, name))
        for key, value in attributes.items():
            made.set(key, value)
        return made

    annotation = element(
        file, "Annot", ID=str(first), Type="Stamp", Creator="gmseal", LastModDate=f"{at:%Y-%m-%d}"
    )
    side = _mm(box.width)
    corner = f"{_mm(box.x)} {_mm(box.y)}"
    appearance = element(annotation, "Appearance", Boundary=f"{corner} {side} {side}")
    ground = f"M 0 0 L {side} 0 L {side} {side} L 0 {side} C"
    for number, colour, path in (
        (first + 1, "255 255 255", ground),
        (first + 2, "0 0 0", _modules(symbol)),
    ):
        drawn = element(
            appearance,
            "PathObject",
            ID=str(number),
            Boundary=f"0 0 {side} {side}",
            Stroke="false",
            Fill="true",
        )
        element(drawn, "FillColor", Value=colour)
        element(drawn, "AbbreviatedData").text = path


def _modules(symbol: QrSymbol) -> str:
    unit = symbol.module_mm
    parts = []
    for x, y, length in symbol.runs():
        left, top, right, bottom = (_mm(side * unit) for side in (x, y, x + length, y + 1))
        parts.append(f"M {left} {top} L {right} {top} L {right} {bottom} L {left} {bottom} C")
    return " ".join(parts)


def _mm(value: float) -> str:
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")


def _written(root: etree._Element) -> bytes:
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written
