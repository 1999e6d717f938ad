"""XML of a package: parsed without document types, entities or anything from outside, looked up by name.

Names are compared without their namespace and prefix: products differ in both, the words do not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from gmseal.errors import MalformedInput, Refused

NAMESPACE: Final = "http://www.ofdspec.org/2016"
_ENCODING: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENCODINGS: Final = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii", b"gbk", b"gb2312", b"gb18030"})
"""Encodings in which every ASCII character is itself, so that markup can be seen in the bytes."""
_BOM: Final = b"\xef\xbb\xbf"
_PARSER: Final = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)
"""Without ``huge_tree``, so libxml2's own bounds on depth, names and text hold. Threads take turns in it."""


@dataclass(frozen=True, slots=True)
class Box:
    """ST_Box: a rectangle in millimetres from the top left of the page."""

    x: float
    y: float
    width: float
    height: float


def parse(data: bytes, name: str, max_bytes: int) -> etree._Element:
    """The root element of an XML file.

    Raises ``Refused`` (``XML_TOO_LARGE``, ``XML_DOCTYPE``, ``XML_ENCODING``) and ``MalformedInput``.
    """
    if len(data) > max_bytes:
        raise Refused("XML_TOO_LARGE", f"The file {name!r} of the package is too large to be read.")
    start = data[:3] if data[:3] == _BOM else b""
    if data[len(start) :].lstrip()[:1] != b"<":
        raise MalformedInput(f"The file {name!r} of the package is not XML.")
    declared = _ENCODING.search(data[:400])
    wide = b"\x00" in data[:8]
    if wide or (declared is not None and declared[1].lower() not in _ENCODINGS):
        raise Refused("XML_ENCODING", f"The file {name!r} of the package is in an unusual encoding.")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Refused("XML_DOCTYPE", f"The file {name!r} of the package has a document type declaration.")
    try:
        root = etree.fromstring(data, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedInput(f"The file {name!r} of the package is not well-formed XML.") from error
    if root.getroottree().docinfo.doctype:
        raise Refused("XML_DOCTYPE", f"The file {name!r} of the package has a document type declaration.")
    return root


def local(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def expect(element: etree._Element, name: str, file: str) -> etree._Element:
    """This element when it is called ``name``. Raises ``MalformedInput``."""
    if local(element) != name:
        raise MalformedInput(f"The file {file!r} holds {local(element)[:40]!r} where {name!r} belongs.")
    return element


def children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """The children called ``name``."""
    found: Iterator[etree._Element] = element.iterchildren("{*}" + name)
    return found


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The first child called ``name``."""
    return next(element.iterchildren("{*}" + name), None)


def members(element: etree._Element | None) -> dict[str, etree._Element]:
    """The first child of every name, for an element of which several are wanted: looking each up costs more."""
    found: dict[str, etree._Element] = {}
    for one in element if element is not None else ():
        tag = one.tag
        if isinstance(tag, str):
            found.setdefault(tag.rpartition("}")[2], one)
    return found


def text(element: etree._Element | None) -> str | None:
    """The text of an element without blanks around it; None when there is none."""
    if element is None:
        return None
    found = (element.text or "").strip()
    return found or None


def child_text(element: etree._Element, name: str) -> str | None:
    """The text of the first child called ``name``."""
    return text(child(element, name))


def attribute(element: etree._Element, name: str) -> str | None:
    """An attribute, with or without a prefix; None when missing or empty."""
    value = element.get(name)
    if value is None and any(str(key).startswith("{") for key in element.attrib):
        value = next((str(v) for k, v in element.attrib.items() if str(k).rpartition("}")[2] == name), None)
    return value.strip() or None if value is not None else None


def box(value: str | None) -> Box | None:
    """An ST_Box, or None when the text is none."""
    parts = (value or "").replace(",", " ").split()
    if len(parts) != 4:
        return None
    try:
        x, y, width, height = map(float, parts)
    except ValueError:
        return None
    plausible = -1e6 < x < 1e6 and -1e6 < y < 1e6 and 0 <= width < 1e6 and 0 <= height < 1e6
    return Box(x, y, width, height) if plausible else None
