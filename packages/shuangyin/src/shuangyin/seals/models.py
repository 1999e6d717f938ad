"""Tables of the seal register: seals of both media, the material of electronic ones, events, the trial authority."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned
from shuangyin.seals.kinds import Begun, Medium, Origin, SealCategory, SealStatus, Whereabouts

__all__ = [
    "MICROMETRES_PER_MM",
    "ESealMaterial",
    "Engraver",
    "Medium",
    "Origin",
    "Seal",
    "SealCategory",
    "SealEvent",
    "SealStatus",
    "TrialAuthority",
    "Whereabouts",
]

MICROMETRES_PER_MM = 1000


class Seal(Versioned, Base):
    """A seal of either medium."""

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("in_force_slot"), UniqueConstraint("es_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), index=True)
    medium: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200), doc="The text on the face, in one line.")
    face_text: Mapped[str] = mapped_column(
        String(100), doc="What runs along the rim, or fills a square face."
    )
    face_words: Mapped[str | None] = mapped_column(String(40), doc="What stands below the centre.")
    ga_type: Mapped[str] = mapped_column(String(2), doc="Seal type of GA 241.2: 01 to 05, 99.")
    category: Mapped[str] = mapped_column(String(24))
    sequence_number: Mapped[int | None] = mapped_column(doc="Number of one of several business seals.")
    shape: Mapped[str] = mapped_column(String(16))
    width_um: Mapped[int] = mapped_column(doc="Width in micrometres.")
    height_um: Mapped[int] = mapped_column(doc="Height in micrometres.")
    seal_code: Mapped[str | None] = mapped_column(String(14))
    es_id: Mapped[str | None] = mapped_column(String(64), doc="esID of an electronic seal.")
    origin: Mapped[str | None] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), default=SealStatus.DRAFT)
    whereabouts: Mapped[str | None] = mapped_column(String(16))
    counterpart_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal.id"))
    root: Mapped[str] = mapped_column(
        String(16), default="unit", doc="Whose root office grants its use: unit | party | union | league."
    )
    keeper_person_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    filing_no: Mapped[str | None] = mapped_column(String(64))
    filing_authority: Mapped[str | None] = mapped_column(String(200))
    filed_at: Mapped[int | None]
    valid_from: Mapped[int | None]
    valid_until: Mapped[int | None]
    specimen_object_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("stored_object.id"))
    in_force_slot: Mapped[str | None] = mapped_column(
        String(80), doc="Held while in force where the organization may have one such seal per medium."
    )
    begun: Mapped[str] = mapped_column(
        String(16), default=Begun.TAKEN_IN, doc="Entered when it existed already, or applied for here."
    )
    replaces_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("seal.id"), doc="The seal that this one was made to replace."
    )
    hold: Mapped[str | None] = mapped_column(String(32), doc="Why a suspended seal cannot be taken up again.")
    created_at: Mapped[int]

    @property
    def width_mm(self) -> float:
        return self.width_um / MICROMETRES_PER_MM

    @property
    def height_mm(self) -> float:
        return self.height_um / MICROMETRES_PER_MM


class ESealMaterial(Base):
    """What an electronic seal signs with. The key is wrapped under the context ``eseal:<seal id>``."""

    __tablename__ = "e_seal_material"

    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    seal_der: Mapped[bytes] = mapped_column(LargeBinary)
    certificate_der: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]


class SealEvent(Base):
    """Something that happened to a seal; never changed. The latest one before an instant tells the status then."""

    __tablename__ = "seal_event"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    at: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    status_after: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[str] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)
    note_digest: Mapped[str | None] = mapped_column(
        String(200),
        doc="Salt and SM3 of the note as in the log, so that the note can be shown to be the one.",
    )
    step_id: Mapped[str | None] = mapped_column(
        String(32), doc="The step with its evidence, where it has one."
    )


class Engraver(Versioned, Base):
    """An enterprise filed with the police that makes physical seals and takes old ones back (刻制单位)."""

    __tablename__ = "engraver"
    __table_args__ = (UniqueConstraint("organization_id", "filing_no"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    name: Mapped[str] = mapped_column(String(100))
    filing_no: Mapped[str] = mapped_column(String(64))
    valid_until: Mapped[str | None] = mapped_column(
        String(10), doc="The last day of his filing, ISO 8601; null without a term."
    )
    active: Mapped[bool]
    created_at: Mapped[int]


class TrialAuthority(Base):
    """The trial root and trial seal maker of this installation; one row, of no organization."""

    __tablename__ = "trial_authority"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    root_certificate: Mapped[bytes] = mapped_column(LargeBinary)
    root_wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    maker_certificate: Mapped[bytes] = mapped_column(LargeBinary)
    maker_wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]


class SealFreeze(Base):
    """That all seals of both media were frozen at once, and when that was lifted.

    `slot` is the organization while the freeze lasts and null after, so that there is one at a time.
    """

    __tablename__ = "seal_freeze"
    __table_args__ = (UniqueConstraint("slot"), Index(None, "organization_id", "frozen_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    slot: Mapped[str | None] = mapped_column(String(32))
    frozen_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    frozen_at: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    entry_id: Mapped[str] = mapped_column(String(32))
    lifted_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    lifted_at: Mapped[int | None]
    lift_reason: Mapped[str | None] = mapped_column(String(500))
    lift_entry_id: Mapped[str | None] = mapped_column(String(32))


class SealStep(Versioned, Base):
    """One step of a seal's life that was asked for: with evidence, where the table asks for one with an approval.

    `slot` is the seal while the step waits and null after, so that one step of a seal waits at a time.
    """

    __tablename__ = "seal_step"
    __table_args__ = (UniqueConstraint("slot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    act: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(16))
    slot: Mapped[str | None] = mapped_column(String(32))
    details: Mapped[str] = mapped_column(Text, doc="JSON of what the step states besides its evidence.")
    reason: Mapped[str | None] = mapped_column(String(500))
    binding: Mapped[str] = mapped_column(String(64), doc="SM3 over seal, act, details and evidence.")
    route_id: Mapped[str | None] = mapped_column(String(32))
    asked_by: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[int]
    ended_at: Mapped[int | None]
    ended_because: Mapped[str | None] = mapped_column(String(64))


class SealEvidence(Base):
    """A paper or photo that proves a step of a seal's life. Rows are never changed but to be taken up by a step."""

    __tablename__ = "seal_evidence"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    step_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal_step.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(32), ForeignKey("stored_object.id"))
    sm3: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    added_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    added_at: Mapped[int]


class SealCheck(Base):
    """What the company registry or the identity check said about an application; rows are never changed.

    Of persons only the outcome is kept, neither names nor numbers.
    """

    __tablename__ = "seal_check"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    good: Mapped[bool]
    outcome: Mapped[str] = mapped_column(String(32))
    checked_by: Mapped[str] = mapped_column(String(32))
    checked_at: Mapped[int]


class SealFiling(Versioned, Base):
    """Something that a filing authority is told, until it has answered. Its id is the number the authority knows it by.

    `payload` is what is sent, the same at every try, so that a repetition is recognised as one.
    """

    __tablename__ = "seal_filing"
    __table_args__ = (Index(None, "organization_id", "status", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    step_id: Mapped[str | None] = mapped_column(String(32))
    authority: Mapped[str] = mapped_column(String(24))
    telling: Mapped[str] = mapped_column(String(16))
    payload: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    next_try_at: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(Text, doc="JSON of why the last try failed or was refused.")
    due_at: Mapped[int | None]
    created_at: Mapped[int]
    answered_at: Mapped[int | None]
    filing_no: Mapped[str | None] = mapped_column(String(64))


class SealTask(Base):
    """Something that is to be done about a seal, or about the organization's seals, because of something else.

    `slot` is filled while it is open, so that the same thing is asked once.
    """

    __tablename__ = "seal_task"
    __table_args__ = (UniqueConstraint("slot"), Index(None, "organization_id", "done_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    seal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    cause_seal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal.id"))
    detail: Mapped[str | None] = mapped_column(String(200))
    slot: Mapped[str | None] = mapped_column(String(120))
    raised_at: Mapped[int]
    done_at: Mapped[int | None]
    done_by: Mapped[str | None] = mapped_column(String(32))


class SealDiscrepancy(Base):
    """That an outside register says something else than this one; open until both agree again."""

    __tablename__ = "seal_discrepancy"
    __table_args__ = (UniqueConstraint("slot"), Index(None, "organization_id", "ended_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    seal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal.id"), index=True)
    register: Mapped[str] = mapped_column(String(24))
    what: Mapped[str] = mapped_column(String(32))
    ours: Mapped[str] = mapped_column(String(200))
    theirs: Mapped[str] = mapped_column(String(200))
    slot: Mapped[str | None] = mapped_column(String(120))
    found_at: Mapped[int]
    seen_at: Mapped[int]
    ended_at: Mapped[int | None]
