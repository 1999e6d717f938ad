"""API shapes of the check before a press."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.people.schemas import Id, PersonRef


class NewPressCheck(BaseModel):
    """What the presser found when he looked at the paper of a request before the press."""

    model_config = ConfigDict(extra="forbid")

    request_id: Id
    text_matches: bool = Field(description="The text is the approved version.")
    date_filled: bool = Field(description="The date is filled in.")
    no_blank: bool = Field(description="No paper and no passage to be stamped is blank.")
    signature_line: bool = Field(description="The signature line is that of the seal's owner.")


class Supervision(BaseModel):
    """The supervisor (监印人) identifies himself on this device with account, password and a factor of his own."""

    model_config = ConfigDict(extra="forbid")

    account: str = Field(max_length=100)
    password: str = Field(max_length=200)
    method: Literal["totp", "recovery_code"]
    code: str = Field(min_length=6, max_length=40)


class PressCheckOut(BaseModel):
    """The check of a request's paper on one occasion."""

    id: str
    request_id: str
    text_matches: bool
    date_filled: bool
    no_blank: bool
    signature_line: bool
    passed: bool
    checked_by: PersonRef
    checked_at: int
    supervisor: PersonRef | None
    supervised_at: int | None
