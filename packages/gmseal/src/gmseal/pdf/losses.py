"""What a repaired PDF no longer has: pages whose content, images or fonts went missing with the damage.

A repair finds the objects that are still there and drops references to those that are not, so a file that was cut
off in the middle comes out sound and empty. Whoever takes repaired files must ask here first.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf.damage import reading
from gmseal.pdf.document import open_document
from gmseal.pdf.limits import DEFAULT_LIMITS, MEGABYTE, PdfLimits

READ_LIMIT = 2048 * MEGABYTE
"""Bytes that the streams of one file may expand to while they are read for their ends."""
_BLOCK = 1 * MEGABYTE
_DEEPEST = 12
"""Forms within forms; honest files have three or four."""
_JPEG_END = b"\xff\xd9"
_DROPPED = "Pages tree includes non-dictionary object"
_NAMED_BY = {"Do": "/XObject", "Tf": "/Font", "gs": "/ExtGState", "sh": "/Shading"}
"""Operators that name a resource, and the kind they name."""


@dataclass(frozen=True, slots=True)
class PageLoss:
    """What one page (from 1) lost: ``content``, ``resource``, ``image`` or ``font``."""

    page: int
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Losses:
    """What a file lost: pages that show less than they did, and how many parts of the page tree are gone (a page each, mostly)."""

    pages: tuple[PageLoss, ...]
    missing: int

    @property
    def nothing(self) -> bool:
        """Whether everything is there."""
        return not self.pages and not self.missing


@dataclass(slots=True)
class _Look:
    """One pass over a file: what may still be expanded, and which streams were read already."""

    left: int = field(default_factory=lambda: READ_LIMIT)
    whole: dict[tuple[int, int], bool] = field(default_factory=dict)


def lost_content(source: Path, limits: PdfLimits = DEFAULT_LIMITS, *, before: Path | None = None) -> Losses:
    """What a repaired file cannot show any more. `before` is the damaged file, which tells of pages that are gone.

    Raises as ``inspect_pdf``; ``DECOMPRESSION_BOMB`` when the streams expand beyond all measure.
    """
    found = []
    with open_document(source, limits, accept_damage=True) as document:
        look = _Look()
        for number, page in enumerate(document.pages, start=1):
            lost = tuple(sorted(set(_losses_of(page, look))))
            if lost:
                found.append(PageLoss(number, lost))
    return Losses(tuple(found), 0 if before is None else _pages_dropped(before))


def _pages_dropped(source: Path) -> int:
    """How many entries of the page tree lead nowhere. qpdf drops them when it opens a file, and only says so."""
    with reading(), pikepdf.open(source, suppress_warnings=True) as pdf:
        return sum(_DROPPED in str(warning) for warning in pdf.get_warnings())


def _losses_of(page: pikepdf.Object, look: _Look) -> Iterator[str]:
    contents = page.get("/Contents")
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    if not _shows_all(streams, look):
        yield "content"
        return
    resources = _inherited(page, "/Resources")
    yield from _named_losses(page, resources, look, _DEEPEST)


def _shows_all(streams: Sequence[object], look: _Look) -> bool:
    """Whether the streams of a page are all there. Some programs put an empty one beside the one that draws."""
    there = [one for one in streams if isinstance(one, pikepdf.Stream)]
    drawing = [one for one in there if one.get("/Length") != 0]
    return len(there) == len(streams) and bool(drawing) and all(_is_whole(one, look) for one in drawing)


def _inherited(page: pikepdf.Object, key: str) -> pikepdf.Object | None:
    node: pikepdf.Object | None = page
    for _ in range(64):
        if not isinstance(node, pikepdf.Dictionary):
            return None
        if key in node:
            found: pikepdf.Object = node[key]
            return found
        node = node.get("/Parent")
    return None


def _named_losses(
    drawn: pikepdf.Object, resources: pikepdf.Object | None, look: _Look, depth: int
) -> Iterator[str]:
    """What a page or form names and cannot be shown."""
    try:
        instructions = pikepdf.parse_content_stream(drawn, " ".join(_NAMED_BY))
    except pikepdf.PdfError:
        yield "content"
        return
    named = {
        (_NAMED_BY[str(one.operator)], str(one.operands[0]))
        for one in instructions
        if one.operands and isinstance(one.operands[0], pikepdf.Name)
    }
    for kind, name in sorted(named):
        group = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
        resource = group.get(name) if isinstance(group, pikepdf.Dictionary) else None
        if resource is None:
            yield "resource"
        elif kind == "/XObject":
            yield from _losses_of_xobject(resource, resources, look, depth)
        elif kind == "/Font":
            yield from _losses_of_font(resource, look)


def _losses_of_xobject(
    xobject: pikepdf.Object, outer: pikepdf.Object | None, look: _Look, depth: int
) -> Iterator[str]:
    if not isinstance(xobject, pikepdf.Stream):
        yield "resource"
        return
    seen = xobject.objgen in look.whole
    if not _is_whole(xobject, look):
        yield "image" if xobject.get("/Subtype") == pikepdf.Name.Image else "content"
    elif xobject.get("/Subtype") == pikepdf.Name.Form and not seen and depth:
        yield from _named_losses(xobject, xobject.get("/Resources", outer), look, depth - 1)
    mask = xobject.get("/SMask")
    if isinstance(mask, pikepdf.Stream) and not _is_whole(mask, look):
        yield "image"


def _losses_of_font(font: pikepdf.Object, look: _Look) -> Iterator[str]:
    if not isinstance(font, pikepdf.Dictionary):
        yield "font"
        return
    if font.get("/Subtype") == pikepdf.Name.Type0:
        below = font.get("/DescendantFonts")
        composed = below[0] if isinstance(below, pikepdf.Array) and len(below) else None
        descriptor = composed.get("/FontDescriptor") if isinstance(composed, pikepdf.Dictionary) else None
        if not isinstance(descriptor, pikepdf.Dictionary):
            yield "font"
            return
    else:
        # The fourteen standard fonts, and fonts drawn by procedures, have no descriptor.
        descriptor = font.get("/FontDescriptor")
        if not isinstance(descriptor, pikepdf.Dictionary):
            return
    for key in ("/FontFile", "/FontFile2", "/FontFile3"):
        program = descriptor.get(key)
        if program is not None and not (isinstance(program, pikepdf.Stream) and _is_whole(program, look)):
            yield "font"


def _is_whole(stream: pikepdf.Stream, look: _Look) -> bool:
    place = stream.objgen
    if place == (0, 0) or place not in look.whole:
        whole = _ends_well(stream, look)
        if place == (0, 0):
            return whole
        look.whole[place] = whole
    return look.whole[place]


def _ends_well(stream: pikepdf.Stream, look: _Look) -> bool:
    """Whether a stream reaches its own end, as far as its outermost coding shows one."""
    raw = stream.read_raw_bytes()
    if not raw:
        return False
    filters = stream.get("/Filter")
    first = filters[0] if isinstance(filters, pikepdf.Array) and len(filters) else filters
    if first == pikepdf.Name.FlateDecode:
        return _inflates(raw, look)
    if first == pikepdf.Name.DCTDecode:
        return _JPEG_END in raw[-1024:]
    return True


def _inflates(raw: bytes, look: _Look) -> bool:
    unpacking = zlib.decompressobj()
    data = raw
    try:
        while not unpacking.eof and data:
            look.left -= len(unpacking.decompress(data, _BLOCK))
            data = unpacking.unconsumed_tail
            if look.left < 0:
                raise Refused("DECOMPRESSION_BOMB", "The streams of this PDF expand beyond all measure.")
    except zlib.error:
        return False
    return unpacking.eof
