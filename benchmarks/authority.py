"""Answers about authority with 100,000 grants in the database: may he? who may? what may he?

On SQLite always; on PostgreSQL too when SHUANGYIN_TEST_DATABASE_URL names a server (`scripts/with_postgresql.py`).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert, text

from benchmarks.databases import databases
from shuangyin.authority.judging import AuthorityAnswer, UseFacts, judge
from shuangyin.authority.kinds import Act
from shuangyin.authority.models import Grant, GrantTarget
from shuangyin.authority.reversing import what_can, who_can_use
from shuangyin.composition import compose
from shuangyin.core.ids import new_id, next_id
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.migrations.run import upgrade
from shuangyin.organization.models import PostKind
from shuangyin.organization.queries import post_of_kind
from shuangyin.people.bootstrap import create_organization
from shuangyin.people.models import Person
from shuangyin.seals.models import Seal

GRANTS = 100_000
SEALS = 500
PEOPLE = 2_000
HEADS = 100
ROUNDS = 60
YEAR_MS = 365 * 24 * 3600 * 1000


def run() -> list[dict[str, Any]]:
    """Median and 95th percentile of each question in milliseconds of wall clock, one reader, and what it takes of
    processor time and statements: on a machine that others use too, the wall clock says how busy they are."""
    rows = []
    for name, url in databases():
        with tempfile.TemporaryDirectory(prefix="authority-") as folder:
            settings = Settings(
                data_dir=Path(folder) / "data", database_url=url, kek="00" * 16, _env_file=None
            )
            platform = compose(settings)
            upgrade(platform.database)
            world = platform.transact(_people_and_seals)
            platform.transact(partial(_grants, organization_id=world[0], people=world[1], seals=world[2]))
            _look_at_tables(platform)
            rows += [{"database": name, "grants": GRANTS, **row} for row in _measure(platform, *world)]
            platform.database.dispose()
    return rows


def _look_at_tables(platform: Platform) -> None:
    """What PostgreSQL does by itself within a minute of such a load: without it the planner knows nothing of the rows."""
    if not platform.database.is_sqlite:
        with platform.database.writer.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def _people_and_seals(work: UnitOfWork) -> tuple[str, list[str], list[str]]:
    create_organization(
        work,
        name="北京云岫数科有限公司",
        uscc="91110108MA00TE011W",
        region="110108",
        administrator_account="admin",
        administrator_name="吴越",
    )
    organization_id = work.session.query(Person.organization_id).scalar()
    people = [
        Person(
            id=work.new_id(),
            organization_id=organization_id,
            name=f"员工{number}",
            account=f"p{number}",
            status="active",
            created_at=work.now,
        )
        for number in range(PEOPLE)
    ]
    seals = [
        Seal(
            id=work.new_id(),
            organization_id=organization_id,
            medium="electronic",
            name=f"业务章{number}",
            face_text="业务章",
            ga_type="99",
            category="other",
            shape="round",
            width_um=40_000,
            height_um=40_000,
            status="in_force",
            created_at=work.now,
        )
        for number in range(SEALS)
    ]
    work.session.add_all([*people, *seals])
    work.session.flush()
    return organization_id, [one.id for one in people], [one.id for one in seals]


def _grants(work: UnitOfWork, organization_id: str, people: list[str], seals: list[str]) -> None:
    """A grant of the root office to each head, one per seal and head below it, the rest to employees below these."""
    office = post_of_kind(work, organization_id, PostKind.LEGAL_REPRESENTATIVE)[0].id
    heads, staff = people[:HEADS], people[HEADS:]
    rows: list[dict[str, Any]] = []
    targets: list[dict[str, Any]] = []
    last = new_id(work.now)

    def add(parent: dict[str, Any] | None, holder: str, target: str) -> dict[str, Any]:
        nonlocal last
        last = next_id(last)
        row = _row(work, organization_id, last, parent, holder, target, office)
        rows.append(row)
        targets.append(
            {"grant_id": last, "target": target, "organization_id": organization_id, "act": row["act"]}
        )
        return row

    tops = [add(None, holder, "*") for holder in heads]
    middles = [
        add(tops[number % HEADS], heads[number % HEADS], seals[number % SEALS])
        for number in range(HEADS * 20)
    ]
    while len(rows) < GRANTS:
        number = len(rows)
        above = middles[number % len(middles)]
        add(above, staff[(number * 7) % len(staff)], str(above["seal_id"]))
    for start in range(0, len(rows), 2000):
        work.session.execute(insert(Grant), rows[start : start + 2000])
        work.session.execute(insert(GrantTarget), targets[start : start + 2000])


def _row(
    work: UnitOfWork,
    organization_id: str,
    grant_id: str,
    parent: dict[str, Any] | None,
    holder: str,
    target: str,
    office: str,
) -> dict[str, Any]:
    return {
        "id": grant_id,
        "organization_id": organization_id,
        "parent_id": parent["id"] if parent else None,
        "path": (parent["path"] if parent else "") + grant_id,
        "depth": parent["depth"] + 1 if parent else 0,
        "root": "unit",
        "act": Act.PRESS.value,
        "seal_id": None if target == "*" else target,
        "holder_person_id": holder,
        "amount_limit_minor": 100_000_000,
        "count_limit": 1_000,
        "count_of": "uses",
        "count_reserved": 0,
        "count_used": 0,
        "may_pass_on": True,
        "valid_from": work.now - 1,
        "valid_until": work.now + YEAR_MS,
        "granted_by_person": holder,
        "granted_by_post": office if parent is None else None,
        "granted_at": work.now,
        "confirmed_at": work.now,
        "status": "active",
        "reason": "日常办理",
        "version": 1,
    }


def _measure(
    platform: Platform, organization_id: str, people: list[str], seals: list[str]
) -> Iterator[dict[str, Any]]:
    staff = people[HEADS:]

    def may(number: int, steps: int = 37) -> AuthorityAnswer:
        seal = seals[number % SEALS]
        holder = staff[(number * steps) % len(staff)]
        return platform.view(
            lambda work: judge(
                work,
                organization_id=organization_id,
                person_id=holder,
                act=Act.PRESS,
                seal_id=seal,
                at=work.now,
                use=UseFacts(amount_minor=1),
            )
        )

    def he_may(number: int) -> object:
        """The grant of this number is for this seal and held by him: see `_grants`."""
        answer = may(number + HEADS * 21, steps=7)
        if not answer.allowed:
            raise RuntimeError("An answer about somebody who holds a grant is measured, and he was refused.")
        return answer

    def who(number: int) -> object:
        return platform.view(
            lambda work: who_can_use(
                work,
                organization_id,
                work.session.get_one(Seal, seals[number % SEALS]),
                work.now,
                [Act.PRESS, Act.AUTO_SEAL],
            )
        )

    def what(number: int) -> object:
        return platform.view(
            lambda work: what_can(
                work, organization_id, work.session.get_one(Person, staff[number % len(staff)]), work.now
            )
        )

    for question, ask in (
        ("may he?", may),
        ("may he, who holds a grant?", he_may),
        ("who can use?", who),
        ("what can he?", what),
    ):
        yield {"question": question, **_times(platform, ask)}


def _times(platform: Platform, ask: Callable[[int], object]) -> dict[str, float | None]:
    statements: list[str] = []

    def note(*happened: Any) -> None:
        statements.append(str(happened[2]))

    for number in range(5):
        ask(number)
    event.listen(platform.database.reader, "before_cursor_execute", note)
    ask(0)
    event.remove(platform.database.reader, "before_cursor_execute", note)
    seen, served, used = [], _server_ms(platform), time.process_time()
    for number in range(ROUNDS):
        started = time.perf_counter()
        ask(number)
        seen.append((time.perf_counter() - started) * 1000)
    used = time.process_time() - used
    served_after = _server_ms(platform)
    ordered = sorted(seen)
    return {
        "median_ms": round(statistics.median(ordered), 2),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)], 2),
        "cpu_ms": round(used * 1000 / ROUNDS, 2),
        "server_cpu_ms": None
        if served is None or served_after is None
        else round((served_after - served) / ROUNDS, 2),
        "statements": len(statements),
    }


def _server_ms(platform: Platform) -> float | None:
    """The processor time that the server has spent on this reader's connection so far; None for SQLite, which runs in
    the reader, and for a server whose processes cannot be seen."""
    if platform.database.is_sqlite:
        return None
    pid = platform.view(lambda work: work.session.scalar(text("SELECT pg_backend_pid()")))
    spent = Path(f"/proc/{pid}/schedstat")
    return int(spent.read_text().split()[0]) / 1e6 if spent.exists() else None
