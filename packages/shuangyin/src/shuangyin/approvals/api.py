"""Routes of approvals: the lists, a step and what can be done with it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response

from shuangyin.approvals import commands, inbox, queries, views
from shuangyin.approvals.answering import page_of_routes, route_after, step_after
from shuangyin.approvals.models import StepStatus
from shuangyin.approvals.schemas import (
    ApprovalCounts,
    ApprovalItem,
    ApprovalRouteOut,
    ApprovalStepDetail,
    BatchDigest,
    BatchItemOut,
    BatchOut,
    ConsultationAnswer,
    ConsultationItem,
    Copies,
    DecisionBatch,
    NewDecision,
    ReplacementPermission,
    RouteItem,
    SendBack,
    StepAddition,
    StepConsultation,
    StepTransfer,
)
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath

router = Routes(prefix="/approvals", tags=["approvals"])

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
            rows = inbox.todo(work, actor, after=place, limit=limit + 1)
        else:
            rows = inbox.done(work, actor, before=place, limit=limit + 1)
        shown = views.items(work, rows)
        return page_of(rows, limit, lambda row: row.key, lambda row: shown[row.key])

    return platform.view(query)


@router.get("/copies", response_model=Page[RouteItem])
def list_copies(
    platform: PlatformOf, actor: SignedIn, limit: Limit = 50, cursor: Cursor = None
) -> Page[RouteItem]:
    """What the caller was sent a copy of (抄送给我), newest first."""

    return page_of_routes(
        platform, limit, lambda work: inbox.copied(work, actor, before=read_cursor(cursor), limit=limit + 1)
    )


@router.get("/started", response_model=Page[RouteItem])
def list_started(
    platform: PlatformOf, actor: SignedIn, limit: Limit = 50, cursor: Cursor = None
) -> Page[RouteItem]:
    """The approvals that the caller started (我发起), newest first."""

    return page_of_routes(
        platform, limit, lambda work: inbox.started(work, actor, before=read_cursor(cursor), limit=limit + 1)
    )


@router.get("/consultations", response_model=Page[ConsultationItem])
def list_consultations(
    platform: PlatformOf,
    actor: SignedIn,
    state: Literal["open", "answered"] = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ConsultationItem]:
    """The opinions that the caller is or was asked for (征询我的), newest first."""

    def query(work: UnitOfWork) -> Page[ConsultationItem]:
        place = read_cursor(cursor)
        rows = inbox.consulted(work, actor, before=place, limit=limit + 1, answered=state == "answered")
        shown = views.consultation_items(work, rows)
        return page_of(rows, limit, lambda row: row.key, lambda row: shown[row.key])

    return platform.view(query)


@router.get("/counts", response_model=ApprovalCounts)
def read_counts(platform: PlatformOf, actor: SignedIn) -> ApprovalCounts:
    """How many approvals and opinions wait for the caller."""
    return platform.view(
        lambda work: ApprovalCounts(
            todo=inbox.todo_count(work, actor),
            consulted=inbox.consulted_count(work, actor),
            stuck=(inbox.stuck_count(work, actor.organization_id) if actor.may("approvals.manage") else None),
        )
    )


@router.post("/decisions/digest", response_model=BatchDigest)
def read_batch_digest(body: DecisionBatch, _actor: Approver) -> BatchDigest:
    """Which act and subject one second factor for these decisions is shown for. Changes nothing."""
    return BatchDigest(act=commands.BATCH_ACT, subject=commands.batch_digest(_verdicts(body)))


@router.post("/decisions", response_model=BatchOut)
def decide_many(body: DecisionBatch, actor: Approver, write: Write) -> BatchOut | Response:
    """Decide many steps, each with a result of its own: one that is refused leaves the others be.

    One second factor (act `approvals.decide_batch`) covers the ordinary ones; a step that asks each time needs the
    proof of its own.
    """

    def command(work: UnitOfWork) -> BatchOut:
        results = commands.decide_many(work, actor, _verdicts(body), body.proof)
        items = [_batch_item(one) for one in results]
        decided = sum(one.code is None for one in items)
        return BatchOut(items=items, decided=decided, refused=len(items) - decided)

    return write.run(actor, command)


@router.get("/steps/{step_id}", response_model=ApprovalStepDetail)
def read_step(step_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> ApprovalStepDetail:
    """One step with its route."""
    return platform.view(lambda work: views.step_detail(work, actor, queries.step(work, actor, step_id)))


@router.post("/steps/{step_id}/decisions", response_model=ApprovalStepDetail)
def decide(
    step_id: IdInPath, body: NewDecision, actor: Approver, write: Write, expected: ExpectedVersion
) -> ApprovalStepDetail | Response:
    """Approve, reject or send back to the applicant. With the second factor that the step asks for (act
    `approvals.decide`, subject `{step_id}:{binding}`)."""

    return step_after(
        actor,
        write,
        lambda work: commands.decide(
            work,
            actor,
            step_id,
            decision=body.decision,
            comment=body.comment,
            binding=body.binding,
            proof=body.proof,
            expected=expected,
        ),
    )


@router.post("/steps/{step_id}/send-back", response_model=ApprovalStepDetail)
def send_back(
    step_id: IdInPath, body: SendBack, actor: Approver, write: Write, expected: ExpectedVersion
) -> ApprovalStepDetail | Response:
    """Send back to an earlier step: to go on from there, or to come straight back to this one."""

    return step_after(
        actor,
        write,
        lambda work: commands.send_back_to(
            work,
            actor,
            step_id,
            to_step_id=body.to_step_id,
            then=body.then,
            comment=body.comment,
            binding=body.binding,
            proof=body.proof,
            expected=expected,
        ),
    )


@router.post("/steps/{step_id}/transfer", response_model=ApprovalStepDetail)
def transfer(
    step_id: IdInPath, body: StepTransfer, actor: Approver, write: Write, expected: ExpectedVersion
) -> ApprovalStepDetail | Response:
    """Hand one's part of the step to another approver."""

    return step_after(
        actor,
        write,
        lambda work: commands.transfer(
            work, actor, step_id, to_person_id=body.person_id, reason=body.reason, expected=expected
        ),
    )


@router.post("/steps/{step_id}/additions", response_model=ApprovalStepDetail)
def add(
    step_id: IdInPath, body: StepAddition, actor: Approver, write: Write, expected: ExpectedVersion
) -> ApprovalStepDetail | Response:
    """Ask further approvers before or after one's own decision (加签)."""

    return step_after(
        actor,
        write,
        lambda work: commands.add(
            work,
            actor,
            step_id,
            person_ids=body.person_ids,
            when=body.when,
            mode=body.mode,
            reason=body.reason,
            expected=expected,
        ),
    )


@router.post("/steps/{step_id}/consultations", response_model=ApprovalStepDetail)
def consult(
    step_id: IdInPath, body: StepConsultation, actor: Approver, write: Write
) -> ApprovalStepDetail | Response:
    """Ask for opinions that decide nothing (征询)."""

    def command(work: UnitOfWork) -> ApprovalStepDetail:
        commands.consult(work, actor, step_id, person_ids=body.person_ids, question=body.question)
        return views.step_detail(work, actor, queries.step(work, actor, step_id))

    return write.run(actor, command)


@router.post("/consultations/{consultation_id}/answer", response_model=ConsultationItem)
def answer(
    consultation_id: IdInPath, body: ConsultationAnswer, actor: SignedIn, write: Write
) -> ConsultationItem | Response:
    """Give the opinion that the caller was asked for."""

    def command(work: UnitOfWork) -> ConsultationItem:
        asked = commands.answer(work, actor, consultation_id, opinion=body.opinion)
        row = inbox.consulted_row(work, asked)
        return views.consultation_items(work, [row])[row.key]

    return write.run(actor, command)


@router.post("/steps/{step_id}/replacement-permission", response_model=ApprovalStepDetail)
def permit_replacement(
    step_id: IdInPath,
    body: ReplacementPermission,
    actor: Approver,
    write: Write,
    expected: ExpectedVersion,
) -> ApprovalStepDetail | Response:
    """Let the applicant replace documents while they are in approval; good once."""

    return step_after(
        actor,
        write,
        lambda work: commands.permit_replacement(work, actor, step_id, reason=body.reason, expected=expected),
    )


@router.get("/routes/{route_id}", response_model=ApprovalRouteOut)
def read_route(route_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> ApprovalRouteOut:
    """A route with everything that was said in it."""
    return platform.view(lambda work: views.route_out(work, queries.readable_route(work, actor, route_id)))


@router.post("/routes/{route_id}/urge", response_model=ApprovalRouteOut)
def urge(route_id: IdInPath, actor: SignedIn, write: Write) -> ApprovalRouteOut | Response:
    """Remind those whose decision is awaited; for the one who started the route."""
    return route_after(actor, write, lambda work: commands.urge(work, actor, route_id))


@router.post("/routes/{route_id}/copies", response_model=ApprovalRouteOut)
def send_copies(
    route_id: IdInPath, body: Copies, actor: SignedIn, write: Write
) -> ApprovalRouteOut | Response:
    """Send copies (抄送); who has one may read the subject."""

    return route_after(
        actor, write, lambda work: commands.send_copies(work, actor, route_id, person_ids=body.person_ids)
    )


@router.post("/routes/{route_id}/read", status_code=204)
def mark_read(route_id: IdInPath, actor: SignedIn, write: Write) -> Response:
    """Note that the caller has seen the copy he was sent."""
    write.run(actor, lambda work: commands.mark_read(work, actor, route_id))
    return Response(status_code=204)


def _verdicts(body: DecisionBatch) -> list[commands.Verdict]:
    return [
        commands.Verdict(one.step_id, one.decision, one.comment, one.binding, one.proof, one.version)
        for one in body.items
    ]


def _batch_item(result: commands.BatchResult) -> BatchItemOut:
    error = result.error
    return BatchItemOut(
        step_id=result.step_id,
        status=StepStatus(result.step.status) if result.step is not None else None,
        code=error.code if error else None,
        zh=error.text.zh if error else None,
        en=error.text.en if error else None,
        details=error.details if error else {},
    )
