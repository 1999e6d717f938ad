"""Copies that went out: never more than were sealed, checked off with a scan, owed by the applicant until then."""

from __future__ import annotations

from typing import Any

import pytest
from custody_desk import COPIES, Desk
from hypothesis import given
from hypothesis import strategies as st
from platform_world import ok, problem
from tampering import Altered, require_named, require_untouched

from shuangyin.custody.sent_copy_rules import object_to_sending, sealed_copies, state_of
from shuangyin.requests.commands.duties import notice_overdue

pytestmark = pytest.mark.database_full

DAY = 24 * 3_600_000


def send(desk: Desk, kind: str = "employee", headers: Any = None, **fields: Any) -> Any:
    now = desk.world.clock.now_ms()
    body = {
        "copies": 2,
        "recipient": "澄湖融资租赁有限公司",
        "way": "courier",
        "courier": "飞鹭速运",
        "tracking": "FL20260001",
        "sent_at": now,
        "due_at": now + 15 * DAY,
        **fields,
    }
    return desk.story.post(kind, f"/requests/{desk.request['id']}/sent-copies", body, **(headers or {}))


def back(desk: Desk, sending: dict[str, Any], **fields: Any) -> Any:
    body = {"copies": 1, "counterparty_sealed": True, **fields}
    path = f"/requests/{desk.request['id']}/sent-copies/{sending['id']}/returns"
    return desk.story.post("employee", path, body)


def owed(desk: Desk) -> list[str]:
    rows = desk.story.get("employee", "/request-duties")["items"]
    return [one["duty"]["state"] for one in rows if one["duty"]["kind"] == "countersigned"]


@pytest.mark.database
def test_copies_go_out_and_come_back_with_the_other_seal(desk: Desk) -> None:
    story, world = desk.story, desk.world
    problem(send(desk), 409, "COPIES_NOT_SEALED")
    opening = desk.open()
    use = ok(desk.press(opening["id"], normal=COPIES, seam=COPIES), 201)
    desk.photograph_each_copy(opening["id"], use["id"])
    ok(desk.close(opening["id"]))
    problem(send(desk, way="by_hand"), 422, "COURIER_FIELDS")
    problem(send(desk, "department_head"), 403, "NOT_PERMITTED")
    page = ok(send(desk), 201)
    assert (page["sealed"], page["sent"], owed(desk)) == (COPIES, 2, ["open"])
    problem(send(desk, copies=COPIES - 1), 409, "COPIES_NOT_SEALED")
    problem(send(desk, sent_at=world.clock.now_ms() + DAY), 422, "SENT_TIME")
    page = ok(send(desk, way="by_hand", courier=None, tracking=None, copies=1, due_at=None), 201)
    first, second = page["items"]
    assert second["state"] == "stays"
    path = f"/requests/{desk.request['id']}/sent-copies/{second['id']}/strike"
    ok(story.post("employee", path, {"reason": "登记有误"}))
    scan = story.upload(name="contract.pdf")
    draft = desk.request["documents"][0]["document_version_id"]
    problem(back(desk, first, document_version_id=draft), 422, "SCAN_IS_THE_DRAFT")
    problem(
        back(desk, first, document_version_id=scan, counterparty_sealed=False), 409, "COUNTERSEAL_MISSING"
    )
    page = ok(back(desk, first, document_version_id=scan), 201)
    assert (page["items"][0]["state"], page["items"][0]["back"]) == ("partly_back", 1)
    assert story.read(desk.request["id"])["done"] is False
    world.clock.advance(seconds=16 * 24 * 3600)
    assert notice_overdue(world.platform) >= 1
    desk.again("employee", "custodian", "auditor")
    assert owed(desk) == ["overdue"]
    problem(back(desk, first, document_version_id=scan, copies=2), 409, "COPIES_NOT_OUT")
    other = story.upload(name="financing-contract.pdf")
    page = ok(back(desk, first, document_version_id=other), 201)
    assert (page["items"][0]["state"], owed(desk)) == ("back", [])
    problem(
        story.post("employee", f"/requests/{desk.request['id']}/duties/countersigned", {"note": "已收"}),
        404,
        "NOT_FOUND",
    )
    assert (
        world.client("auditor").get(f"/api/v1/requests/{desk.request['id']}/sent-copies").status_code == 200
    )
    whatever_is_altered_is_named(desk)


def whatever_is_altered_is_named(desk: Desk) -> None:
    require_untouched(desk.world.platform)
    changes = [
        Altered("sent_copies", "copies", 9, "SentCopies.copies"),
        Altered("sent_copies", "recipient", "别家", "SentCopies.recipient"),
        Altered("sent_copies", "tracking", "X1", "SentCopies.tracking"),
        Altered("sent_copies", "void_at", 9, "SentCopies.void_at"),
        Altered("returned_copies", "copies", 9, "ReturnedCopies.copies"),
        Altered("returned_copies", "sm3", "0" * 64, "ReturnedCopies.sm3"),
    ]
    require_named(desk.world.platform, "custody.", changes)


@given(
    asked=st.integers(1, 50),
    stamped=st.dictionaries(st.sampled_from("ab"), st.lists(st.integers(1, 20), min_size=1, max_size=4)),
    wanted=st.lists(st.integers(1, 20), max_size=8),
)
def test_no_more_copies_go_out_than_were_sealed(
    asked: int, stamped: dict[str, list[int]], wanted: list[int]
) -> None:
    sealed, sent = sealed_copies(asked, stamped), list[int]()
    for one in wanted:
        if object_to_sending(sealed, sent, one) is None:
            sent.append(one)
    assert sum(sent) <= sealed <= asked


def test_a_sending_that_is_past_its_time_is_overdue_until_all_are_back() -> None:
    assert state_of(10, copies=2, back=1, due_at=10, void=False) == "overdue"
    assert state_of(10, copies=2, back=2, due_at=10, void=False) == "back"
    assert state_of(9, copies=2, back=1, due_at=10, void=False) == "partly_back"
    assert state_of(10, copies=2, back=0, due_at=None, void=False) == "stays"
    assert state_of(10, copies=2, back=0, due_at=10, void=True) == "void"
