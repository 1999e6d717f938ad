"""Routes of simulations."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Annotated, Literal

from fastapi import File, Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.scenarios import commands, errors, queries
from shuangyin.scenarios.models import ScenarioSimulation, ScenarioSimulationLine, SimulationStatus
from shuangyin.scenarios.simulation_schemas import (
    LineContent,
    NewSimulation,
    SimulationLineOut,
    SimulationOut,
)

router = Routes(tags=["scenarios"])

Reader = Annotated[Actor, access("scenarios.read")]
Manager = Annotated[Actor, access("scenarios.manage")]
MOST_BYTES = 50 * 1024 * 1024


@router.post("/scenario-lists/{list_id}/simulations", status_code=201, response_model=SimulationOut)
def simulate_requests(
    list_id: IdInPath, body: NewSimulation, actor: Manager, write: Write
) -> SimulationOut | Response:
    """Compare a version with the one in force over past uses, in the background."""

    def command(work: UnitOfWork) -> SimulationOut:
        return _out(work, commands.ask_over_requests(work, actor, list_id, days=body.days))

    return write.run(actor, command, status=201)


@router.post("/scenario-lists/{list_id}/simulations/table", status_code=201, response_model=SimulationOut)
def simulate_table(
    list_id: IdInPath,
    file: Annotated[UploadFile, File(description="An XLSX or CSV with a use a row.")],
    actor: Manager,
    write: Write,
) -> SimulationOut | Response:
    """Compare a version with the one in force over the uses in a table, in the background."""
    content = file.file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise errors.table_too_many_bytes(MOST_BYTES)
    form: Literal["xlsx", "csv"] = "xlsx" if content[:2] == b"PK" else "csv"
    commands.checked_table(BytesIO(content), form)
    written = write.platform.objects.write(blocks_of(BytesIO(content)))

    def command(work: UnitOfWork) -> SimulationOut:
        return _out(work, commands.ask_over_table(work, actor, list_id, written=written, form=form))

    return write.run(actor, command, status=201, payload_digest=hashlib.sha256(content).hexdigest())


@router.get("/scenario-lists/{list_id}/simulations", response_model=Page[SimulationOut])
def list_simulations(list_id: IdInPath, platform: PlatformOf, actor: Reader) -> Page[SimulationOut]:
    """The latest simulation of a version; its predecessors are not kept."""

    def query(work: UnitOfWork) -> Page[SimulationOut]:
        listed = queries.readable(work, actor, list_id)
        found = queries.simulations(work, actor, listed.id)
        return Page(items=[_out(work, one) for one in found], next_cursor=None)

    return platform.view(query)


@router.get("/simulations/{simulation_id}", response_model=SimulationOut)
def read_simulation(simulation_id: IdInPath, platform: PlatformOf, actor: Reader) -> SimulationOut:
    """A simulation and how far it is."""
    return platform.view(lambda work: _out(work, queries.simulation(work, actor, simulation_id)))


@router.get("/simulations/{simulation_id}/lines", response_model=Page[SimulationLineOut])
def list_lines(
    simulation_id: IdInPath, platform: PlatformOf, actor: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[SimulationLineOut]:
    """Each decision that would change, from → to and why, and rows that could not be read; as they come."""

    def query(work: UnitOfWork) -> Page[SimulationLineOut]:
        row = queries.simulation(work, actor, simulation_id)
        rows = queries.simulation_lines(work, row.id, after=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda one: one.id, _line_out)

    return platform.view(query)


@router.post("/simulations/{simulation_id}/cancel", response_model=SimulationOut)
def cancel(simulation_id: IdInPath, actor: Manager, write: Write) -> SimulationOut | Response:
    """Stop a simulation; what it found so far stays."""
    return write.run(actor, lambda work: _out(work, commands.cancel(work, actor, simulation_id)))


def _out(work: UnitOfWork, row: ScenarioSimulation) -> SimulationOut:
    people = display(work, [row.asked_by])
    return SimulationOut(
        id=row.id,
        list_id=row.list_id,
        before_version=queries.row(work, row.before_list_id).version_number,
        source="requests" if row.source == "requests" else "table",
        status=SimulationStatus(row.status),
        total=row.total,
        done=row.done,
        changed=row.changed,
        refused=row.refused,
        current=queries.row(work, row.list_id).rules_digest == row.rules_digest,
        asked_by=people.get(row.asked_by) or PersonRef(id=row.asked_by, name="—"),
        asked_at=row.asked_at,
        finished_at=row.finished_at,
    )


def _line_out(row: ScenarioSimulationLine) -> SimulationLineOut:
    content = LineContent.model_validate_json(row.content)
    return SimulationLineOut(**dict(content), id=row.id, reference=row.reference, request_id=row.request_id)
