"""Which files of a package a document leads to.

Everything in the XML of a reached file that could be the location of an entry counts as one: attributes and
texts, from the file itself, from the ``BaseLoc`` of a resource file, or from the root of the package. So no kind
of reference is forgotten, products' own ones included; that a text on a page happens to spell the name of a file
makes this file reached, which errs on the right side.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from gmseal.errors import GmsealError
from gmseal.ofd import markup
from gmseal.ofd.entry_names import resolve
from gmseal.ofd.package import ENTRY, OfdDocument, Package

_NOT_CONTENT: Final = frozenset({"Signatures"})
"""The list of signatures is no content of the document: each signature is judged by itself."""
_NOT_DRAWN: Final = _NOT_CONTENT | {"DocInfo", "Attachments", "CustomTags", "Extensions"}
"""Parts of a document that no page is made of: its description with the cover, attachments, tags, extensions."""


def reached_files(package: Package, document: OfdDocument) -> set[str]:
    """The entries that showing this document may need, OFD.xml included."""
    return _reached(package, document, _NOT_CONTENT) | ({ENTRY} & set(package.archive.entries))


def drawn_files(package: Package, document: OfdDocument) -> set[str]:
    """The entries that the pages of this document are made of: templates, resources, annotations and what they name."""
    return _reached(package, document, _NOT_DRAWN)


def may_name(package: Package, searched: Iterable[str], names: Iterable[str]) -> bool:
    """Whether an entry of ``searched`` that is XML may name one of ``names``: a quick no, or perhaps."""
    ends = {name.rpartition("/")[2] for name in names}
    if not all(end.isascii() for end in ends):
        return True
    wanted = [end.encode() for end in ends] + [b"&#"]
    for name in searched:
        try:
            content = package.read(name)
        except GmsealError:
            continue
        if _looks_like_xml(content) and any(end in content for end in wanted):
            return True
    return False


def _reached(package: Package, document: OfdDocument, skipped: frozenset[str]) -> set[str]:
    found = {document.root_path} & set(package.archive.entries)
    waiting = [document.root_path]
    last_parts = {name.rpartition("/")[2] for name in package.archive.entries}
    for name in _named(package, package.bodies[document.index], ENTRY, last_parts, skipped):
        if name not in found:
            found.add(name)
            waiting.append(name)
    while waiting:
        current = waiting.pop()
        root = _xml(package, current)
        if root is None:
            continue
        left_out = skipped if current == document.root_path else _NOT_CONTENT
        for name in _named(package, root, current, last_parts, left_out):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _looks_like_xml(content: bytes) -> bool:
    return content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _xml(package: Package, name: str) -> etree._Element | None:
    """The root of an entry that is XML; what cannot be parsed leads nowhere."""
    try:
        content = package.read(name)
        if not _looks_like_xml(content):
            return None
        return markup.parse(content, name, package.limits.max_xml)
    except GmsealError:
        return None


def _named(
    package: Package, root: etree._Element, file: str, last_parts: set[str], skipped: frozenset[str]
) -> Iterator[str]:
    base = markup.attribute(root, "BaseLoc") if markup.local(root) == "Res" else None
    places = [file] if base is None else [file, _folder(base, file) + "/"]
    for text in _texts(root, skipped):
        location = text.strip()
        # Most of what a page says ends like no file of the package.
        if location.replace("\\", "/").rpartition("/")[2] in last_parts:
            yield from _entries(package, location, places)


def _folder(base: str, file: str) -> str:
    try:
        return resolve(base, file)
    except GmsealError:
        return ""


def _texts(root: etree._Element, skipped: frozenset[str]) -> Iterator[str]:
    """Attributes and texts that could be locations, without the children of the root that are ``skipped``."""
    left_out = {element for element in root if markup.local(element) in skipped}
    for child in (root, *(element for element in root if element not in left_out)):
        for element in (child,) if child is root else child.iter("*"):
            yield from element.attrib.values()
            if element.text is not None and len(element) == 0:
                yield element.text


def _entries(package: Package, location: str, places: list[str]) -> Iterator[str]:
    for place in (*places, ""):
        try:
            name = resolve(location, place)
        except GmsealError:
            continue
        if name in package.archive:
            yield name
