"""Routes of documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile
from fastapi.responses import StreamingResponse

from shuangyin.core.actor import Actor
from shuangyin.core.free_text import Line
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import StoredObject, blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import commands, queries
from shuangyin.documents.inspection import checked_names, inspected
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.documents.page_comparison import compare
from shuangyin.documents.schemas import DocumentOut, PageChangesOut, document_out
from shuangyin.documents.uploads import UploadRoute
from shuangyin.people.schemas import Id

router = APIRouter(prefix="/documents", tags=["documents"], route_class=UploadRoute)


@router.post("", status_code=201, response_model=DocumentOut)
def upload(
    actor: Annotated[Actor, access("documents.upload")],
    write: Write,
    file: Annotated[UploadFile, File(description="A PDF.")],
    title: Annotated[Line | None, Form(description="The file's name when absent.")] = None,
) -> DocumentOut | Response:
    """Upload a PDF as the first version of a new document.

    It is inspected in the work folder; only what passes is encrypted into the object store, and only then does the
    transaction that names it begin. A refusal leaves nothing behind.
    """
    platform = write.platform
    names = checked_names(title, file.filename)
    with inspected(platform.objects, platform.settings, file.file) as found:
        with found.path.open("rb") as source:
            written = platform.objects.write(blocks_of(source))
        version = commands.NewVersion(
            written,
            found.page_sizes,
            found.info.signed,
            found.uploaded_sm3 if found.repaired else None,
        )
        uploaded_sm3 = found.uploaded_sm3

    def command(work: UnitOfWork) -> DocumentOut:
        document = commands.add_document(
            work, actor, title=names.title, file_name=names.file_name, version=version
        )
        return _out(work, document)

    return write.run(
        actor, command, status=201, payload_digest=f"{names.title}/{names.file_name}/{uploaded_sm3}"
    )


@router.get("/comparison", response_model=PageChangesOut)
def compare_versions(
    before: Annotated[Id, Query()], after: Annotated[Id, Query()], platform: PlatformOf, actor: SignedIn
) -> PageChangesOut:
    """Which pages differ between two versions (ids) of one document or of two, by what they say and how they look."""
    return PageChangesOut.model_validate(compare(platform, actor, before, after))


@router.get("/{document_id}", response_model=DocumentOut)
def read_document(document_id: Id, platform: PlatformOf, actor: SignedIn) -> DocumentOut:
    """One document with its versions."""
    return platform.view(lambda work: _out(work, queries.get(work, actor, document_id)))


@router.get("/{document_id}/versions/{number}/content", response_class=StreamingResponse)
def content(
    *,
    document_id: Id,
    number: Annotated[int, Path(ge=1, le=100_000)],
    platform: PlatformOf,
    actor: SignedIn,
    download: bool = False,
) -> StreamingResponse:
    """The bytes of a version: to be shown, or with `download` to be saved under its name."""

    def query(work: UnitOfWork) -> tuple[DocumentVersion, StoredObject]:
        version = queries.numbered(work, actor, document_id, number)
        stored = queries.stored(work, version)
        work.session.expunge_all()
        return version, stored

    version, stored = platform.view(query)
    headers = {
        "Content-Disposition": disposition(version.file_name, attachment=download),
        "Content-Length": str(version.size),
        "ETag": f'"{version.sm3}"',
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return StreamingResponse(
        _first_then_rest(platform.objects.open(stored)), media_type=commands.PDF, headers=headers
    )


def disposition(file_name: str, *, attachment: bool) -> str:
    """A Content-Disposition with the name in RFC 5987 form, and a plain one for clients that know only that."""
    kind = "attachment" if attachment else "inline"
    plain = (
        "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file_name)
        or "document.pdf"
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _first_then_rest(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Open the object before the answer begins, so that a damaged one is a problem document and not a cut file."""
    first = next(chunks, b"")

    def rest() -> Iterator[bytes]:
        yield first
        yield from chunks

    return rest()


def _out(work: UnitOfWork, document: Document) -> DocumentOut:
    return document_out(document, queries.versions_of(work, document.id))
