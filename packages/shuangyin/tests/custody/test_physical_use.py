"""Every impression is accounted for: within the approval, photographed, with the seal back, on the register."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import pypdfium2 as pdfium
import pytest
from custody_desk import COPIES
from hypothesis import given
from hypothesis import strategies as st
from platform_world import ok, problem

from shuangyin.custody.commands import openings, uses
from shuangyin.custody.register_sheet import Sheet, SheetRow, tabulate
from shuangyin.requests.models import UseRequest

pytestmark = pytest.mark.database_full


def finish(desk: Any, opening_id: str) -> dict[str, Any]:
    """Press all that was approved, photograph, close; the registered use."""
    use = ok(desk.press(opening_id, normal=4, seam=4, spoiled=1, remark="第二份盖糊"), 201)
    desk.photograph_each_copy(opening_id, use["id"])
    problem(desk.close(opening_id), 409, "PHOTO_SPOILED_MISSING")
    ok(desk.photograph(opening_id, use_id=use["id"], moment="spoiled"), 201)
    ok(desk.photograph(opening_id, moment="returned"), 201)
    ok(desk.close(opening_id))
    return dict(use)


@pytest.mark.database
def test_a_whole_physical_use_ends_with_the_request_done_and_the_seal_back(desk: Any) -> None:
    opening = desk.open()
    use = finish(desk, opening["id"])
    assert (use["applied"], use["normal"], use["seam"], use["spoiled"]) == (8, 4, 4, 1)
    assert use["presser"]["name"] == "王岚"
    assert use["reviewer"]["name"] == "赵明"
    assert [person["name"] for person in use["approvers"]] == ["周凯", "陈雪"]
    request = desk.story.read(desk.request["id"])
    assert request["status"] == "sealed"
    assert request["uses"][0]["verification_url"] == use["verification_url"]
    assert desk.story.get("custodian", f"/seals/{desk.seal_id}")["whereabouts"] == "in_safe"
    kinds = [item["kind"] for item in request["timeline"]]
    assert "custody.pressed" in kinds


def test_a_safe_is_not_opened_for_a_request_whose_controls_were_altered_after_approval(desk: Any) -> None:
    def drop_the_photos(work: Any) -> None:
        row = work.session.get_one(UseRequest, desk.request["id"])
        decision = json.loads(row.decision)
        decision["controls"]["photo_moments"] = []
        row.decision = json.dumps(decision)

    desk.world.platform.transact(drop_the_photos)
    problem(desk.ask(request_ids=[desk.request["id"]]), 409, "BINDING_CHANGED")


def test_no_press_beyond_the_approval(desk: Any) -> None:
    opening = desk.open()
    problem(desk.press(opening["id"], normal=5), 409, "COUNT_EXCEEDED")
    ok(desk.press(opening["id"], normal=3), 201)
    problem(desk.press(opening["id"], normal=2), 409, "COUNT_EXCEEDED")
    problem(desk.press(opening["id"], seam=5), 409, "SEAM_COUNT_EXCEEDED")
    ok(desk.press(opening["id"], normal=1, spoiled=1), 201)
    ok(desk.press(opening["id"], spoiled=1), 201)
    (alarm,) = desk.story.get("administrator", "/alarms")["items"]
    assert (alarm["kind"], alarm["facts"]["beyond"]) == ("spoiled_beyond_spare", 1)
    problem(desk.press(opening["id"], seam=1), 409, "SPARE_EXCEEDED")
    problem(desk.press(opening["id"]), 409, "NO_PRESSES")


@pytest.mark.database
def test_the_last_count_that_two_register_at_the_same_moment_is_pressed_once(desk: Any) -> None:
    opening = desk.open()
    desk.check(opening["id"])
    desk.world.client("custodian")
    desk.world.client("reviewer")
    body = {"request_id": desk.request["id"], "seal_id": desk.seal_id, "copies": COPIES, "normal": COPIES}

    def registered(kind: str) -> int:
        return int(desk.story.post(kind, f"/openings/{opening['id']}/presses", body).status_code)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(registered, ("custodian", "reviewer")))
    assert sorted(answers) == [201, 409]
    (line,) = desk.story.get("custodian", "/use-register")["items"]
    assert line["normal"] == COPIES


@pytest.mark.database
def test_a_repeated_registration_counts_once(desk: Any) -> None:
    opening = desk.open()
    headers = {"Idempotency-Key": "press-1"}
    first = ok(desk.press(opening["id"], headers=headers, normal=4), 201)
    answer = desk.press(opening["id"], headers=headers, normal=4)
    assert answer.headers["Idempotent-Replay"] == "true"
    assert ok(answer, 201)["id"] == first["id"]
    problem(desk.press(opening["id"], headers=headers, normal=3), 409, "IDEMPOTENCY_MISMATCH")
    assert len(desk.story.get("custodian", "/use-register")["items"]) == 1


def test_nothing_is_pressed_before_or_after_the_opening(desk: Any) -> None:
    pending = ok(desk.ask(), 201)
    problem(desk.press(pending["id"], normal=1), 409, "OPENING_NOT_OPEN")
    ok(desk.confirm(pending["id"], "custodian"))
    opening = ok(desk.confirm(pending["id"], "reviewer"))
    too_early = opening["opened_at"] - 1000
    problem(desk.press(opening["id"], normal=1, pressed_at=too_early), 422, "PRESSED_OUTSIDE_OPENING")
    desk.world.clock.advance(seconds=25 * 60)
    ok(desk.press(opening["id"], normal=1), 201)
    for _ in range(5):
        desk.world.clock.advance(seconds=25 * 60)
        desk.story.get("custodian", "/me")
    problem(desk.press(opening["id"], normal=1), 409, "OPENING_NOT_OPEN")


def test_closing_needs_every_seal_and_every_photo(desk: Any) -> None:
    opening = desk.open()
    use = ok(desk.press(opening["id"], normal=4), 201)
    problem(desk.close(opening["id"], returned_seal_ids=[]), 409, "SEAL_NOT_RETURNED")
    problem(desk.close(opening["id"]), 409, "PHOTO_MISSING")
    seal = desk.story.get("custodian", f"/seals/{desk.seal_id}")
    assert seal["whereabouts"] == "in_use", "a refused closing must not put the seal back"
    ok(desk.photograph(opening["id"], use_id=use["id"], moment="document"), 201)
    missing = problem(desk.close(opening["id"]), 409, "PHOTO_OF_EACH_COPY")
    assert missing["details"] == {"copies": 4, "photos": 1}
    desk.photograph_each_copy(opening["id"], use["id"], copies=3)
    problem(desk.close(opening["id"], "employee"), 404, "NOT_FOUND")
    assert ok(desk.close(opening["id"]))["status"] == "closed"


def test_a_request_whose_seal_was_not_used_stays_approved(desk: Any) -> None:
    opening = desk.open()
    ok(desk.close(opening["id"]))
    assert desk.story.read(desk.request["id"])["status"] == "approved"
    assert ok(desk.ask(), 201)["status"] == "pending"


def test_one_opening_serves_a_list_of_requests(desk: Any) -> None:
    second = desk.another_request()
    opening = ok(desk.ask(request_ids=[desk.request["id"], second["id"]]), 201)
    ok(desk.confirm(opening["id"], "custodian"))
    ok(desk.confirm(opening["id"], "reviewer"))
    for request in (desk.request, second):
        use = ok(desk.press(opening["id"], request_id=request["id"], normal=4), 201)
        desk.photograph_each_copy(opening["id"], use["id"])
    ok(desk.close(opening["id"]))
    assert [desk.story.read(request["id"])["status"] for request in (desk.request, second)] == ["sealed"] * 2


def test_only_photos_are_taken_for_photos(desk: Any) -> None:
    opening = desk.open()
    for content in (b"", b"%PDF-1.7 not a photo", b"\xff\xd8\xff\xe0 broken", b"GIF89a" + bytes(40)):
        problem(desk.photograph(opening["id"], content), 422, "NOT_A_PHOTO")
    ok(desk.photograph(opening["id"], moment="returned"), 201)


def test_a_photo_comes_back_as_it_was_taken_and_only_to_those_it_concerns(desk: Any) -> None:
    opening = desk.open()
    taken = ok(desk.photograph(opening["id"], moment="returned"), 201)
    shown = desk.world.client("auditor").get(taken["url"])
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"
    assert len(shown.content) > 10_000
    problem(desk.world.client("employee").get(taken["url"]), 404, "NOT_FOUND")


@pytest.mark.database
def test_the_register_prints_what_it_lists(desk: Any) -> None:
    opening = desk.open()
    use = finish(desk, opening["id"])
    listed = desk.story.get("auditor", "/use-register?from=2020-01-01&to=2099-12-31")["items"]
    assert [line["number"] for line in listed] == [use["number"]]
    assert desk.story.get("auditor", "/use-register?to=2020-01-01")["items"] == []
    answer = desk.world.client("auditor").get("/api/v1/use-register.pdf")
    assert answer.status_code == 200
    sheet = pdfium.PdfDocument(io.BytesIO(answer.content))
    text = sheet[0].get_textpage().get_text_range()
    for wanted in (
        "实体印章使用登记表",
        use["number"].split("-")[-1],
        "王岚",
        "赵明",
        "李然",
        "市场部",
        "废印 1",
        "302 室",
        "四项相符",
        "同意 存证",
    ):
        assert wanted in text, f"{wanted} is missing on the sheet"
    table = desk.world.client("auditor").get("/api/v1/use-register.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    assert (row["登记编号"], row["废印"], row["用印地点"]) == (use["number"], "1", "302 室")
    assert "同意 存证" in row["审批人"]
    problem(desk.world.client("employee").get("/api/v1/use-register.csv"), 403, "NOT_PERMITTED")
    problem(desk.world.client("employee").get("/api/v1/use-register.pdf"), 403, "NOT_PERMITTED")
    problem(desk.world.client("auditor").get("/api/v1/use-register?from=2026-02-31"), 422, "DAY")


class Fault(Exception):
    """Something breaks after the step was done."""


@pytest.mark.database
@pytest.mark.parametrize("step", ["record_physical_use", "_record_use"])
def test_a_fault_while_registering_leaves_nothing_half_done(
    desk: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    opening = desk.open()
    original = getattr(uses, step)

    def then_gone(*arguments: Any, **named: Any) -> None:
        original(*arguments, **named)
        raise Fault

    with monkeypatch.context() as patch:
        patch.setattr(uses, step, then_gone)
        problem(desk.press(opening["id"], normal=4), 500, "UNEXPECTED")
    assert desk.story.get("custodian", "/use-register")["items"] == []
    ok(desk.press(opening["id"], normal=4), 201)


def test_a_fault_while_closing_leaves_the_safe_open(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opening = desk.open()
    use = ok(desk.press(opening["id"], normal=4), 201)
    desk.photograph_each_copy(opening["id"], use["id"])

    def gone(*_arguments: Any, **_named: Any) -> None:
        raise Fault

    with monkeypatch.context() as patch:
        patch.setattr(openings, "mark_sealed", gone)
        problem(desk.close(opening["id"]), 500, "UNEXPECTED")
    assert desk.story.get("custodian", f"/openings/{opening['id']}")["status"] == "open"
    assert ok(desk.close(opening["id"]))["status"] == "closed"
    assert desk.story.read(desk.request["id"])["status"] == "sealed"


@given(st.text(max_size=20))
def test_no_cell_of_the_table_is_taken_for_a_formula(text: str) -> None:
    values: dict[str, Any] = dict.fromkeys((one.name for one in fields(SheetRow)), text)
    sheet = Sheet("某公司", "今日", "今日", 0, 0, [SheetRow(**{**values, "approvers": (text,)})])
    (row,) = csv.DictReader(io.StringIO(tabulate(sheet).decode("utf-8-sig"), newline=""))
    for column in ("文件名称", "事由", "申请人", "审批人", "用印地点"):
        assert not row[column].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row[column] in (text, f"'{text}")
