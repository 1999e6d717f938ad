"""Signing in over HTTP: what opens a session and what does not."""

from __future__ import annotations

import threading

from fastapi.testclient import TestClient
from httpx2 import Response
from platform_world import PASSWORD, World, ok, problem, totp
from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.models import Credential, SignInSession


def first_step(world: World, account: str, password: str = PASSWORD) -> Response:
    return world.anonymous().post("/api/v1/auth/sign-in", json={"account": account, "password": password})


def second_step(world: World, challenge: str, code: str, method: str = "totp") -> Response:
    body = {"challenge": challenge, "method": method, "code": code}
    return world.anonymous().post("/api/v1/auth/second-factor", json=body)


def kinds_recorded(world: World) -> list[str]:
    return world.platform.view(lambda work: list(work.session.scalars(select(EvidenceEntry.kind))))


def credential(world: World, kind: str) -> tuple[int, int | None, int]:
    def read(work: UnitOfWork) -> tuple[int, int | None, int]:
        row = work.session.get_one(Credential, world.id(kind))
        return row.failed_count, row.locked_until, row.totp_last_step

    return world.platform.view(read)


def test_who_signs_in_learns_who_he_is_and_what_he_may_do(world: World) -> None:
    me = ok(world.client("custodian").get("/api/v1/me", headers={"Accept-Language": "en"}))
    assert me["person"]["name"] == "王岚"
    assert me["person"]["post"] == "印章保管人"
    assert me["organization"]["uscc"] == "91110108MA00TE011W"
    assert me["department"] == {"id": world.department_id, "name": "市场部"}
    assert [post["kind"] for post in me["posts"]] == ["custodian"]
    assert "custody.open" in me["permissions"]
    assert "people.manage" not in me["permissions"]
    assert me["language"] == "en"
    assert not me["must_change_password"]


def test_a_wrong_password_and_an_unknown_account_get_one_answer(world: World) -> None:
    wrong = problem(first_step(world, "employee", "wrong horse battery"), 401, "SIGN_IN_REFUSED")
    unknown = problem(first_step(world, "nobody-here"), 401, "SIGN_IN_REFUSED")
    impossible = problem(first_step(world, "甲\u0000乙"), 401, "SIGN_IN_REFUSED")
    assert wrong == unknown == impossible


def test_a_refused_sign_in_is_recorded_also_for_an_unknown_account(world: World) -> None:
    before = kinds_recorded(world).count("people.sign_in_refused")
    first_step(world, "employee", "wrong horse battery")
    first_step(world, "nobody-here")
    assert kinds_recorded(world).count("people.sign_in_refused") == before + 2


def test_the_password_alone_opens_nothing(world: World) -> None:
    answer = first_step(world, "employee")
    challenge = ok(answer)
    assert challenge["enrolment"] is None
    assert "set-cookie" not in answer.headers
    client = world.anonymous()
    client.cookies.set("shuangyin", challenge["challenge"])
    problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")


def test_the_secret_is_shown_until_a_code_confirms_it_and_never_again(world: World) -> None:
    admin = world.client("administrator")
    added = ok(admin.post("/api/v1/persons", json={"name": "郑安", "account": "zheng-an"}))
    one_time = added["one_time_password"]
    first = ok(first_step(world, "zheng-an", one_time))
    assert first["methods"] == ["totp"]
    assert first["enrolment"]["uri"].startswith("otpauth://totp/")
    assert f"secret={first['enrolment']['secret']}" in first["enrolment"]["uri"]
    problem(second_step(world, first["challenge"], "000000", "recovery_code"), 403, "SECOND_FACTOR_WRONG")
    other = ok(first_step(world, "zheng-an", one_time))
    assert other["enrolment"]["secret"] != first["enrolment"]["secret"]
    now = world.clock.now_ms()
    ok(second_step(world, other["challenge"], totp(other["enrolment"]["secret"], now)))
    overtaken = second_step(world, first["challenge"], totp(first["enrolment"]["secret"], now, step=1))
    problem(overtaken, 401, "CHALLENGE_ENDED")
    assert ok(first_step(world, "zheng-an", one_time))["enrolment"] is None


def test_a_one_time_password_opens_only_the_choice_of_a_new_one(world: World) -> None:
    admin = world.client("administrator")
    added = ok(admin.post("/api/v1/persons", json={"name": "郑安", "account": "zheng-an"}))
    posts = {post["kind"]: post["id"] for post in ok(admin.get("/api/v1/posts"))["items"]}
    ok(admin.post(f"/api/v1/persons/{added['person']['id']}/posts", json={"post_id": posts["auditor"]}))
    first = ok(first_step(world, "zheng-an", added["one_time_password"]))
    client = world.anonymous()
    code = totp(first["enrolment"]["secret"], world.clock.now_ms())
    body = {"challenge": first["challenge"], "method": "totp", "code": code}
    signed_in = ok(client.post("/api/v1/auth/second-factor", json=body))
    client.headers["X-CSRF-Token"] = signed_in["csrf_token"]
    assert signed_in["me"]["must_change_password"]
    assert signed_in["me"]["permissions"] == []
    problem(client.get("/api/v1/persons"), 403, "NOT_PERMITTED")
    change = {"current_password": added["one_time_password"], "new_password": "zwölf Boxkämpfer jagen"}
    me = ok(client.put("/api/v1/me/password", json=change))
    assert "evidence.read_all" in me["permissions"]
    ok(client.get("/api/v1/persons"))


def test_a_one_time_password_ends_after_seven_days(world: World) -> None:
    added = ok(
        world.client("administrator").post("/api/v1/persons", json={"name": "郑安", "account": "zheng-an"})
    )
    world.clock.advance(seconds=7 * 24 * 3600)
    problem(first_step(world, "zheng-an", added["one_time_password"]), 401, "SIGN_IN_REFUSED")


def test_a_code_counts_once(world: World) -> None:
    first, second = ok(first_step(world, "employee")), ok(first_step(world, "employee"))
    code = world.code("employee")
    ok(second_step(world, first["challenge"], code))
    problem(second_step(world, second["challenge"], code), 403, "CODE_USED")
    earlier = totp(world.members["employee"].totp_secret, world.clock.now_ms(), step=-1)
    problem(second_step(world, second["challenge"], earlier), 403, "CODE_USED")


def test_a_challenge_counts_once_and_five_minutes(world: World) -> None:
    challenge = ok(first_step(world, "employee"))["challenge"]
    ok(second_step(world, challenge, world.code("employee")))
    problem(second_step(world, challenge, world.code("employee")), 401, "CHALLENGE_ENDED")
    late = ok(first_step(world, "employee"))["challenge"]
    world.clock.advance(seconds=300)
    problem(second_step(world, late, world.code("employee")), 401, "CHALLENGE_ENDED")
    problem(second_step(world, "made up", world.code("employee")), 401, "CHALLENGE_ENDED")


def test_of_two_sign_ins_with_one_code_at_one_moment_one_wins(world: World) -> None:
    challenges = [ok(first_step(world, "employee"))["challenge"] for _ in range(4)]
    code = world.code("employee")
    together = threading.Barrier(len(challenges))
    answers: list[Response] = []

    def run(challenge: str) -> None:
        together.wait()
        answers.append(second_step(world, challenge, code))

    threads = [threading.Thread(target=run, args=(challenge,)) for challenge in challenges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]


def test_a_refused_second_factor_is_counted_although_the_request_is_refused(world: World) -> None:
    challenge = ok(first_step(world, "employee"))["challenge"]
    problem(second_step(world, challenge, "abc"), 403, "SECOND_FACTOR_WRONG")
    assert credential(world, "employee")[0] == 1
    assert "people.second_factor_refused" in kinds_recorded(world)
    ok(second_step(world, challenge, world.code("employee")))
    assert credential(world, "employee")[0] == 0


def test_wrong_codes_lock_the_second_factor_for_a_growing_time(world: World) -> None:
    challenge = ok(first_step(world, "employee"))["challenge"]
    for _ in range(5):
        problem(second_step(world, challenge, "abc"), 403, "SECOND_FACTOR_WRONG")
    world.clock.advance(seconds=29)
    secret = world.members["employee"].totp_secret
    locked = second_step(world, challenge, totp(secret, world.clock.now_ms()))
    assert problem(locked, 429, "SECOND_FACTOR_LOCKED")["details"] == {"retry_after_s": 1}
    assert locked.headers["Retry-After"] == "1"
    world.clock.advance(seconds=1)
    problem(second_step(world, challenge, "abc"), 403, "SECOND_FACTOR_WRONG")
    world.clock.advance(seconds=59)
    problem(second_step(world, challenge, totp(secret, world.clock.now_ms())), 429, "SECOND_FACTOR_LOCKED")
    world.clock.advance(seconds=1)
    ok(second_step(world, challenge, totp(secret, world.clock.now_ms())))


def test_the_cookie_is_guarded_and_only_its_digest_is_stored(world: World) -> None:
    first = ok(first_step(world, "employee"))
    client = TestClient(world.app, base_url="https://seal.example")
    body = {"challenge": first["challenge"], "method": "totp", "code": world.code("employee")}
    answer = client.post("/api/v1/auth/second-factor", json=body)
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    token, attributes = rest.split("; ")[0], {part.lower() for part in rest.split("; ")[1:]}
    assert name == "__Host-shuangyin"
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)
    hashes = world.platform.view(lambda work: list(work.session.scalars(select(SignInSession.token_hash))))
    assert token not in hashes
    assert token not in answer.text
    assert ok(client.get("/api/v1/me"))["person"]["account"] == "employee"


def test_on_plain_http_the_cookie_goes_without_prefix(world: World) -> None:
    first = ok(first_step(world, "employee"))
    answer = second_step(world, first["challenge"], world.code("employee"))
    assert answer.headers["set-cookie"].startswith("shuangyin=")
    assert "secure" not in answer.headers["set-cookie"].lower()


def test_recovery_codes_count_once_and_new_ones_end_the_old(world: World) -> None:
    client = world.client("employee")
    old = ok(client.post("/api/v1/me/recovery-codes"), 201)["codes"]
    new = ok(client.post("/api/v1/me/recovery-codes"), 201)["codes"]
    assert len(set(old) | set(new)) == 20
    first = ok(first_step(world, "employee"))
    assert first["methods"] == ["totp", "recovery_code"]
    problem(second_step(world, first["challenge"], old[0], "recovery_code"), 403, "SECOND_FACTOR_WRONG")
    ok(second_step(world, first["challenge"], new[0].lower().replace("-", " "), "recovery_code"))
    again = ok(first_step(world, "employee"))
    problem(second_step(world, again["challenge"], new[0], "recovery_code"), 403, "SECOND_FACTOR_WRONG")
    assert ok(client.get("/api/v1/me"))["recovery_codes_left"] == 9


def test_the_recovery_code_of_another_person_counts_for_nothing(world: World) -> None:
    codes = ok(world.client("custodian").post("/api/v1/me/recovery-codes"), 201)["codes"]
    ok(world.client("employee").post("/api/v1/me/recovery-codes"), 201)
    challenge = ok(first_step(world, "employee"))["challenge"]
    problem(second_step(world, challenge, codes[0], "recovery_code"), 403, "SECOND_FACTOR_WRONG")


def test_malformed_bodies_are_told_without_repeating_what_was_sent(world: World) -> None:
    answer = world.anonymous().post(
        "/api/v1/auth/sign-in", json={"account": "employee", "password": "s3cret" * 100, "x": "s3cret"}
    )
    problem(answer, 422, "INVALID_INPUT")
    assert "s3cret" not in answer.text
