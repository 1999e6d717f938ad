"""Routes of hand-overs (交接)."""

from __future__ import annotations

from typing import Literal

from fastapi import Request, Response

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import handover_queries as queries
from shuangyin.custody.commands import handovers
from shuangyin.custody.handover_queries import handover_out
from shuangyin.custody.handover_schemas import CheckedItems, HandoverOut, NewHandover
from shuangyin.custody.handover_sheet import handover_sheet, typeset_handover
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.schemas import OpeningConfirmation

router = Routes(tags=["custody"])


@router.post("/handovers", status_code=201, response_model=HandoverOut)
def draw_up(body: NewHandover, actor: SignedIn, write: Write) -> HandoverOut | Response:
    """Draw up the sheet of what a person keeps, by himself or by who manages seals."""
    return write.run(actor, lambda work: handover_out(work, handovers.draw_up(work, actor, body)), status=201)


@router.get("/handovers", response_model=Page[HandoverOut])
def list_handovers(
    platform: PlatformOf,
    actor: SignedIn,
    status: Literal["pending", "done", "cancelled"] | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[HandoverOut]:
    """Hand-overs, newest first: one's own, or all for those who may read custody or manage seals."""

    def query(work: UnitOfWork) -> Page[HandoverOut]:
        rows = queries.handovers(work, actor, status=status, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: handover_out(work, row))

    return platform.view(query)


@router.get("/handovers/{handover_id}", response_model=HandoverOut)
def read_handover(handover_id: str, platform: PlatformOf, actor: SignedIn) -> HandoverOut:
    """One hand-over."""
    return platform.view(lambda work: handover_out(work, queries.get(work, actor, handover_id)))


@router.get("/handovers/{handover_id}/sheet.pdf", response_class=Response)
def handover_pdf(handover_id: str, platform: PlatformOf, actor: SignedIn) -> Response:
    """The sheet for paper (印章交接单)."""
    data = platform.view(lambda work: handover_sheet(work, queries.get(work, actor, handover_id)))
    headers = {"Content-Disposition": 'inline; filename="handover.pdf"'}
    return Response(typeset_handover(data), media_type="application/pdf", headers=headers)


@router.post("/handovers/{handover_id}/items", response_model=HandoverOut)
def check_items(
    handover_id: str, body: CheckedItems, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> HandoverOut | Response:
    """Enter what was found of lines of the sheet."""
    return write.run(
        actor,
        lambda work: handover_out(
            work, handovers.check_items(work, actor, handover_id, body.items, expected=expected)
        ),
    )


@router.post("/handovers/{handover_id}/confirm", response_model=HandoverOut)
def confirm_handover(
    handover_id: str, body: OpeningConfirmation, request: Request, actor: SignedIn, platform: PlatformOf
) -> HandoverOut:
    """Confirm with one's own second factor; with account and password, as another person on this device. With all
    three the keepers change."""
    platform.view(lambda work: queries.get(work, actor, handover_id))
    shown = shown_by(platform, actor, request, body, handover_id)
    return platform.transact(
        lambda work: handover_out(work, handovers.confirm_handover(work, actor, handover_id, shown))
    )


@router.post("/handovers/{handover_id}/cancel", response_model=HandoverOut)
def cancel_handover(
    handover_id: str, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> HandoverOut | Response:
    """Call off a hand-over that not all have confirmed; the keepers stay."""
    return write.run(
        actor,
        lambda work: handover_out(
            work, handovers.cancel_handover(work, actor, handover_id, expected=expected)
        ),
    )
