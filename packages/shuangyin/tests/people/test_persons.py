"""People of an organization: added, changed, appointed, reset; what others see of them; what they never see."""

from __future__ import annotations

import json

import pytest
from hiring import leave
from platform_world import (
    NAMES,
    OTHER_ORGANIZATION,
    OTHER_USCC,
    PASSWORD,
    Member,
    World,
    ok,
    problem,
)
from sqlalchemy import select

from shuangyin.core.errors import Conflict, Invalid
from shuangyin.core.idempotency import IdempotencyRecord
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.bootstrap import create_organization
from shuangyin.people.queries import display, holders, holds_permission, persons_permitted

pytestmark = pytest.mark.database_full


def post_id(world: World, kind: str) -> str:
    posts = ok(world.client("administrator").get("/api/v1/posts"))["items"]
    return str(next(post["id"] for post in posts if post["kind"] == kind))


def stranger(world: World) -> Member:
    """The administrator of another organization, signed in."""
    one_time = world.platform.transact(
        lambda work: create_organization(
            work,
            name=OTHER_ORGANIZATION,
            uscc=OTHER_USCC,
            region="110105",
            administrator_account="other-admin",
            administrator_name="何静",
        )
    )
    member = Member("administrator", "other-admin")
    member.client = world.sign_in(member, one_time)
    change = {"current_password": one_time, "new_password": PASSWORD}
    member.id = ok(member.client.put("/api/v1/me/password", json=change))["person"]["id"]
    return member


def test_everybody_sees_people_but_accounts_only_administrators(world: World) -> None:
    mine = world.id("employee")
    listed = ok(world.client("employee").get("/api/v1/persons"))["items"]
    assert {one["name"] for one in listed} == set(NAMES.values())
    assert [one["id"] for one in listed if one["account"]] == [mine]
    for_admin = ok(world.client("administrator").get("/api/v1/persons"))["items"]
    assert all(one["account"] and one["second_factor_enrolled"] for one in for_admin)


@pytest.mark.database
def test_people_are_searched_filtered_and_paged(world: World) -> None:
    admin = world.client("administrator")
    found = ok(admin.get("/api/v1/persons", params={"q": "岚"}))["items"]
    assert [one["name"] for one in found] == ["王岚"]
    assert found[0]["posts"][0]["name"] == "印章保管人"
    in_department = ok(admin.get("/api/v1/persons", params={"department_id": world.department_id}))["items"]
    assert len(in_department) == 6
    assert ok(admin.get("/api/v1/persons", params={"status": "left"}))["items"] == []
    first = ok(admin.get("/api/v1/persons", params={"limit": 4}))
    rest = ok(admin.get("/api/v1/persons", params={"limit": 4, "cursor": first["next_cursor"]}))
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 7
    assert rest["next_cursor"] is None
    problem(admin.get("/api/v1/persons", params={"q": "\x00"}), 422, "INVALID_INPUT")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "甲" * 10_000}, 422, "INVALID_INPUT"),
        ({"name": "  "}, 422, "NAME_LENGTH"),
        ({"name": "甲\u200b"}, 422, "TEXT_UNSEEN_CHARACTERS"),
        ({"account": "甲"}, 422, "ACCOUNT_FORM"),
        ({"account": "EMPLOYEE"}, 409, "ACCOUNT_TAKEN"),
        ({"department_id": "0" * 32}, 404, "NOT_FOUND"),
        ({"department_id": "x"}, 422, "INVALID_INPUT"),
        ({"permissions": ["*"]}, 422, "INVALID_INPUT"),
    ],
)
def test_people_who_cannot_be_added(world: World, change: dict[str, object], status: int, code: str) -> None:
    body = {"name": "郑安", "account": "zheng-an"} | change
    problem(world.client("administrator").post("/api/v1/persons", json=body), status, code)


def test_a_person_is_changed_at_the_version_that_was_read(world: World) -> None:
    admin, path = world.client("administrator"), f"/api/v1/persons/{world.id('employee')}"
    version = ok(admin.get(path))["version"]
    changed = ok(admin.patch(path, json={"name": "李燃"}, headers={"If-Match": f'"{version}"'}))
    assert (changed["name"], changed["department"]["id"]) == ("李燃", world.department_id)
    problem(
        admin.patch(path, json={"name": "李然"}, headers={"If-Match": f'"{version}"'}), 412, "STALE_VERSION"
    )
    moved = ok(admin.patch(path, json={"department_id": None}))
    assert (moved["name"], moved["department"]) == ("李燃", None)
    problem(world.client("employee").patch(path, json={"name": "李然"}), 403, "NOT_PERMITTED")


@pytest.mark.database
def test_a_repeated_addition_adds_one_person_and_stores_no_password(world: World) -> None:
    admin = world.client("administrator")
    body, headers = {"name": "郑安", "account": "zheng-an"}, {"Idempotency-Key": "add-1"}
    first = ok(admin.post("/api/v1/persons", json=body, headers=headers), 201)
    again = admin.post("/api/v1/persons", json=body, headers=headers)
    assert ok(again, 201)["person"] == first["person"]
    assert again.json()["one_time_password"] is None
    assert again.headers["Idempotent-Replay"] == "true"
    stored = world.platform.view(lambda work: list(work.session.scalars(select(IdempotencyRecord.body))))
    assert stored
    assert not any(first["one_time_password"] in one for one in stored)


def test_posts_are_given_and_taken_at_once(world: World) -> None:
    admin, employee = world.client("administrator"), world.client("employee")
    path = f"/api/v1/persons/{world.id('employee')}/posts"
    body = {"post_id": post_id(world, "auditor")}
    given = ok(admin.post(path, json=body), 201)
    problem(admin.post(path, json=body), 409, "POST_HELD")
    assert "evidence.read_all" in ok(employee.get("/api/v1/me"))["permissions"]
    holding = next(one["holding_id"] for one in given["posts"] if one["kind"] == "auditor")
    taken = ok(admin.delete(f"{path}/{holding}"))
    assert [one["kind"] for one in taken["posts"]] == ["employee"]
    assert "evidence.read_all" not in ok(employee.get("/api/v1/me"))["permissions"]
    problem(admin.delete(f"{path}/{holding}"), 404, "NOT_FOUND")
    problem(admin.post(path, json={"post_id": "0" * 32}), 404, "NOT_FOUND")
    ok(admin.post(path, json=body), 201)


def test_the_root_office_has_one_holder(world: World) -> None:
    body = {"post_id": post_id(world, "legal_representative")}
    admin = world.client("administrator")
    problem(admin.post(f"/api/v1/persons/{world.id('employee')}/posts", json=body), 409, "OFFICE_HELD")


def test_the_last_administrator_stays(world: World) -> None:
    admin, path = world.client("administrator"), f"/api/v1/persons/{world.id('administrator')}"
    holding = ok(admin.get(path))["posts"][0]["holding_id"]
    problem(admin.delete(f"{path}/posts/{holding}"), 409, "LAST_ADMINISTRATOR")
    problem(leave(world, world.id("administrator")), 409, "LAST_ADMINISTRATOR")
    ok(admin.get("/api/v1/persons"))
    body = {"post_id": post_id(world, "administrator")}
    ok(admin.post(f"/api/v1/persons/{world.id('auditor')}/posts", json=body), 201)
    ok(leave(world, world.id("administrator")))
    problem(admin.get("/api/v1/persons"), 401, "UNAUTHENTICATED")


@pytest.mark.database
def test_leaving_ends_everything_at_once(world: World) -> None:
    admin, session = world.client("administrator"), world.client("custodian")
    name = "保管终端"
    made = session.post(
        "/api/v1/me/tokens",
        json={
            "name": name,
            "scopes": ["seals.read", "people.read"],
            "proof": world.step_up("custodian", "people.create_token", name),
        },
    )
    program = world.anonymous()
    program.headers["Authorization"] = f"Bearer {ok(made, 201)['secret']}"
    ok(program.get("/api/v1/persons"))
    half = ok(
        world.anonymous().post("/api/v1/auth/sign-in", json={"account": "custodian", "password": PASSWORD})
    )
    code = world.code("custodian")
    left = ok(leave(world, world.id("custodian")))
    assert (left["ended_posts"], left["ended_sessions"] >= 1, left["ended_tokens"]) == (1, True, 1)
    assert left["person"]["status"] == "left"
    assert left["person"]["posts"] == []
    problem(session.get("/api/v1/me"), 401, "UNAUTHENTICATED")
    problem(program.get("/api/v1/persons"), 401, "UNAUTHENTICATED")
    late = {"challenge": half["challenge"], "method": "totp", "code": code}
    problem(world.anonymous().post("/api/v1/auth/second-factor", json=late), 401, "CHALLENGE_ENDED")
    again = {"account": "custodian", "password": PASSWORD}
    problem(world.anonymous().post("/api/v1/auth/sign-in", json=again), 401, "SIGN_IN_REFUSED")

    def is_holder() -> bool:
        return world.platform.view(
            lambda work: holds_permission(
                work, left_organization(world), world.id("custodian"), "custody.open"
            )
        )

    assert not is_holder()
    path = f"/api/v1/persons/{world.id('custodian')}"
    problem(admin.post(f"{path}/leave"), 409, "PERSON_LEFT")
    problem(admin.post(f"{path}/posts", json={"post_id": post_id(world, "auditor")}), 409, "PERSON_LEFT")
    problem(admin.post(f"{path}/reset"), 409, "PERSON_LEFT")
    assert ok(admin.get("/api/v1/persons", params={"status": "left"}))["items"][0]["name"] == "王岚"


def left_organization(world: World) -> str:
    return str(ok(world.client("administrator").get("/api/v1/organization"))["id"])


def test_a_reset_ends_sessions_and_second_factor_and_asks_for_a_fresh_one_of_the_administrator(
    world: World,
) -> None:
    admin, employee = world.client("administrator"), world.client("employee")
    world.clock.advance(seconds=20 * 60)
    ok(employee.get("/api/v1/me"))
    path = f"/api/v1/persons/{world.id('employee')}/reset"
    problem(admin.post(path), 403, "STEP_UP_REQUIRED")
    world.step_up("administrator", "people.reset", world.id("employee"))
    one_time = ok(admin.post(path))["one_time_password"]
    problem(employee.get("/api/v1/me"), 401, "UNAUTHENTICATED")
    old = {"account": "employee", "password": PASSWORD}
    problem(world.anonymous().post("/api/v1/auth/sign-in", json=old), 401, "SIGN_IN_REFUSED")
    before = world.members["employee"].totp_secret
    client = world.sign_in(world.members["employee"], one_time)
    assert world.members["employee"].totp_secret != before
    assert ok(client.get("/api/v1/me"))["must_change_password"]
    problem(admin.post(f"/api/v1/persons/{world.id('administrator')}/reset"), 409, "RESET_SELF")


@pytest.mark.database
def test_another_organization_does_not_exist(world: World) -> None:
    outsider = stranger(world)
    client = outsider.client
    assert client is not None
    mine, theirs = world.client("administrator"), f"/api/v1/persons/{outsider.id}"
    problem(mine.get(theirs), 404, "NOT_FOUND")
    problem(mine.patch(theirs, json={"name": "甲"}), 404, "NOT_FOUND")
    problem(mine.post(f"{theirs}/leave"), 404, "NOT_FOUND")
    problem(mine.post(f"{theirs}/reset"), 404, "NOT_FOUND")
    problem(mine.post(f"{theirs}/posts", json={"post_id": post_id(world, "auditor")}), 404, "NOT_FOUND")
    holding = ok(client.get(theirs))["posts"][0]["holding_id"]
    problem(mine.delete(f"{theirs}/posts/{holding}"), 404, "NOT_FOUND")
    problem(mine.delete(f"/api/v1/persons/{world.id('administrator')}/posts/{holding}"), 404, "NOT_FOUND")
    counterparty = ok(mine.post("/api/v1/counterparties", json={"name": "甲方"}))
    for path, body in (
        (f"/api/v1/departments/{world.department_id}", {"name": "乙"}),
        (f"/api/v1/posts/{post_id(world, 'auditor')}", {"name": "乙"}),
        (f"/api/v1/counterparties/{counterparty['id']}", {"name": "乙"}),
    ):
        problem(client.patch(path, json=body), 404, "NOT_FOUND")
    foreign_post = {"post_id": post_id(world, "auditor")}
    problem(client.post(f"{theirs}/posts", json=foreign_post), 404, "NOT_FOUND")
    new = {"name": "甲", "account": "new-one", "department_id": world.department_id}
    problem(client.post("/api/v1/persons", json=new), 404, "NOT_FOUND")
    for path in ("persons", "departments", "posts", "counterparties"):
        ids = {one["id"] for one in ok(mine.get(f"/api/v1/{path}"))["items"]}
        assert not ids & {one["id"] for one in ok(client.get(f"/api/v1/{path}"))["items"]}
    foreign = client.get("/api/v1/persons", params={"department_id": world.department_id})
    assert ok(foreign)["items"] == []


def test_evidence_holds_no_names_accounts_or_secrets(world: World) -> None:
    admin = world.client("administrator")
    added = ok(admin.post("/api/v1/persons", json={"name": "郑安", "account": "zheng-an"}))
    ok(admin.patch(f"/api/v1/persons/{added['person']['id']}", json={"name": "郑岸"}))
    note = {"name": "甲方公司", "note": "不要外传"}
    counterparty = ok(admin.post("/api/v1/counterparties", json=note))
    ok(admin.patch(f"/api/v1/counterparties/{counterparty['id']}", json={"note": "仍不外传"}))
    ok(leave(world, added["person"]["id"]))
    bodies = world.platform.view(lambda work: list(work.session.scalars(select(EvidenceEntry.body))))
    kinds = {json.loads(body)["kind"] for body in bodies}
    assert {
        "people.person_added",
        "people.person_left",
        "organization.post_added",
        "people.signed_in",
    } <= kinds
    private = [*NAMES.values(), "郑", "zheng", "甲方", "外传", "市场部", PASSWORD, added["one_time_password"]]
    everything = "\n".join(bodies)
    assert not [one for one in private if one in everything]


def test_holders_of_a_post_without_department_are_asked_by_their_own(world: World) -> None:
    admin = world.client("administrator")
    other = ok(admin.post("/api/v1/departments", json={"name": "财务部"}))["id"]
    organization = left_organization(world)
    head = post_id(world, "department_head")

    def names(department_id: str | None) -> list[str]:
        return world.platform.view(
            lambda work: [
                one.name for one in holders(work, organization, [head], work.now, department_id=department_id)
            ]
        )

    assert names(None) == names(world.department_id) == ["周凯"]
    assert names(other) == []
    ok(admin.patch(f"/api/v1/persons/{world.id('department_head')}", json={"department_id": other}))
    assert (names(other), names(world.department_id)) == (["周凯"], [])


def test_people_are_named_with_the_post_they_hold_first(world: World) -> None:
    ids = [world.id("custodian"), world.id("auditor"), "f" * 32]
    found = world.platform.view(lambda work: display(work, ids))
    assert {(one.name, one.post) for one in found.values()} == {("王岚", "印章保管人"), ("孙静", "审计人员")}
    assert world.platform.view(lambda work: display(work, [])) == {}


def test_who_holds_a_permission_is_found_through_posts(world: World) -> None:
    organization = left_organization(world)
    found = world.platform.view(
        lambda work: [one.name for one in persons_permitted(work, organization, "custody.review")]
    )
    assert found == ["赵明"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uscc": "91110108MA00TE0110"}, "USCC_CHECK"),
        ({"region": "999999"}, "REGION_UNKNOWN"),
        ({"name": "甲" * 10_000}, "NAME_LENGTH"),
        ({"administrator_name": "甲" * 51}, "NAME_LENGTH"),
        ({"administrator_account": "甲"}, "ACCOUNT_FORM"),
    ],
)
def test_an_organization_with_wrong_data_is_not_founded(
    world: World, change: dict[str, str], code: str
) -> None:
    values = {
        "name": OTHER_ORGANIZATION,
        "uscc": OTHER_USCC,
        "region": "110105",
        "administrator_account": "other-admin",
        "administrator_name": "何静",
    } | change
    with pytest.raises(Invalid) as refused:
        world.platform.transact(lambda work: create_organization(work, **values))
    assert refused.value.code == code


@pytest.mark.database
def test_an_organization_is_founded_once(world: World) -> None:
    stranger(world)
    with pytest.raises(Conflict) as refused:
        stranger(world)
    assert refused.value.code == "USCC_TAKEN"
