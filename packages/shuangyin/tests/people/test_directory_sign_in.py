"""Signing in with name and password of a directory: slapd as a process of its own, and servers that say nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
from hiring import leave
from httpx2 import Response
from platform_world import OTHER_USCC, PASSWORD, USCC, World, ok, problem
from running_directory import (
    BASE,
    READER_SECRET,
    WORD,
    RunningDirectory,
    make_certificates,
    person,
    running_directory,
)
from sqlalchemy import select
from structlog.testing import LogCapture

from shuangyin.connectors.directories import configured_directories
from shuangyin.connectors.ldap_directory import AT_ONCE
from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.devices.broker.process import free_ports
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.commands import directory_sign_in
from shuangyin.people.directory_port import Directories
from shuangyin.people.models import ExternalIdentity

pytestmark = pytest.mark.database_full


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[socket.socket]:
    """Where a referral in the directory points to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory, elsewhere: socket.socket) -> Iterator[RunningDirectory]:
    referral = (
        f"dn: ou=elsewhere,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\n"
        f"ref: ldap://127.0.0.1:{elsewhere.getsockname()[1]}/{BASE}"
    )
    people = [
        person("employee", lines="\nmail: employee@example.cn"),
        person("custodian"),
        person("stranger"),
        person("elsewhere"),
        person("twin-one", uid="twin"),
        person("twin-two", uid="twin"),
        person("off", lines="\nuserAccountControl: 514"),
        person("locked", lines="\npwdAccountLockedTime: 000001010000Z"),
        person("wordless", word=None),
        person("zhang", uid="zhang(三)"),
    ]
    with running_directory(tmp_path_factory.mktemp("directory"), *people, referral) as directory:
        yield directory


@pytest.fixture
def directory(slapd: RunningDirectory, world: World, tmp_path: Path) -> RunningDirectory:
    join(world, slapd.joined(tmp_path / "secret"))
    return slapd


def join(world: World, *entries: dict[str, Any]) -> None:
    ports: Any = world.platform.ports
    ports[Directories] = configured_directories(Settings(directories=list(entries), _env_file=None))


def first_step(world: World, name: str = "employee", password: str = WORD) -> Response:
    body = {"account": name, "password": password}
    return world.anonymous().post("/api/v1/auth/directory/staff", json=body)


def local_step(world: World) -> Response:
    """The first step with the password of this platform."""
    body = {"account": "employee", "password": PASSWORD}
    return world.anonymous().post("/api/v1/auth/sign-in", json=body)


def signed_in(world: World, challenge: dict[str, Any], kind: str = "employee") -> dict[str, Any]:
    body = {"challenge": challenge["challenge"], "method": "totp", "code": world.code(kind)}
    return dict(ok(world.anonymous().post("/api/v1/auth/second-factor", json=body)))


def entries_of(world: World, kind: str) -> list[str]:
    """What was recorded of this kind."""
    query = select(EvidenceEntry.body).where(EvidenceEntry.kind == kind).order_by(EvidenceEntry.id)
    return world.platform.view(lambda work: list(work.session.scalars(query)))


def test_the_word_of_the_directory_stands_for_the_password_and_the_second_factor_is_asked(
    world: World, directory: RunningDirectory
) -> None:
    ways = ok(world.anonymous().get("/api/v1/auth/ways"))["items"]
    assert ways == [
        {
            "kind": "directory",
            "name": "staff",
            "label_zh": "单位目录账号",
            "label_en": "your directory account",
        }
    ]
    challenge = ok(first_step(world, "Employee"))
    assert challenge["enrolment"] is None
    assert "totp" in challenge["methods"]
    me = signed_in(world, challenge)["me"]
    assert (me["person"]["account"], me["provider"]) == ("employee", "staff")
    assert '"first_step":"directory"' in entries_of(world, "people.signed_in")[-1]
    assert len(entries_of(world, "people.identity_linked")) == 1
    # Another word in the directory counts at once, and the earlier one no more.
    directory.set_word("employee", "quite another word")
    try:
        problem(first_step(world), 401, "DIRECTORY_REFUSED")
        ok(first_step(world, password="quite another word"))
    finally:
        directory.set_word("employee", WORD)


def test_nobody_learns_why_he_was_refused(world: World, directory: RunningDirectory) -> None:
    ok(first_step(world))
    refused = [
        problem(first_step(world, name, word), 401, "DIRECTORY_REFUSED")
        for name, word in [
            ("employee", "not this word"),
            ("nobody-here", WORD),
            ("twin", WORD),
            ("off", WORD),
            ("locked", WORD),
            ("wordless", WORD),
            ("zero\u200bwidth", WORD),
            ("甲\u0000乙", WORD),
        ]
    ]
    assert all(one == refused[0] for one in refused)
    told = entries_of(world, "people.sign_in_refused")
    assert len(told) == len(refused)
    assert all('"step":"directory"' in one for one in told)
    # Where the name leads to somebody who is linked, it stands in his own record.
    assert [world.id("employee") in one for one in told].count(True) == 1


def test_an_empty_word_is_refused_before_anybody_is_asked(world: World, directory: RunningDirectory) -> None:
    problem(first_step(world, password=""), 422, "INVALID_INPUT")
    # This directory would have said yes, as it says here to whoever asks without us.
    directory.bind_without_word("employee")
    asked: list[str] = []
    assert world.platform.port(Directories).members[0].prove("employee", "", asked.append) is None
    assert asked == []
    # Words that a library would turn into none, or into another, go as they are.
    problem(first_step(world, password="\u00ad"), 401, "DIRECTORY_REFUSED")


def test_a_name_is_never_more_than_a_value(world: World, directory: RunningDirectory) -> None:
    for name in (
        "*",
        "emp*",
        "employee)(uid=*",
        "*)(uid=employee))(|(uid=*",
        r"\65mployee",
        r"employee\00",
        "(uid=employee)",
        "employee,dc=example",
    ):
        problem(first_step(world, name), 401, "DIRECTORY_REFUSED")
    # What has a meaning in a filter has none in a name: this one is found, and has no account here.
    problem(first_step(world, "Zhang(三)"), 401, "NO_ACCOUNT")


def test_guesses_are_counted_at_the_name_and_at_the_entry(
    world: World, directory: RunningDirectory, tmp_path: Path
) -> None:
    join(world, directory.joined(tmp_path / "secret", filter="(|(uid={name})(mail={name}))"))
    names = ["employee", "employee@example.cn"] * 3
    for name in names[:5]:
        problem(first_step(world, name, "a guess"), 401, "DIRECTORY_REFUSED")
    problem(first_step(world, names[5]), 429, "SIGN_IN_THROTTLED")
    # An unknown name waits as long, and the account's own password is another thing.
    for _ in range(5):
        problem(first_step(world, "nobody-here", "a guess"), 401, "DIRECTORY_REFUSED")
    problem(first_step(world, "nobody-here"), 429, "SIGN_IN_THROTTLED")
    ok(local_step(world))
    world.clock.advance(seconds=31)
    ok(first_step(world))


def test_links_are_made_once_and_end_with_reset_and_leaving(
    world: World, directory: RunningDirectory
) -> None:
    ok(first_step(world))
    ok(first_step(world, "custodian"))
    problem(first_step(world, "stranger"), 401, "NO_ACCOUNT")
    # The directory gave the account's name to another entry.
    directory.change(
        f"dn: cn=employee,{BASE}\nchangetype: modify\nreplace: uid\nuid: gone\n\n"
        f"dn: cn=stranger,{BASE}\nchangetype: modify\nreplace: uid\nuid: employee\n"
    )
    try:
        problem(first_step(world), 401, "ACCOUNT_LINKED_OTHERWISE")
        ok(first_step(world, "gone"))
    finally:
        directory.change(
            f"dn: cn=stranger,{BASE}\nchangetype: modify\nreplace: uid\nuid: stranger\n\n"
            f"dn: cn=employee,{BASE}\nchangetype: modify\nreplace: uid\nuid: employee\n"
        )
    ok(world.client("administrator").post(f"/api/v1/persons/{world.id('custodian')}/reset"))
    problem(first_step(world, "custodian"), 401, "FIRST_SIGN_IN")
    ok(leave(world, world.id("employee")))
    problem(first_step(world), 401, "NO_ACCOUNT")
    left = world.platform.view(lambda work: list(work.session.scalars(select(ExternalIdentity.person_id))))
    assert left == []


def test_a_person_sees_his_link_and_ends_it(world: World, directory: RunningDirectory) -> None:
    client = world.client("employee")
    assert ok(client.get("/api/v1/me/identities"))["items"] == []
    ok(first_step(world))
    (link,) = ok(client.get("/api/v1/me/identities"))["items"]
    assert (link["kind"], link["name"], link["label_zh"]) == ("directory", "staff", "单位目录账号")
    path = f"/api/v1/me/identities/{link['id']}/remove"
    problem(world.client("custodian").post(path, json={}), 404, "NOT_FOUND")
    world.clock.advance(seconds=660)
    problem(client.post(path, json={}), 403, "STEP_UP_REQUIRED")
    proof = world.step_up("employee", "people.end_link", link["id"])
    assert client.post(path, json={"proof": proof}).status_code == 204
    assert ok(client.get("/api/v1/me/identities"))["items"] == []
    assert len(entries_of(world, "people.identity_unlinked")) == 1
    # The next sign-in links anew.
    ok(first_step(world))
    assert len(entries_of(world, "people.identity_linked")) == 2


def test_a_directory_vouches_for_its_own_organization_only(
    world: World, directory: RunningDirectory, tmp_path: Path
) -> None:
    join(world, directory.joined(tmp_path / "secret", uscc=OTHER_USCC))
    problem(first_step(world), 401, "NO_ACCOUNT")
    body = {"account": "employee", "password": WORD}
    problem(world.anonymous().post("/api/v1/auth/directory/other", json=body), 404, "PROVIDER_UNKNOWN")


@pytest.mark.parametrize("way", ["start-tls", "plain", "variable", "second-server"])
def test_each_way_to_reach_it(
    world: World, directory: RunningDirectory, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIRECTORY_WORD", READER_SECRET)
    plain, tls = f"ldap://localhost:{directory.plain_port}", f"ldaps://localhost:{directory.tls_port}"
    wanted: dict[str, dict[str, Any]] = {
        "start-tls": {"servers": [plain]},
        "plain": {"servers": [plain], "plaintext_on_loopback": True, "ca_file": None},
        "variable": {"secret_file": None, "secret_variable": "DIRECTORY_WORD"},
        "second-server": {"servers": [f"ldaps://localhost:{free_ports(1)[0]}", tls]},
    }
    join(world, directory.joined(tmp_path / "secret", **wanted[way]))
    ok(first_step(world))


def test_whom_it_does_not_know_is_told_nothing(
    world: World, directory: RunningDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another authority's certificate, another host's, another secret: nothing goes there, and the log has no word."""
    log = LogCapture()
    logger = structlog.wrap_logger(
        None, processors=[log], wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    monkeypatch.setattr(directory_sign_in, "_log", logger)
    other = tmp_path / "other"
    other.mkdir()
    make_certificates(other)
    plain = f"ldap://localhost:{directory.plain_port}"
    wrongs: list[dict[str, Any]] = [
        {"ca_file": str(other / "ca.pem")},
        {"ca_file": str(other / "ca.pem"), "servers": [plain]},
        {"servers": [f"ldaps://127.0.0.1:{directory.tls_port}"]},
        {"bind_dn": f"cn=nobody,{BASE}"},
        {"base": "dc=other"},
        {"subject": "description"},
    ]
    for wrong in wrongs:
        join(world, directory.joined(tmp_path / "secret", **wrong))
        problem(first_step(world), 503, "DIRECTORY_SETUP")
    ok(local_step(world))
    assert [one["detail"] for one in log.entries] == [*["certificate"] * 3, "bind_dn", "search 32", "subject"]
    kept = world.platform.view(lambda work: "".join(work.session.scalars(select(EvidenceEntry.body))))
    assert WORD not in str(log.entries) + kept
    assert READER_SECRET not in str(log.entries) + kept


def test_a_directory_that_is_down_or_never_answers(
    world: World, directory: RunningDirectory, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    join(world, directory.joined(secret, servers=[f"ldaps://localhost:{free_ports(1)[0]}"]))
    for _ in range(6):
        problem(first_step(world), 503, "DIRECTORY_DOWN")
    # A try that nobody judged does not count.
    join(world, directory.joined(secret))
    ok(first_step(world))
    plain = {"plaintext_on_loopback": True, "timeout_seconds": 1}
    with unhelpful(b"") as silent, unhelpful(b"\x30\x84\x7f") as trickling:
        for port in (silent, trickling):
            join(world, directory.joined(secret, servers=[f"ldap://localhost:{port}"], **plain))
            began = time.monotonic()
            problem(first_step(world), 503, "DIRECTORY_DOWN")
            assert time.monotonic() - began < 5
        asked = world.platform.port(Directories).members[0]
        with ThreadPoolExecutor(AT_ONCE + 1) as pool:
            tries = [pool.submit(asked.prove, "employee", WORD, print) for _ in range(AT_ONCE + 1)]
            ok(local_step(world))
            failures = [str(one.exception()) for one in tries]
        assert all(one.startswith("down:") for one in failures)


@contextmanager
def unhelpful(start: bytes) -> Iterator[int]:
    """A server that takes connections and says nothing, or begins to say something and goes on for ever."""
    held: list[socket.socket] = []
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                held.append(server.accept()[0])
                held[-1].sendall(start)
            for one in held if start else ():
                with suppress(OSError):
                    one.sendall(b"\x00")

    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as stack:
        server.settimeout(0.2)
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            over.set()
            thread.join()
            for one in held:
                stack.enter_context(one)


def test_a_referral_is_not_followed(
    world: World, directory: RunningDirectory, elsewhere: socket.socket
) -> None:
    ok(first_step(world))
    problem(first_step(world, "nobody-here"), 401, "DIRECTORY_REFUSED")
    with pytest.raises(BlockingIOError):
        elsewhere.accept()


@pytest.mark.parametrize(
    "wrong",
    [
        {"servers": ["ldap://directory.example"], "plaintext_on_loopback": True},
        {"servers": ["https://directory.example"]},
        {"servers": []},
        {"filter": "(uid=employee)"},
        {"filter": "(uid={name}"},
        {"filter": "(&(uid={name})(ou={other}))"},
        {"bind_dn": "cn=reader"},
        {"secret_file": "/nowhere/secret"},
        {"bind_dn": "cn=reader", "secret_variable": "NOT_SET_ANYWHERE"},
        {"ca_file": "/nowhere/ca"},
        {"name": "licence"},
        {"name": "corp"},
        {"unknown": 1},
    ],
    ids=str,
)
def test_settings_that_name_no_directory_stop_the_start(wrong: dict[str, Any]) -> None:
    good = {
        "name": "staff",
        "label_zh": "甲",
        "label_en": "A",
        "uscc": USCC,
        "servers": ["ldaps://directory.example"],
        "base": BASE,
    }
    oidc: list[dict[str, object]] = [{"name": "corp"}]
    assert configured_directories(Settings(directories=[good], oidc=oidc, _env_file=None)).named("staff")
    with pytest.raises(Unavailable):
        configured_directories(Settings(directories=[{**good, **wrong}], oidc=oidc, _env_file=None))
