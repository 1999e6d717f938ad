"""An office in memory for tests of the approval engine: the real commands and tables, a subject that only remembers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from shuangyin.approvals import commands, queries
from shuangyin.approvals.commands.sweeping import sweep
from shuangyin.approvals.models import ApprovalRoute, ApprovalStep
from shuangyin.approvals.ports import ApprovalSubjects, Delegations, Subject, SubjectCard, SubjectTable
from shuangyin.approvals.rules import DecisionKind, SecondFactorRule, StepMode, StepPlan
from shuangyin.approvals.rules.changes import Part
from shuangyin.approvals.rules.definitions import ApproverKind, Approvers, StepDefinition
from shuangyin.core.actor import Actor
from shuangyin.core.clock import ManualClock
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.ids import new_token
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.organization.models import Department, Organization, Post
from shuangyin.people.models import Person, PersonStatus, PostHolding, StepUpProof
from shuangyin.people.sessions import TOKEN_BITS, token_digest
from shuangyin.tables import metadata

Result = TypeVar("Result")

ORGANIZATION = "0" * 31 + "1"
BINDING = "b" * 64
FULL = frozenset({"approvals.decide", "approvals.manage"})
DEPARTMENTS = {"hall": None, "sales": "hall"}
STAFF: Mapping[str, tuple[str, str | None]] = {
    "root": ("office", None),
    "chief": ("head", "hall"),
    "head": ("head", "sales"),
    "ann": ("approver", "sales"),
    "bob": ("approver", "sales"),
    "cat": ("approver", "hall"),
    "dan": ("approver", "hall"),
    "clerk": ("clerk", "sales"),
}
"""Who holds which post, in which department. `clerk` applies and approves nothing."""


def id_of(name: str) -> str:
    """The id of a person, post or department of the office."""
    return name.encode().hex().rjust(32, "0")


class MemoryDatabase:
    """`core.database.Database` on one connection in memory, filled with the office."""

    is_sqlite = True

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool)

        @event.listens_for(self.engine, "connect")
        def plain(connection: Any, _record: object) -> None:
            connection.isolation_level = None

        @event.listens_for(self.engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN")

        self.reader = self.writer = self.engine
        raw = cast("sqlite3.Connection", self.engine.raw_connection().driver_connection)
        _template().backup(raw)

    def read_session(self) -> Session:
        return Session(self.engine, autoflush=False, expire_on_commit=False)

    def write_session(self) -> Session:
        return Session(self.engine, expire_on_commit=False)


@dataclass
class Remembering:
    """A subject that remembers what became of it."""

    binding: str = BINDING
    came: list[str] = field(default_factory=list)

    def approved(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        self.came.append("approved")

    def rejected(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        self.came.append("rejected")

    def sent_back(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        self.came.append("sent_back")

    def may_read(self, work: UnitOfWork, actor: Actor, subject_id: str) -> bool:
        return True

    def current_binding(self, work: UnitOfWork, subject_id: str) -> str:
        return self.binding

    def cards(self, work: UnitOfWork, subject_ids: Collection[str]) -> Mapping[str, SubjectCard]:
        return {}


@dataclass
class Absences:
    """Who is absent, and who stands in for him."""

    of: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def delegates_of(self, work: UnitOfWork, person_id: str, at: int) -> Sequence[str]:
        return self.of.get(person_id, ())


class Desk:
    """The office with one subject in approval."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.subject = Remembering()
        self.absences = Absences()
        database = MemoryDatabase()
        self.engine = database.engine
        self.platform = Platform(
            settings=Settings(_env_file=None),
            database=cast("Any", database),
            clock=self.clock,
            keyring=cast("Any", None),
            objects=cast("Any", None),
            ports={ApprovalSubjects: SubjectTable({"test": self.subject}), Delegations: self.absences},
        )

    def close(self) -> None:
        self.engine.dispose()

    def actor(self, name: str) -> Actor:
        """A person with a second factor of this instant."""
        permissions = FULL if name != "clerk" else frozenset()
        return Actor(ORGANIZATION, id_of(name), name, permissions, second_factor_at=self.clock.now_ms())

    def act(self, command: Callable[[UnitOfWork], Result]) -> Result:
        """One use case in one transaction, a moment after the one before."""
        self.clock.advance(seconds=0.002)
        return self.platform.transact(command)

    def look(self, query: Callable[[UnitOfWork], Result]) -> Result:
        return self.platform.view(query)

    def start(
        self, steps: Sequence[StepPlan], *, parts: Mapping[str, Part] | None = None, **origin: Any
    ) -> str:
        """A route of the clerk's; returns its id."""
        subject_id = origin.pop("subject_id", "1" * 32)
        kept = commands.RouteOrigin(parts=dict(parts or {}), **origin)
        route = self.act(
            lambda work: commands.start(
                work,
                self.actor("clerk"),
                subject=Subject("test", subject_id, "标题"),
                steps=steps,
                binding=self.subject.binding,
                origin=kept,
            )
        )
        return route.id

    def route(self, route_id: str) -> ApprovalRoute:
        return self.look(lambda work: queries.route(work, route_id))

    def steps(self, route_id: str) -> list[ApprovalStep]:
        return self.look(lambda work: queries.steps_of(work, route_id))

    def open_step(self, route_id: str) -> ApprovalStep:
        (found,) = [one for one in self.steps(route_id) if one.status == "open"]
        return found

    def asked(self, route_id: str) -> set[str]:
        """The names of those whose decision is awaited."""
        names = {id_of(name): name for name in STAFF}
        return {names[one] for one in self.look(lambda work: queries.waiting_for(work, route_id))}

    def says(self, name: str, route_id: str, decision: str = "approve", **fields: Any) -> ApprovalStep:
        """Somebody decides the open step."""
        step_id = fields.pop("step_id", None) or self.open_step(route_id).id
        said: dict[str, Any] = {
            "comment": "意见",
            "binding": self.route(route_id).binding,
            "proof": None,
            **fields,
        }
        kind = DecisionKind(decision)
        return self.act(lambda work: commands.decide(work, self.actor(name), step_id, decision=kind, **said))

    def proof(self, name: str, act: str, subject: str) -> str:
        """A second factor shown for one act on one subject."""
        token = new_token(TOKEN_BITS)

        def command(work: UnitOfWork) -> None:
            work.session.add(
                StepUpProof(
                    id=work.new_id(),
                    organization_id=ORGANIZATION,
                    person_id=id_of(name),
                    token_hash=token_digest(token),
                    act=act,
                    subject=subject,
                    created_at=work.now,
                    expires_at=work.now + 300_000,
                )
            )

        self.act(command)
        return token

    def sweep(self) -> int:
        return sweep(self.platform)

    def leaves(self, name: str) -> None:
        """Somebody leaves the office."""

        def command(work: UnitOfWork) -> None:
            person = work.session.get_one(Person, id_of(name))
            person.status = PersonStatus.LEFT
            for holding in work.session.query(PostHolding).filter_by(person_id=person.id):
                holding.until_at = work.now

        self.act(command)

    def kinds(self) -> list[str]:
        """The kinds of the entries that were recorded, in order."""

        def query(work: UnitOfWork) -> list[str]:
            rows = work.session.query(EvidenceEntry).order_by(EvidenceEntry.id)
            return [row.kind.removeprefix("approvals.") for row in rows]

        return self.look(query)


@contextmanager
def desk() -> Iterator[Desk]:
    """An office for one test."""
    made = Desk()
    try:
        yield made
    finally:
        made.close()


def plan(*names: str, **fields: Any) -> StepPlan:
    """A step that asks these people."""
    made = StepPlan(
        "审批", "Approval", StepMode.ANY, SecondFactorRule.WINDOW, tuple(id_of(one) for one in names)
    )
    return replace(made, **fields)


def defined(*names: str, key: str = "", **fields: Any) -> StepPlan:
    """A step with a definition, for the special cases and time-outs."""
    definition = StepDefinition(
        key=key or "-".join(names),
        name=Text("审批", "Approval"),
        approvers=Approvers(ApproverKind.PERSON, person_ids=tuple(id_of(one) for one in names)),
        **{name: value for name, value in fields.items() if name in ("special", "timeout", "looks_at")},
    )
    others = {name: value for name, value in fields.items() if name not in ("special", "timeout", "looks_at")}
    return plan(*names, definition=definition, **others)


def refused(code: str) -> Any:
    """That what follows is refused with this code."""
    return pytest.raises(ShuangyinError, match=f"^{code}:")


@cache
def _template() -> sqlite3.Connection:
    """The tables and the office, built once."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata().create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(
            Organization(
                id=ORGANIZATION, name="北京云岫数科有限公司", uscc="91110108MA00TE011W", category="enterprise",
                region_code="110108", status="active", created_at=0,
            )
        )  # fmt: skip
        session.flush()
        for name, parent in DEPARTMENTS.items():
            session.add(
                Department(
                    id=id_of(name), organization_id=ORGANIZATION, name=name,
                    parent_id=id_of(parent) if parent else None, created_at=0,
                )
            )  # fmt: skip
            session.flush()
        _add_posts(session)
        session.flush()
        for name, (post, department) in STAFF.items():
            _add_person(session, name, post, department)
    return cast("sqlite3.Connection", engine.raw_connection().driver_connection)


def _add_posts(session: Session) -> None:
    for name, kind, rights in (
        ("office", "legal_representative", '["approvals.decide"]'),
        ("head", "department_head", '["approvals.decide"]'),
        ("approver", "employee", '["approvals.decide"]'),
        ("clerk", "employee", "[]"),
    ):
        session.add(
            Post(
                id=id_of(f"post-{name}"), organization_id=ORGANIZATION, department_id=None, name=name, kind=kind,
                permissions=rights, is_office=name == "office", office_slot=None, created_at=0,
            )
        )  # fmt: skip


def _add_person(session: Session, name: str, post: str, department: str | None) -> None:
    session.add(
        Person(
            id=id_of(name), organization_id=ORGANIZATION, name=name, account=name, status=PersonStatus.ACTIVE,
            department_id=id_of(department) if department else None, created_at=0,
        )
    )  # fmt: skip
    session.flush()
    session.add(
        PostHolding(
            id=id_of(f"holds-{name}"), organization_id=ORGANIZATION, person_id=id_of(name),
            post_id=id_of(f"post-{post}"), from_at=0, open_slot=f"{name}:{post}",
        )
    )  # fmt: skip
