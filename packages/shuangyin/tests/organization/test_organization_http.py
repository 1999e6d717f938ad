"""Organization, departments, posts and counterparties over HTTP."""

from __future__ import annotations

import json

import pytest
from platform_world import OTHER_USCC, USCC, World, ok, problem
from tampering import Altered, require_named, require_untouched


def test_everybody_reads_and_only_administrators_change_the_organization(world: World) -> None:
    employee, admin = world.client("employee"), world.client("administrator")
    before = ok(employee.get("/api/v1/organization"))
    assert (before["uscc"], before["category"]) == (USCC, "enterprise")
    change = {"name": "北京云岫数字科技有限公司", "region_code": "110105"}
    problem(employee.patch("/api/v1/organization", json=change), 403, "NOT_PERMITTED")
    after = ok(
        admin.patch("/api/v1/organization", json=change, headers={"If-Match": f'"{before["version"]}"'})
    )
    assert (after["name"], after["region_code"], after["version"]) == (
        change["name"],
        "110105",
        before["version"] + 1,
    )
    stale = admin.patch("/api/v1/organization", json=change, headers={"If-Match": f'"{before["version"]}"'})
    problem(stale, 412, "STALE_VERSION")
    problem(admin.patch("/api/v1/organization", json={"region_code": "999999"}), 422, "REGION_UNKNOWN")
    problem(admin.patch("/api/v1/organization", json={"uscc": OTHER_USCC}), 422, "INVALID_INPUT")


def test_departments_form_a_tree_without_cycles(world: World) -> None:
    admin = world.client("administrator")
    top = ok(admin.post("/api/v1/departments", json={"name": "财务部"}))
    leaf = ok(admin.post("/api/v1/departments", json={"name": "核算组", "parent_id": top["id"]}))
    names = [one["name"] for one in ok(world.client("employee").get("/api/v1/departments"))["items"]]
    assert {"财务部", "核算组", "市场部"} <= set(names)
    cycle = admin.patch(f"/api/v1/departments/{top['id']}", json={"parent_id": leaf["id"]})
    problem(cycle, 422, "DEPARTMENT_CYCLE")
    problem(admin.post("/api/v1/departments", json={"name": "财务部"}), 409, "NAME_TAKEN")
    problem(admin.post("/api/v1/departments", json={"name": "甲", "parent_id": "0" * 32}), 404, "NOT_FOUND")
    moved = ok(admin.patch(f"/api/v1/departments/{leaf['id']}", json={"parent_id": None, "name": "核算部"}))
    assert (moved["parent_id"], moved["name"], moved["version"]) == (None, "核算部", 2)


@pytest.mark.parametrize("path", ["departments", "posts", "counterparties"])
def test_a_name_of_ten_thousand_characters_is_refused(world: World, path: str) -> None:
    body = {"name": "甲" * 10_000} | ({"kind": "employee"} if path == "posts" else {})
    problem(world.client("administrator").post(f"/api/v1/{path}", json=body), 422, "INVALID_INPUT")


@pytest.mark.parametrize("name", ["甲\u0000乙", "\u202e甲", "\ud800"])
def test_a_name_nobody_can_see_is_refused(world: World, name: str) -> None:
    # The body is written by hand, because the client itself would refuse to encode half a surrogate pair.
    answer = world.client("administrator").post(
        "/api/v1/departments",
        content=json.dumps({"name": name}, ensure_ascii=True),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text


def test_a_post_begins_with_the_rights_of_its_kind_and_can_be_changed(world: World) -> None:
    admin = world.client("administrator")
    post = ok(
        admin.post(
            "/api/v1/posts",
            json={"name": "财务印章保管人", "kind": "custodian", "department_id": world.department_id},
        )
    )
    assert "custody.open" in post["permissions"]
    assert "people.manage" not in post["permissions"]
    narrowed = ok(admin.patch(f"/api/v1/posts/{post['id']}", json={"permissions": ["seals.read"]}))
    assert narrowed["permissions"] == ["seals.read"]
    unknown = admin.patch(f"/api/v1/posts/{post['id']}", json={"permissions": ["seals.fly"]})
    assert problem(unknown, 422, "PERMISSION_UNKNOWN")["details"] == {"unknown": ["seals.fly"]}
    assert post["id"] in [one["id"] for one in ok(world.client("auditor").get("/api/v1/posts"))["items"]]


def test_there_is_one_root_office(world: World) -> None:
    body = {"name": "负责人", "kind": "legal_representative", "is_office": True}
    problem(world.client("administrator").post("/api/v1/posts", json=body), 409, "OFFICE_EXISTS")


def test_a_changed_post_counts_at_once_for_who_holds_it(world: World) -> None:
    admin, employee = world.client("administrator"), world.client("employee")
    post = next(one for one in ok(admin.get("/api/v1/posts"))["items"] if one["kind"] == "employee")
    ok(employee.get("/api/v1/departments"))
    ok(admin.patch(f"/api/v1/posts/{post['id']}", json={"permissions": ["seals.read"]}))
    problem(employee.get("/api/v1/departments"), 403, "NOT_PERMITTED")


def test_nobody_takes_the_right_to_manage_from_his_own_post(world: World) -> None:
    admin = world.client("administrator")
    post = next(one for one in ok(admin.get("/api/v1/posts"))["items"] if one["kind"] == "administrator")
    path = f"/api/v1/posts/{post['id']}"
    for kept in ([], ["people.manage"], ["organization.manage"]):
        problem(admin.patch(path, json={"permissions": kept}), 409, "OWN_POST")
    managing = ["organization.manage", "people.manage", "organization.read"]
    assert ok(admin.patch(path, json={"permissions": managing}))["permissions"] == sorted(managing)


def test_counterparties_and_who_may_say_that_they_take_e_seals(world: World) -> None:
    admin, employee = world.client("administrator"), world.client("employee")
    new = {"name": "北京澄泉设备有限公司", "uscc": OTHER_USCC.lower(), "note": "老客户"}
    problem(
        employee.post("/api/v1/counterparties", json=new | {"takes_electronic": "yes"}), 403, "NOT_PERMITTED"
    )
    added = ok(employee.post("/api/v1/counterparties", json=new), 201)
    assert (added["uscc"], added["takes_electronic"], added["checked_at"]) == (OTHER_USCC, "unknown", None)
    problem(employee.post("/api/v1/counterparties", json=new), 409, "NAME_TAKEN")
    path = f"/api/v1/counterparties/{added['id']}"
    problem(employee.patch(path, json={"takes_electronic": "yes"}), 403, "NOT_PERMITTED")
    checked = ok(admin.patch(path, json={"takes_electronic": "yes"}))
    assert (checked["takes_electronic"], checked["checked_at"]) == ("yes", world.clock.now_ms())
    problem(world.client("auditor").post("/api/v1/counterparties", json=new), 403, "NOT_PERMITTED")


def test_a_code_that_fails_its_check_is_taken_with_a_reason(world: World) -> None:
    admin = world.client("administrator")
    body = {"name": "厦门海澜仪器有限公司", "uscc": "91350211M0000XUF46"}
    problem(admin.post("/api/v1/counterparties", json=body), 422, "USCC_REASON")
    body["uscc_exception"] = "营业执照如此登记"
    added = ok(admin.post("/api/v1/counterparties", json=body))
    assert added["uscc_exception"] == "营业执照如此登记"
    problem(admin.patch(f"/api/v1/counterparties/{added['id']}", json={"uscc": "1" * 18}), 422, "USCC_REASON")


def test_counterparties_are_searched_and_paged(world: World) -> None:
    admin = world.client("administrator")
    for number in range(5):
        world.clock.advance(seconds=1)
        ok(admin.post("/api/v1/counterparties", json={"name": f"往来单位{number}%"}))
    seen: list[str] = []
    cursor = None
    while True:
        parameters = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = ok(admin.get("/api/v1/counterparties", params=parameters))
        seen += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"往来单位{number}%" for number in (4, 3, 2, 1, 0)]
    assert len(ok(admin.get("/api/v1/counterparties", params={"q": "3%"}))["items"]) == 1
    assert ok(admin.get("/api/v1/counterparties", params={"q": "_"}))["items"] == []
    problem(admin.get("/api/v1/counterparties", params={"q": "\x00"}), 422, "INVALID_INPUT")


def test_the_permissions_a_post_can_carry_are_explained_in_both_languages(world: World) -> None:
    listed = ok(world.client("employee").get("/api/v1/permissions"))["items"]
    assert all(one["zh"] and one["en"] for one in listed)
    used = {
        code
        for post in ok(world.client("employee").get("/api/v1/posts"))["items"]
        for code in post["permissions"]
    }
    assert used == {one["code"] for one in listed}


def test_an_organization_sets_its_own_working_days(world: World) -> None:
    admin, path = world.client("administrator"), "/api/v1/organization/calendar"
    before = ok(admin.get(path, params={"year": 2026}))
    assert before["arranged"] is True
    assert "逐日核对" in before["source_zh"], "it says against what the days were compared"
    assert "2026-10-10" in before["worked"]
    days = [
        {"day": "2026-10-10", "kind": "off", "note": "本单位统一休息"},
        {"day": "2026-11-28", "kind": "worked"},
    ]
    problem(world.client("employee").put(f"{path}/days", json={"days": days}), 403, "NOT_PERMITTED")
    problem(admin.put(f"{path}/days", json={"days": [*days, days[0]]}), 422, "CALENDAR_DAY_TWICE")
    assert ok(admin.get(path, params={"year": 2026})) == before, "all or none"
    after = ok(admin.put(f"{path}/days", json={"days": days}))
    assert ("2026-10-10" in after["off"], "2026-10-10" in after["worked"]) == (True, False)
    assert [(one["day"], one["kind"], one["note"]) for one in after["corrections"]] == [
        ("2026-10-10", "off", "本单位统一休息"),
        ("2026-11-28", "worked", ""),
    ]
    require_untouched(world.platform)
    set_otherwise = [
        Altered("calendar_day", "kind", "off", "CalendarDay"),
        Altered("calendar_day", "set_by", world.id("employee"), "CalendarDay"),
        Altered("calendar_day", "day", "2026-12-05", "CalendarDay"),
    ]
    require_named(world.platform, "organization.", set_otherwise)
    world.clock.advance(seconds=1)
    back = ok(admin.put(f"{path}/days", json={"days": [{**one, "kind": "published"} for one in days]}))
    assert back == before
    require_untouched(world.platform)
    unknown = ok(admin.get(path, params={"year": 2040}))
    assert (unknown["arranged"], unknown["off"], unknown["source_zh"]) == (False, [], None)
    unreadable: list[dict[str, object]] = [
        {"days": []},
        {"days": [{"day": "2026-13-01", "kind": "off"}]},
        {"days": [{"day": "1899-01-01", "kind": "off"}]},
    ]
    for wrong in unreadable:
        assert admin.put(f"{path}/days", json=wrong).status_code == 422
