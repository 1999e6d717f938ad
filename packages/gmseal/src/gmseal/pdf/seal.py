"""Seals a PDF: marks and signature in one incremental update, everything before it untouched.

The way (GB/T 38540-2020, 7.2, with the ByteRange of ISO 32000-1, 12.8.1 as the protected range):

1. Open the file within limits and see that it takes another signature.
2. Plan the marks; nothing is written when one of them has no place.
3. Write images, appearances, annotations, field and signature dictionary as an update with a hole.
4. Copy the file once, hashing as it goes; hash the update around the hole; sign; fill the hole.
5. Make it durable under another name, then put it in its place in one step.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import pikepdf

from gmseal.durable_file import replacing
from gmseal.errors import GmsealError, Refused
from gmseal.pdf import syntax
from gmseal.pdf.document import Document, open_document
from gmseal.pdf.fields import add_field, check_may_add, free_name
from gmseal.pdf.geometry import PageSpace, page_space
from gmseal.pdf.image import image_object
from gmseal.pdf.limits import DEFAULT_LIMITS, MEGABYTE, PdfLimits
from gmseal.pdf.marks import Appearance, Mark, plan_marks
from gmseal.pdf.placement import SealOrder
from gmseal.pdf.source_text import changed_dictionary, extended_array
from gmseal.pdf.update import SignatureHole, Update
from gmseal.ses.signature import SealSigner

_WIDGET_FLAGS = 4 | 128
"""Print, Locked (12.5.3)."""
_STAMP_FLAGS = 4 | 64 | 128 | 512
"""Print, ReadOnly, Locked, LockedContents."""


@dataclass(frozen=True, slots=True)
class SealOutcome:
    """What was done. ``byte_range`` as in the file; ``data_hash`` is SM3 over it; ``sm3`` of the whole file."""

    size: int
    sm3: str
    data_hash: bytes
    byte_range: tuple[int, int, int, int]
    signature: bytes
    field_name: str
    marks: tuple[Mark, ...]


def seal_pdf(
    source: Path,
    target: Path,
    *,
    order: SealOrder,
    signer: SealSigner,
    limits: PdfLimits = DEFAULT_LIMITS,
) -> SealOutcome:
    """Writes ``target``: ``source`` with the marks and the seal signature of ``order``.

    ``target`` appears whole or not at all, and may be ``source``. Raises ``Refused`` with the codes of
    ``open_document``, ``plan_marks``, ``check_may_add``, ``image_object`` and ``SealSigner.sign``.
    """
    with open_document(source, limits) as document:
        check_may_add(document)
        marks = _plan(document, order, signer)
        name = free_name(document, order.field_name)
        update = Update(document)
        signature_number = _write_objects(update, document, order, signer, marks, name)
        entries = _signature_entries(order, signer)
        tail, hole = update.finish(signature_number, entries, signer.signature_size)
        with replacing(target) as out:
            hashed = _copy(document, out)
            done = _sign(tail, hole, hashed, document.size, order, signer)
            out.write(tail)
    size = document.size + len(tail)
    hashed.update(tail)
    byte_range = (0, hole.start, hole.end, size - hole.end)
    return SealOutcome(size, hashed.hexdigest(), done[0], byte_range, done[1], name, marks)


def _plan(document: Document, order: SealOrder, signer: SealSigner) -> tuple[Mark, ...]:
    picture = signer.seal.picture

    @cache
    def space_of(page: int) -> PageSpace:
        return page_space(document.pages[page])

    return plan_marks(order, len(document.pages), space_of, picture.width_mm, picture.height_mm)


def _write_objects(
    update: Update,
    document: Document,
    order: SealOrder,
    signer: SealSigner,
    marks: tuple[Mark, ...],
    name: str,
) -> int:
    """Images, appearances, annotations, pages, form. Returns the number kept for the signature."""
    picture = image_object(signer.seal.picture.type, signer.seal.picture.data)
    image = update.add(picture.image(update.add(picture.mask())))
    signature = update.allocate()
    forms: dict[Appearance, int] = {}
    annotations: dict[int, list[bytes]] = {}
    for index, mark in enumerate(marks):
        form = forms.get(mark.appearance)
        if form is None:
            form = forms[mark.appearance] = update.add(_form(mark.appearance, image))
        number = update.allocate()
        page = _page_reference(document, mark.page)
        shared = b"/Type/Annot/P %s/Rect%s/AP<</N %s>>" % (
            page,
            syntax.numbers(mark.box),
            syntax.reference(form),
        )
        if index == 0:
            own = b"/Subtype/Widget/FT/Sig/F %d/T%s/V %s" % (
                _WIDGET_FLAGS,
                syntax.text_string(name),
                syntax.reference(signature),
            )
            add_field(update, document, number)
        else:
            own = b"/Subtype/Stamp/Name/Gmseal/F %d/NM(gmseal-%d)" % (_STAMP_FLAGS, number)
        update.put(number, 0, b"<<" + shared + own + b">>")
        annotations.setdefault(mark.page, []).append(syntax.reference(number))
    for page_index, references in annotations.items():
        _write_page(update, document, document.pages[page_index], references)
    return signature


def _form(appearance: Appearance, image: int) -> bytes:
    # Ink does not hide print: a seal over text darkens it, and the text stays legible.
    ink = b"/XObject<</S %s>>/ExtGState<</M<</BM/Multiply>>>>" % syntax.reference(image)
    resources = ink if appearance.uses_seal else b""
    entries = b"/Type/XObject/Subtype/Form%s/Resources<<%s>>" % (appearance.entries, resources)
    return syntax.stream(entries, appearance.content)


def _page_reference(document: Document, index: int) -> bytes:
    number, generation = document.pages[index].objgen
    if not 0 < number < document.first_free_number():
        # qpdf gave the page a number of its own: it is written inline or used twice in the page tree.
        raise Refused("BROKEN_STRUCTURE", "The page tree of this PDF is damaged.")
    return syntax.reference(number, generation)


def _write_page(update: Update, document: Document, page: pikepdf.Object, references: list[bytes]) -> None:
    """The page with more annotations. Its list becomes direct, as an indirect one may be shared by pages."""
    present = page.get("/Annots")
    if present is not None and not isinstance(present, pikepdf.Array):
        raise Refused("BROKEN_STRUCTURE", "The list of annotations of a page is damaged.")
    annotations = extended_array(document, page, "/Annots", references)
    update.put(*page.objgen, changed_dictionary(document, page, {"/Annots": annotations}))


def _signature_entries(order: SealOrder, signer: SealSigner) -> bytes:
    parts = [
        b"/Type/Sig/Filter",
        syntax.name(order.filter_name),
        b"/SubFilter",
        syntax.name(order.sub_filter),
        b"/M",
        syntax.date_string(order.signed_at),
        b"/Name",
        syntax.text_string(signer.seal.name),
    ]
    for key, text in ((b"/Reason", order.reason), (b"/Location", order.location)):
        if text is not None:
            parts += [key, syntax.text_string(text)]
    return b"".join(parts)


def _sign(
    tail: bytearray,
    hole: SignatureHole,
    hashed: "hashlib._Hash",
    start: int,
    order: SealOrder,
    signer: SealSigner,
) -> tuple[bytes, bytes]:
    """Fills the hole. Returns the digest of the byte range and the signature."""
    around = hashed.copy()
    view = memoryview(tail)
    around.update(view[: hole.start - start])
    around.update(view[hole.end - start :])
    view.release()
    digest = around.digest()
    signature = signer.sign(digest, order.property_info, order.signed_at)
    text = signature.hex().encode("ascii")
    if len(text) > hole.end - hole.start - 2:
        raise GmsealError("The seal signature is larger than the room kept for it.")
    at = hole.start - start + 1
    tail[at : at + len(text)] = text
    return digest, signature


def _copy(document: Document, out: BinaryIO) -> "hashlib._Hash":
    """Copies the source as it is; memory stays flat whatever its size. Returns the SM3 so far."""
    hashed = hashlib.new("sm3")
    document.file.seek(0)
    left = document.size
    while left:
        chunk = document.file.read(min(left, MEGABYTE))
        if not chunk:
            raise GmsealError("The file became shorter while it was read.")
        hashed.update(chunk)
        out.write(chunk)
        left -= len(chunk)
    return hashed
