"""A paper that exists only on paper: what is approved is its description, kept as a document of its own.

With the sheet, a bank card or a counter form has what every request has: bytes with a digest to which approvals,
presses and the register are bound. A blank form can be uploaded in its place.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from sqlalchemy import delete

from shuangyin.core.actor import Actor
from shuangyin.core.objects import WrittenObject, blocks_of
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.commands import NewVersion, add_document
from shuangyin.documents.models import VersionOrigin
from shuangyin.documents.queries import versions_of
from shuangyin.organization.queries import get as organization_of
from shuangyin.reference.queries import document_kind
from shuangyin.requests import queries
from shuangyin.requests.commands.conditions import facts_of_request
from shuangyin.requests.commands.drafting import own, write_documents
from shuangyin.requests.models import RequestDocument, UseRequest
from shuangyin.requests.paper_sheet import PAGE_SIZES, PaperSheet, SheetSeal, typeset
from shuangyin.scenarios.queries import current, decide_for

FILE_NAME = "纸质件用印说明.pdf"


@dataclass(frozen=True, slots=True)
class WrittenSheet:
    """A sheet whose file is durable and that no row refers to yet; `changes` is the request's state it describes."""

    written: WrittenObject
    changes: int


def write_sheet(platform: Platform, actor: Actor, request_id: str) -> WrittenSheet | None:
    """The sheet of a paper-only request that has no blank form; None for any other request.

    Raises NotFound and what the decision raises.
    """
    described = platform.view(lambda work: _described(work, actor, request_id))
    if described is None:
        return None
    sheet, changes = described
    written = platform.objects.write(blocks_of(io.BytesIO(typeset(sheet))))
    return WrittenSheet(written, changes)


def attach_sheet(work: UnitOfWork, actor: Actor, request: UseRequest, sheet: WrittenSheet) -> None:
    """Make the sheet the document of the request, in the place of an earlier one of its own."""
    if request.changes != sheet.changes or not _wants_sheet(work, request):
        return
    work.session.execute(delete(RequestDocument).where(RequestDocument.request_id == request.id))
    version = NewVersion(sheet.written, PAGE_SIZES, signed_by_others=False)
    document = add_document(
        work,
        actor,
        title=request.title,
        file_name=FILE_NAME,
        version=version,
        origin=VersionOrigin.DESCRIBED,
    )
    write_documents(work, actor, request, [one.id for one in versions_of(work, document.id)])


def _described(work: UnitOfWork, actor: Actor, request_id: str) -> tuple[PaperSheet, int] | None:
    request = own(work, actor, request_id, None)
    if request.status not in queries.EDITABLE or not _wants_sheet(work, request):
        return None
    if not request.paper_description or not request.paper_place:
        return None
    if current(work, actor.organization_id) is None:
        return None
    facts = facts_of_request(work, actor, request)
    if not decide_for(work, actor.organization_id, facts, explain=False).decision.controls.paper_only:
        return None
    return _sheet_of(work, request), request.changes


def _wants_sheet(work: UnitOfWork, request: UseRequest) -> bool:
    """Whether the request has no document, or only the sheet of an earlier submission."""
    versions = [version for _, version in queries.versions_of(work, request.id)]
    return request.medium == "physical" and all(
        version.origin == VersionOrigin.DESCRIBED for version in versions
    )


def _sheet_of(work: UnitOfWork, request: UseRequest) -> PaperSheet:
    kind = document_kind(request.document_kind)
    return PaperSheet(
        organization=organization_of(work, request.organization_id).name,
        number=request.number,
        rows=(
            ("名称", request.title),
            ("文件类型", kind.zh),
            ("往来单位", request.counterparty_name or "—"),
            ("事由", request.reason),
            ("纸质件说明", request.paper_description or ""),
            ("盖章位置", request.paper_place or ""),
            ("份数", str(request.copies)),
        ),
        seals=tuple(
            SheetSeal(seal.name, str(line.presses_applied), str(line.seam_presses))
            for line, seal in queries.lines_of(work, request.id)
        ),
    )
