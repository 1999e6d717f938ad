"""A person leaves who holds 10,000 grants and whom 1,000 approvals wait for: time of the preview and of the command.

The tables are filled past the commands, with the same rows. A tenth of the grants was given out of others. The command
is one transaction: every grant and every approval leaves an entry of its own, and a line on the proof sheet.
"""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from benchmarks.databases import databases
from shuangyin.approvals.models import ApprovalAssignment, ApprovalRoute, ApprovalStep
from shuangyin.authority.models import Grant, GrantTarget
from shuangyin.composition import compose
from shuangyin.core.actor import Actor
from shuangyin.core.ids import new_id, next_id
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.migrations.run import upgrade
from shuangyin.organization.models import PostKind
from shuangyin.organization.queries import post_of_kind
from shuangyin.people.bootstrap import create_organization
from shuangyin.people.models import Person, PostHolding, StepUpProof
from shuangyin.people.sessions import token_digest
from shuangyin.transitions import leaving, leaving_queries
from shuangyin.transitions.leaving_sheet import sheet_of
from shuangyin.transitions.proof_sheet import ProofSheet, typeset

GRANTS = int(os.environ.get("GRANTS", "10000"))
APPROVALS = int(os.environ.get("APPROVALS", "1000"))
YEAR_MS = 365 * 24 * 3600 * 1000


def run() -> list[dict[str, Any]]:
    """Seconds on the clock and of CPU, ours and the server's, on SQLite and, where a server is named, on PostgreSQL."""
    rows = []
    for name, url in databases():
        with tempfile.TemporaryDirectory(prefix="leaving-") as folder:
            settings = Settings(
                data_dir=Path(folder) / "data", database_url=url, kek="00" * 16, _env_file=None
            )
            platform = compose(settings)
            upgrade(platform.database)
            people = platform.transact(_people)
            platform.transact(partial(_fill, people=people))
            rows += [{"database": name, **row} for row in _measure(platform, people)]
            platform.database.dispose()
    return rows


def _measure(platform: Platform, people: dict[str, str]) -> list[dict[str, Any]]:
    actor = Actor(people["organization"], people["admin"], "吴越", frozenset({"people.manage"}))
    wish = leaving.Wish(successor_id=people["successor"], reason="离职")
    timed = partial(_timed, platform)
    shown = timed(
        "preview", lambda: platform.view(lambda work: leaving.preview(work, actor, people["leaver"], wish))
    )
    proof = platform.transact(partial(_proof, people=people))
    done = timed(
        "leave",
        lambda: platform.transact(
            lambda work: leaving.leave(work, actor, people["leaver"], wish, proof=proof, seen=None)
        ),
    )
    sheet = timed("proof sheet", lambda: typeset(platform.view(lambda work: _sheet(work, actor))))
    items = platform.view(lambda work: len(_sheet(work, actor).rows))
    ended = platform.view(
        lambda work: work.session.scalar(
            select(func.count()).where(EvidenceEntry.kind.in_(["authority.ended", "approvals.reassigned"]))
        )
    )
    assert (items, ended) == (GRANTS + APPROVALS + 1, GRANTS + APPROVALS)
    return [{**one, "grants": GRANTS, "approvals": APPROVALS} for one in (shown, done, sheet)]


def _sheet(work: UnitOfWork, actor: Actor) -> ProofSheet:
    (made,) = leaving_queries.transitions(work, actor, person_id=None, before=None, limit=2)
    return sheet_of(work, made, organization="单位")


def _timed(platform: Platform, what: str, act: Any) -> dict[str, Any]:
    served = _served(platform)
    began, worked = time.perf_counter(), time.process_time()
    act()
    seconds, own = time.perf_counter() - began, time.process_time() - worked
    row = {"what": what, "seconds": round(seconds, 2), "CPU s": round(own, 2)}
    after = _served(platform)
    return row if served is None or after is None else {**row, "server CPU s": round(after - served, 2)}


def _served(platform: Platform) -> float | None:
    """CPU seconds of the server processes that work for us; None for SQLite and for a server on another machine."""
    if platform.database.is_sqlite:
        return None
    query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    stats = [
        Path(f"/proc/{pid}/stat") for pid in platform.view(lambda work: work.session.scalars(query).all())
    ]
    if not all(one.exists() for one in stats):
        return None
    # The fields after the name in parentheses; the 12th and 13th are the ticks in user and system mode (proc(5)).
    fields = [one.read_text(encoding="utf-8").rpartition(")")[2].split() for one in stats]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def _people(work: UnitOfWork) -> dict[str, str]:
    create_organization(
        work,
        name="北京云岫数科有限公司",
        uscc="91110108MA00TE011W",
        region="110108",
        administrator_account="admin",
        administrator_name="吴越",
    )
    admin = work.session.scalars(select(Person)).one()
    organization = admin.organization_id
    head = post_of_kind(work, organization, PostKind.DEPARTMENT_HEAD)[0].id
    ids = {"organization": organization, "admin": admin.id}
    for name in ("leaver", "successor", "applicant"):
        person = Person(
            id=work.new_id(),
            organization_id=organization,
            name=name,
            account=name,
            status="active",
            created_at=work.now,
        )
        work.session.add(person)
        work.session.flush()
        ids[name] = person.id
        if name != "applicant":
            work.session.add(
                PostHolding(
                    id=work.new_id(),
                    organization_id=organization,
                    person_id=person.id,
                    post_id=head,
                    from_at=work.now,
                    open_slot=f"{person.id}:{head}",
                )
            )
    return ids


def _fill(work: UnitOfWork, people: dict[str, str]) -> None:
    last = new_id(work.now)

    def fresh() -> str:
        nonlocal last
        last = next_id(last)
        return last

    grants: list[dict[str, Any]] = []
    for number in range(GRANTS):
        own = number % 10 != 9
        parent = None if own else grants[number - 1]
        grants.append(_grant(work, people, fresh(), parent))
    work.session.execute(insert(Grant), grants)
    targets = [
        {"grant_id": one["id"], "target": "*", "organization_id": people["organization"], "act": "press"}
        for one in grants
    ]
    work.session.execute(insert(GrantTarget), targets)
    routes, steps, parts = [], [], []
    for number in range(APPROVALS):
        routes.append(_route(work, people, fresh(), number))
        steps.append(_step(work, people, fresh(), routes[-1]["id"]))
        parts.append(
            {
                "id": fresh(),
                "organization_id": people["organization"],
                "step_id": steps[-1]["id"],
                "person_id": people["leaver"],
                "position": 1,
                "status": "open",
                "source": "route",
            }
        )
    for model, rows in ((ApprovalRoute, routes), (ApprovalStep, steps), (ApprovalAssignment, parts)):
        work.session.execute(insert(model), rows)


def _grant(
    work: UnitOfWork, people: dict[str, str], own_id: str, parent: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "id": own_id,
        "version": 1,
        "organization_id": people["organization"],
        "parent_id": parent["id"] if parent else None,
        "path": (parent["path"] if parent else "") + own_id,
        "depth": 1 if parent else 0,
        "root": "unit",
        "act": "press",
        "holder_person_id": people["applicant"] if parent else people["leaver"],
        "count_of": "uses",
        "count_reserved": 0,
        "count_used": 0,
        "may_pass_on": True,
        "valid_from": work.now,
        "valid_until": work.now + YEAR_MS,
        "granted_by_person": people["admin"],
        "granted_at": work.now,
        "confirmed_at": work.now,
        "status": "active",
        "reason": "日常办理",
    }


def _route(work: UnitOfWork, people: dict[str, str], own_id: str, number: int) -> dict[str, Any]:
    return {
        "id": own_id,
        "version": 1,
        "organization_id": people["organization"],
        "subject_type": "request",
        "subject_id": f"{number:032x}",
        "title": f"供货合同 {number}",
        "status": "running",
        "binding": "0" * 64,
        "started_by": people["applicant"],
        "started_at": work.now,
        "running_slot": f"request:{number:032x}",
        "high_risk": False,
    }


def _step(work: UnitOfWork, people: dict[str, str], own_id: str, route_id: str) -> dict[str, Any]:
    return {
        "id": own_id,
        "version": 1,
        "organization_id": people["organization"],
        "route_id": route_id,
        "position": 1,
        "name_zh": "部门负责人审批",
        "name_en": "Head of department",
        "mode": "any",
        "second_factor": "none",
        "status": "open",
        "opened_at": work.now,
        "changes": 0,
        "turn": 1,
    }


def _proof(work: UnitOfWork, people: dict[str, str]) -> str:
    token = uuid.uuid4().hex
    work.session.add(
        StepUpProof(
            id=work.new_id(),
            organization_id=people["organization"],
            person_id=people["admin"],
            token_hash=token_digest(token),
            act=leaving.ACT,
            subject=people["leaver"],
            created_at=work.now,
            expires_at=work.now + 300_000,
        )
    )
    return token
