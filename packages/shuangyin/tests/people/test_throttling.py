"""Guessing passwords gets slower, by account and by address, and known accounts are not told apart."""

from __future__ import annotations

import threading

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from platform_world import PASSWORD, World, ok, problem
from sqlalchemy import select

from shuangyin.people.models import SignInThrottle

pytestmark = pytest.mark.database_full


def attempt(
    world: World, account: str, password: str = "wrong horse battery", address: str = "10.0.0.1"
) -> Response:
    client = TestClient(
        world.app, base_url="http://localhost:8600", client=(address, 5000), raise_server_exceptions=False
    )
    return client.post("/api/v1/auth/sign-in", json={"account": account, "password": password})


@pytest.mark.parametrize("account", ["employee", "nobody-here", "不是账号"])
def test_after_five_refusals_an_account_waits_known_or_not(world: World, account: str) -> None:
    for number in range(5):
        problem(attempt(world, account, address=f"10.0.1.{number}"), 401, "SIGN_IN_REFUSED")
    waiting = attempt(world, account, PASSWORD, address="10.0.2.1")
    assert problem(waiting, 429, "SIGN_IN_THROTTLED")["details"] == {"retry_after_s": 30}
    assert waiting.headers["Retry-After"] == "30"


@pytest.mark.database
def test_the_wait_ends_and_grows(world: World) -> None:
    for _ in range(5):
        attempt(world, "employee")
    world.clock.advance(seconds=29)
    problem(attempt(world, "employee", PASSWORD), 429, "SIGN_IN_THROTTLED")
    world.clock.advance(seconds=1)
    problem(attempt(world, "employee"), 401, "SIGN_IN_REFUSED")
    world.clock.advance(seconds=59)
    problem(attempt(world, "employee", PASSWORD), 429, "SIGN_IN_THROTTLED")
    world.clock.advance(seconds=1)
    ok(attempt(world, "employee", PASSWORD))


def test_a_good_password_takes_the_count_back(world: World) -> None:
    for _ in range(3):
        for _ in range(4):
            problem(attempt(world, "employee"), 401, "SIGN_IN_REFUSED")
        ok(attempt(world, "employee", PASSWORD))


def test_refusals_are_forgotten_after_an_hour(world: World) -> None:
    for _ in range(4):
        attempt(world, "employee")
    world.clock.advance(seconds=3601)
    problem(attempt(world, "employee"), 401, "SIGN_IN_REFUSED")
    ok(attempt(world, "employee", PASSWORD))


def test_an_address_that_tries_many_accounts_waits(world: World) -> None:
    for number in range(20):
        problem(attempt(world, f"guess-{number}", address="10.0.0.9"), 401, "SIGN_IN_REFUSED")
    problem(attempt(world, "employee", PASSWORD, address="10.0.0.9"), 429, "SIGN_IN_THROTTLED")
    ok(attempt(world, "employee", PASSWORD, address="10.0.0.10"))


def test_the_addresses_of_one_ipv6_subscriber_count_together(world: World) -> None:
    for number in range(20):
        attempt(world, f"guess-{number}", address=f"2001:db8:1:2::{number:x}")
    problem(attempt(world, "employee", PASSWORD, address="2001:db8:1:2:ffff::1"), 429, "SIGN_IN_THROTTLED")
    ok(attempt(world, "employee", PASSWORD, address="2001:db8:1:3::1"))


@pytest.mark.database
def test_tries_at_one_moment_do_not_slip_through(world: World) -> None:
    together = threading.Barrier(10)
    answers: list[int] = []

    def run() -> None:
        together.wait()
        answers.append(attempt(world, "employee").status_code)

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [401] * 5 + [429] * 5


def test_guessing_the_password_from_an_open_session_is_throttled_too(world: World) -> None:
    client = world.client("employee")
    body = {"current_password": "wrong horse battery", "new_password": "another horse battery"}
    for _ in range(5):
        problem(client.put("/api/v1/me/password", json=body), 403, "PASSWORD_WRONG")
    problem(client.put("/api/v1/me/password", json=body), 429, "SIGN_IN_THROTTLED")


def test_the_table_names_neither_accounts_nor_addresses(world: World) -> None:
    attempt(world, "employee", address="10.0.0.77")
    keys = world.platform.view(lambda work: list(work.session.scalars(select(SignInThrottle.key))))
    assert keys
    assert not any("employee" in key or "10.0.0.77" in key for key in keys)
