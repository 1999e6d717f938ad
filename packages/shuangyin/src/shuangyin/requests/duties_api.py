"""Routes of what is still to be done after a use: scans to be filed, papers to be handed over."""

from __future__ import annotations

from fastapi import Response

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.requests.commands.duties import fulfil
from shuangyin.requests.duty_views import DutyState, owed, owed_out
from shuangyin.requests.models import DutyKind
from shuangyin.requests.schemas import DutyFulfilment, OwedDutyOut, RequestOut
from shuangyin.requests.views import request_out

router = Routes(tags=["requests"])


@router.get("/request-duties", response_model=Page[OwedDutyOut])
def list_duties(
    platform: PlatformOf,
    actor: SignedIn,
    state: DutyState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OwedDutyOut]:
    """Duties that are not fulfilled, of the requests that the caller sees, newest first."""

    def query(work: UnitOfWork) -> Page[OwedDutyOut]:
        rows = owed(work, actor, state, before=read_cursor(cursor), limit=limit + 1)
        shown = owed_out(work, rows)
        return page_of(rows, limit, lambda row: row[0].id, lambda row: shown[row[0].id])

    return platform.view(query)


@router.post("/requests/{request_id}/duties/{kind}", response_model=RequestOut)
def fulfil_duty(
    request_id: IdInPath, kind: DutyKind, body: DutyFulfilment, actor: SignedIn, write: Write
) -> RequestOut | Response:
    """File the scans of the sealed papers, or say how they were handed over to another platform."""

    def command(work: UnitOfWork) -> RequestOut:
        request = fulfil(
            work, actor, request_id, kind, document_version_ids=body.document_version_ids, note=body.note
        )
        return request_out(work, actor, request)

    return write.run(actor, command)
