"""Ask for a simulation, run it in the background, stop it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Literal

from sqlalchemy import delete, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.jobs import ClaimedJob, enqueue, keep_progress
from shuangyin.core.objects import StoredObject, WrittenObject
from shuangyin.core.platform import Platform
from shuangyin.core.spreadsheets import TableRow, read_xlsx
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import departments
from shuangyin.reference.queries import document_kinds
from shuangyin.scenarios import errors, queries
from shuangyin.scenarios.commands.drafting import record_list
from shuangyin.scenarios.models import (
    ScenarioList,
    ScenarioSimulation,
    ScenarioSimulationLine,
    SimulationStatus,
)
from shuangyin.scenarios.past_uses import PastUse, PastUses
from shuangyin.scenarios.rules import Facts
from shuangyin.scenarios.rules.compiling import CompiledList
from shuangyin.scenarios.rules.simulating import simulate
from shuangyin.scenarios.simulating import Explaining, unread_content
from shuangyin.scenarios.use_table import MOST_ROWS, Named, Unread, read_csv, uses_in

SIMULATE_JOB = "scenarios.simulate"
CHUNK = 2_000
_DAY_MS = 86_400_000
_UNDER_WAY = (SimulationStatus.WAITING, SimulationStatus.RUNNING)
Case = tuple[str, str | None]
"""How a use is called, and the id of its request."""


def ask_over_requests(work: UnitOfWork, actor: Actor, list_id: str, *, days: int) -> ScenarioSimulation:
    """Compare a version with the one in force over the uses of the last days, in the background."""
    return _ask(work, actor, list_id, source="requests", since=work.now - days * _DAY_MS)


def ask_over_table(
    work: UnitOfWork, actor: Actor, list_id: str, *, written: WrittenObject, form: Literal["xlsx", "csv"]
) -> ScenarioSimulation:
    """Compare a version with the one in force over an uploaded table, in the background."""
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            written,
            object_id=object_id,
            organization_id=actor.organization_id,
            media_type="text/csv" if form == "csv" else "application/octet-stream",
            now_ms=work.now,
        )
    )
    return _ask(work, actor, list_id, source="table", object_id=object_id, form=form)


def cancel(work: UnitOfWork, actor: Actor, simulation_id: str) -> ScenarioSimulation:
    """Stop a simulation; what it found so far stays. Stopping one that has ended changes nothing."""
    actor.require("scenarios.manage")
    row = queries.simulation(work, actor, simulation_id)
    if row.status in _UNDER_WAY:
        row.status = SimulationStatus.CANCELLED
        row.finished_at = work.now
        work.session.flush()
        listed = queries.row(work, row.list_id)
        facts: dict[str, JsonValue] = {"simulation": row.id, "done": row.done}
        record_list(work, actor, listed, "scenarios.simulation_cancelled", facts)
    return row


def run_simulation(platform: Platform, job: ClaimedJob) -> None:
    """The handler of the job. A worker that takes it over goes on behind the last use that was written."""
    simulation_id = str(job.payload["simulation_id"])
    begun = platform.transact(lambda work: _begin(work, simulation_id))
    if begun is None:
        return
    before, after = begun
    explaining = Explaining(before, after)
    for cases, unread in _chunks(platform, simulation_id):
        lines = [
            (*one.case, explaining.content(one)) for one in simulate(before, after, cases) if one.changed
        ]
        refused = [(str(one.row), None, unread_content(one.row, one.column, one.text)) for one in unread]
        found = _Found(lines, refused, cases[-1][0][1] if cases else None, len(cases) + len(unread))
        if not platform.transact(partial(_write, simulation_id=simulation_id, found=found)):
            return
        keep_progress(platform, job, {"done": found.count})
    platform.transact(lambda work: _finish(work, simulation_id))


def _ask(
    work: UnitOfWork,
    actor: Actor,
    list_id: str,
    *,
    source: Literal["requests", "table"],
    since: int | None = None,
    object_id: str | None = None,
    form: str | None = None,
) -> ScenarioSimulation:
    actor.require("scenarios.manage")
    listed = queries.get(work, actor.organization_id, list_id)
    current = queries.current(work, actor.organization_id)
    if current is None:
        raise errors.no_list_in_force()
    _forget_earlier(work, listed)
    total = None
    if since is not None:
        total = past_uses(work).count(work, actor.organization_id, since)
    row = ScenarioSimulation(
        id=work.new_id(),
        organization_id=actor.organization_id,
        list_id=listed.id,
        before_list_id=current.id,
        rules_digest=listed.rules_digest or "",
        source=source,
        since=since,
        object_id=object_id,
        format=form,
        status=SimulationStatus.WAITING,
        total=total,
        done=0,
        changed=0,
        refused=0,
        asked_by=actor.person_id,
        asked_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    enqueue(work, SIMULATE_JOB, {"simulation_id": row.id}, organization_id=actor.organization_id)
    record_list(work, actor, listed, "scenarios.simulation_asked", {"simulation": row.id, "source": source})
    return row


def past_uses(work: UnitOfWork) -> PastUses:
    """The joined implementation."""
    return work.port(PastUses)  # type: ignore[type-abstract]  # a port is looked up by its protocol


def _forget_earlier(work: UnitOfWork, listed: ScenarioList) -> None:
    """One simulation of a list at a time; the lines of ended ones make room for the next."""
    earlier = work.session.scalars(
        select(ScenarioSimulation).where(ScenarioSimulation.list_id == listed.id)
    ).all()
    if any(one.status in _UNDER_WAY for one in earlier):
        raise errors.simulation_under_way()
    ids = [one.id for one in earlier]
    work.session.execute(delete(ScenarioSimulationLine).where(ScenarioSimulationLine.simulation_id.in_(ids)))
    work.session.execute(delete(ScenarioSimulation).where(ScenarioSimulation.id.in_(ids)))


def _begin(work: UnitOfWork, simulation_id: str) -> tuple[CompiledList, CompiledList] | None:
    row = work.session.get(ScenarioSimulation, simulation_id)
    if row is None or row.status not in _UNDER_WAY:
        return None
    row.status = SimulationStatus.RUNNING
    before = queries.compiled_list(work, queries.row(work, row.before_list_id))
    return before, queries.compile_rules(work, queries.row(work, row.list_id))


Chunk = tuple[list[tuple[Case, Facts]], list[Unread]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a simulation goes over and how far it is."""

    organization_id: str
    source: str
    since: int
    object_id: str | None
    format: str
    done: int
    cursor: str | None


def _asked(work: UnitOfWork, simulation_id: str) -> _Asked:
    row = work.session.get_one(ScenarioSimulation, simulation_id)
    return _Asked(
        organization_id=row.organization_id,
        source=row.source,
        since=row.since or 0,
        object_id=row.object_id,
        format=row.format or "xlsx",
        done=row.done,
        cursor=row.cursor,
    )


def _chunks(platform: Platform, simulation_id: str) -> Iterator[Chunk]:
    row = platform.view(lambda work: _asked(work, simulation_id))
    if row.source == "requests":
        yield from _past_chunks(platform, row)
    else:
        yield from _table_chunks(platform, row)


def _past_chunks(platform: Platform, row: _Asked) -> Iterator[Chunk]:
    after = row.cursor
    while True:
        page = platform.view(
            partial(_page, organization_id=row.organization_id, since=row.since, after=after)
        )
        if not page:
            return
        yield [((one.number, one.id), one.facts) for one in page], []
        after = page[-1].id


def _page(work: UnitOfWork, *, organization_id: str, since: int, after: str | None) -> list[PastUse]:
    return past_uses(work).page(work, organization_id, since, after=after, limit=CHUNK)


def _table_chunks(platform: Platform, row: _Asked) -> Iterator[Chunk]:
    def opened(work: UnitOfWork) -> tuple[bytes, set[str], dict[str, str]]:
        stored = work.session.get_one(StoredObject, row.object_id)
        kinds = {kind.code for kind in document_kinds(work.now)}
        found = departments(work, row.organization_id)
        named = {name: one.id for one in found for name in (one.name, one.id)}
        return work.objects.read(stored), kinds, named

    content, kinds, named = platform.view(opened)
    rows = _table_rows(BytesIO(content), row.format)
    uses = islice(uses_in(rows, kinds=kinds, departments=named), row.done, None)
    while chunk := list(islice(uses, CHUNK)):
        cases: list[tuple[Case, Facts]] = [
            ((one.reference, None), one.facts) for one in chunk if isinstance(one, Named)
        ]
        yield cases, [one for one in chunk if isinstance(one, Unread)]


def _table_rows(source: BinaryIO, form: str) -> Iterator[TableRow]:
    return read_csv(source) if form == "csv" else read_xlsx(source, most_rows=MOST_ROWS)


def checked_table(source: BinaryIO, form: Literal["xlsx", "csv"]) -> None:
    """Look at the headings and the first row of a table before it is kept. Raises Invalid, TooLarge."""
    next(uses_in(_table_rows(source, form), kinds=(), departments={}), None)


Line = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a chunk came to: lines of changed and of refused uses, the last use, and how many there were."""

    changed: Sequence[Line]
    refused: Sequence[Line]
    last: str | None
    count: int


def _write(work: UnitOfWork, *, simulation_id: str, found: _Found) -> bool:
    """Write a chunk with its place; False when the simulation was stopped."""
    row = work.session.get_one(ScenarioSimulation, simulation_id)
    if row.status != SimulationStatus.RUNNING:
        return False
    work.session.add_all(
        ScenarioSimulationLine(
            id=work.new_id(),
            organization_id=row.organization_id,
            simulation_id=row.id,
            reference=reference[:100],
            request_id=request_id,
            content=content,
        )
        for reference, request_id, content in (*found.refused, *found.changed)
    )
    row.done += found.count
    row.changed += len(found.changed)
    row.refused += len(found.refused)
    row.cursor = found.last
    return True


def _finish(work: UnitOfWork, simulation_id: str) -> None:
    row = work.session.get_one(ScenarioSimulation, simulation_id)
    if row.status != SimulationStatus.RUNNING:
        return
    row.status = SimulationStatus.DONE
    row.total = row.done
    row.finished_at = work.now
    listed = queries.row(work, row.list_id)
    facts: dict[str, JsonValue] = {"simulation": row.id, "done": row.done, "changed": row.changed}
    record_list(work, system_actor(row.organization_id), listed, "scenarios.simulated", facts)
