"""Signing in with the electronic business licence over a service that is a server of its own and fails on demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from agreeing import agree
from platform_world import NAMES, OTHER_USCC, USCC, World, ok, problem

from shuangyin.connectors.licence import configured_licence
from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.licence import StandInLicence
from shuangyin.core.settings import Settings
from shuangyin.people.outside_port import LicenceService

pytestmark = pytest.mark.database_full

KIND = "legal_representative"
HOLDER = {"uscc": USCC, "holder": "holder-1", "name": NAMES[KIND]}


@pytest.fixture
def service(world: World) -> Iterator[StandInLicence]:
    with StandInLicence(slow_s=5) as standin:
        settings = Settings(licence={"url": standin.address, "timeout_seconds": 1}, _env_file=None)
        ports: Any = world.platform.ports
        ports[LicenceService] = configured_licence(settings)
        yield standin


def scan(service: StandInLicence, **said: str) -> None:
    """The holder scans the newest code and confirms."""
    newest = list(service.sessions)[-1]
    httpx.put(f"{service.address}/sessions/{newest}", json={**HOLDER, **said})


def link(world: World, service: StandInLicence, kind: str = KIND, **said: str) -> Any:
    """The person asks for a code, scans it, and asks what became of it."""
    client = world.client(kind)
    agree(client, "licence")
    proof = world.step_up(kind, "people.link_licence", world.id(kind))
    attempt = ok(client.post("/api/v1/me/licence", json={"proof": proof}))["attempt"]
    waiting = ok(client.post("/api/v1/me/licence/outcome", json={"attempt": attempt}))
    assert waiting["status"] == "waiting"
    scan(service, **said)
    return client.post("/api/v1/me/licence/outcome", json={"attempt": attempt})


def begin(world: World) -> tuple[Any, dict[str, str]]:
    client = world.anonymous()
    return client, {"attempt": ok(client.post("/api/v1/auth/licence"))["attempt"]}


def test_a_linked_holder_signs_in_with_his_second_factor(world: World, service: StandInLicence) -> None:
    client = world.client(KIND)
    problem(client.post("/api/v1/me/licence", json={}), 403, "CONSENT_REQUIRED")
    agree(client, "licence")
    problem(client.post("/api/v1/me/licence", json={}), 403, "STEP_UP_REQUIRED")
    assert ok(link(world, service))["status"] == "confirmed"
    assert ok(client.get("/api/v1/me/licence"))["linked_at"] is not None
    stranger, attempt = begin(world)
    assert ok(stranger.post("/api/v1/auth/licence/outcome", json=attempt))["challenge"] is None
    scan(service)
    challenge = ok(stranger.post("/api/v1/auth/licence/outcome", json=attempt))["challenge"]
    # One scan is one sign-in.
    problem(stranger.post("/api/v1/auth/licence/outcome", json=attempt), 401, "PROVIDER_ATTEMPT_ENDED")
    body = {"challenge": challenge["challenge"], "method": "totp", "code": world.code(KIND)}
    assert ok(stranger.post("/api/v1/auth/second-factor", json=body))["me"]["provider"] == "licence"
    assert client.delete("/api/v1/me/licence").status_code == 204
    stranger, attempt = begin(world)
    scan(service)
    problem(stranger.post("/api/v1/auth/licence/outcome", json=attempt), 401, "LICENCE_NOT_LINKED")


def test_only_ones_own_licence_of_the_own_organization_is_linked(
    world: World, service: StandInLicence
) -> None:
    problem(link(world, service, uscc=OTHER_USCC), 403, "LICENCE_OTHER_ORGANIZATION")
    problem(link(world, service, licence_status="cancelled"), 409, "LICENCE_NOT_VALID")
    problem(link(world, service, name=NAMES["employee"]), 403, "LICENCE_OTHER_PERSON")
    ok(link(world, service))
    problem(link(world, service, "employee", name=NAMES["employee"]), 409, "LICENCE_TAKEN")
    stranger, attempt = begin(world)
    scan(service, licence_status="cancelled")
    problem(stranger.post("/api/v1/auth/licence/outcome", json=attempt), 409, "LICENCE_NOT_VALID")


def test_a_service_that_fails_opens_nothing(world: World, service: StandInLicence) -> None:
    ok(link(world, service))
    stranger, attempt = begin(world)
    scan(service)
    expected = {
        Fault.DOWN: (503, "PROVIDER_DOWN"),
        Fault.SLOW: (503, "PROVIDER_DOWN"),
        Fault.DUPLICATE: (401, "PROVIDER_ANSWER"),
        Fault.CONTRADICTORY: (403, "LICENCE_OTHER_ORGANIZATION"),
    }
    for fault, (status, code) in expected.items():
        service.misbehave(fault)
        problem(stranger.post("/api/v1/auth/licence/outcome", json=attempt), status, code)
    service.misbehave(None)
    ok(stranger.post("/api/v1/auth/licence/outcome", json=attempt))
    for end in ("refused", "expired"):
        stranger, attempt = begin(world)
        scan(service, status=end)
        assert ok(stranger.post("/api/v1/auth/licence/outcome", json=attempt))["status"] == end


def test_what_a_page_keeps_cannot_be_made_up_and_codes_are_not_asked_for_without_end(
    world: World, service: StandInLicence
) -> None:
    stranger, _ = begin(world)
    for attempt in ("made-up", "A" * 400):
        problem(
            stranger.post("/api/v1/auth/licence/outcome", json={"attempt": attempt}),
            401,
            "PROVIDER_ATTEMPT_ENDED",
        )
    answers = [stranger.post("/api/v1/auth/licence").status_code for _ in range(25)]
    assert 429 in answers
    assert answers.count(200) < 22


def test_without_the_service_it_is_not_offered(world: World) -> None:
    assert ok(world.anonymous().get("/api/v1/auth/ways"))["items"] == []
    problem(world.anonymous().post("/api/v1/auth/licence"), 409, "LICENCE_NOT_OFFERED")
