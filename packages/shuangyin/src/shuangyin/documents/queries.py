"""Reads of documents."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import errors
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.documents.ports import DocumentReaders


def get(work: UnitOfWork, actor: Actor, document_id: str) -> Document:
    """One document that the actor may read: his own, or one that a request he may read names. Raises NotFound."""
    document = work.session.scalar(
        select(Document).where(Document.id == document_id, Document.organization_id == actor.organization_id)
    )
    if document is None or not _may_read(work, actor, document):
        raise not_found("这份文件", "document")
    return document


def own(work: UnitOfWork, actor: Actor, document_id: str) -> Document:
    """A document that the actor began himself. Raises NotFound, Forbidden (NOT_OWN_DOCUMENT)."""
    document = get(work, actor, document_id)
    if document.created_by != actor.person_id:
        raise errors.not_own_document()
    return document


def version(work: UnitOfWork, organization_id: str, version_id: str) -> DocumentVersion:
    """One version of the organization's documents, whoever asks. Raises NotFound."""
    found = work.session.scalar(
        select(DocumentVersion).where(
            DocumentVersion.id == version_id, DocumentVersion.organization_id == organization_id
        )
    )
    if found is None:
        raise not_found("这个文件版本", "document version")
    return found


def readable_version(work: UnitOfWork, actor: Actor, version_id: str) -> DocumentVersion:
    """One version that the actor may read. Raises NotFound."""
    found = version(work, actor.organization_id, version_id)
    get(work, actor, found.document_id)
    return found


def versions_of(work: UnitOfWork, document_id: str) -> list[DocumentVersion]:
    """The versions of a document, oldest first."""
    return list(
        work.session.scalars(
            select(DocumentVersion)
            .where(DocumentVersion.document_id == document_id)
            .order_by(DocumentVersion.number)
        )
    )


def numbered(work: UnitOfWork, actor: Actor, document_id: str, number: int) -> DocumentVersion:
    """One version of a document by its number, when the actor may read the document. Raises NotFound."""
    document = get(work, actor, document_id)
    found = work.session.scalar(
        select(DocumentVersion).where(
            DocumentVersion.document_id == document.id, DocumentVersion.number == number
        )
    )
    if found is None:
        raise not_found("这个文件版本", "document version")
    return found


def stored(work: UnitOfWork, of: DocumentVersion) -> StoredObject:
    """The encrypted object with the bytes of a version."""
    return work.session.get_one(StoredObject, of.object_id)


def by_digest(work: UnitOfWork, sm3: str) -> list[DocumentVersion]:
    """The versions with exactly these bytes, in any organization: for the public check of a file."""
    return list(
        work.session.scalars(
            select(DocumentVersion).where(DocumentVersion.sm3 == sm3).order_by(DocumentVersion.id).limit(50)
        )
    )


def _may_read(work: UnitOfWork, actor: Actor, document: Document) -> bool:
    if actor.is_system or document.created_by == actor.person_id:
        return True
    return work.port(DocumentReaders).may_read(work, actor, document.id)  # type: ignore[type-abstract]  # a port is looked up by its protocol
