"""Files prepared so that the bytes of the seal itself are shown: streams that reach too far, free digits and numbers."""

import io
import re
from typing import Any

import pikepdf
import pytest
from pdf_writing import changed, plain, saved, stream, updated, written

from gmseal.errors import Refused
from gmseal.pdf import SealPlacement, inspect_pdf, repair_pdf
from gmseal.pdf import verify as verify_module
from gmseal.pdf.document import Document
from gmseal.pdf.expansion import check_structures
from gmseal.pdf.stream_extents import Wanted, extents
from gmseal.report import Report, Verdict, walk

HERE = (SealPlacement(0, 100, 180),)
NOTE = b"/Note(endstream endobj )"
"""What a stream that goes on beyond the end of the source is to find there: the trailer is written again."""


@pytest.fixture(params=["short", "whole"])
def judge(request: pytest.FixtureRequest, bench: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Verification by way of the short copy and without it."""
    if request.param == "whole":
        monkeypatch.setattr(verify_module, "shortened", lambda _: None)
    return bench.verify


def seal(bench: Any, data: bytes) -> bytes:
    path, _ = bench.seal(data, placements=HERE)
    return bytes(path.read_bytes())


def failed(report: Report) -> set[str]:
    return {step.code for step in walk(report.signatures[0].checks) if step.result.value == "fail"}


def gap(data: bytes) -> tuple[int, int]:
    numbers = re.findall(rb"/ByteRange\[(.*?)\]", data)[-1].split()
    return int(numbers[1]), int(numbers[2])


def reaching(length: int, entries: bytes = b"") -> bytes:
    body = b"<<%s/Length %010d>>\nstream\nq Q\nendstream" % (entries, length)
    return written({**plain(), 16: body}, trailer=NOTE)


def grown(bench: Any, monkeypatch: pytest.MonkeyPatch, spell: Any) -> bytes:
    """A sealed file of which stream 16 ends behind the gap, as it was sealed before streams were looked at."""
    monkeypatch.setattr(Document, "check_streams", lambda _: None)
    draft = seal(bench, spell(9_999_999))
    start = draft.index(b"stream\n", draft.index(b"16 0 obj")) + 7
    return seal(bench, spell(draft.rindex(b"endstream endobj )") - start))


def test_the_digits_of_a_value_are_of_one_case(bench: Any, judge: Any) -> None:
    data = seal(bench, written(plain()))
    start, end = gap(data)
    large = data[:start] + data[start:end].upper() + data[end:]
    assert judge(data).verdict is judge(large).verdict is Verdict.VALID
    at = next(place for place in range(start + 200, end) if data[place] in b"abcdef")
    report = judge(data[:at] + data[at : at + 1].upper() + data[at + 1 :])
    assert report.verdict is Verdict.INVALID
    assert "BYTE_RANGE" in failed(report)


@pytest.mark.parametrize(
    "spelling", [b"", b"/S(a \\) b (c) >> /Length 3 )/Kept[/Length 3]", b"% /Length 3\n/D<</Length 3>>/S<20>"]
)
def test_a_stream_that_reaches_into_the_gap(
    bench: Any, judge: Any, monkeypatch: pytest.MonkeyPatch, spelling: bytes
) -> None:
    data = grown(bench, monkeypatch, lambda length: reaching(length, spelling))
    report = judge(data)
    assert report.verdict is Verdict.INVALID
    assert failed(report) == {"BYTE_RANGE"}


def test_a_length_elsewhere_is_followed(bench: Any, judge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def spell(length: int) -> bytes:
        body = b"<</L#65ngth 17 0 R>>\nstream\nq Q\nendstream"
        return written({**plain(), 16: body, 17: b"%010d" % length}, trailer=NOTE)

    assert failed(judge(grown(bench, monkeypatch, spell))) == {"BYTE_RANGE"}


def test_a_slip_before_the_gap_says_nothing_about_what_is_signed(
    bench: Any, judge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files with such slips were sealed before they were refused: nothing unsigned comes into the stream."""
    monkeypatch.setattr(Document, "check_streams", lambda _: None)
    assert judge(seal(bench, reaching(1))).verdict is Verdict.VALID


@pytest.mark.parametrize("length", [0, 2, 500, 9_999_999])
def test_a_length_that_is_wrong_is_refused_and_repaired(bench: Any, length: int) -> None:
    objects = plain()
    objects[11] = stream(b"BT /F1 18 Tf 60 400 Td (Page 1) Tj ET", length=length)
    source = bench.write(written(objects), "wrong.pdf")
    with pytest.raises(Refused) as caught:
        seal(bench, source.read_bytes())
    assert caught.value.reason == "BROKEN_STREAMS"
    assert inspect_pdf(source).damage == "BROKEN_STREAMS"
    clean = bench.folder / "clean.pdf"
    assert not repair_pdf(source, clean).damaged
    with pikepdf.open(clean) as repaired:
        assert b"(Page 1)" in repaired.pages[0].Contents.read_bytes()
    assert bench.verify(seal(bench, clean.read_bytes())).verdict is Verdict.VALID


def test_a_section_that_no_entry_lists_reaches_into_the_gap() -> None:
    """A cross-reference stream that is named by ``Prev`` alone."""
    data = written(plain())
    at = len(data)
    data += b"90 0 obj\n<</Type/XRef/W[1 2 1]/Size 1/Length 300>>\nstream\n%s\nendstream\nendobj\n" % (
        b"0" * 300
    )
    newest = len(data)
    data += b"xref\n0 0\ntrailer\n<</Size 91/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (at, newest)
    found = extents(data, {}, newest, lambda _: None)
    assert found.sound
    assert found.reach_into(at + 100, at + 200, (5, 0))
    assert not found.reach_into(newest, newest + 9, (5, 0))


@pytest.mark.parametrize("length", [None, 0, 40, 100, 9_999_999])
def test_what_is_read_for_one_gap_says_the_same_as_everything_read(length: int | None) -> None:
    """Nothing is left out that could reach into a gap, wherever that is and whosever it is."""
    objects = plain()
    if length is not None:
        objects[11] = stream(b"BT /F1 18 Tf 60 400 Td (Page 1) Tj ET", length=length)
    data = written(objects)
    older, newest = int(data.rpartition(b"startxref")[2].split()[0]), len(data)
    data += b"xref\n0 0\ntrailer\n<</Size 91/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (older, newest)
    entries = {(number, 0): data.index(b"\n%d 0 obj" % number) + 1 for number in objects if number != 3}
    whole = extents(data, entries, newest, lambda _: None)
    for end in range(20, len(data), 23):
        for owner in ((11, 0), (3, 0), (90, 0)):
            part = extents(data, entries, newest, lambda _: None, wanted=Wanted(end, owner))
            for start in (end - 1, end - 12, end - 20):
                assert part.reach_into(start, end, owner) == whole.reach_into(start, end, owner)


def test_a_length_that_is_remembered_is_that_of_the_same_words_alone() -> None:
    """A dictionary that was read before says the same again; whether its stream ends there is looked at every time."""

    def sound(entries: bytes, data: bytes) -> bool:
        objects = {**plain(), 11: b"<<%s>>\nstream\n%s\nendstream" % (entries, data)}
        file = written(objects)
        places = {(number, 0): file.index(b"\n%d 0 obj" % number) + 1 for number in objects}
        return extents(file, places, None, lambda _: None).sound

    for _ in range(2):
        assert sound(b"/Length 40", b"x" * 40)
        assert not sound(b"/Length 40", b"x" * 41), "octets were put in"
        assert not sound(b"/Length 40", b"x" * 38), "octets were taken out"
        assert not sound(b"/Length 42", b"x" * 40), "another length"
        assert not sound(b"/Length 40/Length 9", b"x" * 40), "two lengths"
        assert not sound(b"/Note(/Length 40)/Length 42", b"x" * 40), "the length of a string"


def packed() -> bytes:
    """The second page of the plain file in an object stream."""
    page = b"<</Type/Page/Parent 2 0 R/Contents 13 0 R/Resources<</XObject<</S 92 0 R/F 93 0 R>>>>>>"
    data = written(plain())
    table = int(data.rpartition(b"startxref")[2].split()[0])
    holder = stream(b"12 0 " + page, b"/Type/ObjStm/N 1/First 5")
    at = len(data)
    data += b"90 0 obj\n%s\nendobj\n" % holder
    newest = len(data)
    rows = (
        b"\x02"
        + (90).to_bytes(4, "big")
        + b"\0"
        + b"".join(b"\x01" + place.to_bytes(4, "big") + b"\0" for place in (at, newest))
    )
    entries = b"/Type/XRef/W[1 4 1]/Index[12 1 90 2]/Size 92/Root 1 0 R/Prev %d" % table
    return data + b"91 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream(rows, entries), newest)


def test_numbers_that_the_file_refers_to_are_not_given_to_the_seal(bench: Any) -> None:
    loose = changed(
        plain(), 10, b"/Contents", b"/Resources<</XObject<</S 16 0 R/F 17 % there\n7 R>>>>/Contents"
    )
    for source, numbers in ((written(loose), (16, 17)), (packed(), (92, 93))):
        data = seal(bench, source)
        with pikepdf.open(io.BytesIO(data)) as pdf:
            used = {number for number, _ in pdf.get_xref_table()}
        assert not used & set(numbers)
        assert max(used) > max(numbers)
        assert bench.verify(data).verdict is Verdict.VALID


@pytest.mark.parametrize(
    "source",
    [
        written(plain()).replace(b"/Size 16", b"/Size 2147483647"),
        written({**plain(), 8_388_607: b"null"}),
    ],
    ids=["counted", "used"],
)
def test_numbers_beyond_what_readers_take(bench: Any, source: bytes) -> None:
    path = bench.write(source, "wrong.pdf")
    with pytest.raises(Refused) as caught:
        seal(bench, source)
    assert caught.value.reason == "BROKEN_XREF"
    assert inspect_pdf(path).damage == "BROKEN_XREF"
    clean = bench.folder / "clean.pdf"
    assert not repair_pdf(path, clean).damaged
    assert bench.verify(seal(bench, clean.read_bytes())).verdict is Verdict.VALID


def test_files_in_order_are_sound(bench: Any) -> None:
    for data in (
        saved(plain(), object_stream_mode=pikepdf.ObjectStreamMode.generate),
        saved(plain(), linearize=True),
        seal(bench, written(plain())),
    ):
        assert inspect_pdf(bench.write(data)).damage is None


def superseded(length: int) -> bytes:
    """The stream that reaches far is replaced before sealing: only readers of an older table see it."""
    return updated(reaching(length), {16: stream(b"q Q")}, trailer=NOTE)


def superseded_length(length: int) -> bytes:
    body = b"<</Length 17 0 R>>\nstream\nq Q\nendstream"
    return updated(written({**plain(), 16: body, 17: b"%010d" % length}), {17: b"3"}, trailer=NOTE)


@pytest.mark.parametrize("spell", [superseded, superseded_length])
def test_what_only_an_older_table_names_reaches_into_the_gap(
    bench: Any, judge: Any, monkeypatch: pytest.MonkeyPatch, spell: Any
) -> None:
    with pytest.raises(Refused) as caught:
        seal(bench, spell(9_999_999))
    assert caught.value.reason == "BROKEN_STREAMS"
    with monkeypatch.context() as patched:
        data = grown(bench, patched, spell)
    assert failed(judge(data)) == {"BYTE_RANGE"}


def test_a_superseded_slip_within_the_file_hinders_nothing(bench: Any, judge: Any) -> None:
    data = seal(bench, superseded(1))
    assert judge(data).verdict is Verdict.VALID


def test_tables_that_were_read_already_say_the_same() -> None:
    """Where all cross-references are plain tables, an object that only the older of them names is found all the same."""
    data = written({**plain(), 16: b"<</Length 6000>>\nstream\nq Q\nendstream"})
    older, second = int(data.rpartition(b"startxref")[2].split()[0]), len(data)
    data += b"16 0 obj\n(%s)\nendobj\n" % (b"x" * 400)
    newest = len(data)
    data += (
        b"xref\n16 1\n%010d 00000 n \ntrailer\n<</Size 17/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            second,
            older,
            newest,
        )
    )
    tables = check_structures(io.BytesIO(data), len(data))
    assert tables == (newest, older)
    entries = {(number, 0): data.index(b"\n%d 0 obj" % number) + 1 for number in plain()} | {(16, 0): second}
    inside = second + 50, second + 350
    for wanted in (None, Wanted(inside[1], (5, 0))):
        read = extents(data, entries, newest, lambda _: None, wanted=wanted)
        known = extents(data, entries, newest, lambda _: None, wanted=wanted, plain=tables)
        assert known.spans == read.spans
        assert known.sound == read.sound
        assert known.reach_into(*inside, (5, 0))
    assert not extents(data, {}, None, lambda _: None, plain=tables).spans, (
        "a file that needs repairs has no tables"
    )


@pytest.mark.parametrize(
    "trailer", [b"/Note(/Prev 9)", b"/Pr#65v 9", b"% /Prev 9\n", b"/XRefStm 9", b"/Prev 9"]
)
def test_a_table_that_can_be_read_in_two_ways_is_not_plain(trailer: bytes) -> None:
    data = written(plain(), trailer=trailer)
    assert check_structures(io.BytesIO(data), len(data)) == ()
