"""A device becomes known: added by a manager, enrolled by itself with a one-time code, bound to a seal, revoked."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from gmseal.errors import GmsealError
from gmseal.sm.keys import PublicKey
from sealdevice.errors import SealDeviceError
from sealdevice.event import NO_PREVIOUS
from sealdevice.session import Purpose, open_session
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import errors, queries
from shuangyin.devices.certificates import Authority, certificate_pem, issue_device, read_request
from shuangyin.devices.commands.telling import tell_watchers
from shuangyin.devices.models import Device, DeviceEnrolment, DevicePermit, DeviceStatus
from shuangyin.devices.trust import authority
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands import require_second_factor
from shuangyin.seals import queries as seals
from shuangyin.seals.models import Medium

CODE_MS = 24 * 3600_000
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 20
"""100 bits: nobody guesses one within its day."""
REVOKE_ACT = "devices.revoke_device"


def add(work: UnitOfWork, actor: Actor, *, name: str, maker: str) -> tuple[Device, str]:
    """Add a device that may enrol itself within a day; returns it with its one-time code.

    Raises Conflict (DEVICE_NAME_TAKEN).
    """
    actor.require(queries.MANAGE)
    same = select(Device.id).where(Device.organization_id == actor.organization_id, Device.name == name)
    if work.session.scalar(same) is not None:
        raise errors.name_taken()
    device = Device(
        id=work.new_id(),
        organization_id=actor.organization_id,
        name=name,
        maker=maker,
        status=DeviceStatus.AWAITING,
        head=NO_PREVIOUS,
        created_at=work.now,
    )
    work.session.add(device)
    work.session.flush()
    record(
        work,
        actor,
        kind="devices.added",
        subject_type="device",
        subject_id=device.id,
        facts={"name": digest_of(name)},
    )
    return device, new_code(work, actor, device.id)


def new_code(work: UnitOfWork, actor: Actor, device_id: str) -> str:
    """Another code for a device that waits; the one before is worth nothing from now on."""
    actor.require(queries.MANAGE)
    device = queries.get(work, actor.organization_id, device_id)
    if device.status != DeviceStatus.AWAITING:
        raise errors.already_enrolled()
    for earlier in work.session.scalars(
        select(DeviceEnrolment).where(
            DeviceEnrolment.device_id == device.id, DeviceEnrolment.used_at.is_(None)
        )
    ):
        earlier.expires_at = min(earlier.expires_at, work.now)
    code = new_code_text()
    work.session.add(
        DeviceEnrolment(
            id=work.new_id(),
            organization_id=device.organization_id,
            device_id=device.id,
            code_digest=_digest(code),
            created_at=work.now,
            expires_at=work.now + CODE_MS,
        )
    )
    work.session.flush()
    return code


def new_code_text() -> str:
    """A one-time code as it is shown: four groups of five."""
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(code[at : at + 5] for at in range(0, CODE_LENGTH, 5))


def enrol(
    work: UnitOfWork, *, code: str, certificate_request: str, record_key: str, session: str, firmware: str
) -> tuple[Device, Authority]:
    """Take the keys that a device made for itself, and give its TLS key a certificate.

    `record_key` is the SM2 point of its records as hex, `session` a record of the purpose ``link`` signed with it
    over the SM3 of the code: it shows that the device holds the key. Raises Forbidden (ENROLMENT_CODE), Invalid
    (ENROLMENT_MALFORMED).
    """
    enrolment = work.session.scalar(
        select(DeviceEnrolment).where(DeviceEnrolment.code_digest == _digest(code)).with_for_update()
    )
    if enrolment is None or enrolment.used_at is not None or enrolment.expires_at <= work.now:
        raise errors.code_refused()
    device = queries.locked(work, enrolment.device_id)
    request = read_request(certificate_request)
    if request is None:
        raise errors.enrolment_malformed(
            "证书请求须为 P-256 密钥的 PKCS#10", "a PKCS#10 for a P-256 key is needed"
        )
    key = proven_key(record_key, session, code)
    taken = select(Device.id).where(Device.record_key == key.point.hex())
    if work.session.scalar(taken) is not None:
        raise errors.enrolment_malformed("记录密钥已属于另一设备", "the record key belongs to another device")
    trusted = authority(work)
    certificate = issue_device(trusted, request, device.id, work.now)
    enrolment.used_at = work.now
    device.status = DeviceStatus.ACTIVE
    device.enrolled_at = work.now
    device.seen_at = work.now
    device.record_key = key.point.hex()
    device.certificate = certificate_pem(certificate)
    device.certificate_serial = f"{certificate.serial_number:x}"
    device.firmware = firmware
    work.session.flush()
    record(
        work,
        system_actor(device.organization_id),
        kind="devices.enrolled",
        subject_type="device",
        subject_id=device.id,
        facts={"record_key": key.point.hex(), "certificate": device.certificate_serial, "firmware": firmware},
    )
    tell_watchers(work, device.organization_id, [device.id])
    return device, trusted


def bind(work: UnitOfWork, actor: Actor, device_id: str, seal_id: str) -> Device:
    """Say which physical seal sits in the device. Raises Refused, Conflict when either has its partner."""
    actor.require(queries.MANAGE)
    queries.get(work, actor.organization_id, device_id)
    device = queries.locked(work, device_id)
    if device.status != DeviceStatus.ACTIVE:
        raise errors.not_active()
    seal = seals.get(work, actor.organization_id, seal_id)
    if seal.medium != Medium.PHYSICAL:
        raise errors.not_physical()
    other = work.session.scalar(select(Device.id).where(Device.seal_id == seal.id))
    if device.seal_id is not None or other is not None:
        raise errors.already_bound()
    device.seal_id, device.bound_at, device.failed_at = seal.id, work.now, None
    work.session.flush()
    _record(work, actor, device, "devices.bound", {"seal": seal.id, "presses": device.presses})
    return device


def unbind(work: UnitOfWork, actor: Actor, device_id: str, reason: str) -> Device:
    """Take the seal out of the device. Raises Conflict while a permit is not settled."""
    actor.require(queries.MANAGE)
    queries.get(work, actor.organization_id, device_id)
    device = queries.locked(work, device_id)
    if queries.unsettled(work, device.id):
        raise errors.permits_open()
    seal_id, device.seal_id, device.bound_at = device.seal_id, None, None
    work.session.flush()
    facts: dict[str, JsonValue] = {"seal": seal_id, "presses": device.presses, "reason": digest_of(reason)}
    _record(work, actor, device, "devices.unbound", facts)
    return device


def set_fence(work: UnitOfWork, actor: Actor, device_id: str, fence: tuple[int, int, int] | None) -> Device:
    """Where the seal may be used: latitude and longitude (1e-7 degrees) and a radius in metres; None for anywhere.

    It goes into every permit from now on; those that were issued keep the fence they were signed with.
    """
    actor.require(queries.MANAGE)
    queries.get(work, actor.organization_id, device_id)
    device = queries.locked(work, device_id)
    latitude, longitude, radius = fence or (None, None, None)
    device.fence_latitude_e7, device.fence_longitude_e7, device.fence_radius_m = latitude, longitude, radius
    work.session.flush()
    facts: dict[str, JsonValue] = {"latitude_e7": latitude, "longitude_e7": longitude, "radius_m": radius}
    _record(work, actor, device, "devices.fence_set", facts)
    tell_watchers(work, device.organization_id, [device.id])
    return device


def revoke(work: UnitOfWork, actor: Actor, device_id: str, *, reason: str, proof: str | None) -> Device:
    """Trust a device no more: its certificate is revoked, its records are refused, its permits are over.

    What it told before stands. Raises Forbidden (STEP_UP_REQUIRED), Conflict when it is revoked already.
    """
    actor.require(queries.MANAGE)
    queries.get(work, actor.organization_id, device_id)
    device = queries.locked(work, device_id)
    if device.status == DeviceStatus.REVOKED:
        raise errors.not_active()
    used = require_second_factor(work, actor, act=REVOKE_ACT, subject=device.id, proof=proof, strength="each")
    device.status, device.revoked_at = DeviceStatus.REVOKED, work.now
    seal_id, device.seal_id, device.bound_at = device.seal_id, None, None
    for permit in work.session.scalars(
        select(DevicePermit).where(DevicePermit.device_id == device.id, DevicePermit.slot.is_not(None))
    ):
        permit.slot, permit.finished_at, permit.check_at = None, work.now, work.now
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "seal": seal_id,
        "seq": device.seq,
        "head": device.head,
        "presses": device.presses,
        "reason": digest_of(reason),
        "second_factor": used.kind,
    }
    _record(work, actor, device, "devices.revoked", facts)
    tell_watchers(work, device.organization_id, [device.id])
    return device


def proven_key(record_key: str, session: str, code: str) -> PublicKey:
    """The record key of a device that showed that it holds it. Raises Invalid (ENROLMENT_MALFORMED)."""
    try:
        key = PublicKey.from_point(bytes.fromhex(record_key))
        shown = open_session(session.encode(), key)
    except (ValueError, GmsealError, SealDeviceError) as error:
        raise errors.enrolment_malformed(
            "记录密钥或其签名不成立", "the record key, or the proof that the device holds it, is not good"
        ) from error
    if shown.purpose is not Purpose.LINK or shown.challenge != enrolment_challenge(code):
        raise errors.enrolment_malformed("签名不是针对本登记码", "the proof is not for this code")
    return key


def enrolment_challenge(code: str) -> str:
    """What a device signs to show that it holds its record key: the SM3 of the code without hyphens."""
    return hashlib.new("sm3", _plain(code).encode()).hexdigest()


def _digest(code: str) -> str:
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", code).upper()


def _record(
    work: UnitOfWork, actor: Actor, device: Device, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="device", subject_id=device.id, facts=facts)
