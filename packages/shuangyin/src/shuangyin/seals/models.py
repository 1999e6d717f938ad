"""Tables of the seal register: seals of both media, the material of electronic ones, events, the trial authority."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned
from shuangyin.seals.kinds import Medium, Origin, SealCategory, SealStatus, Whereabouts

__all__ = [
    "MICROMETRES_PER_MM",
    "ESealMaterial",
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
