"""What approvals are bound to and where marks may go: on plain values."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from gmssl_pyx import sm3_hash
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.requests.rules import (
    MOST_ON_A_PAGE,
    Place,
    Qr,
    SealLine,
    Seam,
    Sheet,
    binding_of,
    objections_to_electronic,
    objections_to_number,
    objections_to_physical,
    objections_to_places,
)

A4 = (210.0, 297.0)
SHEET = Sheet(1, "a" * 64, (A4, A4, A4))
LINE = SealLine(
    seal_id="s1",
    name="合同专用章",
    width_mm=40.0,
    height_mm=40.0,
    presses=1,
    seam_presses=1,
    places=(Place(0, 120.0, 200.0),),
    seam=Seam("right", 110.0),
    qr=Qr(0, 20.0, 250.0, 15.0),
)
FACTS = {"copies": 1, "amount_minor": 100}


def codes(line: SealLine, *sheets: Sheet) -> list[str]:
    return [one.code for one in objections_to_places(sheets or (SHEET,), [line])]


changed_lines = st.sampled_from(
    [
        replace(LINE, seal_id="s2"),
        replace(LINE, presses=2),
        replace(LINE, seam_presses=0),
        replace(LINE, places=()),
        replace(LINE, places=(Place(1, 120.0, 200.0),)),
        replace(LINE, places=(Place(0, 120.001, 200.0),)),
        replace(LINE, places=(Place(0, 120.0, 199.999),)),
        replace(LINE, places=(Place(0, 120.0, 200.0, 1),)),
        replace(LINE, seam=None),
        replace(LINE, seam=Seam("left", 110.0)),
        replace(LINE, seam=Seam("right", 110.5)),
        replace(LINE, qr=None),
        replace(LINE, qr=Qr(0, 20.0, 250.0, 16.0)),
    ]
)


@given(changed_lines)
def test_any_change_of_what_is_asked_of_a_seal_changes_the_binding(line: SealLine) -> None:
    assert binding_of(FACTS, [SHEET], [LINE]) != binding_of(FACTS, [SHEET], [line])


def test_any_change_of_documents_or_facts_changes_the_binding() -> None:
    bound = binding_of(FACTS, [SHEET], [LINE])
    others = [
        binding_of(FACTS, [replace(SHEET, sm3="b" * 64)], [LINE]),
        binding_of(FACTS, [SHEET, replace(SHEET, position=2)], [LINE]),
        binding_of(FACTS, [], [LINE]),
        binding_of(FACTS, [SHEET], []),
        binding_of(FACTS, [SHEET], [LINE, replace(LINE, seal_id="s2")]),
        binding_of({**FACTS, "copies": 2}, [SHEET], [LINE]),
        binding_of({**FACTS, "amount_minor": None}, [SHEET], [LINE]),
        binding_of({**FACTS, "amount_minor": 0}, [SHEET], [LINE]),
    ]
    assert len({bound, *others}) == len(others) + 1
    assert len(bound) == 64


def test_the_canonical_form_of_version_1_is_fixed() -> None:
    """Approvals that were given stay good. The digest of the form, written out, by another implementation of SM3."""
    form = (
        '{"documents":[{"position":1,"sm3":"'
        + SHEET.sm3
        + '"}],"facts":{"amount_minor":100,"copies":1},"seals":[{"places":'
        '[{"document":null,"page":0,"x":120000,"y":200000}],"presses":1,"qr":{"page":0,"size":15000,"x":20000,'
        '"y":250000},"seal":"s1","seam":{"edge":"right","y":110000},"seam_presses":1}],"v":1}'
    )
    assert binding_of(FACTS, [SHEET], [LINE]) == sm3_hash(form.encode()).hex()


@given(st.floats(-50, 250), st.floats(-50, 340), st.floats(10, 60), st.floats(10, 60))
def test_a_seal_is_on_the_page_exactly_when_all_of_it_is(
    x: float, y: float, width: float, height: float
) -> None:
    line = replace(LINE, width_mm=width, height_mm=height, places=(Place(0, x, y),), seam=None, qr=None)
    inside = x >= -0.01 and y >= -0.01 and x + width <= 210.01 and y + height <= 297.01
    assert (codes(line) == []) == inside


def with_places(*places: Place) -> SealLine:
    return replace(LINE, places=places, seam=None, qr=None)


coordinates = st.tuples(st.floats(0, 170), st.floats(0, 257))


@given(coordinates, coordinates)
def test_one_seal_is_not_put_on_itself(first: tuple[float, float], second: tuple[float, float]) -> None:
    line = with_places(Place(0, *first), Place(0, *second))
    apart = math.dist(first, second)
    assert (codes(line) == ["PLACES_OVERLAP"]) == (apart < LINE.width_mm / 2)
    assert codes(with_places(Place(0, *first), Place(1, *second))) == []


def test_the_same_place_twice_is_refused_also_when_one_is_meant_for_every_document() -> None:
    here = Place(0, 50.0, 60.0)
    assert codes(with_places(here, here)) == ["PLACES_OVERLAP"]
    assert codes(with_places(here, replace(here, document=1))) == ["PLACES_OVERLAP"]
    assert codes(with_places(replace(here, document=1), replace(here, document=2))) == []


def test_two_seals_may_lie_on_each_other_as_a_name_seal_does_on_a_company_seal() -> None:
    here = Place(0, 50.0, 60.0)
    name_seal = replace(with_places(here), seal_id="s2", width_mm=20.0, height_mm=20.0)
    assert objections_to_places([SHEET], [with_places(here), name_seal]) == []


def test_a_page_crowded_with_one_seal_is_refused() -> None:
    small = replace(LINE, width_mm=10.0, height_mm=10.0, seam=None, qr=None)
    grid = [Place(0, 15.0 * (index % 13), 15.0 * (index // 13)) for index in range(MOST_ON_A_PAGE + 1)]
    assert codes(replace(small, places=tuple(grid[:-1]))) == []
    assert codes(replace(small, places=tuple(grid))) == ["PLACES_CROWDED"]


def test_places_are_counted_over_all_documents() -> None:
    sheets = [SHEET, replace(SHEET, position=2)]
    line = with_places(Place(0, 10.0, 10.0), Place(1, 10.0, 10.0, 1))
    assert objections_to_number(sheets, [line], 3) == []
    [objection] = objections_to_number(sheets, [line], 2)
    assert objection.code == "TOO_MANY_PLACES"
    assert "3" in objection.text.zh


@pytest.mark.parametrize(
    ("line", "sheets", "code"),
    [
        (replace(LINE, places=(Place(3, 0, 0),)), (SHEET,), "PAGE_MISSING"),
        (replace(LINE, seam=Seam("right", 260.0)), (SHEET,), "OFF_PAGE"),
        (replace(LINE, seam=Seam("top", 175.0)), (SHEET,), "OFF_PAGE"),
        (LINE, (replace(SHEET, pages=(A4,)),), "SEAM_ONE_PAGE"),
        (replace(LINE, qr=Qr(0, 0, 0, 11.9)), (SHEET,), "QR_SIZE"),
        (replace(LINE, qr=Qr(0, 200, 0, 15)), (SHEET,), "OFF_PAGE"),
        (replace(LINE, qr=Qr(9, 0, 0, 15)), (SHEET,), "PAGE_MISSING"),
        # On the seal, within the code's quiet zone, and on the slice of the seam at the right edge.
        (replace(LINE, qr=Qr(0, 130, 210, 15)), (SHEET,), "QR_COVERED"),
        (replace(LINE, qr=Qr(0, 104, 210, 15)), (SHEET,), "QR_COVERED"),
        (replace(LINE, qr=Qr(0, 190, 120, 15)), (SHEET,), "QR_COVERED"),
        # The seam must fit on the smallest page of all.
        (replace(LINE, seam=Seam("right", 120.0)), (replace(SHEET, pages=(A4, (148.0, 150.0))),), "OFF_PAGE"),
    ],
)
def test_marks_that_cannot_be_put_there(line: SealLine, sheets: tuple[Sheet, ...], code: str) -> None:
    assert codes(LINE) == []
    assert codes(line, *sheets) == [code]


def test_seals_may_lie_on_each_other_but_not_on_a_code_of_any_of_them() -> None:
    name_seal = replace(
        LINE, seal_id="s2", name="法定代表人名章", places=(Place(0, 130.0, 210.0),), seam=None, qr=None
    )
    assert objections_to_places((SHEET,), [LINE, name_seal]) == []
    moved = replace(name_seal, places=(Place(0, 30.0, 240.0),))
    [covered] = objections_to_places((SHEET,), [LINE, moved])
    assert covered.code == "QR_COVERED"
    assert "法定代表人名章" in covered.text.zh
    # On another page, or on another document, it covers nothing; a code with room around it is good.
    for place in (Place(1, 30.0, 240.0), Place(0, 30.0, 240.0, 2)):
        assert objections_to_places((SHEET,), [LINE, replace(moved, places=(place,))]) == []
    assert codes(replace(LINE, qr=Qr(0, 103.1, 210, 15))) == []
    second = replace(name_seal, places=(), qr=Qr(0, 30.0, 255.0, 15.0))
    found = objections_to_places((SHEET,), [LINE, second])
    assert [one.code for one in found] == ["QR_COVERED", "QR_COVERED"]


def test_every_document_gets_a_seal_and_every_seal_a_place() -> None:
    second = replace(SHEET, position=2)
    only_first = replace(LINE, seam=None, places=(Place(0, 0, 0, 1),))
    homeless = replace(LINE, seam=None, places=())
    stray = replace(LINE, places=(Place(0, 0, 0, 3),))
    assert [one.code for one in objections_to_electronic([SHEET, second], [LINE])] == []
    assert [one.code for one in objections_to_electronic([SHEET, second], [only_first])] == [
        "DOCUMENT_WITHOUT_SEAL"
    ]
    assert [one.code for one in objections_to_electronic([SHEET], [LINE, homeless])] == ["SEAL_WITHOUT_PLACE"]
    assert [one.code for one in objections_to_electronic([SHEET, second], [stray])] == ["DOCUMENT_MISSING"]
    assert [one.code for one in objections_to_physical([replace(LINE, presses=0, seam_presses=0)])] == [
        "NO_PRESSES"
    ]
