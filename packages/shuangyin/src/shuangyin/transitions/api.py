"""Routes of what crosses areas: renaming, a new legal representative, the clearance slip of a seal."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.free_text import Line
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.platform import Platform
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.people.queries import display
from shuangyin.people.schemas import Id, PersonRef
from shuangyin.scenarios.schemas import TextOut
from shuangyin.seals import queries as seal_queries
from shuangyin.seals.ports import Authorities, OutsideProblem, RegisteredCompany
from shuangyin.transitions import errors
from shuangyin.transitions.clearance_slip import slip_of, typeset
from shuangyin.transitions.commands.renaming import rename
from shuangyin.transitions.commands.succession import succeed
from shuangyin.transitions.models import Transition
from shuangyin.transitions.organization_sheet import sheet_of, transition
from shuangyin.transitions.organization_words import KINDS, OUTCOMES, word_of
from shuangyin.transitions.proof_sheet import typeset as typeset_sheet

router = Routes(tags=["transitions"])

Manager = Annotated[Actor, access("seals.manage")]
NoticeNumber = Annotated[Line, Field(min_length=1, max_length=64)]
Proof = Annotated[str, StringConstraints(max_length=200)]


class Renaming(BaseModel):
    """The new name as it is registered, with the number of the registry's notice."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    notice_no: NoticeNumber
    proof: Proof | None = None


class Succession(BaseModel):
    """Who holds the office from now on, with the number of the registry's notice."""

    model_config = ConfigDict(extra="forbid")

    successor_id: Id
    notice_no: NoticeNumber
    proof: Proof | None = None


class OrganizationTransitionItemOut(BaseModel):
    """One thing and what became of it."""

    kind: str
    kind_words: TextOut
    name: str
    outcome: str
    outcome_words: TextOut
    id: str | None


class OrganizationTransitionOut(BaseModel):
    """One change of the whole organization, with everything that followed."""

    id: str
    kind: Literal["renamed", "representative_changed"]
    before: str
    after: str
    notice_no: str
    done_by: PersonRef | None
    done_at: int
    entry_id: str
    items: list[OrganizationTransitionItemOut]


class OrganizationTransitions(BaseModel):
    """The changes of the organization, the newest first."""

    items: list[OrganizationTransitionOut]


@router.get("/transitions", response_model=OrganizationTransitions)
def list_transitions(platform: PlatformOf, actor: Manager) -> OrganizationTransitions:
    """What happened to the organization as a whole, and what followed."""

    def query(work: UnitOfWork) -> OrganizationTransitions:
        found = select(Transition).where(Transition.organization_id == actor.organization_id)
        rows = work.session.scalars(found.order_by(Transition.id.desc()).limit(100))
        return OrganizationTransitions(items=[_out(work, row) for row in rows])

    return platform.view(query)


@router.post("/transitions/rename", status_code=201, response_model=OrganizationTransitionOut)
def rename_organization(
    body: Renaming, actor: Manager, write: Write, expected: ExpectedVersion
) -> OrganizationTransitionOut | Response:
    """Rename the organization. Second factor: act `transitions.rename`, subject the organization."""
    connected, registered = _registered(write.platform, actor)

    def command(work: UnitOfWork) -> OrganizationTransitionOut:
        done = rename(
            work,
            actor,
            name=body.name,
            notice_no=body.notice_no,
            registered=registered,
            is_connected=connected,
            proof=body.proof,
            expected=expected,
        )
        return _out(work, done)

    return write.run(actor, command, status=201)


@router.post("/transitions/succeed", status_code=201, response_model=OrganizationTransitionOut)
def succeed_representative(
    body: Succession, actor: Manager, write: Write
) -> OrganizationTransitionOut | Response:
    """A new legal representative. Second factor: act `transitions.succeed`, subject the organization."""
    connected, registered = _registered(write.platform, actor)

    def command(work: UnitOfWork) -> OrganizationTransitionOut:
        done = succeed(
            work,
            actor,
            successor_id=body.successor_id,
            notice_no=body.notice_no,
            registered=registered,
            is_connected=connected,
            proof=body.proof,
        )
        return _out(work, done)

    return write.run(actor, command, status=201)


@router.get("/transitions/{transition_id}/sheet.pdf", response_class=Response)
def print_sheet(transition_id: Id, platform: PlatformOf, actor: Manager) -> Response:
    """The proof sheet: what changed, and what became of everything that followed at that instant."""
    sheet = platform.view(lambda work: sheet_of(work, transition(work, actor, transition_id)))
    headers = {"Content-Disposition": 'inline; filename="proof-sheet.pdf"', "Cache-Control": "no-store"}
    return Response(typeset_sheet(sheet), media_type="application/pdf", headers=headers)


@router.get("/transitions/clearance/{seal_id}.pdf", response_class=Response)
def clearance(seal_id: Id, platform: PlatformOf, actor: Manager) -> Response:
    """The clearance slip that goes with a surrendered seal to the engraver."""
    slip = platform.view(lambda work: slip_of(work, seal_queries.get(work, actor.organization_id, seal_id)))
    return Response(typeset(slip), media_type="application/pdf", headers={"Cache-Control": "no-store"})


def _registered(platform: Platform, actor: Actor) -> tuple[bool, RegisteredCompany | None]:
    """What the registry has now, asked outside of any transaction. Raises Unavailable when it does not answer."""
    registry = platform.port(Authorities).registry
    if registry is None:
        return False, None
    uscc = platform.view(lambda work: organization_of(work, actor.organization_id).uscc)
    try:
        return True, registry.look_up(uscc)
    except OutsideProblem as problem:
        raise errors.registry_down(problem.text) from problem


def _words(words: dict[str, Text], code: str) -> TextOut:
    found = word_of(words, code)
    return TextOut(zh=found.zh, en=found.en)


def _out(work: UnitOfWork, row: Transition) -> OrganizationTransitionOut:
    people = display(work, [row.done_by, row.before, row.after])
    named = {person_id: one.name for person_id, one in people.items()}
    return OrganizationTransitionOut(
        id=row.id,
        kind="renamed" if row.kind == "renamed" else "representative_changed",
        before=named.get(row.before, row.before),
        after=named.get(row.after, row.after),
        notice_no=row.notice_no,
        done_by=people.get(row.done_by),
        done_at=row.done_at,
        entry_id=row.entry_id,
        items=[
            OrganizationTransitionItemOut(
                kind_words=_words(KINDS, one["kind"]),
                outcome_words=_words(OUTCOMES, one["outcome"]),
                **one,
            )
            for one in json.loads(row.items)
        ],
    )
