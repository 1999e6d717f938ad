"""Loans of a physical seal: agreed, taken out and brought back by two, with presses, overlaps and overdue time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from custody_desk import POINTS
from hypothesis import given
from hypothesis import strategies as st
from platform_world import PASSWORD, ok, problem
from request_story import SAMPLES
from sqlalchemy import select
from tampering import Altered, require_named, require_untouched

from evidencelog.bundle import Verdict, verify_bundle
from evidencelog.vkey import parse_vkey
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.commands.overdue_loans import notice_overdue_loans
from shuangyin.custody.loan_rules import Span, object_to_overlap, state_of, to_tell
from shuangyin.seals.models import Seal

pytestmark = pytest.mark.database_full

HOUR = 3_600_000


def lend(desk: Any, kind: str = "custodian", **fields: Any) -> Any:
    """Agree on a loan from now for four hours, escorted by the reviewer, whatever comes out."""
    now = desk.world.clock.now_ms()
    body = {
        "request_id": desk.request["id"],
        "seal_ids": [desk.seal_id],
        "escort_id": desk.world.id("reviewer"),
        "place": "澄湖银行海淀支行",
        "purpose": "到银行柜台办理开户",
        "from_at": now,
        "due_at": now + 4 * HOUR,
        **fields,
    }
    return desk.story.post(kind, "/loans", body)


def confirm(desk: Any, loan_id: str, kind: str, **fields: Any) -> Any:
    code = fields.pop("code", None) or desk.world.code(kind)
    return desk.story.post(kind, f"/loans/{loan_id}/confirm", {"method": "totp", "code": code, **fields})


def taken_out(desk: Any, **fields: Any) -> dict[str, Any]:
    loan = ok(lend(desk, **fields), 201)
    ok(confirm(desk, loan["id"], "custodian"))
    return dict(ok(confirm(desk, loan["id"], "reviewer")))


def photograph(desk: Any, loan_id: str, kind: str = "reviewer", **fields: str) -> Any:
    files = {"file": ("photo.jpg", (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
    return desk.world.client(kind).post(f"/api/v1/loans/{loan_id}/photos", files=files, data=fields)


def whereabouts(desk: Any) -> str:
    return str(desk.story.get("custodian", "/safes")[0]["seals"][0]["whereabouts"])


def kinds(desk: Any, loan_id: str) -> list[str]:
    found = desk.story.get("custodian", f"/evidence/entries?subject_type=loan&subject_id={loan_id}")
    return [entry["kind"] for entry in found["items"]]


@pytest.mark.database
def test_a_seal_goes_out_is_pressed_and_comes_back(desk: Any, tmp_path: Path) -> None:
    story = desk.story
    loan = ok(lend(desk), 201)
    assert loan["state"] == "pending"
    assert loan["number"].startswith("外带-")
    problem(confirm(desk, loan["id"], "employee"), 403, "NOT_A_PARTY")
    problem(confirm(desk, loan["id"], "custodian", code="000000"), 403, "SECOND_FACTOR_WRONG")
    half = ok(confirm(desk, loan["id"], "custodian"))
    assert (half["state"], whereabouts(desk)) == ("pending", "in_safe"), "one of two takes nothing out"
    body = {"account": desk.world.members["reviewer"].account, "password": PASSWORD}
    loan = ok(confirm(desk, loan["id"], "custodian", code=desk.world.code("reviewer"), **body))
    assert (loan["state"], whereabouts(desk)) == ("out", "out_on_loan")
    problem(desk.ask(), 409, "SEAL_ON_LOAN")
    press = {"request_id": desk.request["id"], "seal_id": desk.seal_id, "copies": 4, "normal": 4, "seam": 4}
    problem(story.post("employee", f"/loans/{loan['id']}/presses", press), 403, "NOT_A_PARTY")
    problem(story.post("reviewer", f"/loans/{loan['id']}/presses", press), 409, "PRESS_UNCHECKED")
    check = {"request_id": desk.request["id"], **dict.fromkeys(POINTS, True)}
    problem(story.post("employee", f"/loans/{loan['id']}/checks", check), 403, "NOT_A_PARTY")
    ok(story.post("reviewer", f"/loans/{loan['id']}/checks", check), 201)
    key = {"Idempotency-Key": "press-on-loan-1"}
    use = ok(story.post("reviewer", f"/loans/{loan['id']}/presses", press, **key), 201)
    assert ok(story.post("reviewer", f"/loans/{loan['id']}/presses", press, **key), 201)["id"] == use["id"]
    assert (use["loan_id"], use["opening_id"]) == (loan["id"], None)
    problem(
        story.post("reviewer", f"/loans/{loan['id']}/presses", {**press, "normal": 1}), 409, "COUNT_EXCEEDED"
    )
    problem(confirm(desk, loan["id"], "reviewer"), 409, "PHOTO_MISSING")
    for _ in range(4):
        photo = ok(photograph(desk, loan["id"], use_id=use["id"]), 201)
    assert desk.world.client("employee").get(photo["url"]).status_code == 200, "the applicant sees his papers"
    ok(confirm(desk, loan["id"], "reviewer"))
    assert whereabouts(desk) == "out_on_loan", "one of two brings nothing back"
    loan = ok(confirm(desk, loan["id"], "custodian"))
    assert (loan["state"], whereabouts(desk)) == ("returned", "in_safe")
    assert story.read(desk.request["id"])["status"] == "sealed"
    problem(confirm(desk, loan["id"], "custodian"), 409, "NOTHING_TO_CONFIRM")
    (line,) = story.get("auditor", "/use-register")["items"]
    assert (line["presser"]["id"], line["returned_at"]) == (desk.world.id("reviewer"), loan["back_at"])
    said = kinds(desk, loan["id"])
    assert said.count("custody.loan_confirmed") == 4
    assert {"custody.loan_requested", "custody.loan_out", "custody.loan_returned"} <= set(said)
    sheet = desk.world.client("auditor").get("/api/v1/loans.pdf")
    text = pdfium.PdfDocument(sheet.content)[0].get_textpage().get_text_range()
    assert "印章外带登记表" in text
    assert loan["number"] in text
    assert "已归还" in text
    shown = desk.world.anonymous().get(str(use["verification_url"]).split("8600", 1)[1])
    assert shown.status_code == 200, "the paper can be checked by its code"
    whatever_is_altered_of_a_loan_is_named(desk)
    the_bundle_holds_the_loan(desk, tmp_path)


def whatever_is_altered_of_a_loan_is_named(desk: Any) -> None:
    require_untouched(desk.world.platform)
    person = desk.world.id("employee")
    changes = [
        Altered("loan", "place", "别处", "Loan.place"),
        Altered("loan", "purpose", "别的事", "Loan.purpose"),
        Altered("loan", "escort_id", person, "Loan.escort_id"),
        Altered("loan", "custodian_id", person, "Loan.custodian_id"),
        Altered("loan", "due_at", 9, "Loan.due_at"),
        Altered("loan", "back_at", 9, "Loan.back_at"),
        Altered("loan", "out_at", None, "Loan.out_at"),
        Altered("loan", "overdue_at", 9, "Loan.overdue_at"),
        Altered("loan", "status", "out", "Loan.status"),
        Altered("loan_seal", "seal_id", desk.world.platform.view(other_seal), "LoanSeal.seal_id"),
        Altered("custody_confirmation", "person_id", person, "Confirmation.person_id"),
        Altered("custody_confirmation", "confirmed_at", 9, "Confirmation.confirmed_at"),
        Altered("custody_confirmation", "role", "witness", "is gone"),
        Altered("physical_use", "normal", 1, "PhysicalUse.normal"),
        Altered("use_photo", "loan_id", None, "UsePhoto.opening_id, loan_id"),
        Altered("safe", "custodian_id", person, "Safe.custodian_id"),
        Altered("safe_slot", "slot", "别格", "SafeSlot.slot"),
    ]
    require_named(desk.world.platform, "custody.", changes)


def other_seal(work: UnitOfWork) -> str:
    """An electronic seal, which no loan is of."""
    return str(work.session.scalar(select(Seal.id).where(Seal.medium == "electronic").limit(1)))


def the_bundle_holds_the_loan(desk: Any, tmp_path: Path) -> None:
    """In full with place, purpose and both confirmations; outsiders learn that it went out and came back."""
    (use,) = desk.story.get("auditor", "/seal-uses?medium=physical")["items"]
    public = str(use["verification_url"]).split("8600", 1)[1] + "/evidence-bundle"
    full = f"/api/v1/seal-uses/{use['id']}/evidence-bundle"
    keys = [parse_vkey(text) for text in desk.world.anonymous().get("/log/vkeys").text.split()]
    for name, answer in {
        "full": desk.world.client("employee").get(full),
        "masked": desk.world.anonymous().get(public),
    }.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(answer.content)
        report = verify_bundle(path, keys)
        assert report.verdict is Verdict.VALID
        assert report.statement is not None
        titles = [section.title.zh for section in report.statement.sections if section.related]
        assert "保管人与随行人共同取出印章，开始外带。" in titles
        assert "印章外带归还，已放回原处。" in titles
        text = str(report.to_dict())
        assert ("澄湖银行海淀支行" in text) == (name == "full")
        assert (titles.count("外带一方以本人二次验证确认。") == 4) == (name == "full")


def test_duties_are_apart_and_only_what_was_approved_goes_out(desk: Any) -> None:
    now, world = desk.world.clock.now_ms(), desk.world
    problem(lend(desk, "employee"), 403, "NOT_PERMITTED")
    problem(lend(desk, escort_id=world.id("custodian")), 409, "SAME_PERSON")
    problem(lend(desk, escort_id=world.id("employee")), 409, "ESCORT_APPLIED")
    problem(lend(desk, escort_id=world.id("legal_representative")), 409, "ESCORT_APPROVED")
    problem(lend(desk, due_at=now - 1), 409, "LOAN_TIME")
    problem(lend(desk, due_at=now + 31 * 24 * HOUR), 409, "LOAN_TOO_LONG")
    problem(lend(desk, seal_ids=[desk.story.seals["contract"]]), 409, "SEAL_NOT_APPROVED")
    problem(lend(desk, seal_ids=["0" * 32]), 409, "SEAL_NOT_APPROVED")
    problem(lend(desk, request_id="0" * 32), 404, "NOT_FOUND")
    problem(lend(desk, purpose=""), 422, "INVALID_INPUT")


def test_loans_do_not_overlap_and_a_pending_one_can_be_called_off(desk: Any) -> None:
    now = desk.world.clock.now_ms()
    loan = ok(lend(desk, from_at=now + HOUR, due_at=now + 2 * HOUR), 201)
    problem(confirm(desk, loan["id"], "custodian"), 409, "LOAN_NOT_BEGUN")
    problem(lend(desk), 409, "LOAN_OVERLAPS")
    later = ok(lend(desk, from_at=now + 2 * HOUR, due_at=now + 3 * HOUR), 201)
    stale = {"If-Match": '"99"'}
    problem(desk.story.post("custodian", f"/loans/{loan['id']}/cancel", **stale), 412, "STALE_VERSION")
    problem(desk.story.post("auditor", f"/loans/{loan['id']}/cancel"), 403, "NOT_A_PARTY")
    match = {"If-Match": f'"{loan["version"]}"'}
    assert ok(desk.story.post("custodian", f"/loans/{loan['id']}/cancel", **match))["state"] == "cancelled"
    problem(desk.story.post("custodian", f"/loans/{loan['id']}/cancel"), 409, "LOAN_NOT_PENDING")
    problem(photograph(desk, later["id"]), 409, "LOAN_NOT_OUT")
    ok(lend(desk, from_at=now, due_at=now + HOUR), 201)
    assert len(desk.story.get("auditor", "/loans?state=cancelled")["items"]) == 1
    assert desk.world.client("department_head").get(f"/api/v1/loans/{later['id']}").status_code == 404


def test_a_frozen_or_suspended_seal_does_not_go_out(desk: Any) -> None:
    loan = ok(lend(desk), 201)
    ok(confirm(desk, loan["id"], "custodian"))
    ok(desk.story.post("administrator", f"/seals/{desk.seal_id}/suspend", {"reason": "待查"}))
    problem(confirm(desk, loan["id"], "reviewer"), 409, "SEAL_NOT_HERE")
    problem(lend(desk), 409, "SEAL_NOT_HERE")
    ok(desk.story.post("administrator", f"/seals/{desk.seal_id}/resume", {"reason": "查清"}))
    organization = desk.story.get("employee", "/me")["organization"]["id"]
    proof = desk.world.step_up("legal_representative", "seals.freeze_all", organization)
    ok(desk.story.post("legal_representative", "/seals/freeze", {"reason": "查账", "proof": proof}))
    problem(confirm(desk, loan["id"], "reviewer"), 409, "SEALS_FROZEN")
    problem(lend(desk), 409, "SEALS_FROZEN")


def test_a_seal_in_use_does_not_go_out(desk: Any) -> None:
    loan = ok(lend(desk), 201)
    opening = desk.open()
    problem(confirm(desk, loan["id"], "custodian"), 409, "SEAL_NOT_FREE")
    ok(desk.close(opening["id"]))
    ok(confirm(desk, loan["id"], "custodian"))


@pytest.mark.database
def test_an_overdue_loan_is_told_once_and_escalated_a_day_later(desk: Any) -> None:
    loan = taken_out(desk)
    assert notice_overdue_loans(desk.world.platform) == 0
    desk.world.clock.advance(seconds=4 * 3600)
    for kind in ("custodian", "administrator", "reviewer", "auditor"):
        desk.world.members[kind].client = desk.world.sign_in(desk.world.members[kind])
    assert notice_overdue_loans(desk.world.platform) == 1
    assert notice_overdue_loans(desk.world.platform) == 0, "it is told once"
    (shown,) = desk.story.get("auditor", "/loans?state=overdue")["items"]
    assert (shown["id"], shown["state"]) == (loan["id"], "overdue")
    for kind in ("custodian", "reviewer", "auditor", "administrator"):
        alerts = desk.story.get(kind, "/workbench")["seals"]
        assert any(a["level"] == "danger" and loan["number"] in a["zh"] for a in alerts), kind
    desk.world.clock.advance(seconds=24 * 3600)
    for kind in ("custodian", "reviewer"):
        desk.world.members[kind].client = desk.world.sign_in(desk.world.members[kind])
    assert notice_overdue_loans(desk.world.platform) == 1
    ok(confirm(desk, loan["id"], "custodian"))
    back = ok(confirm(desk, loan["id"], "reviewer"))
    assert back["state"] == "returned"
    assert back["overdue_at"]
    assert back["escalated_at"]
    assert {"custody.loan_overdue", "custody.loan_escalated"} <= set(kinds(desk, loan["id"]))
    assert desk.story.read(desk.request["id"], "custodian")["status"] == "approved", "nothing was pressed"


TIMES = st.integers(0, 60)


@given(
    st.lists(st.tuples(TIMES, st.integers(1, 20), st.booleans()), max_size=4),
    TIMES,
    st.integers(1, 20),
    TIMES,
)
def test_whatever_is_admitted_shares_no_instant_with_another_loan(
    others: list[tuple[int, int, bool]], from_at: int, length: int, now: int
) -> None:
    spans = [Span("外带", start, start + long, out) for start, long, out in others]
    refused = object_to_overlap("公章", spans, from_at=from_at, due_at=from_at + length, now=now)
    wanted = set(range(from_at, from_at + length))
    taken = {
        instant
        for span in spans
        for instant in range(span.from_at, max(span.due_at, now + 1) if span.out else span.due_at)
    }
    assert (refused is None) == wanted.isdisjoint(taken)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**8), max_size=8))
def test_overdue_and_escalated_are_each_told_once_whenever_the_sweeper_runs(
    due_at: int, waits: list[int]
) -> None:
    now, told = 0, []
    marks: dict[str, int | None] = {"overdue": None, "escalated": None}
    for wait in waits:
        now += wait
        for step in to_tell(now, due_at=due_at, overdue_at=marks["overdue"], escalated_at=marks["escalated"]):
            told.append(step)
            marks[step] = now
    assert len(told) == len(set(told))
    assert ("overdue" in told) == (bool(waits) and now >= due_at)
    assert (state_of(now, status="out", due_at=due_at) == "overdue") == (now >= due_at)
