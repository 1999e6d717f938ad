"""API shapes of smart seals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shuangyin.core.free_text import Line, Paragraph
from shuangyin.people.schemas import Id, NamedRef, PersonRef

Sm3 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[Paragraph, Field(min_length=1, max_length=500)]
Proof = Annotated[str, StringConstraints(max_length=200)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewDevice(_Input):
    """A device to be added; it enrols itself with the code that the answer holds."""

    name: Line = Field(min_length=1, max_length=100)
    maker: Line = Field(min_length=1, max_length=100)


class SealBinding(_Input):
    """Which seal sits in the device."""

    seal_id: Id


class ReasonBody(_Input):
    """Why."""

    reason: Reason


class Revocation(_Input):
    """Why the device is trusted or used no more, with the second factor."""

    reason: Reason
    proof: Proof | None = None


class Unlocking(_Input):
    """Who unlocks the device there, and why, with the second factor."""

    person_id: Id
    reason: Reason
    proof: Proof | None = None


class TemplateDeletion(_Input):
    """Whose template."""

    person_id: Id


class FenceShape(_Input):
    """A circle: degrees in units of 1e-7 (WGS 84), radius in metres."""

    latitude_e7: int = Field(ge=-900_000_000, le=900_000_000)
    longitude_e7: int = Field(ge=-1_800_000_000, le=1_800_000_000)
    radius_m: int = Field(ge=1, le=100_000)


class FenceChange(_Input):
    """Where the seal may be used; null for anywhere."""

    fence: FenceShape | None


class NewPermit(_Input):
    """What the permit shall say besides what was approved: within an opening, or on a loan."""

    opening_id: Id | None = None
    loan_id: Id | None = None
    request_id: Id
    minutes: int = Field(60, ge=1, le=120, description="How long it is good; never longer than the opening.")
    checks: list[Literal["face", "password", "card"]] = Field(["password"], min_length=1, max_length=3)
    photos: list[Literal["before", "pressing", "after"]] = Field(["after"], max_length=3)
    offline: bool = Field(default=False, description="May press without a connection.")
    confirmer_id: Id | None = Field(None, description="Who confirms each press from afar.")

    @model_validator(mode="after")
    def _one_occasion(self) -> NewPermit:
        if (self.opening_id is None) == (self.loan_id is None):
            message = "exactly one of opening_id and loan_id is needed"
            raise ValueError(message)
        return self


class PressConfirmation(_Input):
    """Which press (from 1) is let go, with the second factor."""

    press: int = Field(ge=1, le=100_000)
    proof: Proof | None = None


class PositionOut(BaseModel):
    """Where a device was."""

    latitude_e7: int
    longitude_e7: int
    accuracy_m: int | None
    at: int


class DeviceOut(BaseModel):
    """A device as it stands: what it reported, and what it shall be."""

    id: str
    name: str
    maker: str
    status: str
    seal: NamedRef | None
    keeper: PersonRef | None
    firmware: str | None
    battery: int | None
    seen_at: int | None
    online: bool
    locked_by: str | None
    lock_wanted: bool
    lock_reason: str | None
    lock_told: str | None
    suspect: bool
    seq: int
    head: str
    boot: int
    presses: int
    unpermitted: int
    position: PositionOut | None
    fence: FenceShape | None
    created_at: int
    enrolled_at: int | None
    bound_at: int | None
    revoked_at: int | None
    failed_at: int | None = Field(description="When it was declared failed and its seal taken out.")
    open_alarms: int


class DeviceCode(BaseModel):
    """A device that waits, and the code with which it enrols once, within a day. The code is not shown again."""

    device: DeviceOut
    code: str


class DevicePhotoOut(BaseModel):
    """A photo that an event announced."""

    id: str
    moment: str
    sm3: str
    size: int
    uploaded: bool
    url: str | None


class EventOut(BaseModel):
    """One event of a device's chain."""

    id: str
    seq: int
    kind: str
    digest: str
    previous: str
    boot: int
    occurred_at: int
    time_source: str
    received_at: int
    permit_id: str | None
    press_kind: str | None
    about: int | None
    presses: int
    battery: int | None
    detail: list[str]
    persons: list[PersonRef]
    position: PositionOut | None
    photos: list[DevicePhotoOut]


class AsideOut(BaseModel):
    """A record that is not part of the chain, as it was signed."""

    verdict: str
    seq: int
    digest: str
    received_at: int


class MessageOut(BaseModel):
    """A message to a device and what became of it."""

    id: str
    kind: str
    number: int | None
    created_at: int
    not_after: int | None
    closed_at: int | None
    outcome: str | None


class PermitCounts(BaseModel):
    """Presses by kind."""

    ordinary: int
    seam: int
    cover: int


class PermitOut(BaseModel):
    """A permit and how its accounts stand."""

    id: str
    device_id: str
    device_name: str
    seal: NamedRef
    request_id: str
    request_number: str
    request_title: str
    opening_id: str | None = Field(description="Null for a permit on a loan.")
    loan_id: str | None = Field(description="Null for a permit at a safe.")
    presser: PersonRef
    reviewer: PersonRef
    confirmer: PersonRef | None
    permitted: PermitCounts
    spare: int
    pressed: PermitCounts
    spoiled: PermitCounts
    uncertain: int
    registered: int
    registered_spoiled: int
    photo_moments: int
    photos_missing: int
    not_before: int
    not_after: int
    issued_at: int
    taken_at: int | None
    finished_at: int | None
    check_at: int | None
    balanced: bool | None
    state: Literal["issued", "active", "settling", "balanced", "difference"]
    digest: str
    entry_id: str


class OpeningDevice(BaseModel):
    """A smart seal that holds a seal of an opening's requests or of a loan, as its persons need to see it."""

    id: str
    name: str
    seal_id: str
    online: bool
    locked: bool
    suspect: bool
    battery: int | None
    firmware: str | None


class BalanceOut(BaseModel):
    """All presses of a device since it was enrolled: counted by it, under permits, without any, registered."""

    counted: int
    under_permits: int
    without_permit: int
    registered: int


class DeviceDetail(BaseModel):
    """A device with its permits, messages, track and what lies aside."""

    device: DeviceOut
    balance: BalanceOut
    permits: list[PermitOut]
    messages: list[MessageOut]
    asides: list[AsideOut]
    track: list[PositionOut]
    certificate_serial: str | None
    record_key: str | None
    may_manage: bool
    may_lock: bool


class EnrolBody(_Input):
    """What a device sends to be enrolled: its keys, and proof that it holds them."""

    code: Annotated[str, StringConstraints(min_length=10, max_length=60)]
    certificate_request: Annotated[str, StringConstraints(max_length=8_000, pattern=r"^[\x20-\x7e\r\n]+$")]
    record_key: Annotated[str, StringConstraints(pattern=r"^04[0-9a-f]{128}$")]
    session: Annotated[str, StringConstraints(max_length=4_000, pattern=r"^[\x20-\x7e]+$")]
    firmware: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]


class Enrolled(BaseModel):
    """What a device keeps: who it is, its certificate, whom to trust, and whose permits to obey."""

    device_id: str
    certificate: str
    authority: str
    platform_key: str


class UploadProgress(BaseModel):
    """How far the upload of a photo is."""

    next_byte: int
    complete: bool
