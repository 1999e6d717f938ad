"""Originals: registered, lent by approval, taken out and brought back by two, counted and handed over with the safe."""

from __future__ import annotations

from typing import Any

import pypdfium2 as pdfium
import pytest
from custody_desk import Desk
from hiring import hire
from platform_world import PASSWORD, ok, problem
from request_story import SAMPLES
from tampering import Altered, require_named, require_untouched

from shuangyin.custody.commands.overdue_originals import notice_overdue_originals
from shuangyin.custody.original_rules import Returned, object_to_return
from shuangyin.evidence.auditing import audit

pytestmark = pytest.mark.database_full

HOUR = 3_600_000
DEED = {
    "kind": "title_deed",
    "name": "云岫大厦不动产权证书",
    "reference": "京（2024）海不动产权第 0012345 号",
}


def register(desk: Desk, kind: str = "custodian", **fields: Any) -> Any:
    body = {**DEED, "condition": "封皮完好，无涂改", "safe_id": desk.safe_id, "slot": "第 9 格", **fields}
    return desk.story.post(kind, "/originals", body)


def ask(desk: Desk, *originals: dict[str, Any], kind: str = "employee", **fields: Any) -> Any:
    now = desk.world.clock.now_ms()
    body = {
        "original_ids": [one["id"] for one in originals],
        "purpose": "到登记中心办理抵押登记",
        "place": "海淀区不动产登记中心",
        "from_at": now,
        "due_at": now + 4 * HOUR,
        **fields,
    }
    return desk.story.post(kind, "/original-loans", body)


def approved(desk: Desk, *originals: dict[str, Any]) -> dict[str, Any]:
    loan = ok(ask(desk, *originals), 201)
    (item,) = [one for one in desk.story.todo("department_head") if one["subject_id"] == loan["id"]]
    ok(desk.story.decide("department_head", item, proof=True))
    return read(desk, loan)


def read(desk: Desk, loan: dict[str, Any], kind: str = "employee") -> dict[str, Any]:
    return dict(desk.story.get(kind, f"/original-loans/{loan['id']}"))


def confirm(desk: Desk, loan: dict[str, Any], kind: str, **fields: Any) -> Any:
    body = {"method": "totp", "code": desk.world.code(kind), **fields}
    return desk.story.post(kind, f"/original-loans/{loan['id']}/confirm", body)


def check(desk: Desk, loan: dict[str, Any], kind: str = "custodian", **found: Any) -> Any:
    items = [{"original_id": one["original_id"], "intact": True, **found} for one in loan["items"]]
    return desk.story.post(kind, f"/original-loans/{loan['id']}/checks", {"items": items})


def photograph(desk: Desk, loan: dict[str, Any], kind: str = "custodian", content: bytes = b"") -> Any:
    """A photo of the originals back in their slot."""
    files = {"file": ("photo.jpg", content or (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
    return desk.world.client(kind).post(f"/api/v1/original-loans/{loan['id']}/photos", files=files)


def state(desk: Desk, original: dict[str, Any]) -> str:
    return str(desk.story.get("employee", f"/originals/{original['id']}")["state"])


@pytest.mark.database
def test_an_original_is_lent_by_approval_and_comes_back_damaged_and_late(desk: Desk) -> None:
    problem(register(desk, "employee"), 403, "NOT_KEEPER_OF_SAFE")
    problem(register(desk, route_code="no_such_route"), 422, "ROUTE_UNKNOWN")
    assert isinstance(desk.story.get("custodian", "/original-loan-routes"), list)
    deed = ok(register(desk), 201)
    assert (deed["number"][:3], deed["state"]) == ("原件-", "kept")
    now = desk.world.clock.now_ms()
    problem(ask(desk, deed, due_at=now + 31 * 24 * HOUR), 409, "LOAN_TOO_LONG")
    loan = ok(ask(desk, deed), 201)
    assert loan["state"] == "asked"
    problem(confirm(desk, loan, "employee"), 409, "NOTHING_TO_CONFIRM")
    (item,) = [one for one in desk.story.todo("department_head") if one["subject_id"] == loan["id"]]
    assert item["number"] == loan["number"]
    ok(desk.story.decide("department_head", item, proof=True))
    loan = read(desk, loan)
    assert (loan["state"], loan["approvers"][0]["id"]) == ("approved", desk.world.id("department_head"))
    problem(ask(desk, deed, kind="department_head"), 409, "LOAN_OVERLAPS")
    problem(confirm(desk, loan, "auditor"), 403, "NOT_A_PARTY")
    half = ok(confirm(desk, loan, "employee"))
    assert (half["state"], state(desk, deed)) == ("approved", "kept"), "one of two takes nothing out"
    second = {"account": desk.world.members["custodian"].account, "password": PASSWORD}
    out = ok(confirm(desk, loan, "employee", code=desk.world.code("custodian"), **second))
    assert (out["state"], state(desk, deed)) == ("out", "lent")
    assert {one["role"] for one in out["out"] if one["confirmed_at"]} == {"borrower", "custodian"}
    come_back_damaged_and_late(desk, deed, out)
    whatever_is_altered_is_named(desk)


def come_back_damaged_and_late(desk: Desk, deed: dict[str, Any], loan: dict[str, Any]) -> None:
    world = desk.world
    world.clock.advance(seconds=4 * 3600)
    assert notice_overdue_originals(world.platform) == 1
    assert notice_overdue_originals(world.platform) == 0
    world.clock.advance(seconds=24 * 3600)
    assert notice_overdue_originals(world.platform) == 1, "the managers are told a day later"
    desk.again("custodian", "employee", "auditor", "administrator")
    kinds = {one["kind"] for one in desk.story.get("administrator", "/alarms")["items"]}
    assert "original_overdue" in kinds
    alerts = desk.story.get("employee", "/workbench")["seals"]
    assert any(loan["number"] in one["zh"] and one["level"] == "danger" for one in alerts)
    assert read(desk, loan)["state"] == "overdue"
    problem(confirm(desk, loan, "custodian"), 409, "ORIGINAL_UNCHECKED")
    problem(check(desk, loan, "employee"), 403, "NOT_KEEPER_OF_SAFE")
    ok(check(desk, loan, intact=False))
    problem(confirm(desk, loan, "custodian"), 409, "DAMAGE_UNDESCRIBED")
    ok(check(desk, loan, intact=False, note="封皮有水渍"))
    problem(confirm(desk, loan, "custodian"), 409, "PHOTO_RETURNED_MISSING")
    problem(photograph(desk, loan, "employee"), 403, "NOT_KEEPER_OF_SAFE")
    problem(photograph(desk, loan, content=b"no picture"), 422, "NOT_A_PHOTO")
    photo = ok(photograph(desk, loan), 201)
    assert [one["id"] for one in read(desk, loan)["photos"]] == [photo["id"]]
    assert world.client("employee").get(photo["url"]).content == (SAMPLES / "scan.jpg").read_bytes()
    hire(world, "clerk", "employee", "何静")
    assert world.client("clerk").get(photo["url"]).status_code == 404, (
        "whose loan it is not sees nothing of it"
    )
    ok(confirm(desk, loan, "custodian"))
    problem(check(desk, loan), 409, "RETURN_CONFIRMED")
    problem(photograph(desk, loan), 409, "RETURN_CONFIRMED")
    assert state(desk, deed) == "lent"
    back = ok(confirm(desk, loan, "employee"))
    assert (back["state"], state(desk, deed)) == ("returned", "kept")
    assert desk.story.get("employee", f"/originals/{deed['id']}")["condition"] == "封皮有水渍"
    kinds = {one["kind"] for one in desk.story.get("administrator", "/alarms")["items"]}
    assert "original_damaged" in kinds
    assert world.client("employee").get("/api/v1/original-loans.pdf").status_code == 403
    form = world.client("auditor").get("/api/v1/original-loans.pdf?state=returned")
    shown = pdfium.PdfDocument(form.content)[0].get_textpage().get_text_range()
    for words in ("原件借阅登记表", loan["number"], "封皮有水渍", "海淀区不动产登记中心"):
        assert words in shown.replace("\r\n", ""), words


def whatever_is_altered_is_named(desk: Desk) -> None:
    require_untouched(desk.world.platform)
    person = desk.world.id("auditor")
    changes = [
        Altered("original", "name", "别的证书", "Original.name"),
        Altered("original", "state", "missing", "Original.state"),
        Altered("original", "slot", "别格", "Original.slot"),
        Altered("original_loan", "borrower_id", person, "OriginalLoan.borrower_id"),
        Altered("original_loan", "due_at", 9, "OriginalLoan.due_at"),
        Altered("original_loan", "status", "out", "OriginalLoan.status"),
        Altered("original_loan", "purpose", "别的事", "OriginalLoan.purpose"),
        Altered("original_loan_item", "intact", True, "OriginalLoanItem.intact"),
        Altered("original_loan_item", "note", "无", "OriginalLoanItem.note"),
        Altered("use_photo", "original_loan_id", None, "UsePhoto"),
        Altered("use_photo", "sm3", "0" * 64, "UsePhoto.sm3"),
    ]
    require_named(desk.world.platform, "custody.", changes)


def test_originals_are_counted_and_handed_over_with_their_safe(desk: Desk) -> None:
    story, world = desk.story, desk.world
    deed = ok(register(desk), 201)
    body = {"safe_id": desk.safe_id, "witness_id": world.id("auditor")}
    taken = ok(story.post("reviewer", "/stocktakes", body), 201)
    (line,) = taken["originals"]
    assert (line["number"], line["expected"]) == (deed["number"], True)
    found = [{"id": one["id"], "found": True} for one in taken["lines"]]
    ok(story.post("reviewer", f"/stocktakes/{taken['id']}/lines", {"lines": found}))
    shown = {"method": "totp", "code": world.code("reviewer")}
    problem(story.post("reviewer", f"/stocktakes/{taken['id']}/confirm", shown), 409, "STOCKTAKE_UNCOUNTED")
    gone = [{"id": line["id"], "found": False, "discrepancy": "格口为空"}]
    ok(story.post("reviewer", f"/stocktakes/{taken['id']}/lines", {"lines": gone}))
    for kind in ("reviewer", "auditor"):
        shown = {"method": "totp", "code": world.code(kind)}
        ok(story.post(kind, f"/stocktakes/{taken['id']}/confirm", shown))
    assert state(desk, deed) == "missing"
    problem(ask(desk, deed), 409, "ORIGINAL_NOT_HERE")
    assert world.client("auditor").get(f"/api/v1/stocktakes/{taken['id']}/sheet.pdf").status_code == 200
    reason = {"reason": "夹在卷宗中，已放回原格口"}
    ok(story.post("custodian", f"/originals/{deed['id']}/found", reason))
    sheet = {
        "giver_id": world.id("custodian"),
        "receiver_id": world.id("reviewer"),
        "witness_id": world.id("auditor"),
        "reason": "岗位调整",
    }
    posts = story.get("administrator", "/posts")["items"]
    post = next(one for one in posts if one["kind"] == "custodian")
    ok(story.post("administrator", f"/persons/{world.id('reviewer')}/posts", {"post_id": post["id"]}))
    drawn = ok(story.post("custodian", "/handovers", sheet), 201)
    assert [one["thing_id"] for one in drawn["items"] if one["kind"] == "original"] == [deed["id"]]
    world.settle()
    assert [str(one) for one in audit(world.platform).differences] == []


def test_a_loan_of_somebody_who_may_not_is_refused_and_one_that_waits_is_called_off(desk: Desk) -> None:
    deed = ok(register(desk), 201)
    other = ok(desk.story.post("administrator", "/safes", safe_of(desk)), 201)
    elsewhere = ok(register(desk, "administrator", name="商标注册证", safe_id=other["id"]), 201)
    problem(ask(desk, deed, elsewhere), 422, "ORIGINALS_OF_SEVERAL_SAFES")
    loan = ok(ask(desk, deed), 201)
    assert desk.world.client("reviewer").get(f"/api/v1/original-loans/{loan['id']}").status_code == 200
    assert desk.world.client("administrator").get("/api/v1/original-loans").status_code == 200
    problem(
        desk.story.post("auditor", f"/original-loans/{loan['id']}/cancel", {"reason": "不"}),
        403,
        "NOT_A_PARTY",
    )
    ended = ok(desk.story.post("employee", f"/original-loans/{loan['id']}/cancel", {"reason": "改期"}))
    assert ended["state"] == "cancelled"
    assert not [one for one in desk.story.todo("department_head") if one["subject_id"] == loan["id"]]
    given = {"reason": "换发新证"}
    assert (
        ok(desk.story.post("custodian", f"/originals/{deed['id']}/withdraw", given))["state"] == "withdrawn"
    )
    require_untouched(desk.world.platform)


def safe_of(desk: Desk) -> dict[str, Any]:
    return {"name": "二号保险柜", "place": "305 室", "custodian_id": desk.world.id("custodian")}


def test_nothing_comes_back_unseen() -> None:
    assert object_to_return([Returned("证书", True, None)]) is None
    unseen = object_to_return([Returned("证书", True, None), Returned("执照", None, None)])
    assert unseen is not None
    assert unseen.code == "ORIGINAL_UNCHECKED"
    damaged = object_to_return([Returned("证书", False, "  ")])
    assert damaged is not None
    assert damaged.code == "DAMAGE_UNDESCRIBED"
