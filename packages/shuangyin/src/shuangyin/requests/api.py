"""Routes of use requests."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.free_text import NO_NUL
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.requests import commands, queries
from shuangyin.requests.authorizing import readable
from shuangyin.requests.models import RequestStatus
from shuangyin.requests.schemas import (
    Medium,
    NewRequest,
    PreviewFacts,
    PreviewOut,
    RequestChange,
    RequestOut,
    RequestSubmission,
    RequestSummary,
    RequestWithdrawal,
    TimelineItem,
)
from shuangyin.requests.views import preview_out, request_out, summaries, timeline_out

router = Routes(prefix="/requests", tags=["requests"])

Applicant = Annotated[Actor, access("requests.apply")]


@router.post("/decision", response_model=PreviewOut)
def preview(body: PreviewFacts, platform: PlatformOf, actor: Applicant) -> PreviewOut:
    """What the scenario list says about a use, with the seals that fit, and what the use repeats. Changes nothing."""
    return platform.view(lambda work: preview_out(work, actor, body))


@router.post("", status_code=201, response_model=RequestOut)
def create(body: NewRequest, actor: Applicant, write: Write) -> RequestOut | Response:
    """Begin a draft."""
    return write.run(
        actor, lambda work: request_out(work, actor, commands.create(work, actor, body)), status=201
    )


@router.get("", response_model=Page[RequestSummary])
def list_requests(
    platform: PlatformOf,
    actor: SignedIn,
    scope: Literal["mine", "all"] = "mine",
    status: RequestStatus | None = None,
    medium: Medium | None = None,
    q: Annotated[
        str, Query(max_length=100, pattern=NO_NUL, description="In title, number or counterparty.")
    ] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RequestSummary]:
    """Requests that the caller may see, newest first."""

    def query(work: UnitOfWork) -> Page[RequestSummary]:
        wanted = queries.RequestFilter(scope == "mine", status, medium, q.strip())
        rows = queries.requests(work, actor, wanted, before=read_cursor(cursor), limit=limit + 1)
        shown = summaries(work, rows)
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@router.get("/{request_id}", response_model=RequestOut)
def read(request_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> RequestOut:
    """One request with documents, seals, decision, approval, timeline, uses and what the caller may do."""
    return platform.view(lambda work: request_out(work, actor, readable(work, actor, request_id)))


@router.patch("/{request_id}", response_model=RequestOut)
def change(
    request_id: IdInPath, body: RequestChange, actor: Applicant, write: Write, expected: ExpectedVersion
) -> RequestOut | Response:
    """Change a draft, or a request that was sent back or withdrawn."""
    return write.run(
        actor,
        lambda work: request_out(work, actor, commands.change(work, actor, request_id, body, expected)),
    )


@router.post("/{request_id}/submit", response_model=RequestOut)
def submit(
    request_id: IdInPath,
    actor: Applicant,
    write: Write,
    expected: ExpectedVersion,
    body: RequestSubmission | None = None,
) -> RequestOut | Response:
    """Submit for approval. The list in force decides again; the wrong medium is refused with the rule's reason."""
    sent = body or RequestSubmission()
    sheet = commands.write_sheet(write.platform, actor, request_id)

    def command(work: UnitOfWork) -> RequestOut:
        request = commands.submit(
            work, actor, request_id, expected, choices=sent.choices, fields=sent.fields, sheet=sheet
        )
        return request_out(work, actor, request)

    return write.run(actor, command)


@router.post("/{request_id}/withdraw", response_model=RequestOut)
def withdraw(
    request_id: IdInPath,
    actor: Applicant,
    write: Write,
    expected: ExpectedVersion,
    body: RequestWithdrawal | None = None,
) -> RequestOut | Response:
    """Take one's own request back while it is in approval, or approved and not begun to be sealed."""
    reason = body.reason if body is not None else ""

    def command(work: UnitOfWork) -> RequestOut:
        done = commands.withdraw(work, actor, request_id, reason=reason, expected=expected)
        return request_out(work, actor, done)

    return write.run(actor, command)


@router.post("/{request_id}/discard", response_model=RequestOut)
def discard(
    request_id: IdInPath, actor: Applicant, write: Write, expected: ExpectedVersion
) -> RequestOut | Response:
    """Throw one's own draft away, or a request that came back. It stays on record and in no list but its own."""
    return write.run(
        actor, lambda work: request_out(work, actor, commands.discard(work, actor, request_id, expected))
    )


@router.get("/{request_id}/timeline", response_model=list[TimelineItem])
def timeline(request_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> list[TimelineItem]:
    """What happened to a request, oldest first."""
    return platform.view(lambda work: timeline_out(work, queries.get(work, actor, request_id)))
