"""A world to test in: one organization, a person on every kind of post, and clients signed in as them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.datastructures import State

from gmseal.trial import TrialAuthority
from shuangyin.app import create_app, job_handlers
from shuangyin.core.clock import ManualClock, to_datetime
from shuangyin.core.jobs import JobRunner
from shuangyin.core.platform import Platform
from shuangyin.evidence.sequencer import sequence_pending
from shuangyin.people.bootstrap import create_organization
from shuangyin.sealing.timestamps import Timestamps

ORGANIZATION = "北京云岫数科有限公司"
USCC = "91110108MA00TE011W"
OTHER_ORGANIZATION = "北京澄泉设备有限公司"
OTHER_USCC = "91110108MA00DEM14Q"
PASSWORD = "correct horse battery 9"
KINDS = ("legal_representative", "department_head", "employee", "custodian", "reviewer", "auditor")
NAMES = {
    "legal_representative": "陈雪",
    "department_head": "周凯",
    "employee": "李然",
    "custodian": "王岚",
    "reviewer": "赵明",
    "auditor": "孙静",
    "administrator": "吴越",
}


def totp(secret: str, now_ms: int, *, step: int = 0) -> str:
    """RFC 6238 code of the time step `step` away from now: an implementation apart from the product's."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = now_ms // 30_000 + step
    mac = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Member:
    """One person of the world, with what is needed to sign in as him."""

    kind: str
    account: str
    id: str = ""
    totp_secret: str = ""
    client: TestClient | None = None


@dataclass
class World:
    """The organization under test."""

    platform: Platform
    clock: ManualClock
    app: FastAPI
    members: dict[str, Member] = field(default_factory=dict)
    department_id: str = ""

    def anonymous(self) -> TestClient:
        return TestClient(self.app, base_url="http://localhost:8600", raise_server_exceptions=False)

    def client(self, kind: str) -> TestClient:
        """A client signed in as the person on this kind of post."""
        member = self.members[kind]
        if member.client is None:
            member.client = self.sign_in(member)
        return member.client

    def id(self, kind: str) -> str:
        return self.members[kind].id

    def code(self, kind: str) -> str:
        """A code that was not used before: the clock moves on to the next time step."""
        self.clock.advance(seconds=30)
        return totp(self.members[kind].totp_secret, self.clock.now_ms())

    def step_up(self, kind: str, act: str, subject: str, password: str | None = None) -> str:
        """A step-up proof of this person for one act on one subject; with the password, of two factors."""
        body = {"act": act, "subject": subject, "method": "totp", "code": self.code(kind)}
        if password is not None:
            body["password"] = password
        return str(ok(self.client(kind).post("/api/v1/auth/step-up", json=body))["proof"])

    def sign_in(self, member: Member, password: str = PASSWORD) -> TestClient:
        client = self.anonymous()
        first = ok(
            client.post("/api/v1/auth/sign-in", json={"account": member.account, "password": password})
        )
        if first["enrolment"]:
            member.totp_secret = first["enrolment"]["secret"]
        self.clock.advance(seconds=30)
        code = totp(member.totp_secret, self.clock.now_ms())
        body = {"challenge": first["challenge"], "method": "totp", "code": code}
        second = ok(client.post("/api/v1/auth/second-factor", json=body))
        client.headers["X-CSRF-Token"] = second["csrf_token"]
        return client

    def stamp(self) -> TrialAuthority:
        """Give the platform a time-stamp authority in the process, on the clock of the tests; its root is returned."""
        authority = TrialAuthority.create(to_datetime(self.clock.now_ms()))
        source = authority.timestamps(clock=lambda: to_datetime(self.clock.now_ms()))
        self.platform = replace(self.platform, ports={**self.platform.ports, Timestamps: Timestamps(source)})
        self.app.state.platform = self.platform
        return authority

    def settle(self) -> None:
        """Run what the worker and the sequencer would run by themselves."""
        JobRunner(self.platform, job_handlers()).run_pending()
        sequence_pending(self.platform)


def ok(response: Response, status: int | None = None) -> Any:
    """The JSON of a good answer; shows the problem document otherwise."""
    expected = {status} if status else {200, 201}
    assert response.status_code in expected, f"{response.status_code} {response.text}"
    return response.json() if response.content else None


def problem(response: Response, status: int, code: str) -> Any:
    """The problem document of a refusal, with this status and code."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    body = response.json()
    assert body["code"] == code, body
    assert body["detail"]
    return body


_idle: dict[int, list[FastAPI]] = {}


@contextmanager
def application(platform: Platform) -> Iterator[FastAPI]:
    """An application of this platform.

    Putting the routes together takes longer than most tests, so a later test gets the same routes with a state of
    its own: the platform, and what the areas keep beside it. The upload limit is built into an application; only a
    platform with the same limit gets it.
    """
    idle = _idle.setdefault(platform.settings.max_upload_bytes, [])
    app = idle.pop() if idle else create_app(platform)
    app.state = State({"platform": platform})
    yield app
    assert not app.dependency_overrides
    idle.append(app)


@contextmanager
def build_world(platform: Platform, clock: ManualClock) -> Iterator[World]:
    """Set the organization up the way an administrator does, over HTTP."""
    with application(platform) as app:
        world = World(platform, clock, app)
        _found(world)
        yield world
        _leave(world)


def _found(world: World) -> None:
    one_time = world.platform.transact(
        lambda work: create_organization(
            work,
            name=ORGANIZATION,
            uscc=USCC,
            region="110108",
            administrator_account="admin",
            administrator_name=NAMES["administrator"],
        )
    )
    admin = Member("administrator", "admin")
    world.members["administrator"] = admin
    admin.client = _first_sign_in(world, admin, one_time)
    admin.id = ok(admin.client.get("/api/v1/me"))["person"]["id"]
    department = ok(admin.client.post("/api/v1/departments", json={"name": "市场部"}))
    world.department_id = department["id"]
    posts = {post["kind"]: post for post in ok(admin.client.get("/api/v1/posts"))["items"]}
    for kind in KINDS:
        _add_member(world, admin.client, kind, posts[kind]["id"])


def _leave(world: World) -> None:
    for member in world.members.values():
        if member.client is not None:
            member.client.close()


@dataclass(frozen=True)
class KeptMember:
    """A member without his connection: enough to be signed in again with the same session."""

    kind: str
    account: str
    id: str
    totp_secret: str
    cookies: dict[str, str]
    csrf_token: str


@dataclass(frozen=True)
class KeptWorld:
    """A world that can be brought back on a copy of its database."""

    members: tuple[KeptMember, ...]
    department_id: str


def keep_world(world: World) -> KeptWorld:
    """What `restore_world` needs."""
    members = tuple(
        KeptMember(
            member.kind,
            member.account,
            member.id,
            member.totp_secret,
            dict(member.client.cookies),
            member.client.headers["X-CSRF-Token"],
        )
        for member in world.members.values()
        if member.client is not None
    )
    return KeptWorld(members, world.department_id)


@contextmanager
def restore_world(platform: Platform, clock: ManualClock, kept: KeptWorld) -> Iterator[World]:
    """The same persons with the same sessions, on a copy of the database."""
    with application(platform) as app:
        world = World(platform, clock, app, department_id=kept.department_id)
        for one in kept.members:
            client = world.anonymous()
            client.cookies.update(one.cookies)
            client.headers["X-CSRF-Token"] = one.csrf_token
            world.members[one.kind] = Member(one.kind, one.account, one.id, one.totp_secret, client)
        yield world
        _leave(world)


def _add_member(world: World, admin: TestClient, kind: str, post_id: str) -> None:
    body = {"name": NAMES[kind], "account": kind.replace("_", "-"), "department_id": world.department_id}
    added = ok(admin.post("/api/v1/persons", json=body))
    member = Member(kind, body["account"], added["person"]["id"])
    world.members[kind] = member
    ok(admin.post(f"/api/v1/persons/{member.id}/posts", json={"post_id": post_id}))
    member.client = _first_sign_in(world, member, added["one_time_password"])


def _first_sign_in(world: World, member: Member, one_time: str) -> TestClient:
    client = world.sign_in(member, one_time)
    body = {"current_password": one_time, "new_password": PASSWORD}
    ok(client.put("/api/v1/me/password", json=body))
    return client
