"""The weekly statement: what was sealed, per seal, medium and amount, made once the week is over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.clock import BEIJING, beijing_time, to_milliseconds
from shuangyin.core.errors import not_found
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.evidence.commands import record
from shuangyin.organization.models import Organization, OrganizationStatus
from shuangyin.requests.models import UseRequest
from shuangyin.sealing.models import SealUse, UseStatus
from shuangyin.seals.models import Seal
from shuangyin.workbench.models import WeeklyStatement

WEEK = timedelta(days=7)


@dataclass(slots=True)
class StatementLine:
    """What one seal of one medium was used for in a week. Amounts are in the smallest unit, by currency, each request
    counted once for each seal; `unknown_amounts` are requests without one."""

    seal_id: str
    seal_name: str
    medium: str
    uses: int = 0
    voided: int = 0
    presses: int = 0
    requests: int = 0
    amounts: dict[str, int] = field(default_factory=dict)
    unknown_amounts: int = 0


@dataclass(frozen=True, slots=True)
class CountedUse:
    """One use as it is counted."""

    seal_id: str
    seal_name: str
    medium: str
    request_id: str
    amount_minor: int | None
    currency: str
    voided: bool
    presses: int


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def bounds_of(monday: date) -> tuple[int, int]:
    """The first instant of a week in Beijing and the first after it (UTC milliseconds)."""
    begins = datetime.combine(monday, time(), BEIJING)
    return to_milliseconds(begins), to_milliseconds(begins + WEEK)


def counted(uses: Iterable[CountedUse]) -> list[StatementLine]:
    """The lines of a statement, by medium and name of the seal. A voided use is told and adds no amount."""
    lines: dict[tuple[str, str], StatementLine] = {}
    seen: set[tuple[str, str, str]] = set()
    for use in uses:
        key = (use.seal_id, use.medium)
        line = lines.setdefault(key, StatementLine(use.seal_id, use.seal_name, use.medium))
        line.uses += 1
        line.voided += use.voided
        line.presses += use.presses
        if (*key, use.request_id) in seen or use.voided:
            continue
        seen.add((*key, use.request_id))
        line.requests += 1
        if use.amount_minor is None:
            line.unknown_amounts += 1
        else:
            line.amounts[use.currency] = line.amounts.get(use.currency, 0) + use.amount_minor
    return sorted(lines.values(), key=lambda one: (one.medium, one.seal_name, one.seal_id))


def make_due(platform: Platform) -> int:
    """Make the statement of the week before for every organization that lacks it; returns how many were made."""
    monday = week_of(beijing_time(platform.clock.now_ms()).date()) - WEEK
    missing = platform.view(lambda work: _missing(work, monday))
    for organization_id in missing:
        platform.transact(lambda work, one=organization_id: _make(work, one, monday))  # type: ignore[misc]
    return len(missing)


def statements(work: UnitOfWork, actor: Actor, *, limit: int = 60) -> list[WeeklyStatement]:
    """The statements of the actor's organization, the newest first."""
    query = select(WeeklyStatement).where(WeeklyStatement.organization_id == actor.organization_id)
    return list(work.session.scalars(query.order_by(WeeklyStatement.week.desc()).limit(limit)))


def running_week(work: UnitOfWork, actor: Actor) -> tuple[date, list[StatementLine]]:
    """The Monday of the present week and what was sealed since; nothing of it is kept before the week is over."""
    monday = week_of(beijing_time(work.now).date())
    begins, _ = bounds_of(monday)
    return monday, counted(_uses(work, actor.organization_id, begins, work.now + 1))


def statement(work: UnitOfWork, actor: Actor, statement_id: str) -> WeeklyStatement:
    """One statement of the actor's organization. Raises NotFound."""
    found = work.session.scalar(
        select(WeeklyStatement).where(
            WeeklyStatement.id == statement_id, WeeklyStatement.organization_id == actor.organization_id
        )
    )
    if found is None:
        raise not_found("这份用印周报", "weekly statement")
    return found


def unread(work: UnitOfWork, actor: Actor) -> WeeklyStatement | None:
    """The newest statement, when nobody to whom it is addressed has read it."""
    newest = next(iter(statements(work, actor, limit=1)), None)
    return newest if newest is not None and newest.read_at is None else None


def mark_read(work: UnitOfWork, actor: Actor, statement_id: str) -> WeeklyStatement:
    """Note that it was read by one who answers for the seals."""
    found = statement(work, actor, statement_id)
    if found.read_at is None and actor.may("seals.freeze"):
        found.read_by, found.read_at = actor.person_id, work.now
        work.session.flush()
    return found


def lines_of(found: WeeklyStatement) -> list[StatementLine]:
    """The lines of a statement."""
    return [StatementLine(**line) for line in json.loads(found.lines)]


def _missing(work: UnitOfWork, monday: date) -> list[str]:
    """Active organizations that existed in that week and have no statement of it."""
    _, until = bounds_of(monday)
    made = select(WeeklyStatement.organization_id).where(WeeklyStatement.week == monday.isoformat())
    query = select(Organization.id).where(
        Organization.status == OrganizationStatus.ACTIVE,
        Organization.created_at < until,
        Organization.id.not_in(made),
    )
    return list(work.session.scalars(query))


def _make(work: UnitOfWork, organization_id: str, monday: date) -> None:
    begins, until = bounds_of(monday)
    lines = counted(_uses(work, organization_id, begins, until))
    text = json.dumps([asdict(line) for line in lines], ensure_ascii=False, sort_keys=True)
    digest = hashlib.new("sm3", text.encode()).hexdigest()
    entry = record(
        work,
        system_actor(organization_id),
        kind="workbench.statement_made",
        subject_type="organization",
        subject_id=organization_id,
        facts={"week": monday.isoformat(), "sm3": digest, "uses": sum(line.uses for line in lines)},
    )
    work.session.add(
        WeeklyStatement(
            id=work.new_id(),
            organization_id=organization_id,
            week=monday.isoformat(),
            from_at=begins,
            until_at=until,
            lines=text,
            digest=digest,
            made_at=work.now,
            entry_id=entry.id,
        )
    )
    work.session.flush()


def _uses(work: UnitOfWork, organization_id: str, begins: int, until: int) -> list[CountedUse]:
    presses = (
        select(
            PhysicalUse.seal_use_id,
            func.sum(PhysicalUse.normal + PhysicalUse.seam + PhysicalUse.cover).label("n"),
        )
        .group_by(PhysicalUse.seal_use_id)
        .subquery()
    )
    rows = work.session.execute(
        select(SealUse, Seal.name, UseRequest.amount_minor, UseRequest.currency, presses.c.n)
        .join(Seal, Seal.id == SealUse.seal_id)
        .join(UseRequest, UseRequest.id == SealUse.request_id)
        .outerjoin(presses, presses.c.seal_use_id == SealUse.id)
        .where(
            SealUse.organization_id == organization_id,
            SealUse.executed_at >= begins,
            SealUse.executed_at < until,
        )
        .order_by(SealUse.id)
    ).tuples()
    return [
        CountedUse(
            use.seal_id,
            name,
            use.medium,
            use.request_id,
            amount,
            currency,
            use.status == UseStatus.VOIDED,
            n or 1,
        )
        for use, name, amount, currency, n in rows
    ]
