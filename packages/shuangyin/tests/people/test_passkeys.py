"""Passkeys: registered with a second factor, used to sign in and to confirm one act, refused when anything is off."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hiring import leave
from hypothesis import given
from hypothesis import strategies as st
from platform_world import PASSWORD, World, ok, problem
from software_passkey import SoftwarePasskey
from sqlalchemy import select

from shuangyin.core.errors import Refused
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.models import Passkey
from shuangyin.people.passkeys import _challenge_of, _read

pytestmark = pytest.mark.database_full


def registered(world: World, kind: str = "employee", **made: Any) -> SoftwarePasskey:
    """A passkey of this person."""
    key = SoftwarePasskey(**made)
    client = world.client(kind)
    asked = {"proof": world.step_up(kind, "people.add_passkey", world.id(kind))}
    options = ok(client.post("/api/v1/me/passkeys/options", json=asked))["options"]
    ok(client.post("/api/v1/me/passkeys", json={"name": "办公电脑", "answer": key.make(options)}), 201)
    return key


def asked(world: World, act: str, subject: str, kind: str = "employee") -> dict[str, Any]:
    body = {"act": act, "subject": subject}
    path = "/api/v1/auth/step-up/passkey-options"
    return dict(ok(world.client(kind).post(path, json=body))["options"])


def confirm(world: World, answer: str, act: str, subject: str, kind: str = "employee") -> Any:
    body = {"act": act, "subject": subject, "method": "passkey", "code": answer}
    return world.client(kind).post("/api/v1/auth/step-up", json=body)


def test_a_passkey_signs_in_as_the_second_factor(world: World) -> None:
    key = registered(world)
    client = world.anonymous()
    body = {"account": "employee", "password": PASSWORD}
    first = ok(client.post("/api/v1/auth/sign-in", json=body))
    assert first["methods"][0] == "passkey"
    wanted = {"challenge": first["challenge"]}
    options = ok(client.post("/api/v1/auth/sign-in/passkey-options", json=wanted))["options"]
    assert options["rpId"] == "localhost"
    answer = {**wanted, "method": "passkey", "code": key.sign(options)}
    done = ok(client.post("/api/v1/auth/second-factor", json=answer))
    assert done["me"]["person"]["id"] == world.id("employee")
    problem(client.post("/api/v1/auth/second-factor", json=answer), 401, "CHALLENGE_ENDED")
    problem(client.post("/api/v1/auth/sign-in/passkey-options", json=wanted), 401, "CHALLENGE_ENDED")
    shown = ok(world.client("employee").get("/api/v1/me/passkeys"))["items"]
    assert [(one["name"], one["used_at"] is not None) for one in shown] == [("办公电脑", True)]


def test_a_passkey_confirms_one_act_on_one_subject_once(world: World) -> None:
    key = registered(world)
    answer = key.sign(asked(world, "people.create_token", "日报"))
    # Signed for another subject, by another person, and then twice.
    problem(confirm(world, answer, "people.create_token", "周报"), 403, "SECOND_FACTOR_WRONG")
    problem(confirm(world, answer, "people.create_token", "日报", "custodian"), 403, "SECOND_FACTOR_WRONG")
    proof = ok(confirm(world, answer, "people.create_token", "日报"))["proof"]
    problem(confirm(world, answer, "people.create_token", "日报"), 403, "SECOND_FACTOR_WRONG")
    token = {"name": "日报", "scopes": ["seals.read"], "proof": proof}
    ok(world.client("employee").post("/api/v1/me/tokens", json=token), 201)


def test_password_and_passkey_together_are_two_factors(world: World) -> None:
    key = registered(world)
    body = {
        "act": "people.create_token",
        "subject": "日报",
        "method": "passkey",
        "code": key.sign(asked(world, "people.create_token", "日报")),
        "password": PASSWORD,
    }
    ok(world.client("employee").post("/api/v1/auth/step-up", json=body))
    query = select(EvidenceEntry.body).where(EvidenceEntry.kind == "people.stepped_up")
    bodies = world.platform.view(lambda work: list(work.session.scalars(query)))
    assert ["password", "passkey"] in [json.loads(one)["facts"]["factors"] for one in bodies]


def test_a_count_that_goes_back_blocks_the_passkey(world: World) -> None:
    key = registered(world, count=7)
    ok(confirm(world, key.sign(asked(world, "people.create_token", "甲")), "people.create_token", "甲"))
    key.count = 3
    copied = key.sign(asked(world, "people.create_token", "乙"))
    problem(confirm(world, copied, "people.create_token", "乙"), 403, "SECOND_FACTOR_WRONG")
    (shown,) = ok(world.client("employee").get("/api/v1/me/passkeys"))["items"]
    assert shown["blocked_at"] == world.clock.now_ms()
    body = {"act": "people.create_token", "subject": "丙"}
    path = "/api/v1/auth/step-up/passkey-options"
    problem(world.client("employee").post(path, json=body), 404, "NO_PASSKEY")
    kinds = world.platform.view(lambda work: list(work.session.scalars(select(EvidenceEntry.kind))))
    assert "people.passkey_blocked" in kinds


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "http://evil.example"}, {"rp_id": "evil.example"}, {"origin": "https://localhost:8600"}],
)
def test_a_passkey_made_or_used_for_another_address_is_refused(world: World, wrong: dict[str, Any]) -> None:
    client, key = world.client("employee"), SoftwarePasskey(**wrong)
    wanted = {"proof": world.step_up("employee", "people.add_passkey", world.id("employee"))}
    options = ok(client.post("/api/v1/me/passkeys/options", json=wanted))["options"]
    made = {"name": "甲", "answer": key.make(options)}
    problem(client.post("/api/v1/me/passkeys", json=made), 409, "PASSKEY_REFUSED")
    good = registered(world)
    for name, value in wrong.items():
        setattr(good, name, value)
    answer = good.sign(asked(world, "people.create_token", "日报"))
    problem(confirm(world, answer, "people.create_token", "日报"), 403, "SECOND_FACTOR_WRONG")


def test_an_answer_that_comes_late_or_is_signed_by_another_key_is_refused(world: World) -> None:
    key = registered(world)
    other = SoftwarePasskey(credential_id=key.credential_id)
    forged = other.sign(asked(world, "people.create_token", "日报"))
    problem(confirm(world, forged, "people.create_token", "日报"), 403, "SECOND_FACTOR_WRONG")
    late = key.sign(asked(world, "people.create_token", "日报"))
    world.clock.advance(seconds=301)
    problem(confirm(world, late, "people.create_token", "日报"), 403, "SECOND_FACTOR_WRONG")


def test_wrong_answers_count_like_wrong_codes(world: World) -> None:
    registered(world)
    for _ in range(5):
        problem(confirm(world, "{}", "people.create_token", "日报"), 403, "SECOND_FACTOR_WRONG")
    problem(confirm(world, "{}", "people.create_token", "日报"), 429, "SECOND_FACTOR_LOCKED")


def test_registering_asks_for_a_second_factor_and_leaving_removes_passkeys(world: World) -> None:
    client = world.client("employee")
    problem(client.post("/api/v1/me/passkeys/options", json={}), 403, "STEP_UP_REQUIRED")
    registered(world)
    (shown,) = ok(client.get("/api/v1/me/passkeys"))["items"]
    world.clock.advance(seconds=3600 * 0.4)
    path = f"/api/v1/me/passkeys/{shown['id']}/remove"
    problem(world.client("custodian").post(path, json={}), 404, "NOT_FOUND")
    preview = f"/api/v1/persons/{world.id('employee')}/leave/preview"
    parts = ok(world.client("administrator").post(preview, json={}))["parts"]
    kinds = {item["kind"] for part in parts for item in part["items"]}
    assert "passkey" in kinds
    ok(leave(world, world.id("employee")))
    assert world.platform.view(lambda work: list(work.session.scalars(select(Passkey.id)))) == []


@given(
    st.one_of(
        st.text(max_size=200),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["response", "clientDataJSON", "rawId", "id"]), inner)
            ),
            max_leaves=8,
        ).map(json.dumps),
    )
)
def test_no_text_makes_the_reader_stumble(text: str) -> None:
    with contextlib.suppress(Refused):
        assert isinstance(_challenge_of(_read(text)), bytes | None)
