"""How smart seals are shown: rows joined with persons, seals and requests into API shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import func, select

from sealdevice.event import Event, read_event_body
from sealdevice.fields import read_object
from sealdevice.record import read_record
from shuangyin.alarms.models import Alarm
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import queries
from shuangyin.devices.accounting import photo_accounts
from shuangyin.devices.commands.effects import account_of
from shuangyin.devices.models import Device, DeviceAside, DeviceEvent, DevicePermit, DevicePhoto, DeviceStatus
from shuangyin.devices.rules import ONLINE_MS
from shuangyin.devices.schemas import (
    AsideOut,
    BalanceOut,
    DeviceDetail,
    DeviceOut,
    DevicePhotoOut,
    EventOut,
    FenceShape,
    MessageOut,
    OpeningDevice,
    PermitCounts,
    PermitOut,
    PositionOut,
)
from shuangyin.people.queries import display
from shuangyin.people.schemas import NamedRef, PersonRef
from shuangyin.requests.models import UseRequest
from shuangyin.seals.models import Seal


def devices_out(work: UnitOfWork, rows: Sequence[Device]) -> list[DeviceOut]:
    """Devices with their seals and keepers."""
    seals = {
        seal.id: seal
        for seal in work.session.scalars(select(Seal).where(Seal.id.in_({row.seal_id for row in rows})))
    }
    people = display(work, [seal.keeper_person_id for seal in seals.values() if seal.keeper_person_id])
    waiting = select(Alarm.subject_id, func.count()).where(
        Alarm.subject_type == "device",
        Alarm.subject_id.in_([row.id for row in rows]),
        Alarm.verdict.is_(None),
    )
    alarms = dict(work.session.execute(waiting.group_by(Alarm.subject_id)).tuples().all())
    return [
        _device(row, seals.get(row.seal_id or ""), people, alarms.get(row.id, 0), work.now) for row in rows
    ]


def device_out(work: UnitOfWork, row: Device) -> DeviceOut:
    """One device."""
    return devices_out(work, [row])[0]


def detail_out(work: UnitOfWork, actor: Actor, row: Device) -> DeviceDetail:
    """A device with everything about it but its events, which have a page of their own."""
    permits = queries.permits(work, row.organization_id, device_id=row.id, limit=20)
    asides = work.session.scalars(
        select(DeviceAside).where(DeviceAside.device_id == row.id).order_by(DeviceAside.id.desc()).limit(50)
    )
    may_manage = actor.may(queries.MANAGE)
    return DeviceDetail(
        device=device_out(work, row),
        balance=balance_of(work, row),
        permits=permits_out(work, permits),
        messages=[
            MessageOut(
                id=one.id,
                kind=one.kind,
                number=one.number,
                created_at=one.created_at,
                not_after=one.not_after,
                closed_at=one.closed_at,
                outcome=one.outcome,
            )
            for one in queries.messages(work, row.id, limit=20)
        ],
        asides=[
            AsideOut(verdict=one.verdict, seq=one.seq, digest=one.digest, received_at=one.received_at)
            for one in asides
        ],
        track=[_place(one) for one in queries.track(work, row.id)],
        certificate_serial=row.certificate_serial,
        record_key=row.record_key,
        may_manage=may_manage,
        may_lock=may_manage or actor.person_id in queries.custodians(work, row),
    )


def balance_of(work: UnitOfWork, row: Device) -> BalanceOut:
    """All presses of a device: what it counted, under which permits, and what the register holds."""
    permits = list(work.session.scalars(select(DevicePermit).where(DevicePermit.device_id == row.id)))
    registered = sum(
        one.registered_ordinary + one.registered_seam + one.registered_cover + one.registered_spoiled
        for one in permits
    )
    return BalanceOut(
        counted=row.presses,
        under_permits=sum(account_of(one).pressed.total for one in permits),
        without_permit=row.unpermitted,
        registered=registered,
    )


def permits_out(work: UnitOfWork, rows: Sequence[DevicePermit]) -> list[PermitOut]:
    """Permits with their persons, requests and seals."""
    ids = {one for row in rows for one in (row.presser_id, row.reviewer_id, row.confirmer_id) if one}
    people = display(work, ids)
    session = work.session
    asked = session.scalars(select(UseRequest).where(UseRequest.id.in_({row.request_id for row in rows})))
    pressed = session.scalars(select(Seal).where(Seal.id.in_({row.seal_id for row in rows})))
    used = session.scalars(select(Device).where(Device.id.in_({row.device_id for row in rows})))
    requests = {one.id: one for one in asked}
    seals = {one.id: one for one in pressed}
    devices = {one.id: one for one in used}
    return [_permit(work, row, people, requests, seals, devices) for row in rows]


def opening_devices_out(work: UnitOfWork, rows: Sequence[Device]) -> list[OpeningDevice]:
    """The devices of an opening or of a loan."""
    return [
        OpeningDevice(
            id=row.id,
            name=row.name,
            seal_id=row.seal_id or "",
            online=_online(row, work.now),
            locked=row.lock_wanted or row.locked_by is not None,
            suspect=row.suspect,
            battery=row.battery,
            firmware=row.firmware,
        )
        for row in rows
    ]


def events_out(
    work: UnitOfWork, rows: Sequence[DeviceEvent], *, photos_under: str = "/api/v1/devices/photos"
) -> list[EventOut]:
    """Events as their devices signed them, with the photos that are here; `photos_under` is where they are read."""
    photos = queries.photos(work, event_ids=[row.id for row in rows])
    read = [(row, read_event_body(read_object(read_record(row.record.encode()).body))) for row in rows]
    people = display(work, {one.person for _, event in read for one in event.persons})
    return [
        _event(row, event, [one for one in photos if one.event_id == row.id], people, photos_under)
        for row, event in read
    ]


def _device(row: Device, seal: Seal | None, people: dict[str, PersonRef], alarms: int, now: int) -> DeviceOut:
    keeper_id = seal.keeper_person_id if seal else None
    return DeviceOut(
        id=row.id,
        name=row.name,
        maker=row.maker,
        status=row.status,
        seal=NamedRef(id=seal.id, name=seal.name) if seal else None,
        keeper=people.get(keeper_id) if keeper_id else None,
        firmware=row.firmware,
        battery=row.battery,
        seen_at=row.seen_at,
        online=_online(row, now),
        locked_by=row.locked_by,
        lock_wanted=row.lock_wanted,
        lock_reason=row.lock_reason,
        lock_told=row.lock_told,
        suspect=row.suspect,
        seq=row.seq,
        head=row.head,
        boot=row.boot,
        presses=row.presses,
        unpermitted=row.unpermitted,
        position=_position(row),
        fence=_fence(row),
        created_at=row.created_at,
        enrolled_at=row.enrolled_at,
        bound_at=row.bound_at,
        revoked_at=row.revoked_at,
        failed_at=row.failed_at,
        open_alarms=alarms,
    )


def _online(row: Device, now: int) -> bool:
    return row.status == DeviceStatus.ACTIVE and now - (row.seen_at or 0) < ONLINE_MS


def _position(row: Device) -> PositionOut | None:
    if row.latitude_e7 is None or row.longitude_e7 is None:
        return None
    return PositionOut(
        latitude_e7=row.latitude_e7,
        longitude_e7=row.longitude_e7,
        accuracy_m=row.accuracy_m,
        at=row.located_at or 0,
    )


def _fence(row: Device) -> FenceShape | None:
    if row.fence_latitude_e7 is None or row.fence_longitude_e7 is None or row.fence_radius_m is None:
        return None
    return FenceShape(
        latitude_e7=row.fence_latitude_e7,
        longitude_e7=row.fence_longitude_e7,
        radius_m=row.fence_radius_m,
    )


def _place(row: DeviceEvent) -> PositionOut:
    return PositionOut(
        latitude_e7=row.latitude_e7 or 0,
        longitude_e7=row.longitude_e7 or 0,
        accuracy_m=None,
        at=row.occurred_at,
    )


def _permit(
    work: UnitOfWork,
    row: DevicePermit,
    people: dict[str, PersonRef],
    requests: dict[str, UseRequest],
    seals: dict[str, Seal],
    devices: dict[str, Device],
) -> PermitOut:
    request, seal, device = requests[row.request_id], seals[row.seal_id], devices[row.device_id]
    return PermitOut(
        id=row.id,
        device_id=device.id,
        device_name=device.name,
        seal=NamedRef(id=seal.id, name=seal.name),
        request_id=request.id,
        request_number=request.number,
        request_title=request.title,
        opening_id=row.opening_id,
        loan_id=row.loan_id,
        presser=people[row.presser_id],
        reviewer=people[row.reviewer_id],
        confirmer=people.get(row.confirmer_id) if row.confirmer_id else None,
        permitted=PermitCounts(ordinary=row.ordinary, seam=row.seam, cover=row.cover),
        spare=row.spare,
        pressed=PermitCounts(ordinary=row.pressed_ordinary, seam=row.pressed_seam, cover=row.pressed_cover),
        spoiled=PermitCounts(ordinary=row.spoiled_ordinary, seam=row.spoiled_seam, cover=row.spoiled_cover),
        uncertain=row.uncertain,
        registered=row.registered_ordinary + row.registered_seam + row.registered_cover,
        registered_spoiled=row.registered_spoiled,
        photo_moments=row.photo_moments,
        photos_missing=photo_accounts(work, [row])[row.id].missing,
        not_before=row.not_before,
        not_after=row.not_after,
        issued_at=row.issued_at,
        taken_at=row.taken_at,
        finished_at=row.finished_at,
        check_at=row.check_at,
        balanced=row.balanced,
        state=_state(row),
        digest=row.digest,
        entry_id=row.entry_id,
    )


def _state(row: DevicePermit) -> Literal["issued", "active", "settling", "balanced", "difference"]:
    if row.slot is not None:
        return "issued" if row.taken_at is None else "active"
    if row.balanced is None:
        return "settling"
    return "balanced" if row.balanced else "difference"


def _event(
    row: DeviceEvent,
    event: Event,
    photos: list[DevicePhoto],
    people: dict[str, PersonRef],
    photos_under: str,
) -> EventOut:
    where = event.position
    return EventOut(
        id=row.id,
        seq=row.seq,
        kind=row.kind,
        digest=row.digest,
        previous=event.previous,
        boot=event.boot,
        occurred_at=row.occurred_at,
        time_source=event.time_source.value,
        received_at=row.received_at,
        permit_id=event.permit,
        press_kind=event.press_kind.value if event.press_kind else None,
        about=event.about,
        presses=event.presses,
        battery=event.battery,
        detail=list(event.detail),
        persons=[
            people.get(one.person) or PersonRef(id=one.person, name="—", post=None) for one in event.persons
        ],
        position=PositionOut(
            latitude_e7=where.latitude_e7,
            longitude_e7=where.longitude_e7,
            accuracy_m=where.accuracy_m,
            at=event.time,
        )
        if where
        else None,
        photos=[
            DevicePhotoOut(
                id=one.id,
                moment=one.moment,
                sm3=one.sm3,
                size=one.size,
                uploaded=one.object_id is not None,
                url=f"{photos_under}/{one.id}" if one.object_id else None,
            )
            for one in photos
        ],
    )
