"""Codes by short message over a gateway that is a server of its own: guessed, replayed, asked for without end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from agreeing import agree
from hiring import leave
from message_gateway import PHONE, joined_gateway, newest, with_phone
from platform_world import PASSWORD, World, ok, problem
from sqlalchemy import select

from shuangyin.connectors.sms import configured_sms
from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.sms import StandInSms
from shuangyin.core.errors import RateLimited, Unavailable
from shuangyin.core.settings import Settings
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.models import SmsCode, SmsPhone
from shuangyin.people.sms import send_code

pytestmark = pytest.mark.database_full

ACT, SUBJECT = "people.create_token", "日报"


@pytest.fixture
def gateway(world: World) -> Iterator[StandInSms]:
    with joined_gateway(world) as standin:
        yield standin


def ask(world: World, kind: str = "employee", subject: str = SUBJECT) -> Any:
    return world.client(kind).post("/api/v1/auth/step-up/sms", json={"act": ACT, "subject": subject})


def confirm(world: World, code: str, subject: str = SUBJECT, kind: str = "employee", **more: str) -> Any:
    body = {"act": ACT, "subject": subject, "method": "sms", "code": code, **more}
    return world.client(kind).post("/api/v1/auth/step-up", json=body)


def test_a_number_is_confirmed_by_the_code_sent_to_it(world: World, gateway: StandInSms) -> None:
    client = world.client("employee")
    problem(client.post("/api/v1/me/phone", json={"phone": PHONE}), 403, "CONSENT_REQUIRED")
    agree(client, "phone")
    problem(client.post("/api/v1/me/phone", json={"phone": PHONE}), 403, "STEP_UP_REQUIRED")
    proof = world.step_up("employee", "people.set_phone", world.id("employee"))
    problem(client.post("/api/v1/me/phone", json={"phone": "12345", "proof": proof}), 422, "PHONE_FORM")
    sent = ok(client.post("/api/v1/me/phone", json={"phone": f"+86 {PHONE}", "proof": proof}), 202)
    assert sent["phone"] == "138****0123"
    wrong = {"phone": PHONE, "code": "000000" if newest(gateway) != "000000" else "000001"}
    problem(client.post("/api/v1/me/phone/confirm", json=wrong), 403, "SECOND_FACTOR_WRONG")
    other = {"phone": "13900000123", "code": newest(gateway)}
    problem(client.post("/api/v1/me/phone/confirm", json=other), 403, "SECOND_FACTOR_WRONG")
    assert ok(client.get("/api/v1/me/phone"))["phone"] is None
    right = {"phone": PHONE, "code": newest(gateway)}
    ok(client.post("/api/v1/me/phone/confirm", json=right))
    problem(client.post("/api/v1/me/phone/confirm", json=right), 403, "SECOND_FACTOR_WRONG")
    assert ok(client.get("/api/v1/me/phone"))["phone"] == "138****0123"
    assert ok(client.get("/api/v1/me"))["has_phone"]


def test_a_code_counts_for_one_act_of_one_person_once(world: World, gateway: StandInSms) -> None:
    with_phone(world, gateway)
    ok(ask(world), 202)
    code = newest(gateway)
    problem(confirm(world, code, subject="周报"), 403, "SECOND_FACTOR_WRONG")
    problem(confirm(world, code, kind="custodian"), 403, "SECOND_FACTOR_WRONG")
    proof = ok(confirm(world, code))["proof"]
    problem(confirm(world, code), 403, "SECOND_FACTOR_WRONG")
    body = {"name": SUBJECT, "scopes": ["seals.read"], "proof": proof}
    ok(world.client("employee").post("/api/v1/me/tokens", json=body), 201)


def test_a_newer_code_takes_the_place_of_the_older_and_ends_after_five_minutes(
    world: World, gateway: StandInSms
) -> None:
    with_phone(world, gateway)
    ok(ask(world), 202)
    older = newest(gateway)
    world.clock.advance(seconds=61)
    ok(ask(world), 202)
    newer = newest(gateway)
    if older != newer:
        problem(confirm(world, older), 403, "SECOND_FACTOR_WRONG")
    world.clock.advance(seconds=300)
    problem(confirm(world, newer), 403, "SECOND_FACTOR_WRONG")


def test_a_code_is_not_guessed(world: World, gateway: StandInSms) -> None:
    with_phone(world, gateway)
    ok(ask(world), 202)
    code = newest(gateway)
    guesses = [one for one in ("000000", "111111", "222222", "333333", "444444", "555555") if one != code]
    for guess in guesses[:5]:
        problem(confirm(world, guess), 403, "SECOND_FACTOR_WRONG")
    problem(confirm(world, code), 429, "SECOND_FACTOR_LOCKED")
    world.clock.advance(seconds=60)
    # The lock is over within the code's life; the code itself has had its tries.
    problem(confirm(world, code), 403, "SECOND_FACTOR_WRONG")


def test_asked_a_hundred_times_few_messages_go_out(world: World, gateway: StandInSms) -> None:
    with_phone(world, gateway)
    before = len(gateway.messages)
    answers = [ask(world) for _ in range(100)]
    assert [one.status_code for one in answers].count(202) == 1
    limited = problem(answers[-1], 429, "SMS_LIMIT")
    assert answers[-1].headers["Retry-After"] == str(limited["details"]["retry_after_s"]) == "60"
    for _ in range(48):
        world.clock.advance(seconds=1800)
        with contextlib.suppress(RateLimited):
            send_code(world.platform, world.id("employee"), ACT, SUBJECT, address="192.0.2.1")
    # Ten in any 24 hours, the one that confirmed the number and the one above among them.
    assert len(gateway.messages) - before + 1 <= 11
    assert len(gateway.messages) - before >= 9


def test_one_number_at_two_accounts_has_one_limit(world: World, gateway: StandInSms) -> None:
    with_phone(world, gateway)
    with_phone(world, gateway, "custodian")
    ok(ask(world), 202)
    problem(ask(world, "custodian"), 429, "SMS_LIMIT")


def test_it_is_a_second_factor_of_a_sign_in_and_one_of_two_with_the_password(
    world: World, gateway: StandInSms
) -> None:
    with_phone(world, gateway)
    client = world.anonymous()
    body = {"account": "employee", "password": PASSWORD}
    first = ok(client.post("/api/v1/auth/sign-in", json=body))
    assert "sms" in first["methods"]
    wanted = {"challenge": first["challenge"]}
    assert ok(client.post("/api/v1/auth/sign-in/sms", json=wanted), 202)["phone"] == "138****0123"
    answer = {**wanted, "method": "sms", "code": newest(gateway)}
    ok(client.post("/api/v1/auth/second-factor", json=answer))
    problem(client.post("/api/v1/auth/sign-in/sms", json=wanted), 401, "CHALLENGE_ENDED")
    world.clock.advance(seconds=61)
    ok(ask(world), 202)
    ok(confirm(world, newest(gateway), password=PASSWORD))
    query = select(EvidenceEntry.body).where(EvidenceEntry.kind == "people.stepped_up")
    bodies = world.platform.view(lambda work: list(work.session.scalars(query)))
    assert ["password", "sms"] in [json.loads(one)["facts"]["factors"] for one in bodies]


@pytest.mark.parametrize("fault", list(Fault))
def test_a_gateway_that_fails_is_told_and_costs_a_try(
    world: World, gateway: StandInSms, fault: Fault
) -> None:
    with_phone(world, gateway)
    gateway.misbehave(fault)
    problem(ask(world), 503, "SMS_UNAVAILABLE")
    gateway.misbehave(None)
    problem(ask(world), 429, "SMS_LIMIT")
    world.clock.advance(seconds=61)
    ok(ask(world), 202)
    ok(confirm(world, newest(gateway)))


def test_without_a_gateway_or_a_number_no_code_is_promised(world: World) -> None:
    client = world.anonymous()
    body = {"account": "employee", "password": PASSWORD}
    assert "sms" not in ok(client.post("/api/v1/auth/sign-in", json=body))["methods"]
    problem(ask(world), 409, "SMS_NOT_OFFERED")


def test_neither_number_nor_code_stands_anywhere_in_plain(world: World, gateway: StandInSms) -> None:
    with_phone(world, gateway)
    ok(ask(world), 202)
    code = newest(gateway)
    kept = world.platform.view(
        lambda work: [
            *work.session.scalars(select(EvidenceEntry.body)),
            *work.session.scalars(select(SmsCode.code_digest)),
            *(repr(one) for one in work.session.scalars(select(SmsPhone.phone))),
        ]
    )
    assert not [one for one in kept if PHONE in one]
    assert code not in {one for row in kept for one in row.split('"')}
    ok(leave(world, world.id("employee")))
    assert world.platform.view(lambda work: list(work.session.scalars(select(SmsPhone.person_id)))) == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"url": "ftp://x"},
        {"url": "http://x", "key_id": "a", "sign_name": "b", "template": "c", "secret_file": "/no/such"},
    ],
)
def test_settings_that_name_no_gateway_are_refused(world: World, wanted: dict[str, object]) -> None:
    with pytest.raises(Unavailable) as refused:
        configured_sms(Settings(sms_gateway=wanted, _env_file=None), world.clock)
    assert refused.value.code == "SETTING_UNUSABLE"
