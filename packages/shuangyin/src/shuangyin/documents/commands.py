"""Keep documents and their versions."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import func, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.objects import WrittenObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import queries, rules
from shuangyin.documents.drawing import Note
from shuangyin.documents.formats import Format
from shuangyin.documents.models import Document, DocumentVersion, VersionOrigin
from shuangyin.evidence.commands import record


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is known about a version's bytes, which are durable already."""

    written: WrittenObject
    page_sizes: list[list[float]]
    signed_by_others: bool
    repaired_from_sm3: str | None = None
    format: Format = Format.PDF
    notes: tuple[Note, ...] = ()


def add_document(
    work: UnitOfWork,
    actor: Actor,
    *,
    title: str,
    file_name: str,
    version: NewVersion,
    origin: VersionOrigin = VersionOrigin.UPLOADED,
) -> Document:
    """Keep an inspected upload, or what the platform wrote itself, as the first version of a new document."""
    actor.require("documents.upload")
    document = Document(
        id=work.new_id(),
        organization_id=actor.organization_id,
        title=title,
        created_by=actor.person_id,
        created_at=work.now,
    )
    work.session.add(document)
    work.session.flush()
    added = _add_version(work, actor, document, origin, file_name, version, parent=None)
    _record_upload(work, actor, added)
    return document


def add_version(
    work: UnitOfWork, actor: Actor, document_id: str, *, file_name: str, version: NewVersion
) -> Document:
    """Keep an inspected upload as the next version of one's own document. Raises NotFound, Forbidden."""
    actor.require("documents.upload")
    document = queries.own(work, actor, document_id)
    parent = queries.versions_of(work, document.id)[-1]
    added = _add_version(work, actor, document, VersionOrigin.UPLOADED, file_name, version, parent=parent)
    _record_upload(work, actor, added)
    return document


def _record_upload(work: UnitOfWork, actor: Actor, added: DocumentVersion) -> None:
    facts: dict[str, JsonValue] = {
        "version": added.id,
        "sm3": added.sm3,
        "sha256": added.sha256,
        "size": added.size,
        "pages": added.pages,
        "signed_by_others": added.signed_by_others,
        "repaired_from_sm3": added.repaired_from_sm3,
        "origin": added.origin,
    }
    record(
        work,
        actor,
        kind="documents.uploaded",
        subject_type="document",
        subject_id=added.document_id,
        facts=facts,
    )


def add_sealed_version(
    work: UnitOfWork, actor: Actor, parent: DocumentVersion, written: WrittenObject
) -> DocumentVersion:
    """Keep a sealed file as a new version after the one that was sealed; its pages are the same.

    The sealing area records the evidence of it.
    """
    document = work.session.get_one(Document, parent.document_id)
    kind = Format(parent.media_type)
    notes = tuple(json.loads(parent.drawing_notes or "[]"))
    version = NewVersion(
        written, json.loads(parent.page_sizes), parent.signed_by_others, format=kind, notes=notes
    )
    name = rules.sealed_name(parent.file_name, kind)
    return _add_version(work, actor, document, VersionOrigin.SEALED, name, version, parent=parent)


def _add_version(
    work: UnitOfWork,
    actor: Actor,
    document: Document,
    origin: VersionOrigin,
    file_name: str,
    new: NewVersion,
    *,
    parent: DocumentVersion | None,
) -> DocumentVersion:
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            new.written,
            object_id=object_id,
            organization_id=document.organization_id,
            media_type=new.format,
            now_ms=work.now,
        )
    )
    work.session.flush()
    highest = work.session.scalar(
        select(func.max(DocumentVersion.number)).where(DocumentVersion.document_id == document.id)
    )
    version = DocumentVersion(
        id=work.new_id(),
        document_id=document.id,
        organization_id=document.organization_id,
        number=(highest or 0) + 1,
        origin=origin,
        object_id=object_id,
        sm3=new.written.sm3,
        sha256=new.written.sha256,
        size=new.written.size,
        pages=len(new.page_sizes),
        page_sizes=json.dumps(new.page_sizes),
        signed_by_others=new.signed_by_others,
        repaired_from_sm3=new.repaired_from_sm3,
        file_name=file_name,
        media_type=new.format,
        drawing_notes=json.dumps(new.notes, ensure_ascii=False) if new.notes else None,
        created_at=work.now,
        created_by=actor.person_id,
        parent_id=parent.id if parent else None,
    )
    work.session.add(version)
    work.session.flush()
    return version
