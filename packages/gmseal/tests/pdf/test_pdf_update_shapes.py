"""Entries that a further signer may bring or fill in, whose value is something that could be drawn instead."""

import io

import pikepdf
import pytest
from pdf_writing import Objects, changed, plain, stream, updated, written

from gmseal.errors import Refused
from gmseal.pdf.additions import Closer, Closing, Terms
from gmseal.pdf.certification import Permission
from gmseal.pdf.comparison import compare
from gmseal.pdf.document import document_in_memory
from gmseal.pdf.revisions import revision

DRAWN = stream(b"0 g 60 390 300 30 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
FIELD = b"/Type/Annot/Subtype/Widget/FT/Sig/T(seal)/P 10 0 R/Rect[60 60 120 120]"
ANSWER = b"/Type/Annot/Subtype/Widget/FT/Tx/T(answer)/P 10 0 R/Rect[60 160 320 190]"
VALUE = b"<</Type/Sig/Filter/A/SubFilter/B/Contents<00>/ByteRange[0 1 2 3]>>"
SIGNED = Closing((50, 0), Closer.SEAL)
FILLING = Terms(Permission.SIGNING)


def form() -> Objects:
    """Two pages, a form with an empty signature field and a text field, validation data and metadata of its own."""
    objects = changed(plain(2), 1, b"/Pages", b"/AcroForm 4 0 R/DSS 5 0 R/Pages")
    objects = changed(objects, 10, b"/Contents", b"/Annots[6 0 R 7 0 R]/Contents")
    return {
        **objects,
        4: b"<</Fields[6 0 R 7 0 R]>>",
        5: b"<<>>",
        6: b"<<%s>>" % FIELD,
        7: b"<<%s>>" % ANSWER,
    }


def alterations(
    objects: Objects, changes: Objects, *, closing: Closing | None = None, terms: Terms | None = None
) -> list[str]:
    """What the comparison of a file with an update of it finds wrong."""
    data = written(objects)
    after = updated(data, changes)
    # As revisions are opened: what pages inherit stays where it is.
    with (
        pikepdf.open(io.BytesIO(data), inherit_page_attributes=False) as old,
        pikepdf.open(io.BytesIO(after), inherit_page_attributes=False) as new,
    ):
        return compare(io.BytesIO(after), len(data), old, new, closing, terms or Terms()).altered


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (b"/VRI 51 0 R", b"/VRI<</AB<</Cert[52 0 R]>>>>"),
        (b"/Certs 51 0 R", b"/Certs[52 0 R]"),
        (b"/CRLs 51 0 R", b"/CRLs[52 0 R]"),
        (b"/OCSPs 51 0 R", b"/OCSPs[52 0 R]"),
        (b"/VRI<</Subtype/Form>>", b""),
    ],
)
def test_validation_data_are_lists_and_a_dictionary(bad: bytes, good: bytes) -> None:
    more = {51: DRAWN, 52: stream(b"0")}
    assert alterations(form(), {5: b"<<%s>>" % bad, **more})
    assert not alterations(form(), {5: b"<<%s>>" % good, **more})


def test_flags_of_a_form_are_a_number() -> None:
    kept = b"/Fields[6 0 R 7 0 R]"
    assert not alterations(form(), {4: b"<<%s/SigFlags 3>>" % kept})
    for flags in (b"51 0 R", b"true", b"/Name"):
        assert alterations(form(), {4: b"<<%s/SigFlags %s>>" % (kept, flags), 51: DRAWN})


def test_flags_of_a_new_form_are_a_number() -> None:
    def with_form(flags: bytes) -> Objects:
        return {1: changed(plain(1), 1, b"/Pages", b"/AcroForm<</Fields[]/SigFlags %s>>/Pages" % flags)[1]}

    assert not alterations(plain(1), with_form(b"3"))
    assert alterations(plain(1), {**with_form(b"51 0 R"), 51: DRAWN})


@pytest.mark.parametrize("nested", [b"<</B 51 0 R>>", b"<</B<</C<</D<</E<</F 1>>>>>>>>>>", b"[[51 0 R]]"])
def test_extensions_are_direct_and_flat(nested: bytes) -> None:
    def with_extensions(value: bytes) -> Objects:
        return {1: changed(form(), 1, b"/Pages", b"/Extensions<</A %s>>/Pages" % value)[1], 51: DRAWN}

    assert not alterations(form(), with_extensions(b"<</BaseVersion/1.7/ExtensionLevel 8>>"))
    assert alterations(form(), with_extensions(nested))


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        (b"", False),
        (b"/AP<</N 51 0 R>>", False),
        (b"/MK<</R 0>>", False),
        (b"/AP 51 0 R", True),
        (b"/AP<</N 51 0 R/Resources<<>>>>", True),
        (b"/MK 51 0 R", True),
        (b"/MK<</Subtype/Type1>>", True),
    ],
)
def test_a_signature_that_fills_a_field_brings_an_appearance_and_nothing_else(
    entries: bytes, wrong: bool
) -> None:
    changes: Objects = {6: b"<<%s/V 50 0 R%s>>" % (FIELD, entries), 50: VALUE, 51: DRAWN}
    assert bool(alterations(form(), changes, closing=SIGNED)) is wrong


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        (b"/V(ten)", False),
        (b"/V(ten)/AP<</N 51 0 R>>", False),
        (b"/V 51 0 R", True),
        (b"/V(ten)/RV 51 0 R", True),
        (b"/V(ten)/AP 51 0 R", True),
        (b"/V(ten)/M<</Subtype/Image>>", True),
    ],
)
def test_an_answer_is_a_value_with_an_appearance(entries: bytes, wrong: bool) -> None:
    changes: Objects = {7: b"<<%s%s>>" % (ANSWER, entries), 51: DRAWN}
    assert bool(alterations(form(), changes, terms=FILLING)) is wrong
    assert alterations(form(), changes)


def test_an_earlier_revision_is_not_guessed_at() -> None:
    """qpdf takes a list of annotations away that is none, so a comparison would not see what others show there."""
    page = changed(plain(2), 12, b"/Contents", b"/Resources<</XObject 12 0 R>>/Contents")[12]
    honest = written({**plain(2), 12: page, 13: stream(b"/Annots Do")})
    prepared = updated(honest, {12: page.replace(b"/Contents", b"/Annots 51 0 R/Contents"), 51: DRAWN})
    mended = updated(prepared, {12: page})
    with document_in_memory(mended) as document:
        with revision(document, len(honest)) as pdf:
            assert len(pdf.pages) == 2
        with pytest.raises(Refused) as caught, revision(document, len(prepared)):
            pass
    assert caught.value.reason == "BROKEN_STRUCTURE"
