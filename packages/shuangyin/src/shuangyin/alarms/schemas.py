"""API shapes of alarms."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.alarms.models import Verdict
from shuangyin.alarms.rules import MessageState
from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import PersonRef


class RecipientOut(BaseModel):
    """A person who was told, and as what."""

    person: PersonRef
    role: str
    message: MessageState | None = Field(
        description="What became of the short message; null for a warning, or where no gateway takes alarms."
    )
    message_at: int | None = Field(description="When the gateway took it, UTC milliseconds.")


class AlarmOut(BaseModel):
    """One alarm, with the name of its kind in both languages."""

    id: str
    number: str
    kind: str
    title_zh: str
    title_en: str
    severity: str
    locks: bool
    subject_type: str
    subject_id: str
    subject_name: str | None = Field(description="Its name or number, as people call it.")
    facts: dict[str, object]
    occurrences: int
    occurred_at: int
    raised_at: int
    last_at: int
    entry_id: str
    recipients: list[RecipientOut]
    verdict: Verdict | None
    remark: str | None
    handled_by: PersonRef | None
    handled_at: int | None
    may_judge: bool


class AlarmKindOut(BaseModel):
    """A kind of alarm and its defaults."""

    code: str
    title_zh: str
    title_en: str
    severity: str
    locks: bool
    after_ms: int


class AlarmKinds(BaseModel):
    """All kinds of alarms."""

    items: list[AlarmKindOut]


class AlarmCount(BaseModel):
    """How many alarms wait for a verdict."""

    open: int


class NewVerdict(BaseModel):
    """What an alarm was, and what was done."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    remark: Annotated[Paragraph, Field(min_length=1, max_length=1000)]
