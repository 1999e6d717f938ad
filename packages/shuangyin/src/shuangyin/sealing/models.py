"""Tables of seal uses of both media."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class UseStatus(StrEnum):
    """Whether a use stands. A voided use is kept with its reason, never erased."""

    IN_FORCE = "in_force"
    VOIDED = "voided"


class SealUse(Base):
    """One execution (用印) of an approved request with one seal; what it says is fixed as of its instant.

    Electronic: one seal on one document, `position` being the document's in the request. Physical: one session of
    pressing, counted up. The unique constraint is what makes a second sealing of the same thing impossible.
    """

    __tablename__ = "seal_use"
    __table_args__ = (
        UniqueConstraint("request_id", "seal_id", "position"),
        UniqueConstraint("token_digest"),
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    medium: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
    token: Mapped[str] = mapped_column(String(22), doc="128 random bits in the address of the public check.")
    token_digest: Mapped[str] = mapped_column(
        String(64), doc="SM3 of the token: looked up by this, so that the time of a search tells nothing."
    )
    executed_at: Mapped[int]
    executed_by: Mapped[str] = mapped_column(String(32), doc="A person, or the platform itself.")
    presser_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    grant_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("authority_grant.id"))
    source_version_id: Mapped[str] = mapped_column(String(32), ForeignKey("document_version.id"))
    sealed_version_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("document_version.id"))
    source_sm3: Mapped[str] = mapped_column(String(64), doc="The approved file.")
    document_sm3: Mapped[str] = mapped_column(
        String(64), index=True, doc="The registered file: sealed, or approved for a physical use."
    )
    status: Mapped[str] = mapped_column(String(16))
    authority_valid: Mapped[bool] = mapped_column(doc="The presser was in authority at that instant.")
    authority: Mapped[str] = mapped_column(Text, doc="JSON {basis, grant_id, reasons}.")
    seal_status: Mapped[str] = mapped_column(String(16))
    seal_facts: Mapped[str] = mapped_column(Text, doc="JSON: seal, organization and filing as of the use.")
    presses: Mapped[str] = mapped_column(Text, doc="JSON {normal, seam, cover, spoiled}.")
    entry_id: Mapped[str | None] = mapped_column(String(32), doc="The evidence entry of this use.")
    created_at: Mapped[int]


class VoidedUse(Base):
    """That a use was voided (作废): by whom, when and why; never changed, and the use itself stays as it was.

    The code of the reason is public. The words are not: the log holds their salted digest in an entry of its own.
    """

    __tablename__ = "voided_use"

    use_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal_use.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    reason_code: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(500))
    second_factor: Mapped[str] = mapped_column(String(16))
    voided_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    voided_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32), doc="The entry with the code.")
    explained_entry_id: Mapped[str] = mapped_column(String(32), doc="The entry with the digest of the words.")
