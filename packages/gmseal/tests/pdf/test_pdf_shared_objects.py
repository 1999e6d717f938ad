"""Objects that an update may change, because nothing of them is drawn, and that a page is made of nevertheless."""

import re
from typing import Any

import pytest
from pdf_writing import Objects, changed, plain, stream, written
from PIL import ImageChops

from gmseal.pdf import FieldPlacement, SealPlacement, verify_pdf_bytes
from gmseal.report import CheckResult, Report, Verdict

HERE = (SealPlacement(0, 100, 200),)
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
OVER = stream(b"1 g 0 380 595 60 re f 0 g BT /F1 18 Tf 60 400 Td (Amount 9000) Tj ET", FORM)
METADATA = b"/Type/Metadata/Subtype/XML"
INFO = b"/Info 30 0 R"


def text(words: bytes, entries: bytes = b"") -> bytes:
    return stream(b"BT /F1 18 Tf 60 400 Td (Amount 100) Tj ET " + words, entries)


def source(
    catalog: bytes = b"", page: bytes = b"", resources: bytes = b"", words: bytes = b"", **more: bytes
) -> Objects:
    """One page; ``more`` are objects by their numbers."""
    objects = changed(plain(1), 1, b"/Pages", catalog + b"/Pages")
    font = b"/Resources<</Font<</F1 3 0 R>>%s>>" % resources
    objects = changed(objects, 10, b"/Contents", page + font + b"/Contents")
    objects[11] = text(words)
    return {**objects, **{int(number[1:]): value for number, value in more.items()}}


def sealed(bench: Any, objects: Objects, trailer: bytes = b"") -> bytes:
    path, _ = bench.seal(written(objects, trailer=trailer), placements=HERE)
    assert bench.verify(path).verdict is Verdict.VALID
    return bytes(path.read_bytes())


def grown(data: bytes, number: int, entry: bytes) -> bytes:
    """The newest text of a dictionary with one more entry."""
    found: list[bytes] = re.findall(rb"\n%d 0 obj\n(.*?)\nendobj" % number, data, re.DOTALL)
    return found[-1].removesuffix(b">>") + entry + b">>"


def altered(report: Report) -> bool:
    return any(
        check.code == "ALTERED_AFTER_SEALING" and check.result is CheckResult.FAIL for check in report.walk()
    )


def judged(bench: Any, data: bytes) -> Report:
    return verify_pdf_bytes(data, bench.trust, bench.now)


CATALOG_AS_FORMS = [
    source(resources=b"/XObject 1 0 R", words=b"/Extensions Do"),
    source(resources=b"/XObject 1 7 R", words=b"/Extensions Do"),
    source(page=b"/Annots[40 0 R]", o40=b"<</Type/Annot/Subtype/Text/Rect[9 9 90 90]/AP<</N 1 0 R>>>>"),
]


@pytest.mark.parametrize("objects", CATALOG_AS_FORMS)
@pytest.mark.parametrize("entry", [b"/Extensions 50 0 R", b"/Version/1.6", b"/Extensions<</ADBE<<>>>>"])
def test_the_catalog_is_something_of_a_page(bench: Any, update: Any, objects: Objects, entry: bytes) -> None:
    data = sealed(bench, objects)
    assert altered(judged(bench, update(data, {1: grown(data, 1, entry), 50: OVER})))


def test_a_page_shows_what_the_catalog_was_given_later(bench: Any, update: Any, draw: Any) -> None:
    data = sealed(bench, CATALOG_AS_FORMS[0])
    attacked = update(data, {1: grown(data, 1, b"/Extensions 50 0 R"), 50: OVER})
    before, after = bench.write(data, "before.pdf"), bench.write(attacked, "after.pdf")
    assert ImageChops.difference(draw(before), draw(after)).getbbox(), "the page shows something else"
    assert bench.verify(after).verdict is Verdict.INVALID


SHARED: dict[str, tuple[Objects, dict[int, Any]]] = {
    "validation data, drawn": (
        source(b"/DSS 30 0 R", resources=b"/XObject 30 0 R", words=b"/Certs Do", o30=b"<<>>"),
        {30: b"<</Certs 50 0 R>>", 50: OVER},
    ),
    "validation data of the right shape": (
        source(b"/DSS 30 0 R", resources=b"/ColorSpace 30 0 R", o30=b"<<>>"),
        {30: b"<</Certs[/Separation/A/DeviceGray<</FunctionType 2/Domain[0 1]/N 1>>]>>"},
    ),
    "metadata as content": (
        {**source(b"/Metadata 11 0 R"), 11: text(b"", METADATA)},
        {11: text(b"0 g 60 390 300 30 re f", METADATA)},
    ),
    "metadata as content, in a list": (
        source(b"/Metadata 30 0 R", page=b"/Group<</K[[30 0 R]]>>", o30=stream(b"", METADATA)),
        {30: stream(b"0 g 60 390 300 30 re f", METADATA)},
    ),
    "the form as resources": (
        source(b"/AcroForm 30 0 R", resources=b"/XObject 30 0 R", o30=b"<</Fields[]>>"),
        {30: "/SigFlags 1"},
    ),
    "information as a state of graphics": (
        source(resources=b"/ExtGState<</G 30 0 R>>", words=b"/G gs 60 390 300 30 re f", o30=b"<</ca 0>>"),
        {30: b"<</ca 1>>"},
    ),
    "information above the page tree": (
        {
            **source(o30=b"<</Rotate 0>>"),
            2: b"<</Type/Pages/Kids[20 0 R]/Count 1/MediaBox[0 0 595 842]>>",
            20: b"<</Type/Pages/Parent 30 0 R/Kids[10 0 R]/Count 1>>",
        },
        {30: b"<</Rotate 90>>"},
    ),
}


@pytest.mark.parametrize("name", list(SHARED))
def test_an_object_beside_the_pages_is_something_of_a_page(bench: Any, update: Any, name: str) -> None:
    objects, changes = SHARED[name]
    trailer = INFO if name.startswith("information") else b""
    data = sealed(bench, objects, trailer)
    values = {
        number: grown(data, number, value.encode()) if isinstance(value, str) else value
        for number, value in changes.items()
    }
    assert altered(judged(bench, update(data, values, trailer=trailer)))


@pytest.mark.parametrize(
    "entry",
    [b"/Version 50 0 R", b"/Extensions<</ADBE 50 0 R>>", b"/Metadata 50 0 R", b"/DSS<</Certs 50 0 R>>"],
)
def test_a_value_of_another_kind_is_not_allowed(bench: Any, update: Any, entry: bytes) -> None:
    data = sealed(bench, source())
    assert altered(judged(bench, update(data, {1: grown(data, 1, entry), 50: OVER})))


HONEST: dict[str, tuple[Objects, dict[int, Any]]] = {
    "version": (source(), {1: "/Version/1.7"}),
    "extensions": (source(), {1: "/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>"}),
    "extensions of ISO 32000-2": (
        source(),
        {1: "/Extensions<</ISO_[<</BaseVersion/2.0/ExtensionLevel 32001/URL(x)>>]>>"},
    ),
    "validation data": (
        source(b"/DSS 30 0 R", o30=b"<<>>"),
        {30: b"<</Certs[50 0 R]/VRI<<>>>>", 50: stream(b"0")},
    ),
    "metadata": (
        source(b"/Metadata 30 0 R", o30=stream(b"<a/>", METADATA)),
        {30: stream(b"<b/>", METADATA)},
    ),
    "information": (source(o30=b"<</Title(a)>>"), {30: b"<</Title(b)>>"}),
    "links between pages": (
        source(
            page=b"/Annots[40 0 R]",
            o40=b"<</Type/Annot/Subtype/Link/Rect[9 9 90 90]/P 10 0 R/A<</S/GoTo/D[10 0 R/Fit]>>/F 4>>",
        ),
        {1: "/Version/1.7"},
    ),
}


@pytest.mark.parametrize("name", list(HONEST))
def test_what_no_page_is_made_of_may_change(bench: Any, update: Any, name: str) -> None:
    objects, changes = HONEST[name]
    trailer = INFO if name == "information" else b""
    data = sealed(bench, objects, trailer)
    values = {
        number: grown(data, number, value.encode()) if isinstance(value, str) else value
        for number, value in changes.items()
    }
    report = judged(bench, update(data, values, trailer=trailer))
    assert report.verdict is Verdict.VALID
    again, _ = bench.seal(update(data, values, trailer=trailer), placements=HERE, target="again.pdf")
    assert bench.verify(again).verdict is Verdict.VALID


def test_a_lock_that_names_the_catalog_leaves_further_seals_their_right(bench: Any) -> None:
    """Whoever locks fields states the catalog as what the lock is about; a page leads there by its widget."""
    field = (
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/P 10 0 R/Rect[200 300 360 450]/Lock<</Action/All>>>>"
    )
    objects = source(b"/AcroForm<</Fields[6 0 R]>>", page=b"/Annots[6 0 R]", o6=field)
    once, _ = bench.seal(written(objects), placements=(FieldPlacement("seal", fill=True),))
    twice, _ = bench.seal(once.read_bytes(), placements=HERE, target="twice.pdf")
    assert b"/Data 1 0 R" in once.read_bytes()
    assert bench.verify(twice).verdict is Verdict.VALID
