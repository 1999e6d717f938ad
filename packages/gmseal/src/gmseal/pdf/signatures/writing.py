"""The objects of one signature: images, appearances, annotations, pages, form, signature dictionary."""

from dataclasses import dataclass
from functools import cache, lru_cache

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf import syntax
from gmseal.pdf.certification import Permission, lock_of, reference_entries
from gmseal.pdf.document import Document
from gmseal.pdf.fields import add_field
from gmseal.pdf.form_places import SignatureTarget, fill_field
from gmseal.pdf.geometry import PageSpace, page_space
from gmseal.pdf.image import image_object
from gmseal.pdf.marks import Appearance, Mark, framed_mark, plan_marks
from gmseal.pdf.placement import SealOrder
from gmseal.pdf.resolve import resolve
from gmseal.pdf.signatures.value import SignatureOrder, SignatureValue
from gmseal.pdf.source_text import changed_dictionary, extended_array
from gmseal.pdf.update import Update
from gmseal.ses.seal import SealPicture

_WIDGET_FLAGS = 4 | 128
"""Print, Locked (12.5.3)."""
_STAMP_FLAGS = 4 | 64 | 128 | 512
"""Print, ReadOnly, Locked, LockedContents."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one signature adds: its field's name, its marks and their picture; no marks: nothing is seen."""

    name: str
    order: SignatureOrder
    marks: tuple[Mark, ...]
    picture: SealPicture | None
    certify: Permission | None
    field: SignatureTarget | None = None
    """The empty signature field that the first mark fills; ``None``: a new field."""


def plan_order(
    document: Document, order: SignatureOrder, value: SignatureValue
) -> tuple[tuple[Mark, ...], SignatureTarget | None]:
    """The marks of an order, and the field that the first of them fills, if any.

    Raises as ``resolve`` and ``plan_marks``, and ``Refused`` with ``NO_PICTURE``.
    """
    if not isinstance(order, SealOrder):
        return (), None
    picture = value.picture
    if picture is None:
        raise Refused("NO_PICTURE", "The order names places, but this signer has no picture to put there.")

    @cache
    def space_of(page: int) -> PageSpace:
        return page_space(document.pages[page])

    size = (picture.width_mm, picture.height_mm)
    places, field = resolve(document, order, *size)
    marks = plan_marks(places, len(document.pages), space_of, *size)
    if field is not None:
        page = field.place.page
        marks = (framed_mark(page, field.box, space_of(page), *size), *marks[1:])
    return marks, field


def write_objects(update: Update, document: Document, plan: Plan) -> int:
    """Everything but the signature dictionary itself; returns the number kept for that."""
    signature = update.allocate()
    field = update.allocate() if plan.field is None else None
    certification = None if plan.certify is None else signature
    add_field(update, document, field, certification=certification)
    annotations = _write_marks(update, document, plan, field, signature)
    for page_index, references in annotations.items():
        _write_page(update, document, document.pages[page_index], references)
    return signature


def _write_marks(
    update: Update, document: Document, plan: Plan, field: int | None, signature: int
) -> dict[int, list[bytes]]:
    """The field at the first place and stamps at the others; returns the new annotations of each page."""
    own = b"/Subtype/Widget/FT/Sig/F %d/T%s/V %s" % (
        _WIDGET_FLAGS,
        syntax.text_string(plan.name),
        syntax.reference(signature),
    )
    if field is not None and (plan.picture is None or not plan.marks):
        page = _page_reference(document, 0)
        update.put(field, 0, b"<</Type/Annot/P %s/Rect[0 0 0 0]%s>>" % (page, own))
        return {0: [syntax.reference(field)]}
    image = 0 if plan.picture is None else _write_image(update, plan.picture)
    forms: dict[Appearance, int] = {}
    annotations: dict[int, list[bytes]] = {}
    for index, mark in enumerate(plan.marks):
        form = forms.get(mark.appearance)
        if form is None:
            form = forms[mark.appearance] = update.add(_form(mark.appearance, image))
        if index == 0 and plan.field is not None:
            value = syntax.reference(signature)
            fill_field(update, document, plan.field, value, syntax.reference(form), _WIDGET_FLAGS)
            continue
        number = update.allocate() if index or field is None else field
        kind = own if index == 0 else _stamp(number)
        shared = b"/Type/Annot/P %s/Rect%s/AP<</N %s>>" % (
            _page_reference(document, mark.page),
            syntax.numbers(mark.box),
            syntax.reference(form),
        )
        update.put(number, 0, b"<<" + shared + kind + b">>")
        annotations.setdefault(mark.page, []).append(syntax.reference(number))
    return annotations


def _stamp(number: int) -> bytes:
    return b"/Subtype/Stamp/Name/Gmseal/F %d/NM(gmseal-%d)" % (_STAMP_FLAGS, number)


def _write_image(update: Update, picture: SealPicture) -> int:
    image = image_object(picture.type, picture.data)
    return update.add(image.image(update.add(image.mask())))


@lru_cache(maxsize=256)
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


def signature_entries(document: Document, plan: Plan, value: SignatureValue) -> bytes:
    """The signature dictionary without byte range and contents."""
    filter_name, sub_filter = value.names
    parts = [
        b"/Type/Sig/Filter",
        syntax.name(filter_name),
        b"/SubFilter",
        syntax.name(sub_filter),
        b"/M",
        syntax.date_string(plan.order.signed_at),
        b"/Name",
        syntax.text_string(value.signer_name),
    ]
    for key, text in ((b"/Reason", plan.order.reason), (b"/Location", plan.order.location)):
        if text is not None:
            parts += [key, syntax.text_string(text)]
    lock = None if plan.field is None else lock_of(plan.field.place.field)
    parts.append(reference_entries(plan.certify, lock, syntax.reference(*document.catalog.objgen)))
    return b"".join(parts)
