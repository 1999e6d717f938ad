"""Tables of physical keeping and physical use."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class OpeningStatus(StrEnum):
    """Where an opening stands: pending until both have confirmed, open, closed, or past its time."""

    PENDING = "pending"
    OPEN = "open"
    CLOSED = "closed"
    EXPIRED = "expired"


class PhotoMoment(StrEnum):
    """What a photo shows: the paper before it is stamped, the pressing, the stamped document (the moment "after" of a
    scenario list), a spoiled sheet cut so that nobody can use it, or the seal back in its place."""

    BEFORE = "before"
    PRESSING = "pressing"
    DOCUMENT = "document"
    SPOILED = "spoiled"
    RETURNED = "returned"


class Safe(Versioned, Base):
    """A safe (保险柜) with its designated custodian."""

    __tablename__ = "safe"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    name: Mapped[str] = mapped_column(String(100))
    place: Mapped[str] = mapped_column(String(200))
    custodian_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    created_at: Mapped[int]
    lock_changed_at: Mapped[int] = mapped_column(
        doc="When its lock code was last changed, or when it was registered."
    )
    keeper_changed_at: Mapped[int | None] = mapped_column(
        doc="When one who knew the code ceased to keep it; null once the code was changed."
    )


class SafeSlot(Base):
    """Which seal lies in which slot (格口) of which safe. A seal lies in one place."""

    __tablename__ = "safe_slot"

    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"), index=True)
    slot: Mapped[str] = mapped_column(String(32))


class Opening(Versioned, Base):
    """One opening (开柜) of a safe by custodian and reviewer together, for a list of approved requests."""

    __tablename__ = "opening"
    __table_args__ = (UniqueConstraint("safe_slot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"))
    safe_slot: Mapped[str | None] = mapped_column(
        String(32), doc="The safe's id while pending or open: one at a time."
    )
    custodian_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    reviewer_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    status: Mapped[str] = mapped_column(String(16))
    requested_at: Mapped[int]
    confirm_by: Mapped[int]
    custodian_confirmed_at: Mapped[int | None]
    reviewer_confirmed_at: Mapped[int | None]
    opened_at: Mapped[int | None]
    closes_by: Mapped[int | None]
    closed_at: Mapped[int | None]
    late_at: Mapped[int | None] = mapped_column(
        doc="When it was noticed that the seals are not back in time."
    )
    escalated_at: Mapped[int | None] = mapped_column(doc="When those who manage the seals were told.")
    note: Mapped[str | None] = mapped_column(Text)


class OpeningRequest(Base):
    """A request that an opening serves."""

    __tablename__ = "opening_request"

    opening_id: Mapped[str] = mapped_column(String(32), ForeignKey("opening.id"), primary_key=True)
    request_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("use_request.id"), primary_key=True, index=True
    )
    organization_id: Mapped[str] = mapped_column(String(32))


class PhysicalUse(Base):
    """One line of the register of physical use (实体印章使用登记表)."""

    __tablename__ = "physical_use"
    __table_args__ = (UniqueConstraint("request_id", "seal_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    opening_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("opening.id"), index=True, doc="Null for a press on a loan."
    )
    loan_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("loan.id"), index=True, doc="Null for a press at a safe."
    )
    paper_permit_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("paper_permit.id"), index=True, doc="Set for a press in an emergency."
    )
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"), index=True)
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    seal_use_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal_use.id"))
    position: Mapped[int] = mapped_column(doc="1 for the first use of this seal on this request, and so on.")
    copies: Mapped[int]
    applied: Mapped[int] = mapped_column(doc="Presses applied for and approved, without spare.")
    normal: Mapped[int] = mapped_column(doc="Good presses on pages (常规).")
    seam: Mapped[int] = mapped_column(doc="Good presses over a seam (骑缝).")
    cover: Mapped[int] = mapped_column(doc="Good presses over a cover or envelope (封标).")
    spoiled: Mapped[int] = mapped_column(doc="Failed presses (废印).")
    presser_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    reviewer_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    pressed_at: Mapped[int]
    recorded_at: Mapped[int] = mapped_column(index=True)
    remark: Mapped[str | None] = mapped_column(Text)


class UsePhoto(Base):
    """A photo of a paper before and after it was stamped, of the pressing, or of seals or originals back in their place."""

    __tablename__ = "use_photo"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    opening_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("opening.id"), index=True)
    loan_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("loan.id"), index=True)
    paper_permit_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("paper_permit.id"), index=True)
    original_loan_id: Mapped[str | None] = mapped_column(
        String(32),
        ForeignKey("original_loan.id"),
        index=True,
        doc="Whose originals it shows, back in their slot.",
    )
    request_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("use_request.id"), doc="Whose paper it shows; null for seals in their place."
    )
    use_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("physical_use.id"), index=True)
    object_id: Mapped[str] = mapped_column(String(32), ForeignKey("stored_object.id"))
    sm3: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    moment: Mapped[str] = mapped_column(String(16))
    taken_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    taken_at: Mapped[int]


class SealReturn(Base):
    """A seal taken out at an opening, and when it was back in its slot."""

    __tablename__ = "seal_return"

    opening_id: Mapped[str] = mapped_column(String(32), ForeignKey("opening.id"), primary_key=True)
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    taken_at: Mapped[int]
    returned_at: Mapped[int | None]


class PrintCopy(Base):
    """A controlled print: the approved pages with watermark, number and code, as they came from the printer.

    The approved file stays as it is; this is what the paper that is stamped looks like.
    """

    __tablename__ = "print_copy"
    __table_args__ = (UniqueConstraint("organization_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"), index=True)
    document_version_id: Mapped[str] = mapped_column(String(32), ForeignKey("document_version.id"))
    source_sm3: Mapped[str] = mapped_column(String(64), doc="The approved file.")
    object_id: Mapped[str] = mapped_column(String(32), ForeignKey("stored_object.id"))
    sm3: Mapped[str] = mapped_column(String(64), doc="The file with the watermark.")
    copies: Mapped[int] = mapped_column(doc="How many were printed.")
    made_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    made_at: Mapped[int]


class LoanStatus(StrEnum):
    """Where a loan (外带) stands: to be confirmed by both, out (待归还), returned (已归还), or called off before it began.

    Overdue (逾期) is no status of its own: it is a loan that is out and past its time.
    """

    PENDING = "pending"
    OUT = "out"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Loan(Versioned, Base):
    """One loan (外带): seals leave their safe for an approved request, with an escort, to a place, until a time."""

    __tablename__ = "loan"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(None, "organization_id", "status", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"), index=True)
    custodian_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    escort_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("person.id"), doc="Who takes the seal along and presses."
    )
    place: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(500))
    from_at: Mapped[int]
    due_at: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    requested_at: Mapped[int]
    out_at: Mapped[int | None]
    back_at: Mapped[int | None]
    overdue_at: Mapped[int | None] = mapped_column(doc="When it was noticed that the time is over.")
    escalated_at: Mapped[int | None] = mapped_column(doc="When those who manage the seals were told.")


class LoanSeal(Base):
    """A seal of a loan, and the slot that it was taken from and goes back to."""

    __tablename__ = "loan_seal"

    loan_id: Mapped[str] = mapped_column(String(32), ForeignKey("loan.id"), primary_key=True)
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), primary_key=True, index=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    safe_id: Mapped[str] = mapped_column(String(32), ForeignKey("safe.id"))
    slot: Mapped[str] = mapped_column(String(32))


class Confirmation(Base):
    """That one party of a loan, a hand-over or a stocktake confirmed a phase of it with a factor of his own."""

    __tablename__ = "custody_confirmation"

    subject_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    phase: Mapped[str] = mapped_column(String(16), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    two_factors: Mapped[bool]
    confirmed_at: Mapped[int]


class HandoverStatus(StrEnum):
    """Where a hand-over (交接) stands: being checked and confirmed, done by all three, or called off."""

    PENDING = "pending"
    DONE = "done"
    CANCELLED = "cancelled"


class ItemKind(StrEnum):
    """What a line of the sheet (交接单) hands over."""

    SEAL = "seal"
    SAFE = "safe"
    UNFINISHED_USE = "unfinished_use"
    IMPRINT_CARD = "imprint_card"
    ACCESSORY = "accessory"
    ORIGINAL = "original"
    ORIGINAL_LOAN = "original_loan"


class Handover(Versioned, Base):
    """One hand-over of what a person keeps, on one sheet, by giver, receiver and witness."""

    __tablename__ = "handover"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("giver_slot"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(40))
    giver_slot: Mapped[str | None] = mapped_column(
        String(32), doc="The giver while it is pending: one at a time, so that nothing is on two sheets."
    )
    giver_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    receiver_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    witness_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(16))
    drafted_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    drafted_at: Mapped[int]
    done_at: Mapped[int | None]


class HandoverItem(Base):
    """One line of the sheet, and whether the thing was there."""

    __tablename__ = "handover_item"
    __table_args__ = (UniqueConstraint("handover_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    handover_id: Mapped[str] = mapped_column(String(32), ForeignKey("handover.id"))
    position: Mapped[int] = mapped_column(doc="From 1.")
    kind: Mapped[str] = mapped_column(String(16))
    thing_id: Mapped[str | None] = mapped_column(
        String(32), doc="The seal, safe or request; null for what the platform does not know."
    )
    name: Mapped[str] = mapped_column(String(200))
    present: Mapped[bool | None] = mapped_column(doc="Null until it was looked at.")
    discrepancy: Mapped[str | None] = mapped_column(String(500))
