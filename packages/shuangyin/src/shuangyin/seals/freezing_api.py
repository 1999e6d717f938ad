"""Routes of the freeze of all seals. Everybody may know that the seals are frozen; few may freeze them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.core.actor import Actor
from shuangyin.core.free_text import Paragraph
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.seals.commands.freezing import freeze_all, lift_freeze
from shuangyin.seals.freezes import current_freeze, freezes
from shuangyin.seals.models import SealFreeze

router = Routes(prefix="/seals/freeze", tags=["seals"])

Freezer = Annotated[Actor, access("seals.freeze")]


class FreezeBody(BaseModel):
    """Why, with the second factor."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Paragraph, Field(min_length=1, max_length=500)]
    proof: Annotated[str, StringConstraints(max_length=200)] | None = None


class FreezeOut(BaseModel):
    """One freeze, and its end once it was lifted."""

    id: str
    frozen_by: PersonRef
    frozen_at: int
    reason: str
    entry_id: str
    lifted_by: PersonRef | None
    lifted_at: int | None
    lift_reason: str | None


class FreezeState(BaseModel):
    """Whether all seals are frozen now, and the freezes before."""

    frozen: bool
    may_freeze: bool
    current: FreezeOut | None
    earlier: list[FreezeOut]


@router.get("", response_model=FreezeState)
def read_freeze(platform: PlatformOf, actor: SignedIn) -> FreezeState:
    """Whether all seals of the organization are frozen."""
    return platform.view(lambda work: _state(work, actor))


@router.post("", response_model=FreezeState)
def freeze(body: FreezeBody, actor: Freezer, write: Write) -> FreezeState | Response:
    """Freeze all seals of both media at once. Second factor: act `seals.freeze_all`, subject the organization."""

    def command(work: UnitOfWork) -> FreezeState:
        freeze_all(work, actor, reason=body.reason, proof=body.proof)
        return _state(work, actor)

    return write.run(actor, command)


@router.post("/lift", response_model=FreezeState)
def lift(body: FreezeBody, actor: Freezer, write: Write) -> FreezeState | Response:
    """Let the seals be used again. Second factor: act `seals.lift_freeze`, subject the freeze."""

    def command(work: UnitOfWork) -> FreezeState:
        lift_freeze(work, actor, reason=body.reason, proof=body.proof)
        return _state(work, actor)

    return write.run(actor, command)


def _state(work: UnitOfWork, actor: Actor) -> FreezeState:
    found = freezes(work, actor.organization_id)
    current = current_freeze(work, actor.organization_id)
    persons = {one.frozen_by for one in found} | {one.lifted_by for one in found if one.lifted_by}
    people = display(work, persons)
    shown = {one.id: _out(one, people) for one in found}
    return FreezeState(
        frozen=current is not None,
        may_freeze=actor.may("seals.freeze"),
        current=shown[current.id] if current is not None else None,
        earlier=[shown[one.id] for one in found if one.slot is None],
    )


def _out(one: SealFreeze, people: dict[str, PersonRef]) -> FreezeOut:
    return FreezeOut(
        id=one.id,
        frozen_by=people[one.frozen_by],
        frozen_at=one.frozen_at,
        reason=one.reason,
        entry_id=one.entry_id,
        lifted_by=people.get(one.lifted_by) if one.lifted_by else None,
        lifted_at=one.lifted_at,
        lift_reason=one.lift_reason,
    )
