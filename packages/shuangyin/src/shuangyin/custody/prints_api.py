"""Routes of controlled prints: the approved pages under watermark and number, made before they are stamped."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries
from shuangyin.custody.commands.printing import keep_print, mark_print
from shuangyin.custody.print_matching import LONGEST, match_print
from shuangyin.custody.schemas import NewPrint, PrintMatchOut, PrintOut
from shuangyin.custody.views import prints_out
from shuangyin.organization.api import IdInPath
from shuangyin.requests.authorizing import readable

router = Routes(tags=["custody"])


@router.post("/requests/{request_id}/prints", status_code=201, response_model=PrintOut)
def make_print(request_id: IdInPath, body: NewPrint, actor: SignedIn, write: Write) -> PrintOut | Response:
    """Make a controlled print of one document of an approved request: watermark, number and code on every page."""
    made = mark_print(write.platform, actor, request_id, body.document_version_id)

    def command(work: UnitOfWork) -> PrintOut:
        kept = keep_print(work, actor, request_id, body.document_version_id, made, body.copies)
        return prints_out(work, [kept])[0]

    return write.run(actor, command, status=201)


@router.get("/requests/{request_id}/prints", response_model=list[PrintOut])
def list_prints(request_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> list[PrintOut]:
    """The controlled prints of a request, oldest first."""

    def query(work: UnitOfWork) -> list[PrintOut]:
        request = readable(work, actor, request_id)
        return prints_out(work, queries.prints_of(work, request.id))

    return platform.view(query)


@router.get("/prints/match", response_model=PrintMatchOut)
def match_code(
    platform: PlatformOf, actor: SignedIn, code: Annotated[str, Query(min_length=1, max_length=LONGEST)]
) -> PrintMatchOut:
    """Which print a code or number names, for who may read its request, and whether it shows the approved file."""
    return platform.view(lambda work: match_print(work, actor, code))


@router.get("/prints/{print_id}/content", response_class=Response)
def print_content(print_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> Response:
    """The file to be printed, for who may read the request."""

    def query(work: UnitOfWork) -> Response:
        found = queries.print_copy(work, actor, print_id)
        content = work.objects.read(work.session.get_one(StoredObject, found.object_id))
        headers = {"Content-Disposition": f'inline; filename="print-{found.id}.pdf"'}
        return Response(content, media_type="application/pdf", headers=headers)

    return platform.view(query)
