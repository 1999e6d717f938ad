"""Signature fields: those that are there, what they forbid, and how a new one joins them."""

from collections.abc import Iterator
from typing import NamedTuple

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf import syntax
from gmseal.pdf.certification import Permission, certifies, locks_of, permission_of
from gmseal.pdf.document import Document
from gmseal.pdf.entries import rare_entry
from gmseal.pdf.source_text import changed_dictionary, extended_array
from gmseal.pdf.update import Update

MAX_FIELDS = 50_000
"""Nodes of the field tree that are looked at; forms of tax offices have a few thousand."""


class SignedField(NamedTuple):
    """A signature field that carries a signature. ``where`` is its object number, 0 when direct."""

    name: str
    field: pikepdf.Object
    value: pikepdf.Object
    where: int


def interactive_form(document: Document) -> pikepdf.Object | None:
    """The interactive form, when there is one. ``Refused`` (``BROKEN_STRUCTURE``) when it is no dictionary."""
    form = document.catalog.get("/AcroForm")
    if form is not None and not isinstance(form, pikepdf.Dictionary):
        raise Refused("BROKEN_STRUCTURE", "The interactive form of this PDF is damaged.")
    return form


def all_fields(document: Document) -> Iterator[tuple[pikepdf.Object, object]]:
    """Every node of the field tree with its field type, inherited where it is not its own."""
    form = interactive_form(document)
    roots = form.get("/Fields") if form is not None else None
    if roots is None:
        return
    if not isinstance(roots, pikepdf.Array):
        raise Refused("BROKEN_STRUCTURE", "The list of form fields of this PDF is damaged.")
    waiting: list[tuple[object, object]] = [(node, None) for node in reversed(list(roots))]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        node, inherited = waiting.pop()
        if not isinstance(node, pikepdf.Dictionary) or (node.is_indirect and node.objgen in seen):
            continue
        seen.add(node.objgen)
        count += 1
        if count > MAX_FIELDS:
            raise Refused("BROKEN_STRUCTURE", "This PDF has too many form fields.")
        kind = node.get("/FT", inherited)
        yield node, kind
        children = rare_entry(node, "/Kids")
        if isinstance(children, pikepdf.Array):
            waiting += [(child, kind) for child in reversed(list(children))]


def signed_fields(document: Document) -> list[SignedField]:
    """The signature fields that carry a signature, in the order of the field tree."""
    found = []
    for field, kind in all_fields(document):
        value = field.get("/V")
        if kind == "/Sig" and isinstance(value, pikepdf.Dictionary):
            found.append(SignedField(_name_of(field), field, value, value.objgen[0]))
    return found


def check_may_add(
    document: Document, *, name: str | None = None, visible: bool = True, certify: Permission | None = None
) -> None:
    """``Refused`` when the file does not take another signature, in a field of this ``name`` when it is given.

    ``DOCMDP_FORBIDS``: a certification, or the lock of a signed field, allows no annotations when the
    signature is ``visible``, and no signing when it is not (12.8.2.2).
    ``FIELD_LOCKED``: a signature locks form fields of this name (FieldMDP).
    ``CERTIFY_NOT_FIRST``: only the first signature of a file can certify it.
    ``XFA``: an XFA form draws its own pages, the marks would not be seen.
    """
    form = interactive_form(document)
    if form is not None and form.get("/XFA") is not None:
        raise Refused("XFA", "This PDF is an XFA form; print it to an ordinary PDF first.")
    signed = signed_fields(document)
    if certify is not None and (signed or _is_certified(document)):
        raise Refused("CERTIFY_NOT_FIRST", "Only the first signature of a PDF can certify it.")
    needed = Permission.ANNOTATING if visible else Permission.SIGNING
    for one in signed:
        permitted = permission_of(one.field, one.value)
        if permitted is not None and permitted < needed:
            raise Refused("DOCMDP_FORBIDS", "An existing signature certifies this PDF against further marks.")
        if name is not None and any(
            lock.action == "include" and lock.covers(name) for lock in locks_of(one.field, one.value)
        ):
            raise Refused("FIELD_LOCKED", "An existing signature locks the field of this name.")


def _is_certified(document: Document) -> bool:
    permissions = document.catalog.get("/Perms")
    value = permissions.get("/DocMDP") if isinstance(permissions, pikepdf.Dictionary) else None
    return isinstance(value, pikepdf.Dictionary) and certifies(value)


def add_field(
    update: Update, document: Document, field_number: int | None, *, certification: int | None = None
) -> None:
    """Writes the form, and the catalog where that changes, with one more field; ``None``: a field that is there.

    ``certification`` is the number of the signature dictionary that certifies the file, when one does.
    """
    catalog = document.catalog
    changes = {} if certification is None else {"/Perms": _permissions(document, certification)}
    form = interactive_form(document)
    new = [] if field_number is None else [syntax.reference(field_number)]
    if form is None:
        changes["/AcroForm"] = b"<</Fields[%s]/SigFlags 3>>" % b"".join(new)
    else:
        flags = form.get("/SigFlags")
        bits = (flags if isinstance(flags, int) else 0) | 3
        fields = extended_array(document, form, "/Fields", new)
        changed = changed_dictionary(document, form, {"/Fields": fields, "/SigFlags": b"%d" % bits})
        if form.is_indirect:
            update.put(*_place(form), changed)
        else:
            changes["/AcroForm"] = changed
    if changes:
        update.put(*_place(catalog), changed_dictionary(document, catalog, changes))


def _permissions(document: Document, certification: int) -> bytes:
    present = document.catalog.get("/Perms")
    entry = syntax.reference(certification)
    if not isinstance(present, pikepdf.Dictionary):
        return b"<</DocMDP %s>>" % entry
    return syntax.dictionary_with(present, {"/DocMDP": entry})


def free_name(document: Document, wanted: str | None) -> str:
    """The wanted name, or ``Seal1``, ``Seal2`` …; ``Refused`` (``FIELD_NAME``) when taken or unusable."""
    taken = {_name_of(field) for field, _ in all_fields(document)}
    if wanted is not None:
        if wanted in taken or not 0 < len(wanted) <= 100 or "." in wanted or not wanted.isprintable():
            raise Refused("FIELD_NAME", "The name of the signature field is taken or unusable.")
        return wanted
    return next(name for name in (f"Seal{count}" for count in range(1, len(taken) + 2)) if name not in taken)


def _place(node: pikepdf.Object) -> tuple[int, int]:
    number, generation = node.objgen
    if number == 0:
        raise Refused("BROKEN_STRUCTURE", "The catalog of this PDF is not an indirect object.")
    return number, generation


def _name_of(field: pikepdf.Object) -> str:
    name = field.get("/T")
    return str(name) if isinstance(name, pikepdf.String) else ""
