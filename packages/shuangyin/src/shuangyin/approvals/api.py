"""Routes of approvals."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response

from shuangyin.approvals import commands, queries, views
from shuangyin.approvals.schemas import (
    ApprovalItem,
    ApprovalRouteOut,
    ApprovalStepDetail,
    NewDecision,
    StepTransfer,
)
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath

router = APIRouter(prefix="/approvals", tags=["approvals"])

Approver = Annotated[Actor, access("approvals.decide")]


@router.get("", response_model=Page[ApprovalItem])
def list_approvals(
    platform: PlatformOf,
    actor: SignedIn,
    state: Literal["todo", "done"] = "todo",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ApprovalItem]:
    """What waits for the caller (longest waiting first), or what he has decided (newest first)."""

    def query(work: UnitOfWork) -> Page[ApprovalItem]:
        place = read_cursor(cursor)
        if state == "todo":
            rows = queries.todo(work, actor, after=place, limit=limit + 1)
        else:
            rows = queries.done(work, actor, before=place, limit=limit + 1)
        shown = views.items(work, rows)
        return page_of(rows, limit, lambda row: row.key, lambda row: shown[row.key])

    return platform.view(query)


@router.get("/steps/{step_id}", response_model=ApprovalStepDetail)
def read_step(step_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> ApprovalStepDetail:
    """One step with its route."""
    return platform.view(lambda work: views.step_detail(work, actor, queries.step(work, actor, step_id)))


@router.post("/steps/{step_id}/decisions", response_model=ApprovalStepDetail)
def decide(
    step_id: IdInPath, body: NewDecision, actor: Approver, write: Write, expected: ExpectedVersion
) -> ApprovalStepDetail | Response:
    """Approve, reject or send back. With the second factor that the step asks for (act `approvals.decide`,
    subject `{step_id}:{binding}`)."""

    def command(work: UnitOfWork) -> ApprovalStepDetail:
        step = commands.decide(
            work,
            actor,
            step_id,
            decision=body.decision,
            comment=body.comment,
            binding=body.binding,
            proof=body.proof,
            expected=expected,
        )
        return views.step_detail(work, actor, step)

    return write.run(actor, command)


@router.post("/steps/{step_id}/transfer", response_model=ApprovalStepDetail)
def transfer(
    step_id: IdInPath, body: StepTransfer, actor: Approver, write: Write, expected: ExpectedVersion
) -> ApprovalStepDetail | Response:
    """Hand one's part of the step to another approver."""

    def command(work: UnitOfWork) -> ApprovalStepDetail:
        step = commands.transfer(
            work, actor, step_id, to_person_id=body.person_id, reason=body.reason, expected=expected
        )
        return views.step_detail(work, actor, step)

    return write.run(actor, command)


@router.post("/routes/{route_id}/urge", response_model=ApprovalRouteOut)
def urge(route_id: IdInPath, actor: SignedIn, write: Write) -> ApprovalRouteOut | Response:
    """Remind those whose decision is awaited; for the one who started the route."""
    return write.run(actor, lambda work: views.route_out(work, commands.urge(work, actor, route_id)))
