"""Routes of the register of engravers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import File, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.tables import (
    XLSX,
    BothLanguages,
    CellFaultOut,
    faults_out,
    table_response,
    uploaded_table,
)
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.named_tables import CellFault, NamedRow, named_rows
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import Id
from shuangyin.seals import engravers
from shuangyin.seals.commands.engravers import change, look, register, take
from shuangyin.seals.life_schemas import Name, Number
from shuangyin.seals.models import Engraver, Seal, SealStep
from shuangyin.seals.rules.engraver_table import COLUMNS, FORM
from shuangyin.seals.rules.engravers import object_to_engraver
from shuangyin.seals.rules.objecting import Objection
from shuangyin.seals.rules.steps import StepFacts

router = Routes(prefix="/engravers", tags=["seals"])

Reader = Annotated[Actor, access("seals.read")]
Manager = Annotated[Actor, access("seals.manage")]


class NewEngraver(BaseModel):
    """An engraver to register, with the filing number that the police gave him."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    filing_no: Number
    valid_until: date | None = Field(
        None, description="The last day of his filing; without a term when absent."
    )


class EngraverChange(NewEngraver):
    """An engraver as he is from now on."""

    active: bool = Field(description="False: he is not given seals any more.")


class EngraverOut(BaseModel):
    """A registered engraver."""

    id: str
    name: str
    filing_no: str
    valid_until: date | None
    active: bool
    usable: bool = Field(
        description="Whether he can be named in a step today: in use, and his filing not over."
    )
    created_at: int
    version: int


class StepWithoutEngraver(BaseModel):
    """A step that is void when it is approved, unless the engraver it names can be given a seal by then."""

    step_id: str
    seal_id: str
    seal_name: str
    name: str | None
    filing_no: str | None
    text: BothLanguages


class Engravers(BaseModel):
    """The register of engravers."""

    items: list[EngraverOut]
    wanted: list[StepWithoutEngraver] = Field(
        description="Undecided steps whose engraver is not registered, not in use or no longer filed."
    )


class EngraverTable(BaseModel):
    """What a table of engravers would do or did."""

    rows: int
    faults: list[CellFaultOut] = Field(description="With one of them nobody is registered.")
    added: int = Field(description="0 for a dry run.")


@router.get("", response_model=Engravers)
def list_engravers(platform: PlatformOf, actor: Reader) -> Engravers:
    """The engravers that the organization has registered."""

    def query(work: UnitOfWork) -> Engravers:
        organization_id = actor.organization_id
        return Engravers(
            items=[_out(work, one) for one in engravers.engravers(work, organization_id)],
            wanted=[_wanted(*one) for one in engravers.steps_without_engraver(work, organization_id)],
        )

    return platform.view(query)


@router.post("", status_code=201, response_model=EngraverOut)
def register_engraver(body: NewEngraver, actor: Manager, write: Write) -> EngraverOut | Response:
    """Register an engraver."""

    def command(work: UnitOfWork) -> EngraverOut:
        return _out(work, register(work, actor, **body.model_dump()))

    return write.run(actor, command, status=201)


@router.get(
    "/template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}, "description": "A table with its columns and one invented row."}},
)
def read_engraver_template(_actor: Manager) -> Response:
    """A table of engravers to fill in, with one invented row."""
    rows = [[text.zh for text in COLUMNS.values()], ["某某刻字店", "京刻备2026000001", "2030-12-31"]]
    return table_response(rows, title="刻制单位名录", file_name="engravers.xlsx")


@router.post("/import", response_model=EngraverTable)
def import_engravers(
    file: Annotated[UploadFile, File()],
    actor: Manager,
    platform: PlatformOf,
    *,
    dry_run: Annotated[bool, Query(description="Only look: nothing changes.")] = True,
) -> EngraverTable:
    """Look at a table of engravers, or register all of them. With one fault nobody is registered.

    Uploading it again after it was taken finds every filing number registered and changes nothing.
    """
    rows = named_rows(uploaded_table(file, code="ENGRAVERS_TOO_LARGE"), FORM)
    if dry_run:
        added, (_, faults) = 0, platform.view(lambda work: look(work, actor, rows))
    else:
        added, faults = platform.transact(lambda work: _taken(work, actor, rows))
    return EngraverTable(rows=len(rows), faults=faults_out(faults, COLUMNS), added=added)


@router.put("/{engraver_id}", response_model=EngraverOut)
def change_engraver(
    engraver_id: Id, body: EngraverChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> EngraverOut | Response:
    """Change an engraver, renew his term, or end his use."""

    def command(work: UnitOfWork) -> EngraverOut:
        return _out(work, change(work, actor, engraver_id, **body.model_dump(), expected=expected))

    return write.run(actor, command)


def _taken(work: UnitOfWork, actor: Actor, rows: list[NamedRow]) -> tuple[int, list[CellFault]]:
    registered, faults = take(work, actor, rows)
    return len(registered), faults


def _wanted(step: SealStep, seal: Seal, facts: StepFacts, objection: Objection) -> StepWithoutEngraver:
    return StepWithoutEngraver(
        step_id=step.id,
        seal_id=seal.id,
        seal_name=seal.name,
        name=facts.maker_name,
        filing_no=facts.maker_filing_no,
        text=BothLanguages.model_validate(objection.text),
    )


def _out(work: UnitOfWork, row: Engraver) -> EngraverOut:
    return EngraverOut(
        id=row.id,
        name=row.name,
        filing_no=row.filing_no,
        valid_until=date.fromisoformat(row.valid_until) if row.valid_until else None,
        active=row.active,
        usable=object_to_engraver(row.name, engravers.as_registered(row), engravers.today(work)) is None,
        created_at=row.created_at,
        version=row.version,
    )
