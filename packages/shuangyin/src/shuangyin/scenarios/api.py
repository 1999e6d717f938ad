"""Routes of the scenario list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Invalid
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.scenarios import commands, errors, queries
from shuangyin.scenarios.schemas import (
    DecisionFacts,
    DecisionOut,
    ListEnforcement,
    NewScenarioList,
    RulesBody,
    ScenarioListOut,
)
from shuangyin.scenarios.views import decision_out, list_out, lists_out

router = APIRouter(tags=["scenarios"])

Reader = Annotated[Actor, access("scenarios.read")]
Manager = Annotated[Actor, access("scenarios.manage")]
Approver = Annotated[Actor, access("scenarios.approve")]


@router.get("/scenario-lists", response_model=Page[ScenarioListOut])
def list_scenario_lists(
    platform: PlatformOf, actor: Reader, limit: Limit = 20, cursor: Cursor = None
) -> Page[ScenarioListOut]:
    """Versions of the list, newest first."""

    def query(work: UnitOfWork) -> Page[ScenarioListOut]:
        rows = queries.lists(work, actor, before=_version_in(cursor), limit=limit + 1)
        shown = {one.id: one for one in lists_out(work, rows)}
        return page_of(rows, limit, lambda row: str(row.version_number), lambda row: shown[row.id])

    return platform.view(query)


@router.get("/scenario-lists/current", response_model=ScenarioListOut)
def read_current(platform: PlatformOf, actor: Reader) -> ScenarioListOut:
    """The version in force."""

    def query(work: UnitOfWork) -> ScenarioListOut:
        found = queries.current(work, actor.organization_id)
        if found is None:
            raise errors.no_such_list()
        return list_out(work, found)

    return platform.view(query)


@router.get("/scenario-lists/{list_id}", response_model=ScenarioListOut)
def read_list(list_id: IdInPath, platform: PlatformOf, actor: Reader) -> ScenarioListOut:
    """One version."""
    return platform.view(lambda work: list_out(work, queries.readable(work, actor, list_id)))


@router.post("/scenario-lists", status_code=201, response_model=ScenarioListOut)
def draft(body: NewScenarioList, actor: Manager, write: Write) -> ScenarioListOut | Response:
    """Begin a draft."""
    return write.run(actor, lambda work: list_out(work, commands.draft(work, actor, body)), status=201)


@router.put("/scenario-lists/{list_id}/rules", response_model=ScenarioListOut)
def replace_rules(
    list_id: IdInPath, body: RulesBody, actor: Manager, write: Write, expected: ExpectedVersion
) -> ScenarioListOut | Response:
    """Replace all rules of a draft."""
    return write.run(
        actor, lambda work: list_out(work, commands.replace_rules(work, actor, list_id, body, expected))
    )


@router.post("/scenario-lists/{list_id}/enforce", response_model=ScenarioListOut)
def enforce(
    list_id: IdInPath, body: ListEnforcement, actor: Approver, write: Write, expected: ExpectedVersion
) -> ScenarioListOut | Response:
    """Put a draft into force (second factor: act `scenarios.enforce`, subject the list's id)."""
    return write.run(
        actor,
        lambda work: list_out(
            work, commands.enforce(work, actor, list_id, proof=body.proof, expected=expected)
        ),
    )


@router.post("/scenarios/decide", response_model=DecisionOut)
def decide(body: DecisionFacts, platform: PlatformOf, actor: Reader) -> DecisionOut:
    """What the list in force says about a use, and why. Changes nothing."""
    return platform.view(lambda work: ask(work, actor, body))


def ask(work: UnitOfWork, actor: Actor, body: DecisionFacts) -> DecisionOut:
    """The decision about facts as they are sent."""
    facts = queries.facts_of(work, actor, body)
    return decision_out(work, queries.decide_for(work, actor.organization_id, facts))


def _version_in(cursor: str | None) -> int | None:
    place = read_cursor(cursor)
    if place is None:
        return None
    if not place.isdecimal() or len(place) > 9:
        raise Invalid(
            "CURSOR",
            "翻页参数无效，请从第一页重新打开。",
            "The cursor is not valid; start at the first page.",
        )
    return int(place)
