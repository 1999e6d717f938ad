"""Take in a photo that an event announced: in parts that may be repeated, whole only when its digest is right."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import system_actor
from shuangyin.core.objects import StoredObject, WrittenObject
from shuangyin.core.photos import read_photo
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import errors, queries
from shuangyin.devices.commands.effects import Effects
from shuangyin.devices.commands.settling import attach_photos
from shuangyin.devices.commands.telling import tell_watchers
from shuangyin.devices.models import DevicePermit, DevicePhoto, DevicePhotoPart
from shuangyin.evidence.commands import record

PART_MOST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is: the next byte that is missing, and whether the photo is complete."""

    next_byte: int
    complete: bool


def progress(work: UnitOfWork, device_id: str, sm3: str) -> Progress:
    """How far the upload of a photo is. Raises Conflict (PHOTO_NOT_ANNOUNCED)."""
    photo = _announced(work, device_id, sm3)
    if photo.object_id is not None:
        return Progress(photo.size, complete=True)
    return Progress(sum(part.size for part in _parts(work, device_id, sm3)), complete=False)


def take_part(
    platform: Platform, device_id: str, sm3: str, *, first_byte: int, total: int, content: bytes
) -> Progress:
    """Keep the next part of a photo; with the last one, judge the whole. A part that is here already changes nothing.

    Raises Invalid (PHOTO_RANGE), Refused (PHOTO_OTHER) when the whole is not what the event named: then nothing is
    kept, an alarm is raised, and the device may begin anew.
    """
    now = platform.view(lambda work: _check(work, device_id, sm3, first_byte, total, len(content)))
    if now.complete or first_byte + len(content) <= now.next_byte:
        return now
    if first_byte != now.next_byte:
        raise errors.photo_range(now.next_byte)
    written = platform.objects.write([content])
    after = platform.transact(lambda work: _keep_part(work, device_id, sm3, first_byte, written))
    return _complete(platform, device_id, sm3) if after.next_byte == total else after


def _complete(platform: Platform, device_id: str, sm3: str) -> Progress:
    parts = platform.view(lambda work: _stored_parts(work, device_id, sm3))
    content = b"".join(block for part in parts for block in platform.objects.open(part))
    whole = platform.objects.write([content])
    photo = read_photo(content) if whole.sm3 == sm3 else None
    if photo is None:
        platform.transact(lambda work: _refuse(work, device_id, sm3, whole))
        raise errors.photo_other()
    media_type = photo.media_type
    return platform.transact(lambda work: _keep_whole(work, device_id, sm3, whole, media_type))


def _check(work: UnitOfWork, device_id: str, sm3: str, first_byte: int, total: int, length: int) -> Progress:
    photo = _announced(work, device_id, sm3)
    limit = work.settings.max_photo_bytes
    if total != photo.size or total > limit or not 0 < length <= PART_MOST or first_byte + length > total:
        raise errors.photo_range(photo.size)
    return progress(work, device_id, sm3)


def _keep_part(
    work: UnitOfWork, device_id: str, sm3: str, first_byte: int, written: WrittenObject
) -> Progress:
    device = queries.locked(work, device_id)
    now = progress(work, device_id, sm3)
    if now.complete or now.next_byte != first_byte:
        return now  # The same part came twice at once.
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            written,
            object_id=object_id,
            organization_id=device.organization_id,
            media_type="application/octet-stream",
            now_ms=work.now,
        )
    )
    work.session.flush()
    work.session.add(
        DevicePhotoPart(
            id=work.new_id(),
            organization_id=device.organization_id,
            device_id=device.id,
            sm3=sm3,
            first_byte=first_byte,
            size=written.size,
            object_id=object_id,
            received_at=work.now,
        )
    )
    work.session.flush()
    return progress(work, device_id, sm3)


def _keep_whole(
    work: UnitOfWork, device_id: str, sm3: str, written: WrittenObject, media_type: str
) -> Progress:
    device = queries.locked(work, device_id)
    photos = _all(work, device_id, sm3)
    if all(photo.object_id is not None for photo in photos):
        return Progress(written.size, complete=True)
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            written,
            object_id=object_id,
            organization_id=device.organization_id,
            media_type=media_type,
            now_ms=work.now,
        )
    )
    work.session.flush()
    actor = system_actor(device.organization_id)
    for photo in photos:
        photo.object_id, photo.media_type, photo.uploaded_at = object_id, media_type, work.now
    _forget_parts(work, device_id, sm3)
    work.session.flush()
    record(
        work,
        actor,
        kind="devices.photo_received",
        subject_type="device",
        subject_id=device.id,
        facts={"sm3": sm3, "size": written.size, "photos": [photo.id for photo in photos]},
    )
    also: set[str] = set()
    for permit_id in sorted({photo.permit_id for photo in photos if photo.permit_id}):
        permit = work.session.get(DevicePermit, permit_id)
        if permit is not None and permit.device_id == device.id:
            attach_photos(work, actor, permit)
            also |= {permit.presser_id, permit.reviewer_id}
    tell_watchers(work, device.organization_id, [device.id], also=also)
    return Progress(written.size, complete=True)


def _refuse(work: UnitOfWork, device_id: str, sm3: str, written: WrittenObject) -> None:
    device = queries.locked(work, device_id)
    _forget_parts(work, device_id, sm3)
    facts: dict[str, JsonValue] = {"announced": sm3, "received": written.sm3, "size": written.size}
    Effects(work).alarm(device, "photo_mismatch", work.now, facts, about=sm3)


def _forget_parts(work: UnitOfWork, device_id: str, sm3: str) -> None:
    """Remove the parts: without their keys the files cannot be read, and the sweeper takes them away."""
    parts = _parts(work, device_id, sm3)
    object_ids = [part.object_id for part in parts]
    for part in parts:
        work.session.delete(part)
    work.session.flush()
    work.session.execute(delete(StoredObject).where(StoredObject.id.in_(object_ids)))


def _announced(work: UnitOfWork, device_id: str, sm3: str) -> DevicePhoto:
    photos = _all(work, device_id, sm3)
    if not photos:
        raise errors.photo_not_announced()
    return next((one for one in photos if one.object_id is None), photos[0])


def _all(work: UnitOfWork, device_id: str, sm3: str) -> list[DevicePhoto]:
    query = select(DevicePhoto).where(DevicePhoto.device_id == device_id, DevicePhoto.sm3 == sm3)
    return list(work.session.scalars(query.order_by(DevicePhoto.id)))


def _parts(work: UnitOfWork, device_id: str, sm3: str) -> list[DevicePhotoPart]:
    query = select(DevicePhotoPart).where(DevicePhotoPart.device_id == device_id, DevicePhotoPart.sm3 == sm3)
    return list(work.session.scalars(query.order_by(DevicePhotoPart.first_byte)))


def _stored_parts(work: UnitOfWork, device_id: str, sm3: str) -> list[StoredObject]:
    stored = [work.session.get_one(StoredObject, part.object_id) for part in _parts(work, device_id, sm3)]
    work.session.expunge_all()
    return stored
