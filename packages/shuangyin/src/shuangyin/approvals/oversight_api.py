"""Routes for who keeps named routes, releases stuck approvals and checks issue forms."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from shuangyin.approvals import inbox, naming, queries, views
from shuangyin.approvals.answering import page_of_routes, route_after
from shuangyin.approvals.commands import administering, defining, registering
from shuangyin.approvals.models import DefinitionStatus, RouteDefinition
from shuangyin.approvals.oversight_schemas import (
    NewRouteDefinition,
    RouteDefinitionChange,
    RouteDefinitionOut,
    RouteVersionOut,
    StepDefinitionBody,
)
from shuangyin.approvals.reading import definition_plain, definitions_from, definitions_of
from shuangyin.approvals.rules.definitions import StepDefinition
from shuangyin.approvals.schemas import (
    ApprovalRouteOut,
    IssueFormCheck,
    IssueFormOut,
    RouteItem,
    StuckAct,
    StuckAssignment,
)
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef

router = Routes(prefix="/approvals", tags=["approvals"])

Manager = Annotated[Actor, access("approvals.manage")]
Checker = Annotated[Actor, access("approvals.check_issue_forms")]


@router.get("/stuck", response_model=Page[RouteItem])
def list_stuck(
    platform: PlatformOf, actor: Manager, limit: Limit = 50, cursor: Cursor = None
) -> Page[RouteItem]:
    """Running approvals that nobody can decide now, the oldest first."""

    return page_of_routes(
        platform,
        limit,
        lambda work: inbox.stuck(work, actor.organization_id, after=read_cursor(cursor), limit=limit + 1),
    )


@router.post("/stuck/{route_id}/assign", response_model=ApprovalRouteOut)
def assign(
    route_id: IdInPath, body: StuckAssignment, actor: Manager, write: Write
) -> ApprovalRouteOut | Response:
    """Name somebody to decide the step that is stuck. Second factor: act `approvals.release`, subject the route."""

    return route_after(
        actor,
        write,
        lambda work: administering.assign(
            work, actor, route_id, person_id=body.person_id, reason=body.reason, proof=body.proof
        ),
    )


@router.post("/stuck/{route_id}/send-back", response_model=ApprovalRouteOut)
def send_back(
    route_id: IdInPath, body: StuckAct, actor: Manager, write: Write
) -> ApprovalRouteOut | Response:
    """Send a stuck approval back to its applicant. Second factor as for naming somebody."""

    return route_after(
        actor,
        write,
        lambda work: administering.send_back(work, actor, route_id, reason=body.reason, proof=body.proof),
    )


@router.post("/stuck/{route_id}/end", response_model=ApprovalRouteOut)
def end(route_id: IdInPath, body: StuckAct, actor: Manager, write: Write) -> ApprovalRouteOut | Response:
    """End a stuck approval for good. Second factor as for naming somebody."""

    return route_after(
        actor,
        write,
        lambda work: administering.end(work, actor, route_id, reason=body.reason, proof=body.proof),
    )


@router.get("/definitions", response_model=Page[RouteDefinitionOut])
def list_definitions(platform: PlatformOf, actor: Manager) -> Page[RouteDefinitionOut]:
    """The named routes of the organization, by code."""

    def query(work: UnitOfWork) -> Page[RouteDefinitionOut]:
        found = naming.definitions(work, actor.organization_id)
        return Page(items=[_definition_out(work, one) for one in found], next_cursor=None)

    return platform.view(query)


@router.post("/definitions", status_code=201, response_model=RouteDefinitionOut)
def define(body: NewRouteDefinition, actor: Manager, write: Write) -> RouteDefinitionOut | Response:
    """Write a named route. What is wrong with it is said for every step at once."""

    def command(work: UnitOfWork) -> RouteDefinitionOut:
        steps = _steps_of(body.steps)
        return _definition_out(
            work, defining.define(work, actor, code=body.code, name=body.name, steps=steps)
        )

    return write.run(actor, command, status=201)


@router.patch("/definitions/{definition_id}", response_model=RouteDefinitionOut)
def change_definition(
    definition_id: IdInPath,
    body: RouteDefinitionChange,
    actor: Manager,
    write: Write,
    expected: ExpectedVersion,
) -> RouteDefinitionOut | Response:
    """Change a named route: other steps make a new version, what runs keeps the one it began with."""

    def command(work: UnitOfWork) -> RouteDefinitionOut:
        changed = defining.change(
            work,
            actor,
            definition_id,
            name=body.name,
            steps=None if body.steps is None else _steps_of(body.steps),
            active=body.active,
            expected=expected,
        )
        return _definition_out(work, changed)

    return write.run(actor, command)


@router.get("/issue-forms", response_model=Page[IssueFormOut])
def list_issue_forms(
    platform: PlatformOf, actor: Checker, limit: Limit = 50, cursor: Cursor = None
) -> Page[IssueFormOut]:
    """The issue forms that wait to be checked, the oldest first."""

    def query(work: UnitOfWork) -> Page[IssueFormOut]:
        place = read_cursor(cursor)
        rows = queries.open_issue_forms(work, actor.organization_id, after=place, limit=limit + 1)
        shown = {one.id: one for one in views.issue_forms_out(work, rows)}
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@router.post("/issue-forms/{form_id}/check", response_model=IssueFormOut)
def check_issue_form(
    form_id: IdInPath, body: IssueFormCheck, actor: Checker, write: Write
) -> IssueFormOut | Response:
    """Confirm that a 签发单 is genuine and names its documents. Second factor: act `approvals.check_issue_form`,
    subject the form."""

    def command(work: UnitOfWork) -> IssueFormOut:
        form = registering.check_issue_form(work, actor, form_id, proof=body.proof)
        return views.issue_forms_out(work, [form])[0]

    return write.run(actor, command)


def _steps_of(bodies: list[StepDefinitionBody]) -> tuple[StepDefinition, ...]:
    plain = []
    for body in bodies:
        step = body.model_dump(mode="json")
        name = {"zh": step.pop("name_zh"), "en": step.pop("name_en")}
        plain.append({**step, "name": name})
    return definitions_from(plain)


def _definition_out(work: UnitOfWork, definition: RouteDefinition) -> RouteDefinitionOut:
    versions = naming.versions(work, definition)
    people = display(work, {one.made_by for one in versions})
    return RouteDefinitionOut(
        id=definition.id,
        code=definition.code,
        name=definition.name,
        status=DefinitionStatus(definition.status),
        current_number=definition.current_number,
        created_at=definition.created_at,
        versions=[
            RouteVersionOut(
                id=one.id,
                number=one.number,
                sm3=one.digest,
                made_by=people.get(one.made_by) or PersonRef(id=one.made_by, name="—"),
                made_at=one.made_at,
                entry_id=one.entry_id,
                steps=[_step_body(step) for step in definitions_of(one.steps)],
            )
            for one in versions
        ],
        version=definition.version,
    )


def _step_body(step: StepDefinition) -> StepDefinitionBody:
    plain = definition_plain(step)
    name = plain.pop("name")
    return StepDefinitionBody.model_validate({**plain, "name_zh": name["zh"], "name_en": name["en"]})
