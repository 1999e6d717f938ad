"""Places that a form names: where a field is shown, and the empty signature field that waits for a seal."""

from dataclasses import dataclass

import pikepdf

from gmseal.errors import NotFound, Refused
from gmseal.pdf import syntax
from gmseal.pdf.certification import locks_of
from gmseal.pdf.document import Document
from gmseal.pdf.fields import all_fields, signed_fields
from gmseal.pdf.geometry import TOLERANCE_MM, Box, PageSpace, box_of, page_space
from gmseal.pdf.source_text import changed_dictionary
from gmseal.pdf.update import Update
from gmseal.placement import onto_page

_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Widget:
    """Where a field is shown: page from 0, ``box`` in the page's own units, the objects of both."""

    page: int
    box: Box
    field: pikepdf.Object
    widget: pikepdf.Object


@dataclass(frozen=True, slots=True)
class SignatureTarget:
    """An empty signature field that takes the seal: its name, the box it will have, whether that is new."""

    name: str
    place: Widget
    box: Box
    moved: bool


def widgets_of(document: Document, name: str) -> list[Widget]:
    """Where the field of this full name (partial names joined by full stops) is shown.

    Raises ``NotFound`` when there is no such field, or it is on no page.
    """
    pages = _pages_of_annotations(document)
    fields = [node for node, _ in all_fields(document) if "/T" in node and full_name(node) == name]
    if not fields:
        raise NotFound(f"The form has no field 「{name}」.")
    found = []
    for field in fields:
        kids = field.get("/Kids")
        # A kid with a name is a field of its own, one without is a widget.
        shown = [kid for kid in kids if "/T" not in kid] if isinstance(kids, pikepdf.Array) else [field]
        for widget in shown:
            box = box_of(widget.get("/Rect"), least=0.0) if isinstance(widget, pikepdf.Dictionary) else None
            page = pages.get(widget.objgen) if box is not None else None
            if box is not None and page is not None:
                found.append(Widget(page, box, field, widget))
    if not found:
        raise NotFound(f"The field 「{name}」 is shown on no page.")
    return found


def full_name(field: pikepdf.Object) -> str:
    """The partial names from the root of the tree down to this field (12.7.3.2)."""
    parts: list[str] = []
    node: object = field
    for _ in range(_MAX_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            return ".".join(reversed(parts))
        part = node.get("/T")
        if isinstance(part, pikepdf.String):
            parts.append(str(part))
        node = node.get("/Parent")
    raise Refused("BROKEN_STRUCTURE", "The tree of form fields is nested too deeply.")


def _pages_of_annotations(document: Document) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for index, page in enumerate(document.pages):
        annotations = page.get("/Annots")
        for item in annotations if isinstance(annotations, pikepdf.Array) else ():
            if isinstance(item, pikepdf.Dictionary) and item.is_indirect:
                found.setdefault(item.objgen, index)
    return found


def signature_target(
    document: Document, name: str, width_mm: float, height_mm: float
) -> tuple[SignatureTarget, PageSpace]:
    """The empty signature field that a seal of this size fills, and the space of its page.

    The seal stands in the middle of the field's rectangle. A rectangle that is too small for it is made
    as large as the seal, unless a signature is there already, which would not survive that.
    Raises ``NotFound`` and ``Refused`` with ``FIELD_KIND``, ``FIELD_SIGNED``, ``FIELD_LOCKED``,
    ``FIELD_CONSTRAINED`` or ``FIELD_TOO_SMALL``.
    """
    places = widgets_of(document, name)
    _check_fillable(document, places, name)
    [place] = places
    space = page_space(document.pages[place.page])
    left, top, right, bottom = space.displayed(place.box)
    fits = width_mm <= right - left + TOLERANCE_MM and height_mm <= bottom - top + TOLERANCE_MM
    if fits:
        return SignatureTarget(name, place, place.box, moved=False), space
    if signed_fields(document):
        raise Refused("FIELD_TOO_SMALL", f"The field 「{name}」 is smaller than the seal.")
    corner = ((left + right - width_mm) / 2, (top + bottom - height_mm) / 2)
    x, y = onto_page(corner, (width_mm, height_mm), (space.width_mm, space.height_mm))
    return SignatureTarget(name, place, space.rectangle(x, y, width_mm, height_mm), moved=True), space


def _check_fillable(document: Document, places: list[Widget], name: str) -> None:
    kinds = {node.objgen: kind for node, kind in all_fields(document)}
    field, widget = places[0].field, places[0].widget
    if kinds.get(field.objgen) != "/Sig" or len(places) != 1 or not field.objgen[0] or not widget.objgen[0]:
        raise Refused("FIELD_KIND", f"The field 「{name}」 is no signature field that a seal could fill.")
    if field.get("/V") is not None:
        raise Refused("FIELD_SIGNED", f"The field 「{name}」 is signed already.")
    locks = (lock for one in signed_fields(document) for lock in locks_of(one.field, one.value))
    if any(lock.covers(name) for lock in locks):
        raise Refused("FIELD_LOCKED", f"An existing signature locks the field 「{name}」.")
    seed = field.get("/SV")
    if isinstance(seed, pikepdf.Dictionary) and seed.get("/Ff"):
        raise Refused("FIELD_CONSTRAINED", f"The field 「{name}」 asks for a signature of a certain kind.")


def fill_field(
    update: Update, document: Document, target: SignatureTarget, value: bytes, appearance: bytes, flags: int
) -> None:
    """Writes the field with its value, and its widget with the appearance."""
    place = target.place
    shown = {"/AP": b"<</N %s>>" % appearance, "/F": b"%d" % flags}
    if target.moved:
        shown["/Rect"] = syntax.numbers(target.box)
    if place.widget.objgen == place.field.objgen:
        update.put(*place.field.objgen, changed_dictionary(document, place.field, {**shown, "/V": value}))
    else:
        update.put(*place.field.objgen, changed_dictionary(document, place.field, {"/V": value}))
        update.put(*place.widget.objgen, changed_dictionary(document, place.widget, shown))
