"""Sessions: how they end, what they demand of unsafe requests, what bearer tokens may do instead."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from platform_world import PASSWORD, World, ok, problem
from sqlalchemy import event, inspect, text

from shuangyin.core.http.access import AccessRule


def bearer(world: World, token: str) -> TestClient:
    client = world.anonymous()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def new_token(world: World, kind: str, scopes: list[str], name: str = "账务系统") -> dict[str, Any]:
    body = {"name": name, "scopes": scopes, "proof": world.step_up(kind, "people.create_token", name)}
    added: dict[str, Any] = ok(world.client(kind).post("/api/v1/me/tokens", json=body), 201)
    return added


def test_an_unsafe_request_without_the_csrf_token_is_refused(world: World) -> None:
    client = world.client("administrator")
    token = client.headers.pop("X-CSRF-Token")
    problem(client.post("/api/v1/departments", json={"name": "财务部"}), 403, "CSRF")
    client.headers["X-CSRF-Token"] = token[:-1] + ("0" if token[-1] != "0" else "1")
    problem(client.post("/api/v1/departments", json={"name": "财务部"}), 403, "CSRF")
    client.headers["X-CSRF-Token"] = world.client("employee").headers["X-CSRF-Token"]
    problem(client.post("/api/v1/departments", json={"name": "财务部"}), 403, "CSRF")
    client.headers["X-CSRF-Token"] = token
    ok(client.post("/api/v1/departments", json={"name": "财务部"}))


def test_signing_out_ends_the_session(world: World) -> None:
    client = world.sign_in(world.members["employee"])
    kept = dict(client.cookies)
    answer = client.post("/api/v1/auth/sign-out")
    assert answer.status_code == 204
    assert "shuangyin" not in client.cookies
    client.cookies.update(kept)
    problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")


def test_changing_the_password_ends_all_other_sessions(world: World) -> None:
    here, there = (world.sign_in(world.members["employee"]) for _ in range(2))
    bystander = world.client("custodian")
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    ok(here.put("/api/v1/me/password", json=body))
    ok(here.get("/api/v1/me"))
    ok(bystander.get("/api/v1/me"))
    problem(there.get("/api/v1/me"), 401, "UNAUTHENTICATED")
    refused = world.anonymous().post(
        "/api/v1/auth/sign-in", json={"account": "employee", "password": PASSWORD}
    )
    problem(refused, 401, "SIGN_IN_REFUSED")
    ok(world.sign_in(world.members["employee"], "another horse battery").get("/api/v1/me"))


def test_changing_the_password_ends_a_sign_in_begun_with_the_old_one(world: World) -> None:
    challenge = ok(
        world.anonymous().post("/api/v1/auth/sign-in", json={"account": "employee", "password": PASSWORD})
    )["challenge"]
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    ok(world.client("employee").put("/api/v1/me/password", json=body))
    late = {"challenge": challenge, "method": "totp", "code": world.code("employee")}
    problem(world.anonymous().post("/api/v1/auth/second-factor", json=late), 401, "CHALLENGE_ENDED")


@pytest.mark.parametrize(
    ("new", "code"),
    [("short", "PASSWORD_SHORT"), (PASSWORD, "PASSWORD_SAME"), ("employee!!", "PASSWORD_ACCOUNT")],
)
def test_a_poor_new_password_is_refused(world: World, new: str, code: str) -> None:
    body = {"current_password": PASSWORD, "new_password": new}
    problem(world.client("employee").put("/api/v1/me/password", json=body), 422, code)


def test_pages_that_read_by_themselves_keep_no_session_alive(world: World) -> None:
    left = world.sign_in(world.members["employee"])
    for _ in range(29):
        world.clock.advance(seconds=60)
        ok(left.get("/api/v1/me", headers={"X-Background": "1"}))
    world.clock.advance(seconds=61)
    problem(left.get("/api/v1/me", headers={"X-Background": "1"}), 401, "UNAUTHENTICATED")
    # A stream of events connects anew by itself after every break, with no header of ours.
    path = "/api/v1/events"
    route = next(one for one in world.app.routes if isinstance(one, APIRoute) and one.path == path)
    rules = [one.call for one in route.dependant.dependencies if isinstance(one.call, AccessRule)]
    assert [rule.background for rule in rules] == [True]


def test_an_idle_session_ends_and_a_used_one_lives_until_its_absolute_end(world: World) -> None:
    idle, used = (world.sign_in(world.members["employee"]) for _ in range(2))
    for _ in range(24 * 2 - 1):
        world.clock.advance(seconds=15 * 60)
        ok(used.get("/api/v1/me"))
    problem(idle.get("/api/v1/me"), 401, "UNAUTHENTICATED")
    world.clock.advance(seconds=15 * 60)
    problem(used.get("/api/v1/me"), 401, "UNAUTHENTICATED")


def test_use_is_written_down_at_most_once_a_minute(world: World) -> None:
    client = world.sign_in(world.members["employee"])
    client.get("/api/v1/me")
    begun: list[object] = []

    def note(connection: object) -> None:
        begun.append(connection)

    event.listen(world.platform.database.writer, "begin", note)
    for _ in range(5):
        world.clock.advance(seconds=11)
        ok(client.get("/api/v1/me"))
    assert begun == []
    world.clock.advance(seconds=11)
    for _ in range(5):
        ok(client.get("/api/v1/me"))
    event.remove(world.platform.database.writer, "begin", note)
    assert len(begun) == 1


def test_cookies_of_nobody_are_nobody(world: World) -> None:
    client = world.anonymous()
    for value in ("", "x", "0" * 5000, world.id("employee")):
        client.cookies.set("shuangyin", value)
        problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")


def test_a_bearer_token_has_at_most_its_scopes_and_needs_no_csrf_token(world: World) -> None:
    added = new_token(world, "administrator", ["organization.manage", "requests.apply"])
    client = bearer(world, added["secret"])
    me = ok(client.get("/api/v1/me"))
    assert me["permissions"] == ["organization.manage"]
    assert me["csrf_token"] is None
    ok(client.post("/api/v1/departments", json={"name": "财务部"}))
    problem(client.get("/api/v1/persons"), 403, "NOT_PERMITTED")


def test_a_bearer_token_loses_what_its_owner_loses(world: World) -> None:
    added = new_token(world, "employee", ["organization.read"])
    client = bearer(world, added["secret"])
    ok(client.get("/api/v1/departments"))
    admin = world.client("administrator")
    holding = ok(admin.get(f"/api/v1/persons/{world.id('employee')}"))["posts"][0]["holding_id"]
    ok(admin.delete(f"/api/v1/persons/{world.id('employee')}/posts/{holding}"))
    problem(client.get("/api/v1/departments"), 403, "NOT_PERMITTED")


def test_a_bearer_token_cannot_change_how_its_owner_signs_in(world: World) -> None:
    client = bearer(world, new_token(world, "employee", ["requests.apply"])["secret"])
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    problem(client.put("/api/v1/me/password", json=body), 403, "SESSION_REQUIRED")
    problem(client.post("/api/v1/me/recovery-codes"), 403, "SESSION_REQUIRED")
    problem(client.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["x"]}), 403, "SESSION_REQUIRED")
    problem(client.post("/api/v1/auth/sign-out"), 403, "SESSION_REQUIRED")


def test_tokens_are_listed_without_secrets_ended_by_their_owner_and_end_by_themselves(world: World) -> None:
    first, second = (new_token(world, "employee", ["requests.apply"], name) for name in ("甲", "乙"))
    client = world.client("employee")
    listed = ok(client.get("/api/v1/me/tokens"))["items"]
    assert {one["name"] for one in listed} == {"甲", "乙"}
    assert first["secret"] not in str(listed)
    path = f"/api/v1/me/tokens/{first['token']['id']}"
    problem(world.client("custodian").delete(path), 404, "NOT_FOUND")
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 204
    problem(bearer(world, first["secret"]).get("/api/v1/me"), 401, "UNAUTHENTICATED")
    ok(bearer(world, second["secret"]).get("/api/v1/me"))
    world.clock.advance(seconds=90 * 24 * 3600)
    problem(bearer(world, second["secret"]).get("/api/v1/me"), 401, "UNAUTHENTICATED")


def test_a_token_needs_a_proof_made_for_it(world: World) -> None:
    client = world.client("employee")
    body = {"name": "甲", "scopes": ["requests.apply"]}
    refused = problem(client.post("/api/v1/me/tokens", json=body), 403, "STEP_UP_REQUIRED")
    assert refused["details"] == {"act": "people.create_token", "subject": "甲", "strength": "each"}
    body["proof"] = world.step_up("employee", "people.create_token", "乙")
    problem(client.post("/api/v1/me/tokens", json=body), 403, "STEP_UP_REQUIRED")
    unknown = {
        "name": "甲",
        "scopes": ["seals.fly"],
        "proof": world.step_up("employee", "people.create_token", "甲"),
    }
    problem(client.post("/api/v1/me/tokens", json=unknown), 422, "PERMISSION_UNKNOWN")


def test_no_secret_is_stored_in_the_clear(world: World) -> None:
    token = new_token(world, "employee", ["requests.apply"])["secret"]
    headers = {"Idempotency-Key": "codes-1"}
    codes = ok(world.client("employee").post("/api/v1/me/recovery-codes", headers=headers), 201)["codes"]
    again = world.client("employee").post("/api/v1/me/recovery-codes", headers=headers)
    assert ok(again, 201)["codes"] == []
    cookie = world.client("employee").cookies["shuangyin"]
    secrets = [token, *codes, cookie, PASSWORD, world.members["employee"].totp_secret]
    stored = []
    with world.platform.database.reader.connect() as connection:
        for table in inspect(connection).get_table_names():
            stored += [str(row) for row in connection.execute(text(f'SELECT * FROM "{table}"'))]
    everything = "\n".join(stored)
    assert len(everything) > 1000
    assert not [secret for secret in secrets if secret in everything]
