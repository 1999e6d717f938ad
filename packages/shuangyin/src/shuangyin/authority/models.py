"""Tables of authority: grants, delegations, overrides of the separation of duties, and their later reviews."""

from __future__ import annotations

import json

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.authority.kinds import Act, EndCause, GrantStatus, ReservationStatus
from shuangyin.core.database import Base, Versioned

__all__ = [
    "Act",
    "AfterReview",
    "Delegation",
    "DutyOverride",
    "EndCause",
    "Grant",
    "GrantReminder",
    "GrantReservation",
    "GrantStatus",
    "GrantTarget",
    "ReservationStatus",
    "SmallUnit",
    "codes",
]

ID_LENGTH = 32


def codes(stored: str | None) -> frozenset[str] | None:
    """The codes of a JSON list as stored; None stands for "all"."""
    return None if stored is None else frozenset(json.loads(stored))


class Grant(Versioned, Base):
    """A grant (授权) of the organization, given by an office. It never exceeds its parent.

    A limit is stored as it holds: one that was left open is its parent's, filled in when the grant was given, so
    null means without limit. Counts include those of the grant's descendants, so that all children together stay
    within it. `path` is the ids of the line from the root grant to this one, one after the other without separator.
    `status` speaks of acceptance and ending only; time is judged by the dates.
    """

    __tablename__ = "authority_grant"
    __table_args__ = (
        Index(None, "organization_id", "act", "seal_id", "status"),
        Index(None, "parent_id"),
        Index(None, "holder_person_id", "act", "status"),
        Index(None, "holder_post_id", "act", "status"),
        Index(None, "path"),
        Index("ix_authority_grant_expiry", "organization_id", "status", "valid_until"),
        Index("ix_authority_grant_root", "organization_id", "depth", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    parent_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("authority_grant.id"))
    path: Mapped[str] = mapped_column(String(512))
    depth: Mapped[int] = mapped_column(doc="0 for a grant of the root office itself.")
    root: Mapped[str] = mapped_column(String(16), doc="Whose seals: unit | party | union | league.")
    act: Mapped[str] = mapped_column(String(16))
    seal_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("seal.id"), doc="The seal when exactly one is named; see GrantTarget."
    )
    seal_category: Mapped[str | None] = mapped_column(String(24))
    document_kinds: Mapped[str | None] = mapped_column(Text, doc="JSON list of codes, sorted; null: all.")
    matters: Mapped[str | None] = mapped_column(Text, doc="JSON list of codes, sorted; null: all.")
    forms: Mapped[str | None] = mapped_column(Text, doc="JSON list of SM3 digests of blank forms; null: any.")
    department_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("department.id"), doc="Only for uses that this department applies for."
    )
    holder_person_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    holder_post_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("post.id"))
    amount_limit_minor: Mapped[int | None] = mapped_column(doc="Largest amount of one use, in fen (CNY).")
    count_limit: Mapped[int | None] = mapped_column(doc="How many, descendants' included.")
    count_of: Mapped[str] = mapped_column(String(16), doc="uses | documents | presses")
    count_reserved: Mapped[int]
    count_used: Mapped[int]
    may_pass_on: Mapped[bool] = mapped_column(doc="Whether its holder may grant out of it.")
    valid_from: Mapped[int]
    valid_until: Mapped[int] = mapped_column(doc="The first instant at which it no longer holds.")
    granted_by_person: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    granted_by_post: Mapped[str | None] = mapped_column(String(32), ForeignKey("post.id"))
    granted_at: Mapped[int]
    confirmed_at: Mapped[int] = mapped_column(
        doc="When the root office last stood by it: given, or reconfirmed by a new holder."
    )
    answered_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    answered_at: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(16))
    ended_at: Mapped[int | None]
    end_cause: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(500))
    end_reason: Mapped[str | None] = mapped_column(String(500))

    @property
    def line_ids(self) -> tuple[str, ...]:
        """The ids of the line from the root grant down to this one."""
        return tuple(self.path[at : at + ID_LENGTH] for at in range(0, len(self.path), ID_LENGTH))


class GrantTarget(Base):
    """Which seals a grant reaches: a seal's id, `category:` and a category, or `*` for all of its root office."""

    __tablename__ = "grant_target"
    __table_args__ = (Index(None, "organization_id", "target", "act"),)

    grant_id: Mapped[str] = mapped_column(String(32), ForeignKey("authority_grant.id"), primary_key=True)
    target: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    act: Mapped[str] = mapped_column(String(16))


class GrantReservation(Base):
    """What a subject (a use request, for one seal) holds or has used of a grant's count.

    `slot` is subject and seal while the count is reserved or used, so that one use never takes two counts.
    """

    __tablename__ = "grant_reservation"
    __table_args__ = (UniqueConstraint("slot"), Index(None, "subject_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    grant_id: Mapped[str] = mapped_column(String(32), ForeignKey("authority_grant.id"))
    subject_id: Mapped[str] = mapped_column(String(32))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"))
    documents: Mapped[int] = mapped_column(doc="Documents of this use; the use itself counts once.")
    presses: Mapped[int] = mapped_column(doc="Presses of this use, a seam over all pages counted once.")
    status: Mapped[str] = mapped_column(String(16))
    reserved_at: Mapped[int]
    slot: Mapped[str | None] = mapped_column(String(65))


class GrantReminder(Base):
    """That the holder and the giver of a grant were reminded of its end, once per round."""

    __tablename__ = "grant_reminder"

    grant_id: Mapped[str] = mapped_column(String(32), ForeignKey("authority_grant.id"), primary_key=True)
    round_days: Mapped[int] = mapped_column(primary_key=True, doc="So many days before the end.")
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    reminded_at: Mapped[int]


class Delegation(Versioned, Base):
    """A delegation (委托) for absence: within a time, what the delegator may do himself, done by another person.

    It gives nothing of its own: whether the delegator is in authority is asked again at every act.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        Index(None, "delegate_id", "ended_at", "until_at"),
        Index(None, "delegator_id", "ended_at", "until_at"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    parent_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("delegation.id"), doc="The delegation that is passed on."
    )
    delegator_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    delegate_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    given_by: Mapped[str] = mapped_column(
        String(32), ForeignKey("person.id"), doc="The delegator, or in an emergency who acted for him."
    )
    acts: Mapped[str] = mapped_column(Text, doc="JSON list of acts, sorted.")
    seal_ids: Mapped[str | None] = mapped_column(Text, doc="JSON list of ids, sorted; null: all.")
    document_kinds: Mapped[str | None] = mapped_column(Text, doc="JSON list of codes, sorted; null: all.")
    amount_limit_minor: Mapped[int | None]
    may_pass_on: Mapped[bool]
    emergency: Mapped[bool]
    from_at: Mapped[int]
    until_at: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    given_at: Mapped[int]
    ended_at: Mapped[int | None]
    ended_by: Mapped[str | None] = mapped_column(String(32))
    end_reason: Mapped[str | None] = mapped_column(String(500))


class DutyOverride(Base):
    """That one person may do two duties of one request, by whose leave and why."""

    __tablename__ = "duty_override"
    __table_args__ = (UniqueConstraint("subject_id", "person_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    subject_id: Mapped[str] = mapped_column(String(32), doc="The use request.")
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    basis: Mapped[str] = mapped_column(String(16), doc="override | small_unit")
    reason: Mapped[str] = mapped_column(String(500))
    given_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    given_at: Mapped[int]


class SmallUnit(Versioned, Base):
    """That a small unit merges duties into two persons, as registered, and who reviews it afterwards.

    `open_slot` is the organization's id while the registration holds.
    """

    __tablename__ = "small_unit"
    __table_args__ = (UniqueConstraint("open_slot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    reviewer_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    reviewer_kind: Mapped[str] = mapped_column(String(24), doc="owner | outside_accountant")
    headcount: Mapped[int] = mapped_column(doc="Active persons when it was registered.")
    reason: Mapped[str] = mapped_column(String(500))
    registered_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    registered_at: Mapped[int]
    ended_at: Mapped[int | None]
    open_slot: Mapped[str | None] = mapped_column(String(32))


class AfterReview(Versioned, Base):
    """A later review that somebody owes: of an override, of merged duties, of an emergency delegation."""

    __tablename__ = "after_review"
    __table_args__ = (Index(None, "organization_id", "status", "due_at"), UniqueConstraint("cause_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    kind: Mapped[str] = mapped_column(String(16), doc="override | small_unit | emergency")
    cause_id: Mapped[str] = mapped_column(String(32), doc="The override or delegation under review.")
    subject_id: Mapped[str | None] = mapped_column(String(32), doc="The use request, where there is one.")
    reviewer_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("person.id"), doc="Null: whoever holds the right to review."
    )
    barred_ids: Mapped[str] = mapped_column(Text, doc="JSON list of those who took part and cannot review.")
    opened_at: Mapped[int]
    due_at: Mapped[int]
    status: Mapped[str] = mapped_column(String(16), doc="open | upheld | not_upheld")
    reviewed_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    reviewed_at: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(String(500))
