"""Tables of alarms."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class Verdict(StrEnum):
    """What was found out about an alarm: 误报 or 属实."""

    FALSE_ALARM = "false_alarm"
    REAL = "real"


class Alarm(Versioned, Base):
    """One alarm (预警). `slot` is filled while it is open, so that the same thing is one alarm that counts."""

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        UniqueConstraint("slot"),
        Index(None, "organization_id", "id"),
        Index(None, "subject_type", "subject_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    number: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(40), doc="Code of alarms/kinds.json.")
    severity: Mapped[str] = mapped_column(String(16), doc="critical | warning")
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(32))
    slot: Mapped[str | None] = mapped_column(String(200))
    facts: Mapped[str] = mapped_column(Text, doc="JSON of what was seen first: ids, numbers, digests.")
    occurrences: Mapped[int] = mapped_column(doc="How often the same was seen while it was open.")
    occurred_at: Mapped[int] = mapped_column(doc="When it happened, by whoever saw it first.")
    raised_at: Mapped[int]
    last_at: Mapped[int]
    entry_id: Mapped[str] = mapped_column(String(32))
    verdict: Mapped[str | None] = mapped_column(String(16))
    remark: Mapped[str | None] = mapped_column(String(1000))
    handled_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    handled_at: Mapped[int | None]
    verdict_entry_id: Mapped[str | None] = mapped_column(String(32))


class AlarmRecipient(Base):
    """A person who was told of an alarm, and why he."""

    __tablename__ = "alarm_recipient"
    __table_args__ = (Index(None, "person_id", "alarm_id"),)

    alarm_id: Mapped[str] = mapped_column(String(32), ForeignKey("alarm.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(16), doc="custodian | manager")


class AlarmMessage(Base):
    """The short message that is to tell one person of one alarm. Tries that may have gone are counted as `unsure`."""

    __tablename__ = "alarm_message"
    __table_args__ = (Index(None, "person_id", "state"),)

    alarm_id: Mapped[str] = mapped_column(String(32), ForeignKey("alarm.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), doc="One of `rules.MessageState`.")
    tries: Mapped[int]
    unsure: Mapped[int]
    next_at: Mapped[int | None] = mapped_column(doc="Not before: a try is under way, or was put off.")
    message_id: Mapped[str | None] = mapped_column(
        String(32), index=True, doc="The newest message that told of it; several alarms may share one."
    )
    sent_at: Mapped[int | None]
