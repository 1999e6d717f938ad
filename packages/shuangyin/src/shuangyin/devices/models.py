"""Tables of smart seals."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class DeviceStatus(StrEnum):
    """Where a device stands with this platform."""

    AWAITING = "awaiting"
    ACTIVE = "active"
    REVOKED = "revoked"


class Device(Base):
    """A smart seal (智能印章): who it is, where its chain stands, what it reported and what it shall be.

    `seq`, `head`, `boot`, `presses` and `chain_time` are the state of its chain (`sealdevice.chain`). `lock_wanted`
    is what people or alarms want; together with the seal's status it says what the device shall be. `lock_told` is
    the last command, `locked_by` what the device itself says in its chain.
    """

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("seal_id"),
        UniqueConstraint("organization_id", "name"),
        Index(None, "status", "seen_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    name: Mapped[str] = mapped_column(String(100))
    maker: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(16))
    seal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("seal.id"))
    created_at: Mapped[int]
    enrolled_at: Mapped[int | None]
    bound_at: Mapped[int | None]
    revoked_at: Mapped[int | None]
    record_key: Mapped[str | None] = mapped_column(String(130), doc="SM2 point of its records, as hex.")
    certificate: Mapped[str | None] = mapped_column(Text, doc="PEM of its TLS certificate (P-256).")
    certificate_serial: Mapped[str | None] = mapped_column(String(40))
    firmware: Mapped[str | None] = mapped_column(String(64))
    battery: Mapped[int | None]
    seen_at: Mapped[int | None]
    seq: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(String(64))
    boot: Mapped[int] = mapped_column(default=0)
    presses: Mapped[int] = mapped_column(default=0)
    unpermitted: Mapped[int] = mapped_column(
        default=0, doc="Presses outside any permit since it was enrolled."
    )
    chain_time: Mapped[int] = mapped_column(default=0)
    suspect: Mapped[bool] = mapped_column(default=False, doc="It contradicted itself; somebody must look.")
    locked_by: Mapped[str | None] = mapped_column(String(64))
    lock_wanted: Mapped[bool] = mapped_column(default=False)
    lock_reason: Mapped[str | None] = mapped_column(String(500))
    lock_told: Mapped[str | None] = mapped_column(String(8), doc="lock | unlock")
    unlock_person_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    next_command: Mapped[int] = mapped_column(default=1)
    latitude_e7: Mapped[int | None]
    longitude_e7: Mapped[int | None]
    accuracy_m: Mapped[int | None]
    located_at: Mapped[int | None]
    fence_latitude_e7: Mapped[int | None]
    fence_longitude_e7: Mapped[int | None]
    fence_radius_m: Mapped[int | None]
    resend_from: Mapped[int | None]
    resend_at: Mapped[int | None]
    silent_told_at: Mapped[int | None] = mapped_column(doc="When its silence was told; null once it speaks.")
    failed_at: Mapped[int | None] = mapped_column(
        doc="When people declared it failed and took its seal out; null once a seal is bound to it anew."
    )


class DeviceEnrolment(Base):
    """A one-time code by which a device is enrolled; only its digest is kept."""

    __tablename__ = "device_enrolment"
    __table_args__ = (UniqueConstraint("code_digest"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    device_id: Mapped[str] = mapped_column(String(32), ForeignKey("device.id"), index=True)
    code_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int]
    expires_at: Mapped[int]
    used_at: Mapped[int | None]


class DeviceSigningKey(Base):
    """The SM2 key by which an organization's permits and commands are signed; wrapped at rest."""

    __tablename__ = "device_signing_key"

    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(130))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]


class DeviceAuthority(Base):
    """The installation's authority for TLS certificates of devices, broker and gateway; one row."""

    __tablename__ = "device_authority"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    certificate: Mapped[str] = mapped_column(Text)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]


class DevicePermit(Base):
    """A permit (用印许可) that was issued within an opening or on a loan, and what its device counted under it.

    `slot` is request and seal while it can still be pressed under: one permit at a time. `check_at` is when accounts
    are to be settled next; null when they are settled and nothing new was told.
    """

    __tablename__ = "device_permit"
    __table_args__ = (
        UniqueConstraint("slot"),
        Index(None, "device_id", "id"),
        Index(None, "request_id", "seal_id"),
        Index(None, "check_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    device_id: Mapped[str] = mapped_column(String(32), ForeignKey("device.id"))
    seal_id: Mapped[str] = mapped_column(String(32), ForeignKey("seal.id"))
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"))
    opening_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("opening.id"), doc="Null for a permit on a loan."
    )
    loan_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("loan.id"), index=True, doc="Null for a permit at a safe."
    )
    presser_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    reviewer_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    confirmer_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    slot: Mapped[str | None] = mapped_column(String(70))
    record: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    ordinary: Mapped[int]
    seam: Mapped[int]
    cover: Mapped[int]
    spare: Mapped[int]
    photo_moments: Mapped[int] = mapped_column(doc="Photos that each press must have.")
    not_before: Mapped[int]
    not_after: Mapped[int]
    issued_at: Mapped[int]
    issued_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    entry_id: Mapped[str] = mapped_column(String(32))
    taken_at: Mapped[int | None]
    finished_at: Mapped[int | None]
    pressed_ordinary: Mapped[int] = mapped_column(default=0)
    pressed_seam: Mapped[int] = mapped_column(default=0)
    pressed_cover: Mapped[int] = mapped_column(default=0)
    spoiled_ordinary: Mapped[int] = mapped_column(default=0)
    spoiled_seam: Mapped[int] = mapped_column(default=0)
    spoiled_cover: Mapped[int] = mapped_column(default=0)
    uncertain: Mapped[int] = mapped_column(default=0)
    last_press_at: Mapped[int | None]
    registered_ordinary: Mapped[int] = mapped_column(default=0)
    registered_seam: Mapped[int] = mapped_column(default=0)
    registered_cover: Mapped[int] = mapped_column(default=0)
    registered_spoiled: Mapped[int] = mapped_column(default=0)
    check_at: Mapped[int | None]
    balanced: Mapped[bool | None]
    failed_at: Mapped[int | None] = mapped_column(
        doc="When its device was declared failed before this was settled: what people register by hand from then on is "
        "not this device's to count."
    )


class DevicePermitUse(Base):
    """A line of the register of physical use that was entered from what a device counted under a permit."""

    __tablename__ = "device_permit_use"

    use_id: Mapped[str] = mapped_column(String(32), ForeignKey("physical_use.id"), primary_key=True)
    permit_id: Mapped[str] = mapped_column(String(32), ForeignKey("device_permit.id"), index=True)
    organization_id: Mapped[str] = mapped_column(String(32))


class DeviceEvent(Base):
    """One event (设备事件) of a device's chain as it was signed; never changed."""

    __tablename__ = "device_event"
    __table_args__ = (UniqueConstraint("device_id", "seq"), Index(None, "permit_id", "seq"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    device_id: Mapped[str] = mapped_column(String(32), ForeignKey("device.id"))
    seq: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    occurred_at: Mapped[int] = mapped_column(doc="By the device's clock.")
    received_at: Mapped[int]
    permit_id: Mapped[str | None] = mapped_column(String(64))
    latitude_e7: Mapped[int | None]
    longitude_e7: Mapped[int | None]
    record: Mapped[str] = mapped_column(Text)


class DeviceAside(Base):
    """A verified event that is not part of the chain: early, or in contradiction to what the device said before."""

    __tablename__ = "device_aside"
    __table_args__ = (UniqueConstraint("device_id", "digest"), Index(None, "device_id", "verdict", "seq"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    device_id: Mapped[str] = mapped_column(String(32), ForeignKey("device.id"))
    verdict: Mapped[str] = mapped_column(String(16), doc="early | fork | rolled_back | from_future")
    seq: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[int]
    record: Mapped[str] = mapped_column(Text)


class DeviceMessage(Base):
    """A signed message to a device, sent again after every connection until the device answers or it is past."""

    __tablename__ = "device_message"
    __table_args__ = (Index(None, "device_id", "closed_at"), Index(None, "closed_at", "id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    device_id: Mapped[str] = mapped_column(String(32), ForeignKey("device.id"))
    subject: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(32), doc="permit, confirmation, or which command.")
    number: Mapped[int | None]
    record: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int]
    not_after: Mapped[int | None]
    closed_at: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(
        String(64), doc="taken, superseded, expired, or the device's code of refusal."
    )


class DevicePhoto(Base):
    """A photo that a device announced in an event, and the object once it was uploaded."""

    __tablename__ = "device_photo"
    __table_args__ = (
        UniqueConstraint("event_id", "moment", "sm3"),
        Index(None, "device_id", "sm3"),
        Index(None, "permit_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    device_id: Mapped[str] = mapped_column(String(32), ForeignKey("device.id"))
    event_id: Mapped[str] = mapped_column(String(32), ForeignKey("device_event.id"))
    permit_id: Mapped[str | None] = mapped_column(String(64))
    moment: Mapped[str] = mapped_column(String(16))
    sm3: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    taken_at: Mapped[int]
    object_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("stored_object.id"))
    media_type: Mapped[str | None] = mapped_column(String(40))
    uploaded_at: Mapped[int | None]
    use_photo_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("use_photo.id"))


class DevicePhotoPart(Base):
    """A part of a photo whose upload has not come to its end; encrypted like everything else."""

    __tablename__ = "device_photo_part"
    __table_args__ = (UniqueConstraint("device_id", "sm3", "first_byte"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    device_id: Mapped[str] = mapped_column(String(32), ForeignKey("device.id"))
    sm3: Mapped[str] = mapped_column(String(64))
    first_byte: Mapped[int]
    size: Mapped[int]
    object_id: Mapped[str] = mapped_column(String(32), ForeignKey("stored_object.id"))
    received_at: Mapped[int]
