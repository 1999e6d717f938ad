"""Tables of documents."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class VersionOrigin(StrEnum):
    """How a version came about: uploaded, written by the platform to describe a paper, or sealed."""

    UPLOADED = "uploaded"
    DESCRIBED = "described"
    SEALED = "sealed"


class Document(Base):
    """A document: what people call it, and its versions."""

    __tablename__ = "document"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    created_at: Mapped[int]


class DocumentVersion(Base):
    """One version: exactly these bytes. Never changed."""

    __tablename__ = "document_version"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(32), ForeignKey("document.id"))
    organization_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(doc="1 for the first version of the document, and so on.")
    origin: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[str] = mapped_column(String(32), ForeignKey("stored_object.id"))
    sm3: Mapped[str] = mapped_column(String(64), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(doc="Bytes.")
    pages: Mapped[int]
    page_sizes: Mapped[str] = mapped_column(Text, doc="JSON: [[width, height], …] in mm as displayed.")
    signed_by_others: Mapped[bool] = mapped_column(doc="Carried signatures already when it was uploaded.")
    repaired_from_sm3: Mapped[str | None] = mapped_column(
        String(64), doc="SM3 of the uploaded file when its structure had to be repaired."
    )
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(40), doc="A `Format`.")
    drawing_notes: Mapped[str | None] = mapped_column(
        Text, doc="JSON: [[code, detail, count], …] of what a drawing of an OFD does not show as it stands."
    )
    created_at: Mapped[int]
    created_by: Mapped[str] = mapped_column(String(32), doc="A person, or the platform itself.")
    parent_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("document_version.id"))
