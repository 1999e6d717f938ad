"""The signatures of a package as they stand in it: Signatures.xml and Signature.xml (GB/T 33190-2016, 18).

Reading decides nothing. Whatever is missing is None; only a file that cannot be read at all is an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

from lxml import etree

from gmseal.errors import MalformedInput, Refused
from gmseal.ofd import markup
from gmseal.ofd.markup import Box
from gmseal.ofd.package import OfdDocument, Package

DEFAULT_METHOD: Final = "MD5"
"""What CheckMethod means when it is not there (18.2.2)."""
_DIGITS: Final = re.compile(r"(\d{1,9})$")
_TIME_DIGITS: Final = re.compile(r"(\d{4})\D?(\d\d)\D?(\d\d)\D?(\d\d)\D?(\d\d)\D?(\d\d)(?:\.\d+)?\s*(Z?)")
_BEIJING: Final = timezone(timedelta(hours=8))


class SignatureItem(NamedTuple):
    """One line of Signatures.xml. ``relative`` names the base signature (GM/T 0099)."""

    id: str
    type: str
    path: str
    relative: str | None


@dataclass(frozen=True, slots=True)
class Provider:
    """The program that signed. ``more`` holds attributes that no standard names; ``extend`` is base64."""

    name: str
    version: str | None = None
    company: str | None = None
    protocol: str | None = None
    extend: str | None = field(default=None, repr=False)
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the signing method (GM/T 0099)."""

    name: str
    type: str | None
    value: str


class Reference(NamedTuple):
    """A protected file: how it is named, the entry that means, and the digest (base64 as written)."""

    location: str
    path: str
    check_value: str


class StampAnnot(NamedTuple):
    """A place of the seal's picture: the box of the whole picture and the part of it that shows."""

    id: str
    page_id: str
    boundary: Box | None
    clip: Box | None


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """Signature.xml. ``raw`` are its bytes as stored: what the data hash speaks of.

    ``references_twice`` names files that are listed more than once.
    """

    path: str
    raw: bytes = field(repr=False)
    provider: Provider | None
    method: str | None
    date_time: str | None
    parameters: tuple[Parameter, ...]
    check_method: str | None
    references: tuple[Reference, ...] = field(repr=False)
    stamps: tuple[StampAnnot, ...] = field(repr=False)
    seal_path: str | None
    image_path: str | None
    value_path: str | None

    @property
    def stated_time(self) -> datetime | None:
        """``date_time`` in UTC when it can be understood; without a zone it is Beijing time."""
        return _instant(self.date_time)

    def protects(self, path: str) -> bool:
        """Whether an entry is among the references."""
        return any(reference.path == path for reference in self.references)


@dataclass(frozen=True, slots=True)
class SignatureList:
    """Signatures.xml: the lines, and the highest number of any id."""

    path: str
    items: tuple[SignatureItem, ...]
    max_id: int
    root: etree._Element = field(repr=False, compare=False)


def number_of(identifier: str | None) -> int:
    """The number at the end of an id such as ``s001`` or ``1``; 0 when there is none."""
    found = _DIGITS.search(identifier or "")
    return int(found[1]) if found else 0


def read_list(package: Package, document: OfdDocument) -> SignatureList | None:
    """The list of signatures of a document; None when there is none.

    Raises ``MalformedInput`` and ``Refused`` (``TOO_MANY_SIGNATURES``).
    """
    path = document.signatures_path
    if path is None or path not in package.archive:
        return None
    root = markup.expect(package.parse(path), "Signatures", path)
    items = tuple(_items(package, root, path))
    if len(items) > package.limits.max_signatures:
        raise Refused(
            "TOO_MANY_SIGNATURES",
            f"A document with more than {package.limits.max_signatures} signatures is not judged.",
        )
    stated = [number_of(markup.text(element)) for element in markup.children(root, "MaxSignId")]
    return SignatureList(path, items, max([0, *stated, *(number_of(item.id) for item in items)]), root)


def _items(package: Package, root: etree._Element, path: str) -> Iterator[SignatureItem]:
    for element in markup.children(root, "Signature"):
        file = package.locate(markup.attribute(element, "BaseLoc"), path)
        if file is None:
            raise MalformedInput("The list of signatures names a signature without its file.")
        yield SignatureItem(
            markup.attribute(element, "ID") or "",
            markup.attribute(element, "Type") or "Seal",
            file,
            markup.attribute(element, "Relative"),
        )


def read_signature_file(package: Package, path: str) -> SignatureFile:
    """Signature.xml at ``path``. Raises ``MalformedInput`` and ``Refused``."""
    raw = package.read(path)
    root = markup.expect(markup.parse(raw, path, package.limits.max_xml), "Signature", path)
    outer = markup.members(root)
    info = outer.get("SignedInfo")
    if info is None:
        raise MalformedInput(f"The signature {path!r} says nothing about what it signs.")
    inner = markup.members(info)
    listed = inner.get("References")
    seal = markup.members(inner.get("Seal"))
    count = sum(len(one) for one in (info, listed) if one is not None)
    if count > package.limits.max_references:
        raise Refused("TOO_MANY_REFERENCES", f"The signature {path!r} names more files than are judged.")
    return SignatureFile(
        path=path,
        raw=raw,
        provider=_provider(inner.get("Provider")),
        method=markup.text(inner.get("SignatureMethod")),
        date_time=markup.text(inner.get("SignatureDateTime")),
        parameters=_parameters(inner.get("Parameters")),
        check_method=markup.attribute(listed, "CheckMethod") if listed is not None else None,
        references=tuple(_references(package, listed, path)) if listed is not None else (),
        stamps=tuple(_stamp(element) for element in markup.children(info, "StampAnnot")),
        seal_path=package.locate(markup.text(seal.get("BaseLoc")), path),
        image_path=package.locate(markup.text(seal.get("ImageLoc")), path),
        value_path=package.locate(markup.text(outer.get("SignedValue")), path),
    )


def _references(package: Package, listed: etree._Element, path: str) -> Iterator[Reference]:
    for element in markup.children(listed, "Reference"):
        location = markup.attribute(element, "FileRef")
        file = package.locate(location, path)
        if location is None or file is None:
            raise MalformedInput(f"The signature {path!r} protects a file that it does not name.")
        yield Reference(location, file, markup.child_text(element, "CheckValue") or "")


def _provider(element: etree._Element | None) -> Provider | None:
    if element is None:
        return None
    known = {"ProviderName", "Version", "Company", "ProtocolVer"}
    more = tuple((str(key), str(value)) for key, value in element.attrib.items() if str(key) not in known)
    return Provider(
        markup.attribute(element, "ProviderName") or "",
        markup.attribute(element, "Version"),
        markup.attribute(element, "Company"),
        markup.attribute(element, "ProtocolVer"),
        markup.child_text(element, "ExtendData"),
        more,
    )


def _parameters(element: etree._Element | None) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(markup.attribute(one, "Name") or "", markup.attribute(one, "Type"), markup.text(one) or "")
        for one in (markup.children(element, "Parameter") if element is not None else ())
    )


def _stamp(element: etree._Element) -> StampAnnot:
    return StampAnnot(
        markup.attribute(element, "ID") or "",
        markup.attribute(element, "PageRef") or "",
        markup.box(markup.attribute(element, "Boundary")),
        markup.box(markup.attribute(element, "Clip")),
    )


def _instant(text: str | None) -> datetime | None:
    stated = (text or "").strip()
    found = _TIME_DIGITS.match(stated)
    try:
        if "-" in stated[:5]:
            instant = datetime.fromisoformat(stated)
        elif found is not None:
            year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
            instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC if found[7] else _BEIJING)
        else:
            return None
        return (instant if instant.tzinfo else instant.replace(tzinfo=_BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
