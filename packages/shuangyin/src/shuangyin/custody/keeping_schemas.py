"""API shapes of deputies and of changes of a lock code."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shuangyin.custody.keeping_models import LockReason
from shuangyin.custody.loan_schemas import LATEST_MS
from shuangyin.people.schemas import Id, PersonRef


class NewDeputy(BaseModel):
    """Names a deputy of a safe's custodian."""

    model_config = ConfigDict(extra="forbid")

    person_id: Id
    from_at: int | None = Field(None, ge=0, le=LATEST_MS, description="UTC milliseconds; now when absent.")
    until_at: int | None = Field(None, ge=0, le=LATEST_MS, description="UTC milliseconds; open when absent.")


class LockCodeChanged(BaseModel):
    """That the lock code was changed, never the code; the second person identifies himself on this device."""

    model_config = ConfigDict(extra="forbid")

    reason: LockReason
    account: str = Field(max_length=100, description="Of the second person.")
    password: str = Field(max_length=200)
    method: Literal["totp", "recovery_code"]
    code: str = Field(min_length=6, max_length=40)


class DeputyOut(BaseModel):
    """A deputy of a safe whose term is not over."""

    id: str
    person: PersonRef
    from_at: int
    until_at: int | None


class LockChangeOut(BaseModel):
    """One recorded change of a lock code."""

    reason: LockReason
    changed_by: PersonRef
    witness: PersonRef
    changed_at: int


class KeepingOut(BaseModel):
    """Who may open a safe, and how its lock code stands."""

    safe_id: str
    deputies: list[DeputyOut]
    lock_changed_at: int
    lock_due_at: int = Field(description="When its interval is over.")
    lock_due: Literal["interval", "keeper_changed"] | None = Field(
        description="Why it must be changed now; while it must, the safe is not opened for seals."
    )
    changes: list[LockChangeOut] = Field(description="Newest first.")
    may_open: bool = Field(description="Whether the caller keeps this safe now.")
