"""Routes of the scenario list's life."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Invalid
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.scenarios import acknowledgements, commands, errors, queries
from shuangyin.scenarios.list_schemas import (
    Acknowledgement,
    AcknowledgementOut,
    FaultsOut,
    HeaderChange,
    ListComparison,
    NewScenarioList,
    RulesBody,
    ScenarioListOut,
    ScenarioListSummary,
    StarterOut,
    Withdrawal,
)
from shuangyin.scenarios.list_views import (
    acknowledgements_out,
    comparison_out,
    faults_out,
    list_out,
    starter_out,
    summaries,
)
from shuangyin.scenarios.starters import starters

router = Routes(tags=["scenarios"])

Reader = Annotated[Actor, access("scenarios.read")]
Manager = Annotated[Actor, access("scenarios.manage")]
Approver = Annotated[Actor, access("scenarios.approve")]
Against = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-f]{32}$", description="Another version; the one in force when absent."),
]


@router.get("/scenario-lists", response_model=Page[ScenarioListSummary])
def list_scenario_lists(
    platform: PlatformOf, actor: Reader, limit: Limit = 20, cursor: Cursor = None
) -> Page[ScenarioListSummary]:
    """Versions of the list without their rules, newest first."""

    def query(work: UnitOfWork) -> Page[ScenarioListSummary]:
        rows = queries.lists(work, actor, before=_version_in(cursor), limit=limit + 1)
        shown = {one.id: one for one in summaries(work, actor, rows)}
        return page_of(rows, limit, lambda row: str(row.version_number), lambda row: shown[row.id])

    return platform.view(query)


@router.get("/scenario-lists/current", response_model=ScenarioListOut)
def read_current(platform: PlatformOf, actor: Reader) -> ScenarioListOut:
    """The version in force."""

    def query(work: UnitOfWork) -> ScenarioListOut:
        found = queries.current(work, actor.organization_id)
        if found is None:
            raise errors.no_such_list()
        return list_out(work, actor, found)

    return platform.view(query)


@router.get("/scenario-lists/starters", response_model=Page[StarterOut])
def list_starters(_actor: Manager) -> Page[StarterOut]:
    """The starter lists that a draft can begin as."""
    return Page(items=[starter_out(one) for one in starters()], next_cursor=None)


@router.get("/scenario-lists/{list_id}", response_model=ScenarioListOut)
def read_list(list_id: IdInPath, platform: PlatformOf, actor: Reader) -> ScenarioListOut:
    """One version with its rules."""
    return platform.view(lambda work: list_out(work, actor, queries.readable(work, actor, list_id)))


@router.get("/scenario-lists/{list_id}/comparison", response_model=ListComparison)
def compare(
    list_id: IdInPath, platform: PlatformOf, actor: Reader, against: Against = None
) -> ListComparison:
    """What differs from another version: rules added, removed, changed and moved, and the header."""

    def query(work: UnitOfWork) -> ListComparison:
        after = queries.readable(work, actor, list_id)
        if against is not None:
            return comparison_out(work, actor, after, queries.readable(work, actor, against))
        before = queries.current(work, actor.organization_id)
        return comparison_out(work, actor, after, before)

    return platform.view(query)


@router.get("/scenario-lists/{list_id}/faults", response_model=FaultsOut)
def read_faults(list_id: IdInPath, platform: PlatformOf, actor: Reader) -> FaultsOut:
    """What is wrong with the rules of a version today."""
    return platform.view(lambda work: faults_out(work, queries.readable(work, actor, list_id)))


@router.post("/scenario-lists", status_code=201, response_model=ScenarioListOut)
def draft(body: NewScenarioList, actor: Manager, write: Write) -> ScenarioListOut | Response:
    """Begin a draft, from a starter list or as a copy of the version in force."""
    return write.run(actor, lambda work: list_out(work, actor, commands.draft(work, actor, body)), status=201)


@router.patch("/scenario-lists/{list_id}", response_model=ScenarioListOut)
def change_header(
    list_id: IdInPath, body: HeaderChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> ScenarioListOut | Response:
    """Change the header of a draft."""
    return write.run(
        actor,
        lambda work: list_out(work, actor, commands.change_header(work, actor, list_id, body, expected)),
    )


@router.put("/scenario-lists/{list_id}/rules", response_model=ScenarioListOut)
def replace_rules(
    list_id: IdInPath, body: RulesBody, actor: Manager, write: Write, expected: ExpectedVersion
) -> ScenarioListOut | Response:
    """Replace all rules of a draft."""
    return write.run(
        actor,
        lambda work: list_out(work, actor, commands.replace_rules(work, actor, list_id, body, expected)),
    )


@router.post("/scenario-lists/{list_id}/submit", response_model=ScenarioListOut)
def submit(
    list_id: IdInPath, actor: Manager, write: Write, expected: ExpectedVersion
) -> ScenarioListOut | Response:
    """Submit a draft for approval by the root office."""
    return write.run(
        actor, lambda work: list_out(work, actor, commands.submit(work, actor, list_id, expected))
    )


@router.post("/scenario-lists/{list_id}/withdraw", response_model=ScenarioListOut)
def withdraw(
    list_id: IdInPath, body: Withdrawal, actor: Manager, write: Write, expected: ExpectedVersion
) -> ScenarioListOut | Response:
    """Take a list back while it is in approval; it is a draft again."""
    return write.run(
        actor,
        lambda work: list_out(
            work,
            actor,
            commands.withdraw(work, actor, list_id, reason=body.reason, expected=expected),
        ),
    )


@router.post("/scenario-lists/{list_id}/recall", response_model=ScenarioListOut)
def recall(
    list_id: IdInPath, body: Withdrawal, actor: Approver, write: Write, expected: ExpectedVersion
) -> ScenarioListOut | Response:
    """Take back an approved list before it comes into force (second factor: act `scenarios.recall`, subject its id)."""
    return write.run(
        actor,
        lambda work: list_out(
            work,
            actor,
            commands.recall(work, actor, list_id, reason=body.reason, proof=body.proof, expected=expected),
        ),
    )


@router.post("/scenario-lists/{list_id}/acknowledge", response_model=ScenarioListOut)
def acknowledge(
    list_id: IdInPath, body: Acknowledgement, actor: Reader, write: Write
) -> ScenarioListOut | Response:
    """Confirm having read a version."""
    return write.run(
        actor,
        lambda work: list_out(work, actor, commands.acknowledge(work, actor, list_id, binding=body.binding)),
    )


@router.get("/scenario-lists/{list_id}/acknowledgements", response_model=Page[AcknowledgementOut])
def list_acknowledgements(
    list_id: IdInPath,
    platform: PlatformOf,
    actor: Reader,
    state: Literal["all", "missing", "confirmed"] = "all",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AcknowledgementOut]:
    """Who has confirmed having read a version and who has not; for those who draft or approve lists."""

    def query(work: UnitOfWork) -> Page[AcknowledgementOut]:
        row = queries.readable(work, actor, list_id)
        if not queries.may_read_drafts(actor):
            actor.require("scenarios.manage")
        rows = acknowledgements.of_list(work, row, state=state, after=read_cursor(cursor), limit=limit + 1)
        shown = acknowledgements_out(work, rows)
        return page_of(rows, limit, lambda one: one[0].id, lambda one: shown[one[0].id])

    return platform.view(query)


@router.post("/scenario-lists/{list_id}/remind", response_model=ScenarioListOut)
def remind(list_id: IdInPath, actor: Reader, write: Write) -> ScenarioListOut | Response:
    """Remind those who have not confirmed having read the version in force."""
    return write.run(actor, lambda work: list_out(work, actor, commands.remind(work, actor, list_id)))


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
