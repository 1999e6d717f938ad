"""A scanned imprint against the filed specimen: 不符 or 无法判定, never 相符; the reviewer decides."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
from custody_desk import Desk
from hypothesis import given
from hypothesis import strategies as st
from imprint_scans import ALIKE, NAMES, Wear, render, scanned
from PIL import Image
from platform_world import ok, problem
from tampering import Altered, require_named, require_untouched

from gmseal.picture import FaceKind, face_of_kind
from shuangyin.custody.imprint_judging import Place, UnreadableScan, compare, judge

pytestmark = pytest.mark.database_full

CAREFUL = Wear(
    dpi=300,
    turn=137.0,
    blur=0.02,
    loss=0.0,
    spread=0.02,
    perspective=0.002,
    text=False,
    noise=0.01,
    quality=90,
)
FACE = face_of_kind(FaceKind.CONTRACT, NAMES[2])


def scan_of(name: str, seed: int = 1, **wear: Any) -> bytes:
    face = face_of_kind(FaceKind.CONTRACT, name)
    return scanned(face, Wear(**{**CAREFUL.__dict__, **wear}), np.random.default_rng(seed))


def judged(scan: bytes, **fields: Any) -> Any:
    size = {"width_mm": float(FACE.width_mm), "height_mm": float(FACE.height_mm)}
    return compare(render(FACE, 360), scan, **{**size, **fields})


def test_of_a_careful_imprint_no_difference_is_seen_and_both_are_shown_on_one_another() -> None:
    face = face_of_kind(FaceKind.LIMITED_COMPANY, NAMES[0])
    scan = scanned(face, CAREFUL, np.random.default_rng(1))
    found = compare(render(face, 360), scan, width_mm=float(face.width_mm), height_mm=float(face.height_mm))
    assert (found.verdict, found.reasons) == ("unclear", ("no_difference",))
    assert found.overlay is not None
    with Image.open(io.BytesIO(found.overlay)) as picture:
        assert picture.width > FACE.width_mm * 10


@pytest.mark.parametrize("at", [at for at, one in enumerate(NAMES[2]) if one in ALIKE])
def test_one_character_that_is_another_is_seen(at: int) -> None:
    name = NAMES[2]
    found = judged(scan_of(name[:at] + ALIKE[name[at]] + name[at + 1 :], seed=at))
    assert found.reasons != ("no_difference",), name[at]


def test_lost_ink_and_print_over_the_imprint_leave_it_open() -> None:
    for wear in ({"loss": 0.3}, {"text": True}):
        found = judged(scan_of(NAMES[2], **wear))
        assert found.verdict == "unclear"
        assert found.reasons != ("no_difference",)


def test_what_cannot_be_laid_on_is_not_judged() -> None:
    scan = scan_of(NAMES[2])
    assert judged(scan, dpi=100).reasons == ("resolution",)
    assert judged(scan, dpi=200).reasons == ("size",)
    blank = io.BytesIO()
    Image.new("RGB", (600, 600), "white").save(blank, "PNG", dpi=(300, 300))
    assert judged(blank.getvalue()).reasons == ("no_red",)
    plain = io.BytesIO()
    with Image.open(io.BytesIO(scan)) as image:
        image.save(plain, "PNG")
        twice = Image.new("RGB", (image.width * 2, image.height), "white")
        twice.paste(image, (0, 0))
        twice.paste(image, (image.width, 0))
        image.crop((0, 0, image.width // 2, image.height)).save(half := io.BytesIO(), "PNG")
        twice.save(both := io.BytesIO(), "PNG")
    assert judged(plain.getvalue()).reasons == ("no_resolution",)
    assert judged(both.getvalue(), dpi=300).reasons == ("several",)
    assert judged(half.getvalue(), dpi=300).verdict == "unclear"
    with pytest.raises(UnreadableScan):
        judged(b"no picture")


@given(
    st.lists(
        st.builds(
            Place, x=st.just(1.0), y=st.just(1.0),
            likeness=st.floats(0, 1), missing=st.floats(0, 2), added=st.floats(0, 2), hidden=st.floats(0, 1),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_one_place_that_does_not_hold_is_told(places: list[Place]) -> None:
    verdict, reasons = judge(tuple(places))
    poor = [
        one for one in places
        if one.likeness < 0.86 or one.missing > 0.10 or one.added > 0.06 or one.hidden > 0.12
    ]  # fmt: skip
    assert (reasons == ("no_difference",)) == (len(places) >= 6 and not poor)
    assert (verdict == "differ") == (reasons == ("strokes_differ",))


def text_of(pdf: bytes) -> str:
    return str(pdfium.PdfDocument(pdf)[0].get_textpage().get_text_range())


def compare_at(desk: Desk, content: bytes, kind: str = "reviewer", **data: str) -> Any:
    files = {"file": ("scan.jpg", content, "image/jpeg")}
    path = f"/api/v1/seals/{desk.seal_id}/imprint-comparisons"
    return desk.world.client(kind).post(path, files=files, data=data)


def test_the_verdict_is_an_aid_and_the_reviewers_decision_is_recorded(desk: Desk) -> None:
    story, world = desk.story, desk.world
    scan = scan_of(NAMES[2])
    problem(compare_at(desk, scan, "employee"), 403, "NOT_PERMITTED")
    seal = story.get("administrator", f"/seals/{desk.seal_id}")
    face = face_of_kind(FaceKind.LIMITED_COMPANY, NAMES[0])
    size = (seal["width_mm"], seal["height_mm"])
    assert size == (face.width_mm, face.height_mm)
    if not seal["has_specimen"]:
        problem(compare_at(desk, scan), 409, "NO_SPECIMEN")
    files = {"specimen": ("specimen.png", render(face, 360), "image/png")}
    ok(world.client("administrator").put(f"/api/v1/seals/{desk.seal_id}/specimen", files=files))
    problem(compare_at(desk, b"no picture"), 422, "SCAN_UNREADABLE")
    other = ok(compare_at(desk, scan), 201)
    assert other["reasons"] != ["no_difference"]
    good = scanned(face, CAREFUL, np.random.default_rng(1))
    found = ok(compare_at(desk, good), 201)
    assert (found["verdict"], found["reasons"], found["may_decide"]) == ("unclear", ["no_difference"], True)
    assert world.client("reviewer").get(found["overlay_url"]).content.startswith(b"\x89PNG")
    assert world.client("reviewer").get(found["scan_url"]).content == good
    assert world.client("employee").get(found["overlay_url"]).status_code == 403
    specimen = world.client("reviewer").get(found["specimen_url"]).content
    assert specimen.startswith(b"\x89PNG")
    assert specimen != render(face, 360), "the clean picture goes to nobody"
    sheet = f"/api/v1/imprint-comparisons/{found['id']}/sheet.pdf"
    assert "待复核" in text_of(world.client("auditor").get(sheet).content)
    assert world.client("employee").get(sheet).status_code == 403
    path = f"/imprint-comparisons/{found['id']}/decision"
    decision = {"decision": "differ", "note": "右侧边框缺口与留存印模不同"}
    problem(story.post("custodian", path, decision), 403, "NOT_PERMITTED")
    decided = ok(story.post("reviewer", path, decision))
    assert (decided["verdict"], decided["decision"]) == ("unclear", "differ"), "whatever the comparison said"
    worn = face_of_kind(FaceKind.LIMITED_COMPANY, NAMES[1])
    replaced = {"specimen": ("specimen.png", render(worn, 360), "image/png")}
    ok(world.client("administrator").put(f"/api/v1/seals/{desk.seal_id}/specimen", files=replaced))
    assert world.client("reviewer").get(found["specimen_url"]).content == specimen, "that of the time"
    assert decided["decided_at"] >= decided["compared_at"]
    problem(story.post("reviewer", path, decision), 409, "COMPARISON_DECIDED")
    printed = text_of(world.client("auditor").get(sheet).content)
    assert "不符" in printed
    assert decision["note"] in printed
    assert found["scan_sm3"] in printed
    assert "imprint_differs" in {one["kind"] for one in story.get("administrator", "/alarms")["items"]}
    assert len(story.get("auditor", f"/seals/{desk.seal_id}/imprint-comparisons")["items"]) == 2
    require_untouched(world.platform)
    changes = [
        Altered("imprint_comparison", "verdict", "differ", "ImprintComparison.verdict"),
        Altered("imprint_comparison", "decision", "match", "ImprintComparison.decision"),
        Altered("imprint_comparison", "decision_note", "无", "ImprintComparison.decision_note"),
        Altered("imprint_comparison", "scan_sm3", "0" * 64, "ImprintComparison.scan_sm3"),
    ]
    require_named(world.platform, "custody.", changes)


def test_an_imprint_of_a_line_of_the_register_leads_to_its_request(desk: Desk) -> None:
    face = face_of_kind(FaceKind.LIMITED_COMPANY, NAMES[0])
    files = {"specimen": ("specimen.png", render(face, 360), "image/png")}
    ok(desk.world.client("administrator").put(f"/api/v1/seals/{desk.seal_id}/specimen", files=files))
    use = ok(desk.press(desk.open()["id"], normal=1), 201)
    blank = io.BytesIO()
    Image.new("RGB", (600, 600), "white").save(blank, "PNG", dpi=(300, 300))
    problem(compare_at(desk, blank.getvalue(), use_id="0" * 32), 404, "NOT_FOUND")
    found = ok(compare_at(desk, blank.getvalue(), use_id=use["id"]), 201)
    assert found["use"] == {
        "id": use["id"],
        "number": use["number"],
        "request_id": desk.request["id"],
        "request_number": desk.request["number"],
    }
    assert found["overlay_url"] is None, "nothing red was there to be laid on"
    sheet = desk.world.client("reviewer").get(f"/api/v1/imprint-comparisons/{found['id']}/sheet.pdf")
    assert "未能叠放" in text_of(sheet.content)
