"""Monthly audits over HTTP: a difference becomes an alarm and a finding, is answered, and is settled by somebody else."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from column_tampering import require_columns_named
from custody_desk import COPIES, Desk
from platform_world import ok, problem
from seal_house import House, enrol
from tampering import require_untouched

from sealdevice.device.store import MemoryStore
from sealdevice.event import EventKind, open_event, sign_event
from sealdevice.permit import PressKind
from shuangyin.custody.commands.paper_permits import notice_open_permits
from shuangyin.device_sim.seal import SimulatedSeal

pytestmark = pytest.mark.database
GRACE_S = 601
MONTH_S = 31 * 24 * 3600


def difference(house: House) -> dict[str, Any]:
    """A press that the device counted once, and somebody registered besides; the alarm it raises."""
    permit = house.begin_use()
    house.seal.press()
    house.told()
    house.upload_all()
    ok(house.desk.press(permit["opening_id"], normal=1, seam=0, cover=0, spoiled=0), 201)
    ok(house.finish(permit["id"]))
    house.rounds(seconds=2)
    house.rounds(seconds=GRACE_S)
    (alarm,) = house.desk.story.get("auditor", "/alarms?kind=count_difference")["items"]
    return dict(alarm)


def opened(house: House, month: str, kind: str = "auditor") -> Any:
    return house.desk.story.post(kind, "/audits", {"month": month})


def at_home(house: House, kind: str) -> list[str]:
    """What the home page says of audits."""
    found = house.desk.story.get(kind, "/workbench")["seals"]
    return [one["zh"] for one in found if one["link"].startswith("/audits/")]


def standing(house: House, audit: Any) -> list[Any]:
    return list(house.desk.story.get("auditor", f"/audits/{audit['id']}/findings")["items"])


def answered(house: House, found: Any, kind: str = "custodian", **fields: Any) -> Any:
    body = {"responsible_id": house.world.id("custodian"), "cause": "手工重复登记", **fields}
    return house.desk.story.post(kind, f"/audit-findings/{found['id']}/answer", body)


def settled(house: House, found: Any, outcome: str, kind: str = "auditor") -> Any:
    body = {"outcome": outcome, "reason": "已核对设备事件与登记表"}
    return house.desk.story.post(kind, f"/audit-findings/{found['id']}/settle", body)


def close(house: House, audit: Any) -> Any:
    return house.desk.story.post("auditor", f"/audits/{audit['id']}/close")


def test_a_difference_is_an_alarm_and_a_finding_until_somebody_else_settles_it(house: House) -> None:
    alarm = difference(house)
    problem(opened(house, "2026-11", "custodian"), 403, "NOT_PERMITTED")
    problem(opened(house, "2026-12"), 409, "AUDIT_MONTH_AHEAD")
    audit = ok(opened(house, "2026-11"), 201)
    assert (audit["status"], audit["findings"]["open"], audit["new_differences"]) == ("open", 1, 0)
    problem(opened(house, "2026-11"), 409, "AUDIT_EXISTS")
    (found,) = standing(house, audit)
    assert found["seal"]["id"] == house.desk.seal_id
    assert found["request"]["id"] == house.desk.request["id"]
    assert (found["alarm"]["number"], found["alarm"]["verdict"]) == (alarm["number"], None)
    photos = found["figures"]["photos_asked"]
    assert photos > 0, "as the permit asks for them"
    assert found["figures"] == {
        "permitted": 8,
        "spare": 1,
        "counted": 1,
        "registered_good": 2,
        "registered_spoiled": 0,
        "photos_asked": photos,
        "photographed": photos,
    }
    (of_alarm,) = house.desk.story.get("custodian", f"/audit-findings?alarm_id={alarm['id']}")["items"]
    assert of_alarm["id"] == found["id"]
    assert at_home(house, "custodian") == ["1 个审计问题待答复。"]
    refusals_of_one_finding(house, found)
    another = a_second_one_is_taken_in(house, audit)
    problem(close(house, audit), 409, "AUDIT_MONTH_RUNNING")
    house.world.clock.advance(seconds=MONTH_S)
    house.desk.again("custodian", "auditor")
    stale = house.desk.story.post("auditor", f"/audits/{audit['id']}/close", **{"If-Match": '"99"'})
    problem(stale, 412, "STALE_VERSION")
    problem(close(house, audit), 409, "AUDIT_FINDINGS_OPEN")
    assert at_home(house, "auditor") == ["2026-11 已过，该月的审计待结束。"]
    problem(opened(house, "2026-12"), 409, "AUDIT_RUNNING")
    ok(answered(house, another, rectification="更换设备锁具", due_on="2026-12-31"))
    done = ok(close(house, audit))
    assert (done["status"], done["findings"]["settled"], done["findings"]["answered"]) == ("closed", 1, 1)
    problem(close(house, audit), 409, "AUDIT_CLOSED")
    problem(opened(house, "2026-10"), 409, "AUDIT_MONTH_PAST")
    what_is_not_settled_goes_on(house, another)
    require_untouched(house.platform)
    require_columns_named(house.platform, ("audit", "audit_finding"))


def refusals_of_one_finding(house: House, found: Any) -> None:
    problem(settled(house, found, "explained"), 409, "FINDING_UNANSWERED")
    problem(answered(house, found, "auditor"), 403, "NOT_PERMITTED")
    problem(answered(house, found, rectification="删除重复登记"), 409, "RECTIFICATION_INCOMPLETE")
    problem(answered(house, found, rectification="更正", due_on="2026-10-01"), 409, "DUE_PAST")
    ok(answered(house, found, responsible_id=house.world.id("auditor")))
    problem(settled(house, found, "explained"), 409, "SAME_PERSON")
    ok(answered(house, found, rectification="登记表注明重复", due_on="2026-11-10"))
    problem(settled(house, found, "rectified"), 409, "NOT_RECTIFIED")
    report, body = f"/audit-findings/{found['id']}/rectified", {"note": "已在登记表注明"}
    assert at_home(house, "auditor") == []
    assert ok(house.desk.story.post("custodian", report, body))["status"] == "rectified"
    assert at_home(house, "auditor") == ["1 个审计问题待结清。"]
    problem(house.desk.story.post("custodian", report, body), 409, "ALREADY_RECTIFIED")
    problem(settled(house, found, "rectified", "custodian"), 403, "NOT_PERMITTED")
    done = ok(settled(house, found, "rectified"))
    assert (done["status"], done["outcome"], done["settled_by"]["name"]) == ("settled", "rectified", "孙静")
    problem(answered(house, found), 409, "FINDING_SETTLED")


def a_second_one_is_taken_in(house: House, audit: Any) -> Any:
    """What arises while the audit is open waits for an act of its own, and the settled one does not come again."""
    house.seal.force()
    house.told()
    seen = house.desk.story.get("auditor", f"/audits/{audit['id']}")
    assert (seen["new_differences"], seen["findings"]["all"]) == (1, 1)
    for _ in range(2):
        ok(house.desk.story.post("auditor", f"/audits/{audit['id']}/take-in"))
    first, second = standing(house, audit)
    assert (first["status"], second["status"]) == ("settled", "open")
    assert (second["kind"], second["figures"]["counted"]) == ("unauthorised_press", 1)
    assert second["alarm"] is not None
    return second


def what_is_not_settled_goes_on(house: House, carried: Any) -> None:
    audit = ok(opened(house, "2026-12"), 201)
    assert (audit["findings"]["all"], audit["findings"]["carried"], audit["findings"]["overdue"]) == (1, 1, 0)
    (found,) = standing(house, audit)
    assert (found["id"], found["audit"]["name"]) == (carried["id"], "2026-11")
    answer = house.world.client("auditor").get(f"/api/v1/audits/{audit['id']}/findings.csv")
    heading, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    cells = dict(zip(heading, row, strict=True))
    assert (cells["问题编号"], cells["设备计数"], cells["整改期限"]) == (found["number"], "1", "2026-12-31")
    listed = house.desk.story.get("custodian", "/audits?limit=1")
    assert [one["month"] for one in listed["items"]] == ["2026-12"]
    following = house.desk.story.get("custodian", f"/audits?cursor={listed['next_cursor']}")
    assert [one["month"] for one in following["items"]] == ["2026-11"]
    kinds = [
        one["kind"]
        for one in house.desk.story.get(
            "auditor", f"/evidence/entries?subject_type=finding&subject_id={found['id']}"
        )["items"]
    ]
    assert sorted(kinds) == ["audit.finding_answered", "audit.finding_taken_in"]


def counted(desk: Desk, *, missing: bool = False) -> None:
    """A stocktake of the safe by reviewer and auditor."""
    body = {"safe_id": desk.safe_id, "witness_id": desk.world.id("auditor")}
    taken = ok(desk.story.post("reviewer", "/stocktakes", body), 201)
    lines = [
        {"id": one["id"], "found": not missing, "discrepancy": "格口为空" if missing else None}
        for one in taken["lines"]
    ]
    ok(desk.story.post("reviewer", f"/stocktakes/{taken['id']}/lines", {"lines": lines}))
    for kind in ("reviewer", "auditor"):
        shown = {"method": "totp", "code": desk.world.code(kind)}
        ok(desk.story.post(kind, f"/stocktakes/{taken['id']}/confirm", shown))


def test_each_account_has_its_finding(desk: Desk) -> None:
    """Register, stocktake and paper permit, without a device; what a second stocktake repeats is no finding anew."""
    opening = desk.open()
    use = ok(desk.press(opening["id"], normal=COPIES, seam=0, cover=0, spoiled=3), 201)
    desk.photograph_each_copy(opening["id"], use["id"])
    ok(desk.photograph(opening["id"], use_id=use["id"], moment="spoiled"), 201)
    ok(desk.close(opening["id"]))
    permit = {"safe_id": desk.safe_id, "seal_id": desk.seal_id, "presses": 3, "days": 1}
    ok(desk.story.post("administrator", "/paper-permits", permit), 201)
    counted(desk)
    counted(desk, missing=True)
    desk.world.clock.advance(seconds=3 * 24 * 3600)
    assert notice_open_permits(desk.world.platform) == 1
    desk.again("auditor")
    audit = ok(desk.story.post("auditor", "/audits", {"month": "2026-11"}), 201)
    found = desk.story.get("auditor", f"/audits/{audit['id']}/findings")["items"]
    said = [
        (
            one["kind"],
            *(one["figures"][name] for name in ("permitted", "spare", "counted", "registered_spoiled")),
        )
        for one in found
    ]
    assert said == [
        ("spoiled_beyond_spare", 2 * COPIES, 1, None, 3),
        ("count_difference", 2 * COPIES, 1, COPIES + 3, 3),
        ("seal_missing", COPIES, -2, 0, 0),
        ("paper_permit_open", 3, None, None, 0),
    ]
    assert all(one["alarm"] and one["seal"]["id"] == desk.seal_id for one in found)
    assert [bool(one["stocktake"]) for one in found] == [False, True, True, False]


def test_photos_that_come_late_are_seen_and_leave_the_finding(house: House) -> None:
    permit = house.begin_use()
    house.seal.press()
    house.told()
    ok(house.finish(permit["id"]))
    house.rounds(seconds=2)
    house.rounds(seconds=GRACE_S)
    audit = ok(opened(house, "2026-11"), 201)
    (found,) = standing(house, audit)
    asked = found["figures"]["photos_asked"]
    assert (found["kind"], asked > 0, found["figures"]["photographed"]) == ("photos_missing", True, 0)
    house.upload_all()
    house.rounds(seconds=GRACE_S)
    (found,) = standing(house, audit)
    assert (found["figures"]["photographed"], found["figures_now"]["photographed"]) == (0, asked)
    ok(answered(house, found))
    ok(settled(house, found, "explained"))
    assert house.desk.story.get("auditor", f"/audits/{audit['id']}")["new_differences"] == 0


def test_what_one_device_says_of_the_permit_of_another_is_a_finding_of_the_one_that_said_it(
    house: House,
) -> None:
    permit = house.begin_use()
    another = SimulatedSeal(house.world.clock.now_ms, store=MemoryStore())
    enrol(house.desk, another, "二号智能印章")
    ((_, record), *_) = another.device.events(1, 1)
    event = open_event(record, another.key.public_key)
    lie = replace(
        event,
        kind=EventKind.PRESSED,
        permit=permit["id"],
        press_kind=PressKind.ORDINARY,
        presses=event.presses + 1,
    )
    house.say_event(sign_event(lie, another.key), another.id)
    house.ingest.run_pending()
    (found,) = standing(house, ok(opened(house, "2026-11"), 201))
    assert (found["kind"], found["device"]["id"]) == ("press_beyond_permit", another.id)
    assert (found["permit_id"], found["alarm"]["verdict"]) == (None, None)
