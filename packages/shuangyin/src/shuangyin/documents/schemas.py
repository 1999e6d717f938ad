"""API shapes of documents."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.documents.formats import Format
from shuangyin.documents.models import Document, DocumentVersion, VersionOrigin
from shuangyin.documents.rules import faithfulness


class DocumentVersionOut(BaseModel):
    """One version of a document."""

    id: str
    document_id: str
    number: int
    origin: Literal["uploaded", "described", "sealed"]
    sm3: str
    sha256: str
    size: int = Field(description="Bytes.")
    pages: int
    page_sizes: list[tuple[float, float]] = Field(
        description="Width and height of each page as displayed, in mm."
    )
    signed_by_others: bool
    repaired: bool = Field(description="The uploaded file was damaged; this is its repaired form.")
    file_name: str
    media_type: Literal["application/pdf", "application/ofd"]
    drawn: Literal["exact", "fonts", "incomplete"] = Field(
        description="How well the pages are shown: as they are; in letters of other fonts; or something may be missing, "
        "so that the file itself has to be read. A PDF is shown as it is."
    )
    drawn_otherwise: list[str] = Field(
        description="What is not shown as the file says it: fonts, pictures, letters."
    )
    created_at: int
    parent_id: str | None


class DocumentOut(BaseModel):
    """A document with its versions, oldest first."""

    id: str
    title: str
    created_at: int
    versions: list[DocumentVersionOut]


class ChangedPageOut(BaseModel):
    """A page that is not what it was, by its number in both versions, from 1."""

    model_config = ConfigDict(from_attributes=True)

    before: int
    after: int
    text: bool = Field(description="What it says differs, not only how it looks.")


class PageChangesOut(BaseModel):
    """The pages that differ between two versions."""

    model_config = ConfigDict(from_attributes=True)

    pages_before: int
    pages_after: int
    changed: list[ChangedPageOut]
    added: list[int] = Field(description="Pages of the later version that the earlier has not, from 1.")
    removed: list[int] = Field(description="Pages of the earlier version that are gone, from 1.")
    complete: bool = Field(description="False: only the first 200 pages were compared.")


def version_out(version: DocumentVersion) -> DocumentVersionOut:
    """A version for the API."""
    notes: list[tuple[str, str, int]] = json.loads(version.drawing_notes or "[]")
    return DocumentVersionOut(
        id=version.id,
        document_id=version.document_id,
        number=version.number,
        origin=VersionOrigin(version.origin).value,
        sm3=version.sm3,
        sha256=version.sha256,
        size=version.size,
        pages=version.pages,
        page_sizes=json.loads(version.page_sizes),
        signed_by_others=version.signed_by_others,
        repaired=version.repaired_from_sm3 is not None,
        file_name=version.file_name,
        media_type=Format(version.media_type).value,
        drawn=faithfulness([code for code, _, _ in notes]),
        drawn_otherwise=[detail or code for code, detail, _ in notes],
        created_at=version.created_at,
        parent_id=version.parent_id,
    )


def document_out(document: Document, versions: list[DocumentVersion]) -> DocumentOut:
    """A document for the API."""
    return DocumentOut(
        id=document.id,
        title=document.title,
        created_at=document.created_at,
        versions=[version_out(version) for version in versions],
    )
