"""The lists of an approver with a million requests in the database: server time of a page, and its queries.

The tables are filled by the database itself, past the commands but with the same rows: routes of two steps, most of
them decided, among four hundred approvers of whom one has a full inbox. Then pages of every list are asked for through
the code that answers them over HTTP, the first and pages further on. CPU is of this process alone, the others are time
on the clock: on a machine that does other work as well they tell of that too. ROWS sets the number of requests; with SHUANGYIN_TEST_DATABASE_URL PostgreSQL is measured too.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, insert

from benchmarks.databases import databases
from shuangyin.approvals import inbox, views
from shuangyin.composition import compose
from shuangyin.core.actor import Actor
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.migrations.run import upgrade
from shuangyin.organization.models import Organization, Post
from shuangyin.people.models import Person, PostHolding

ROWS = int(os.environ.get("ROWS", "1000000"))
PERSONS = 400
WAITING = 2_000
"""So many requests wait for the approver who is measured, and as many for each of his colleagues at most."""
PAGE = 50
ROUNDS = 100
MS = 1_790_000_000_000
KEK = "000102030405060708090a0b0c0d0e0f"
ORGANIZATION = f"{1:032x}"
BUSY = f"{0xA0000:032x}"


def run() -> list[dict[str, Any]]:
    """Rows: database, list, median, 95th percentile and longest in milliseconds, queries of a page."""
    rows: list[dict[str, Any]] = []
    for name, url in databases():
        with _installation(url) as platform:
            filled = time.perf_counter()
            _fill(platform)
            seconds = time.perf_counter() - filled
            rows.append(_row(name, f"filling {ROWS:,} requests", [seconds * 1000], 0))
            rows += _measure(name, platform)
    return rows


def _row(database: str, what: str, took_ms: list[float], queries: int, cpu_ms: float = 0) -> dict[str, Any]:
    ordered = sorted(took_ms)
    return {
        "database": database,
        "list": what,
        "CPU ms": round(cpu_ms, 2),
        "median ms": round(statistics.median(ordered), 2),
        "p95 ms": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
        "longest ms": round(ordered[-1], 2),
        "queries": queries,
    }


def _measure(name: str, platform: Platform) -> list[dict[str, Any]]:
    actor = Actor(ORGANIZATION, BUSY, "周凯", frozenset({"approvals.decide", "requests.apply"}))
    middle = f"{(ROWS // 2) * 16:032x}"
    lists: dict[str, Callable[[UnitOfWork], object]] = {
        "待我审批, first page": lambda work: views.items(
            work, inbox.todo(work, actor, after=None, limit=PAGE + 1)
        ),
        "待我审批, further on": lambda work: views.items(
            work, inbox.todo(work, actor, after=middle, limit=PAGE + 1)
        ),
        "待我审批, count": lambda work: inbox.todo_count(work, actor),
        "已审批, first page": lambda work: views.items(
            work, inbox.done(work, actor, before=None, limit=PAGE + 1)
        ),
        "已审批, further on": lambda work: views.items(
            work, inbox.done(work, actor, before=middle, limit=PAGE + 1)
        ),
        "抄送给我": lambda work: views.route_items(
            work, inbox.copied(work, actor, before=None, limit=PAGE + 1)
        ),
        "我发起": lambda work: views.route_items(
            work, inbox.started(work, actor, before=None, limit=PAGE + 1)
        ),
    }
    rows = []
    for label, query in lists.items():
        queries = _queries_of(platform, query)
        took = []
        worked = time.thread_time()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            platform.view(query)
            took.append((time.perf_counter() - began) * 1000)
        rows.append(_row(name, label, took, queries, (time.thread_time() - worked) / ROUNDS * 1000))
    return rows


def _queries_of(platform: Platform, query: Callable[[UnitOfWork], object]) -> int:
    seen = []

    def count(*_arguments: object) -> None:
        seen.append(1)

    event.listen(platform.database.reader, "before_cursor_execute", count)
    platform.view(query)
    event.remove(platform.database.reader, "before_cursor_execute", count)
    return len(seen)


@contextmanager
def _installation(url: str | None) -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        settings = Settings(data_dir=Path(folder) / "data", database_url=url, kek=KEK, _env_file=None)
        settings.data_dir.mkdir(mode=0o700)
        platform = compose(settings)
        upgrade(platform.database)
        yield platform
        platform.database.dispose()


def _fill(platform: Platform) -> None:
    sqlite = platform.database.is_sqlite
    with platform.database.writer.begin() as connection:
        _people(connection)
    for table, columns in _rows(sqlite=sqlite).items():
        values = ", ".join(columns.values())
        source = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS - 1})"
        if not sqlite:
            source = f"WITH n AS (SELECT i::bigint AS i FROM generate_series(0, {ROWS - 1}) AS g(i))"
        where = " WHERE i % 20 = 0" if table.startswith("approval_copy") else ""
        if table.endswith("@2") and "decision" in table:
            where = f" WHERE NOT ({_RUNNING})"
        statement = (
            f"INSERT INTO {table.split('@')[0]} ({', '.join(columns)}) {source} SELECT {values} FROM n{where}"
        )
        if not sqlite:
            statement = f"{source} INSERT INTO {table.split('@')[0]} ({', '.join(columns)}) SELECT {values} FROM n{where}"
        with platform.database.writer.begin() as connection:
            if not sqlite:
                # The rows are made to fit; looking every reference up again would take most of the filling.
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql(statement.replace("%", "%%") if not sqlite else statement)
    with platform.database.writer.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


_RUNNING = f"i >= {ROWS - PERSONS * WAITING // 100} OR i % {max(1, ROWS // WAITING)} = 0"
_PERSON = f"CASE WHEN i % 50 = 0 THEN 0 ELSE 1 + i % {PERSONS - 1} END"
_STARTER = f"CASE WHEN i % 40 = 1 THEN 0 ELSE 1 + (i / 7) % {PERSONS - 1} END"
"""Who approves and who applies: every fiftieth request goes to the approver who is measured."""


def _rows(*, sqlite: bool) -> dict[str, dict[str, str]]:
    """Table → column → expression over the number `i` of a request, in SQL that both databases read."""

    def hexed(number: str) -> str:
        return f"printf('%032x', {number})" if sqlite else f"lpad(to_hex(({number})::bigint), 32, '0')"

    false = "0" if sqlite else "false"
    person, starter = hexed(f"{0xA0000} + {_PERSON}"), hexed(f"{0xA0000} + {_STARTER}")
    ids = [hexed(f"i * 16 + {offset}") for offset in range(16)]
    organization = f"'{ORGANIZATION}'"
    at, version = f"{MS} + i", "1"
    rows = {
        "approval_route": {
            "id": ids[1], "organization_id": organization, "subject_type": "'request'", "subject_id": ids[0],
            "title": "'供货合同'", "status": f"CASE WHEN {_RUNNING} THEN 'running' ELSE 'approved' END",
            "binding": f"'{'b' * 64}'", "started_by": starter, "started_at": at, "high_risk": false,
            "running_slot": f"CASE WHEN {_RUNNING} THEN 'request:' || {ids[0]} END", "version": version,
        },
        "use_request": {
            "id": ids[0], "organization_id": organization, "number": "'用印-2026-' || i",
            "status": f"CASE WHEN {_RUNNING} THEN 'in_approval' ELSE 'sealed' END", "applicant_id": starter,
            "title": "'供货合同 ' || i", "document_kind": "'supplier_contract'", "reason": "'签订合同'",
            "amount_minor": "i * 100", "currency": "'CNY'", "counterparty_name": "'北京澄泉设备有限公司'",
            "copies": "1", "medium": "'electronic'", "high_risk": false, "route_id": ids[1], "created_at": at,
            "changes": "0", "binding_covers": "2", "version": version,
        },
    }  # fmt: skip
    for position in (1, 2):
        is_open = f"({_RUNNING})" if position == 2 else "(1 = 0)"
        rows[f"approval_step@{position}"] = {
            "id": ids[1 + position], "organization_id": organization, "route_id": ids[1],
            "position": str(position), "name_zh": "'部门负责人审批'", "name_en": "'Approval'", "mode": "'any'",
            "second_factor": "'window'", "status": f"CASE WHEN {is_open} THEN 'open' ELSE 'approved' END",
            "opened_at": at, "changes": "0", "turn": "1", "version": version,
        }  # fmt: skip
        rows[f"approval_assignment@{position}"] = {
            "id": ids[3 + position], "organization_id": organization, "step_id": ids[1 + position],
            "person_id": person, "position": "1", "source": "'route'",
            "status": f"CASE WHEN {is_open} THEN 'open' ELSE 'decided' END",
        }  # fmt: skip
        rows[f"approval_decision@{position}"] = {
            "id": ids[5 + position], "organization_id": organization, "step_id": ids[1 + position],
            "person_id": person, "decision": "'approve'", "comment": "'同意'", "decided_at": at,
            "binding": f"'{'b' * 64}'", "second_factor": "'window'", "entry_id": ids[7 + position],
            "slot": ids[1 + position],
        }  # fmt: skip
    rows["approval_copy"] = {
        "id": ids[10], "organization_id": organization, "route_id": ids[1], "person_id": person,
        "copied_by": starter, "copied_at": at,
    }  # fmt: skip
    return rows


def _people(connection: Connection) -> None:
    connection.execute(
        insert(Organization).values(
            id=ORGANIZATION, name="北京云岫数科有限公司", uscc="91110108MA00TE011W", category="enterprise",
            region_code="110108", status="active", created_at=MS, version=1,
        )
    )  # fmt: skip
    post = f"{2:032x}"
    connection.execute(
        insert(Post).values(
            id=post, organization_id=ORGANIZATION, name="部门负责人", kind="department_head",
            permissions='["approvals.decide"]', is_office=False, created_at=MS, version=1,
        )
    )  # fmt: skip
    persons = [f"{0xA0000 + index:032x}" for index in range(PERSONS)]
    connection.execute(
        insert(Person),
        [
            {"id": one, "organization_id": ORGANIZATION, "name": f"人员{index}", "account": f"person{index}",
             "status": "active", "created_at": MS, "version": 1}
            for index, one in enumerate(persons)
        ],
    )  # fmt: skip
    connection.execute(
        insert(PostHolding),
        [
            {"id": f"{0xB0000 + index:032x}", "organization_id": ORGANIZATION, "person_id": one, "post_id": post,
             "from_at": MS, "open_slot": f"{one}:{post}"}
            for index, one in enumerate(persons)
        ],
    )  # fmt: skip
