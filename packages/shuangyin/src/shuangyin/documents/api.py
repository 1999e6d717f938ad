"""Routes of documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

from fastapi import File, Form, Path, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from shuangyin.core.actor import Actor
from shuangyin.core.free_text import Line
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import StoredObject, blocks_of
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import commands, queries
from shuangyin.documents.drawing import pages_as_pdf
from shuangyin.documents.formats import Format
from shuangyin.documents.inspection import checked_names, inspected
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.documents.page_comparison import compare
from shuangyin.documents.rules import stem
from shuangyin.documents.schemas import (
    DocumentOut,
    DocumentVersionOut,
    PageChangesOut,
    document_out,
    version_out,
)
from shuangyin.documents.uploads import UploadRoute
from shuangyin.people.schemas import Id

router = Routes(prefix="/documents", tags=["documents"], route_class=UploadRoute)


SealableFile = Annotated[UploadFile, File(description="A PDF or an OFD.")]


@router.post("", status_code=201, response_model=DocumentOut)
def upload(
    actor: Annotated[Actor, access("documents.upload")],
    write: Write,
    file: SealableFile,
    title: Annotated[Line | None, Form(description="The file's name when absent.")] = None,
) -> DocumentOut | Response:
    """Upload a PDF or OFD as the first version of a new document."""
    names = checked_names(title, file.filename)
    version, uploaded_sm3 = _stored(write.platform, file)

    def command(work: UnitOfWork) -> DocumentOut:
        document = commands.add_document(
            work, actor, title=names.title, file_name=names.file_name, version=version
        )
        return _out(work, document)

    return write.run(
        actor, command, status=201, payload_digest=f"{names.title}/{names.file_name}/{uploaded_sm3}"
    )


@router.post("/{document_id}/versions", status_code=201, response_model=DocumentOut)
def upload_version(
    document_id: Id, actor: Annotated[Actor, access("documents.upload")], write: Write, file: SealableFile
) -> DocumentOut | Response:
    """Upload a PDF or OFD as the next version of one's own document; earlier versions stay as they are."""
    names = checked_names(None, file.filename)
    write.platform.view(lambda work: queries.own(work, actor, document_id))
    version, uploaded_sm3 = _stored(write.platform, file)

    def command(work: UnitOfWork) -> DocumentOut:
        return _out(
            work, commands.add_version(work, actor, document_id, file_name=names.file_name, version=version)
        )

    return write.run(
        actor, command, status=201, payload_digest=f"{document_id}/{names.file_name}/{uploaded_sm3}"
    )


@router.get("/versions/{version_id}", response_model=DocumentVersionOut)
def read_version(version_id: Id, platform: PlatformOf, actor: SignedIn) -> DocumentVersionOut:
    """One version by its id, with the document it belongs to."""
    return platform.view(lambda work: version_out(queries.readable_version(work, actor, version_id)))


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

    version, stored = platform.view(lambda work: _numbered(work, actor, document_id, number))
    headers = {
        **_shown(version.file_name, attachment=download),
        "Content-Length": str(version.size),
        "ETag": f'"{version.sm3}"',
    }
    return StreamingResponse(
        _first_then_rest(platform.objects.open(stored)), media_type=version.media_type, headers=headers
    )


@router.get("/{document_id}/versions/{number}/pages", response_class=Response)
def pages(
    *,
    document_id: Id,
    number: Annotated[int, Path(ge=1, le=100_000)],
    request: Request,
    platform: PlatformOf,
    actor: SignedIn,
) -> Response:
    """The pages of a version as PDF, to be looked at: the file itself, or drawn from an OFD as `drawn` says."""
    version, stored = platform.view(lambda work: _numbered(work, actor, document_id, number))
    tag = f'"{version.sm3}-pages"'
    headers = {**_shown(f"{stem(version.file_name)}.pdf", attachment=False), "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if version.media_type == Format.PDF:
        headers["Content-Length"] = str(version.size)
        return StreamingResponse(
            _first_then_rest(platform.objects.open(stored)), media_type=Format.PDF, headers=headers
        )
    with pages_as_pdf(platform.objects, stored) as path:
        return Response(path.read_bytes(), media_type=Format.PDF, headers=headers)


def _numbered(
    work: UnitOfWork, actor: Actor, document_id: str, number: int
) -> tuple[DocumentVersion, StoredObject]:
    """A version and its object, as plain values that outlive the transaction."""
    version = queries.numbered(work, actor, document_id, number)
    stored = queries.stored(work, version)
    work.session.expunge_all()
    return version, stored


def _shown(file_name: str, *, attachment: bool) -> dict[str, str]:
    return {
        "Content-Disposition": disposition(file_name, attachment=attachment),
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def disposition(file_name: str, *, attachment: bool) -> str:
    """A Content-Disposition with the name in RFC 5987 form, and a plain one for clients that know only that."""
    kind = "attachment" if attachment else "inline"
    plain = (
        "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file_name)
        or "document.pdf"
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _stored(platform: Platform, file: UploadFile) -> tuple[commands.NewVersion, str]:
    """An upload whose bytes are durable, and the SM3 of what was sent.

    It is inspected in the work folder; only what passes is encrypted into the object store, and only then does the
    transaction that names it begin. A refusal leaves nothing behind.
    """
    with inspected(platform.objects, platform.settings, file.file) as found:
        with found.path.open("rb") as source:
            written = platform.objects.write(blocks_of(source))
        repaired = found.uploaded_sm3 if found.repaired else None
        version = commands.NewVersion(
            written, found.page_sizes, found.signed, repaired, found.format, found.notes
        )
        return version, found.uploaded_sm3


def _first_then_rest(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Open the object before the answer begins, so that a damaged one is a problem document and not a cut file."""
    first = next(chunks, b"")

    def rest() -> Iterator[bytes]:
        yield first
        yield from chunks

    return rest()


def _out(work: UnitOfWork, document: Document) -> DocumentOut:
    return document_out(document, queries.versions_of(work, document.id))
