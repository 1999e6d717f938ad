"""Every route says who may call it, and holds to it, for every kind of caller, anonymous included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from platform_world import KINDS, World
from sqlalchemy import select

from shuangyin.core.http.access import AccessRule, PublicRule
from shuangyin.organization.models import Post
from shuangyin.organization.queries import permissions_of
from shuangyin.people.models import PostHolding

NOBODY = "f" * 32
CALLERS = (*KINDS, "administrator")


@dataclass(frozen=True)
class Route:
    """A route as the application answers it."""

    path: str
    methods: frozenset[str]
    dependant: Dependant


def routes(world: World) -> list[Route]:
    """All routes of the application."""
    return _routes(world.app)


@cache
def _routes(app: FastAPI) -> list[Route]:
    return [
        Route(route.path, frozenset(route.methods or ()), route.dependant)
        for route in app.routes
        if isinstance(route, APIRoute)
    ]


def rules_of(dependant: Dependant) -> list[AccessRule | PublicRule]:
    found: list[AccessRule | PublicRule] = []
    for inner in dependant.dependencies:
        if isinstance(inner.call, AccessRule | PublicRule):
            found.append(inner.call)
        found += rules_of(inner)
    return found


def calls(route: Route) -> Iterator[tuple[str, str]]:
    path = re.sub(r"\{[^}]+\}", NOBODY, route.path)
    for method in sorted(route.methods - {"HEAD"}):
        yield method, path


def status_of(client: TestClient, method: str, path: str) -> int:
    """The status alone: the live events of a caller are an answer without an end."""
    with client.stream(method, path, follow_redirects=False) as response:
        return response.status_code


def permissions(world: World, kind: str) -> frozenset[str]:
    def query(work):  # type: ignore[no-untyped-def]
        held = (
            select(Post)
            .join(PostHolding, PostHolding.post_id == Post.id)
            .where(PostHolding.person_id == world.id(kind))
        )
        return frozenset().union(*(permissions_of(post) for post in work.session.scalars(held)))

    return world.platform.view(query)


def test_every_route_declares_exactly_who_may_call_it(world: World) -> None:
    undeclared = [route.path for route in routes(world) if not rules_of(route.dependant)]
    assert undeclared == []
    assert len(routes(world)) > 60, "the walk must have found the application's routes"


def test_an_anonymous_caller_reaches_public_routes_only(world: World) -> None:
    client = world.anonymous()
    for route in routes(world):
        is_public = any(isinstance(rule, PublicRule) for rule in rules_of(route.dependant))
        for method, path in calls(route):
            status = status_of(client, method, path)
            if is_public:
                assert status not in (401, 403, 500), f"{method} {path} is public but answered {status}"
            else:
                assert status == 401, f"{method} {path} answered {status} to nobody"


@pytest.mark.parametrize("kind", CALLERS)
def test_a_caller_without_the_permission_is_refused_and_nothing_fails(world: World, kind: str) -> None:
    held = permissions(world, kind)
    client = world.client(kind)
    for route in routes(world):
        if any(isinstance(rule, PublicRule) for rule in rules_of(route.dependant)) or ends_the_session(route):
            continue
        wanted = {rule.permission for rule in rules_of(route.dependant) if isinstance(rule, AccessRule)} - {
            None
        }
        for method, path in calls(route):
            status = status_of(client, method, path)
            if wanted - held:
                assert status == 403, (
                    f"{method} {path} answered {status} to {kind}, who lacks {wanted - held}"
                )
            else:
                assert status not in (401, 500), f"{method} {path} answered {status} to {kind}"


def test_unsafe_calls_without_the_page_token_are_refused(world: World) -> None:
    client: TestClient = world.client("employee")
    token = client.headers.pop("X-CSRF-Token")
    try:
        for route in routes(world):
            if any(isinstance(rule, PublicRule) for rule in rules_of(route.dependant)):
                continue
            for method, path in calls(route):
                if method not in ("GET", "HEAD"):
                    answer = client.request(method, path)
                    assert answer.status_code == 403, f"{method} {path} answered {answer.status_code}"
                    assert answer.json()["code"] == "CSRF"
    finally:
        client.headers["X-CSRF-Token"] = token


def ends_the_session(route: Route) -> bool:
    return route.path.endswith("/sign-out")
