"""Routes of the register of engravers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import Id
from shuangyin.seals import engravers
from shuangyin.seals.commands.engravers import change, register
from shuangyin.seals.life_schemas import Name, Number
from shuangyin.seals.models import Engraver
from shuangyin.seals.rules.engravers import object_to_engraver

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


class Engravers(BaseModel):
    """The register of engravers."""

    items: list[EngraverOut]


@router.get("", response_model=Engravers)
def list_engravers(platform: PlatformOf, actor: Reader) -> Engravers:
    """The engravers that the organization has registered."""

    def query(work: UnitOfWork) -> Engravers:
        return Engravers(items=[_out(work, one) for one in engravers.engravers(work, actor.organization_id)])

    return platform.view(query)


@router.post("", status_code=201, response_model=EngraverOut)
def register_engraver(body: NewEngraver, actor: Manager, write: Write) -> EngraverOut | Response:
    """Register an engraver."""

    def command(work: UnitOfWork) -> EngraverOut:
        return _out(work, register(work, actor, **body.model_dump()))

    return write.run(actor, command, status=201)


@router.put("/{engraver_id}", response_model=EngraverOut)
def change_engraver(
    engraver_id: Id, body: EngraverChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> EngraverOut | Response:
    """Change an engraver, renew his term, or end his use."""

    def command(work: UnitOfWork) -> EngraverOut:
        return _out(work, change(work, actor, engraver_id, **body.model_dump(), expected=expected))

    return write.run(actor, command)


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
