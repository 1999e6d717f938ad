"""Writing Signature.xml, and what changes in Signatures.xml and OFD.xml, in the order of the schema."""

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape
from xml.sax.saxutils import quoteattr as quoted_attribute

from lxml import etree

from gmseal.errors import Refused
from gmseal.ofd import markup
from gmseal.ofd.markup import NAMESPACE, Box
from gmseal.ofd.order import OfdSealOrder
from gmseal.ofd.package import Package
from gmseal.ofd.signatures import Provider, SignatureItem, SignatureList
from gmseal.ofd.stamps import Stamp
from gmseal.sm import curve

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PLAIN: Final = re.compile(r"[\w ./-]*")
_SPACE: Final = f'xmlns:ofd="{NAMESPACE}"'


def quoteattr(value: str) -> str:
    """An attribute's value in quotes. Paths and numbers have nothing to be escaped."""
    return f'"{value}"' if _PLAIN.fullmatch(value) else quoted_attribute(value)


def identifier(number: int) -> str:
    """The id with this number, in the form that the standard recommends."""
    return f"s{number:03d}"


def signature_xml(
    order: OfdSealOrder,
    references: Iterable[tuple[str, bytes]],
    stamps: Iterable[tuple[str, str, Stamp]],
    *,
    seal_path: str | None,
    value_path: str,
) -> bytes:
    """Signature.xml. ``references`` are entries with their SM3; ``stamps`` come with their id and their page's.

    Raises ``Refused`` (``XML_TEXT``).
    """
    parts = [
        f"{_DECLARATION}<ofd:Signature {_SPACE}><ofd:SignedInfo>{_provider(order.provider)}",
        f"<ofd:SignatureMethod>{curve.SM2_WITH_SM3}</ofd:SignatureMethod>",
        f"<ofd:SignatureDateTime>{_time(order.signed_at)}</ofd:SignatureDateTime>",
    ]
    if order.parameters:
        parts.append("<ofd:Parameters>")
        for parameter in order.parameters:
            kind = f" Type={quoteattr(parameter.type)}" if parameter.type else ""
            name, value = quoteattr(parameter.name), escape(parameter.value)
            parts.append(f"<ofd:Parameter Name={name}{kind}>{value}</ofd:Parameter>")
        parts.append("</ofd:Parameters>")
    parts.append(f'<ofd:References CheckMethod="{curve.SM3}">')
    for path, digest in references:
        value = base64.b64encode(digest).decode("ascii")
        parts.append(
            f"<ofd:Reference FileRef={quoteattr('/' + path)}><ofd:CheckValue>{value}</ofd:CheckValue></ofd:Reference>"
        )
    parts.append("</ofd:References>")
    parts += [_stamp(*one) for one in stamps]
    if seal_path is not None:
        parts.append(f"<ofd:Seal><ofd:BaseLoc>{escape('/' + seal_path)}</ofd:BaseLoc></ofd:Seal>")
    parts.append(
        f"</ofd:SignedInfo><ofd:SignedValue>{escape('/' + value_path)}</ofd:SignedValue></ofd:Signature>"
    )
    text = "".join(parts)
    if _NO_XML.search(text):
        raise Refused("XML_TEXT", "A name or a text holds a character that XML does not allow.")
    return text.encode("utf-8")


def list_xml(existing: SignatureList | None, item: SignatureItem, max_id: int) -> bytes:
    """Signatures.xml with one more line."""
    if existing is None:
        relative = f" Relative={quoteattr(item.relative)}" if item.relative else ""
        text = (
            f"{_DECLARATION}<ofd:Signatures {_SPACE}><ofd:MaxSignId>{identifier(max_id)}</ofd:MaxSignId>"
            f"<ofd:Signature ID={quoteattr(item.id)} Type={quoteattr(item.type)}{relative} "
            f"BaseLoc={quoteattr('/' + item.path)}/></ofd:Signatures>"
        )
        return text.encode("utf-8")
    root = existing.root
    space = etree.QName(root).namespace
    stated = list(markup.children(root, "MaxSignId"))
    for surplus in stated[1:]:
        root.remove(surplus)
    highest = stated[0] if stated else etree.Element(etree.QName(space, "MaxSignId"))
    if not stated:
        root.insert(0, highest)
    highest.text = identifier(max_id)
    line = etree.SubElement(root, etree.QName(space, "Signature"))
    line.set("ID", item.id)
    line.set("Type", item.type)
    if item.relative:
        line.set("Relative", item.relative)
    line.set("BaseLoc", "/" + item.path)
    return _serialized(root)


def entry_xml(package: Package, document: int, list_path: str) -> bytes:
    """OFD.xml in which a document names its list of signatures."""
    root = package.parse("OFD.xml")
    body = list(markup.children(root, "DocBody"))[document]
    named = markup.child(body, "Signatures")
    if named is None:
        named = etree.SubElement(body, etree.QName(etree.QName(body).namespace, "Signatures"))
    named.text = "/" + list_path
    return _serialized(root)


def _serialized(root: etree._Element) -> bytes:
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _provider(provider: Provider) -> str:
    named = (
        ("ProviderName", provider.name),
        ("Version", provider.version),
        ("Company", provider.company),
        ("ProtocolVer", provider.protocol),
        *provider.more,
    )
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in named if value is not None)
    if provider.extend is None:
        return f"<ofd:Provider{attributes}/>"
    return (
        f"<ofd:Provider{attributes}><ofd:ExtendData>{escape(provider.extend)}</ofd:ExtendData></ofd:Provider>"
    )


def _stamp(stamp_id: str, page_id: str, stamp: Stamp) -> str:
    clip = f' Clip="{_box(stamp.clip)}"' if stamp.clip is not None else ""
    return (
        f"<ofd:StampAnnot ID={quoteattr(stamp_id)} PageRef={quoteattr(page_id)} "
        f'Boundary="{_box(stamp.boundary)}"{clip}/>'
    )


def _box(box: Box) -> str:
    return " ".join(_mm(side) for side in (box.x, box.y, box.width, box.height))


def _mm(value: float) -> str:
    """A ten-thousandth of a millimetre is finer than anything that prints."""
    written = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if written in {"-0", ""} else written


def _time(instant: datetime) -> str:
    moment = instant.astimezone(UTC)
    return f"{moment.year:04d}{moment:%m%d%H%M%S}Z"
