"""Make the controlled print of an approved document: the paper that is going to be stamped."""

from __future__ import annotations

import json
from dataclasses import dataclass

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.numbers import next_number
from shuangyin.core.objects import StoredObject, WrittenObject, blocks_of
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors
from shuangyin.custody.models import PrintCopy
from shuangyin.custody.print_marks import PrintMark, mark_pages
from shuangyin.documents import queries as documents
from shuangyin.documents.drawing import pages_as_pdf
from shuangyin.documents.formats import Format
from shuangyin.evidence.commands import record
from shuangyin.organization.queries import get as organization_of
from shuangyin.requests import queries as requests
from shuangyin.requests.authorizing import readable
from shuangyin.requests.models import UseRequest

SERIES = "打印"


@dataclass(frozen=True, slots=True)
class MarkedPrint:
    """A print whose file is durable and that no row refers to yet."""

    number: str
    written: WrittenObject


@dataclass(frozen=True, slots=True)
class _Source:
    mark: PrintMark
    stored: StoredObject
    page_sizes: list[list[float]]


def mark_print(platform: Platform, actor: Actor, request_id: str, version_id: str) -> MarkedPrint:
    """Number the print and write its file: the approved pages under watermark, number and code.

    Raises NotFound, Refused (REQUEST_NOT_READY) unless the request is approved for a physical seal, Forbidden for
    others than its applicant and those who keep seals, Invalid (NOT_PRINTABLE). A number that comes to nothing is left
    out of the series.
    """
    source = platform.transact(lambda work: _source(work, actor, request_id, version_id))
    with pages_as_pdf(platform.objects, source.stored) as path:
        mark_pages(path, source.page_sizes, source.mark)
        path.chmod(0o600)
        with path.open("rb") as file:
            return MarkedPrint(source.mark.number, platform.objects.write(blocks_of(file)))


def keep_print(
    work: UnitOfWork, actor: Actor, request_id: str, version_id: str, made: MarkedPrint, copies: int
) -> PrintCopy:
    """Keep the print with its digest, for a request that is still approved. Raises as `mark_print`."""
    request, source_sm3 = _printable(work, actor, request_id, version_id)
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            made.written,
            object_id=object_id,
            organization_id=actor.organization_id,
            media_type=Format.PDF,
            now_ms=work.now,
        )
    )
    work.session.flush()
    kept = PrintCopy(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=made.number,
        request_id=request.id,
        document_version_id=version_id,
        source_sm3=source_sm3,
        object_id=object_id,
        sm3=made.written.sm3,
        copies=copies,
        made_by=actor.person_id,
        made_at=work.now,
    )
    work.session.add(kept)
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.print_made",
        subject_type="request",
        subject_id=request.id,
        facts={
            "print": kept.id,
            "number": kept.number,
            "version": version_id,
            "source_sm3": kept.source_sm3,
            "sm3": kept.sm3,
            "copies": copies,
        },
    )
    return kept


def _source(work: UnitOfWork, actor: Actor, request_id: str, version_id: str) -> _Source:
    request, sm3 = _printable(work, actor, request_id, version_id)
    version = documents.version(work, request.organization_id, version_id)
    mark = PrintMark(
        number=next_number(work, request.organization_id, SERIES),
        organization=organization_of(work, request.organization_id).name,
        request_number=request.number,
        source_sm3=sm3,
    )
    stored = documents.stored(work, version)
    # The transaction ends before the file is read.
    work.session.flush()
    work.session.expunge(stored)
    return _Source(mark, stored, json.loads(version.page_sizes))


def _printable(work: UnitOfWork, actor: Actor, request_id: str, version_id: str) -> tuple[UseRequest, str]:
    request = readable(work, actor, request_id)
    if request.applicant_id != actor.person_id:
        actor.require("custody.open")
    if request.status != "approved" or request.medium != "physical":
        raise errors.not_ready(request.number)
    for asked in requests.documents_of(work, request.id):
        if asked.document_version_id == version_id:
            return request, asked.sm3
    raise not_found("申请中的该文件", "document in this request")
