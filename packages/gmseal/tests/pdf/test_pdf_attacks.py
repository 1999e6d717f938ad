"""The published classes of attacks on signed PDF, one fixture each, and what a certification lets pass.

USF: the signature's own entries are spoilt so that a reader shows success without checking. ISA: content is
added by incremental saving, also with parts missing that some readers need to notice it. SWA: the signed bytes are
moved elsewhere and something else is put in their place. Shadow: content is prepared before signing and swapped,
shown or hidden after it. EAA and SSA: what a certification seems to allow is abused.
"""

import io
import re
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pdf_writing import plain, written

from gmseal.errors import Refused
from gmseal.pdf import (
    CmsValue,
    InvisibleOrder,
    Permission,
    SealOrder,
    SealPlacement,
    seal_pdf_bytes,
    sign_pdf_bytes,
    verify_pdf_bytes,
)
from gmseal.pdf.certification import FieldLock
from gmseal.policy import STRICT
from gmseal.report import CheckResult, Report, Verdict
from gmseal.trial import TrialUnit

HERE = (SealPlacement(0, 100, 180),)


def codes(report: Report) -> set[str]:
    return {check.code for check in report.walk() if check.result is CheckResult.FAIL}


def sealed_with(bench: Any, data: bytes, certify: Permission | None = None) -> bytes:
    return seal_pdf_bytes(
        data, SealOrder(signed_at=bench.now, placements=HERE), bench.signer, certify=certify
    )


def newest(data: bytes, number: int) -> bytes:
    found: list[bytes] = re.findall(rb"\n%d 0 obj\n(.*?)\nendobj" % number, data, re.DOTALL)
    return found[-1]


def signature_number(data: bytes) -> int:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        field = next(one for one in pdf.Root["/AcroForm"]["/Fields"] if one.get("/FT") == "/Sig")
        return int(field["/V"].objgen[0])


def table_update(data: bytes, entries: dict[int, int]) -> bytes:
    """A section of cross-references and nothing else: numbers point to other bytes of the same file."""
    previous = int(data.rpartition(b"startxref")[2].split()[0])
    size = max(int(number) for number in re.findall(rb"/Size (\d+)", data))
    at = len(data)
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % (number, offset) for number, offset in entries.items())
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, previous, at)
    return data + b"xref\n" + rows + trailer


def overlay(text: bytes) -> bytes:
    content = b"1 g 50 390 300 30 re f 0 g BT /F1 18 Tf 60 400 Td (%s) Tj ET" % text
    return b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content)


# --- USF: universal signature forgery -----------------------------------------------------------

SPOILT = {
    "contents missing": (rb"/Contents<[0-9a-f]+>", b""),
    "contents null": (rb"/Contents<[0-9a-f]+>", b"/Contents null"),
    "contents empty": (rb"/Contents<[0-9a-f]+>", b"/Contents<>"),
    "contents zero": (rb"/Contents<[0-9a-f]+>", b"/Contents<00>"),
    "range missing": (rb"/ByteRange\[[^]]*\]", b""),
    "range null": (rb"/ByteRange\[[^]]*\]", b"/ByteRange null"),
    "range empty": (rb"/ByteRange\[[^]]*\]", b"/ByteRange[]"),
    "range of nothing": (rb"/ByteRange\[[^]]*\]", b"/ByteRange[0 0 0 0]"),
    "range negative": (rb"/ByteRange\[[^]]*\]", b"/ByteRange[0 -1 -1 -1]"),
    "sub filter unknown": (rb"/SubFilter/[^/]+", b"/SubFilter/None"),
    "type only": (rb"/Type/Sig.*", b"/Type/Sig>>"),
}


@pytest.mark.parametrize("name", list(SPOILT))
def test_universal_signature_forgery(bench: Any, blueprint: Any, update: Any, name: str) -> None:
    data = sealed_with(bench, blueprint().table())
    number = signature_number(data)
    pattern, instead = SPOILT[name]
    spoilt = re.sub(pattern, instead, newest(data, number), flags=re.DOTALL)
    report = verify_pdf_bytes(update(data, {number: spoilt, 11: overlay(b"9")}), bench.trust, bench.now)
    assert report.verdict is Verdict.INVALID
    assert codes(report) & {"BYTE_RANGE", "FORMAT_SIGNATURE"}


# --- ISA: incremental saving --------------------------------------------------------------------

APPENDED: dict[str, Callable[[bytes], bytes]] = {
    "body only": lambda data: data + b"11 0 obj\n%s\nendobj\n" % overlay(b"9"),
    "body and trailer": lambda data: (
        data + b"11 0 obj\n%s\nendobj\ntrailer\n<</Size 99/Root 1 0 R>>\n%%%%EOF\n" % overlay(b"9")
    ),
    "body and old startxref": lambda data: (
        data + b"11 0 obj\n%s\nendobj\nstartxref%s" % (overlay(b"9"), data.rpartition(b"startxref")[2])
    ),
    "startxref elsewhere": lambda data: data + b"startxref\n0\n%%EOF\n",
    "second header": lambda data: data + data,
}


@pytest.mark.parametrize("name", list(APPENDED))
def test_incremental_saving_with_parts_missing(bench: Any, blueprint: Any, name: str) -> None:
    data = sealed_with(bench, blueprint().table())
    try:
        report = verify_pdf_bytes(APPENDED[name](data), bench.trust, bench.now)
    except Refused:
        return
    assert report.verdict is Verdict.INVALID


def test_incremental_saving_closed_by_a_copy_of_the_signature(
    bench: Any, blueprint: Any, update: Any
) -> None:
    data = sealed_with(bench, blueprint().table())
    number = signature_number(data)
    report = verify_pdf_bytes(
        update(data, {number: newest(data, number), 11: overlay(b"9")}), bench.trust, bench.now
    )
    assert report.verdict is Verdict.INVALID
    assert "BYTE_RANGE" in codes(report)


# --- SWA: signature wrapping --------------------------------------------------------------------


@pytest.mark.parametrize("grown", [b"", b"<</Wrapped true>>"])
def test_signature_wrapping(bench: Any, blueprint: Any, grown: bytes) -> None:
    """The second signed part moves to the end, room between them holds other objects, the digest still fits."""
    data = sealed_with(bench, blueprint().table())
    found = re.search(rb"/ByteRange\[([^]]*)\]", data)
    assert found
    _, hole, after, length = (int(number) for number in found[1].split())
    gap = data[hole:after] + b">>\nendobj\n11 0 obj\n" + overlay(b"9") + grown + b"\nendobj\n"
    moved = data[:hole] + gap + data[after : after + length]
    text = b"0 %d %d %d" % (hole, hole + len(gap), length)
    wrapped = moved[: found.start(1)] + text.ljust(len(found[1])) + moved[found.end(1) :]
    report = verify_pdf_bytes(wrapped, bench.trust, bench.now)
    assert report.verdict is Verdict.INVALID
    assert codes(report) & {"BYTE_RANGE", "DATA_HASH", "ALTERED_AFTER_SEALING"}


# --- Shadow attacks -----------------------------------------------------------------------------


def test_shadow_replace_by_cross_references_alone(bench: Any, blueprint: Any) -> None:
    """Two versions of a page's content are in the signed bytes; a later table makes the other one count."""
    plain = blueprint().table()
    hidden_at = plain.index(b"11 0 obj")
    shadow = b"11 0 obj\n%s\nendobj\n" % overlay(b"Amount 9")
    prepared = plain[:hidden_at] + shadow + plain[hidden_at:]
    moved = len(shadow)
    prepared = re.sub(
        rb"(?m)^(\d{10}) (\d{5}) n",
        lambda row: b"%010d %s n" % (int(row[1]) + (moved if int(row[1]) >= hidden_at else 0), row[2]),
        prepared,
    )
    start = int(plain.rpartition(b"startxref")[2].split()[0]) + moved
    prepared = prepared.rpartition(b"startxref")[0] + b"startxref\n%d\n%%%%EOF\n" % start
    data = sealed_with(bench, prepared)
    assert verify_pdf_bytes(data, bench.trust, bench.now).verdict is Verdict.VALID
    swapped = table_update(data, {11: hidden_at})
    report = verify_pdf_bytes(swapped, bench.trust, bench.now)
    assert report.verdict is Verdict.INVALID
    assert "ALTERED_AFTER_SEALING" in codes(report)


def test_shadow_hide_and_replace_by_another_root(bench: Any, blueprint: Any) -> None:
    """A second catalog with its own pages lies ready; the update only changes the trailer's Root."""
    plan = blueprint()
    plan.more = {
        40: b"<</Type/Catalog/Pages 41 0 R>>",
        41: b"<</Type/Pages/Kids[42 0 R]/Count 1/MediaBox[0 0 595 842]>>",
        42: b"<</Type/Page/Parent 41 0 R/Contents 43 0 R/Resources<</Font<</F1 3 0 R>>>>>>",
        43: overlay(b"Amount 9"),
    }
    data = sealed_with(bench, plan.table())
    swapped = table_update(data, {43: data.index(b"43 0 obj")}).replace(
        b"/Root 1 0 R/Prev", b"/Root 40 0 R/Prev"
    )
    try:
        report = verify_pdf_bytes(swapped, bench.trust, bench.now)
    except Refused:
        return
    assert report.verdict is not Verdict.VALID


SHADOWS = {
    "hide: the cover is taken away": {11: overlay(b"Amount 9")},
    "replace: the font": {3: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"},
    "replace: the form field": {6: b"<</FT/Tx/T(Seal1)/V(9)>>"},
    "replace: the form field's picture": {
        6: b"<</FT/Tx/T(Seal1)/V(x)/AP<</N 60 0 R>>>>",
        60: b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream",
    },
}


@pytest.mark.parametrize("name", list(SHADOWS))
def test_shadow_attacks_by_updates(bench: Any, blueprint: Any, update: Any, name: str) -> None:
    data = sealed_with(bench, blueprint(form="indirect").table())
    report = verify_pdf_bytes(update(data, SHADOWS[name]), bench.trust, bench.now)
    assert report.verdict is Verdict.INVALID
    assert "ALTERED_AFTER_SEALING" in codes(report)


# --- EAA and SSA: certifications ----------------------------------------------------------------


@pytest.mark.parametrize(("level", "allowed"), [(None, False), (1, False), (2, True), (3, True)])
def test_answers_in_form_fields_need_a_certification_that_lets_them(
    bench: Any, blueprint: Any, update: Any, level: int | None, allowed: bool
) -> None:
    certify = None if level is None else Permission(level)
    data = sealed_with(bench, blueprint(form="indirect").table(), certify)
    answered = update(data, {6: b"<</FT/Tx/T(Seal1)/V(y)>>"})
    report = verify_pdf_bytes(answered, bench.trust, bench.now)
    assert (report.verdict is Verdict.VALID) == allowed
    if allowed:
        coverage = report.signatures[0].coverage or {}
        assert coverage["unprotected"] == ["answers in form fields"]
        strict = verify_pdf_bytes(answered, bench.trust, bench.now, policy=STRICT)
        assert "UNPROTECTED_CONTENT" in codes(strict)


def test_a_field_is_more_than_its_answer(bench: Any, blueprint: Any, update: Any) -> None:
    data = sealed_with(bench, blueprint(form="indirect").table(), Permission.ANNOTATING)
    for changed in (b"<</FT/Tx/T(Seal1)/V(y)/Rect[0 0 500 500]>>", b"<</FT/Tx/T(Other)/V(y)>>", b"[]"):
        report = verify_pdf_bytes(update(data, {6: changed}), bench.trust, bench.now)
        assert report.verdict is Verdict.INVALID, changed


@pytest.mark.parametrize("level", [Permission.NOTHING, Permission.SIGNING])
def test_what_goes_beyond_the_certification_is_told(
    bench: Any, blueprint: Any, unit: TrialUnit, monkeypatch: pytest.MonkeyPatch, level: Permission
) -> None:
    """Another program that does not ask: a further signature at level 1, marks of a seal at level 2."""
    data = sealed_with(bench, blueprint().table(), level)
    monkeypatch.setattr("gmseal.pdf.seal.check_may_add", lambda *_, **__: None)
    if level is Permission.NOTHING:
        value = CmsValue(unit.certificate, unit.key)
        later = sign_pdf_bytes(data, InvisibleOrder(signed_at=bench.now), value)
    else:
        places = (*HERE, SealPlacement(0, 20, 20))
        later = seal_pdf_bytes(data, SealOrder(signed_at=bench.now, placements=places), bench.signer)
    report = verify_pdf_bytes(later, bench.trust, bench.now)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"CERTIFICATION_VIOLATED"}


def test_annotations_are_not_allowed_to_lie_even_at_level_three(
    bench: Any, blueprint: Any, update: Any
) -> None:
    """A note that nobody signed could cover the amount; a certification does not make it the signer's."""
    data = sealed_with(bench, blueprint().table(), Permission.ANNOTATING)
    page = newest(data, 10)
    note = b"<</Type/Annot/Subtype/FreeText/Rect[50 390 300 420]/DA(/F1 18 Tf)/Contents(Amount 9)>>"
    size = max(int(number) for number in re.findall(rb"/Size (\d+)", data))
    changed = page.replace(b" 0 R]>>", b" 0 R %d 0 R]>>" % size)
    assert changed != page
    report = verify_pdf_bytes(update(data, {10: changed, size: note}), bench.trust, bench.now)
    assert report.verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("lock", "covered"),
    [
        (FieldLock("all", frozenset()), {"a", "a.b", "c"}),
        (FieldLock("include", frozenset({"a"})), {"a", "a.b"}),
        (FieldLock("include", frozenset({"a.b"})), {"a.b"}),
        (FieldLock("exclude", frozenset({"a"})), {"c"}),
    ],
)
def test_locks_cover_a_field_and_those_below_it(lock: FieldLock, covered: set[str]) -> None:
    assert {name for name in ("a", "a.b", "c") if lock.covers(name)} == covered


def test_a_signature_that_an_update_removes_was_never_there(bench: Any, update: Any) -> None:
    """Whoever can add an update can cut the file off before the seal too: nothing valid is said, and nothing of others."""
    first, _ = bench.seal(written(plain()), placements=HERE)
    data = first.read_bytes()
    field = int(re.findall(rb"\n(\d+) 0 obj\n<<[^\n]*/FT/Sig", data)[-1])
    bare = update(data, {1: plain()[1], 10: plain()[10], field: b"null"})
    report = bench.verify(bare)
    assert report.verdict is Verdict.INDETERMINATE
    assert [check.code for check in report.checks] == ["NO_SIGNATURE"]
    assert report.signatures == ()
    # The seal before it is judged by what came after it: a field that is gone is a change like any other.
    second, _ = bench.seal(data, placements=HERE, target="second.pdf")
    both = second.read_bytes()
    emptied = update(both, {field: b"null"})
    assert bench.verify(both).verdict is Verdict.VALID
    assert bench.verify(emptied).verdict is Verdict.INVALID
