"""Routes of smart seals, for people."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import queries, views
from shuangyin.devices.commands import enrolling, failing, locking
from shuangyin.devices.models import DevicePhoto
from shuangyin.devices.schemas import (
    DeviceCode,
    DeviceDetail,
    DeviceOut,
    EventOut,
    FenceChange,
    NewDevice,
    ReasonBody,
    Revocation,
    SealBinding,
    TemplateDeletion,
    Unlocking,
)
from shuangyin.people.schemas import Id

router = Routes(prefix="/devices", tags=["devices"])

Reader = Annotated[Actor, access(queries.READ)]
Manager = Annotated[Actor, access(queries.MANAGE)]


@router.get("", response_model=Page[DeviceOut])
def list_devices(
    platform: PlatformOf,
    actor: Reader,
    status: Literal["awaiting", "active", "revoked"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DeviceOut]:
    """Smart seals of the organization."""
    after = read_cursor(cursor)

    def query(work: UnitOfWork) -> Page[DeviceOut]:
        rows = queries.devices(work, actor.organization_id, status=status, after=after, limit=limit + 1)
        shown = {one.id: one for one in views.devices_out(work, rows)}
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@router.post("", status_code=201, response_model=DeviceCode)
def add(body: NewDevice, actor: Manager, write: Write) -> DeviceCode | Response:
    """Add a device, and get the code with which it enrols itself once, within a day."""

    def command(work: UnitOfWork) -> DeviceCode:
        device, code = enrolling.add(work, actor, name=body.name, maker=body.maker)
        return DeviceCode(device=views.device_out(work, device), code=code)

    return write.run(actor, command, status=201)


@router.get("/photos/{photo_id}", response_class=Response)
def photo(photo_id: Id, platform: PlatformOf, actor: Reader) -> Response:
    """A photo that a device took."""

    def query(work: UnitOfWork) -> Response:
        found = work.session.get(DevicePhoto, photo_id)
        if found is None or found.organization_id != actor.organization_id or found.object_id is None:
            raise not_found("该照片", "photo")
        content = work.objects.read(work.session.get_one(StoredObject, found.object_id))
        return Response(content, media_type=found.media_type)

    return platform.view(query)


@router.get("/{device_id}", response_model=DeviceDetail)
def read_device(device_id: Id, platform: PlatformOf, actor: Reader) -> DeviceDetail:
    """One device with its permits, messages and track."""

    def query(work: UnitOfWork) -> DeviceDetail:
        return views.detail_out(work, actor, queries.get(work, actor.organization_id, device_id))

    return platform.view(query)


@router.get("/{device_id}/events", response_model=Page[EventOut])
def list_events(
    device_id: Id,
    platform: PlatformOf,
    actor: Reader,
    permit_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EventOut]:
    """The chain of a device, newest event first."""
    before = read_cursor(cursor)

    def query(work: UnitOfWork) -> Page[EventOut]:
        device = queries.get(work, actor.organization_id, device_id)
        number = int(before) if before is not None and before.isascii() and before.isdecimal() else None
        rows = queries.events(work, device.id, permit_id=permit_id, before=number, limit=limit + 1)
        shown = {one.id: one for one in views.events_out(work, rows)}
        return page_of(rows, limit, lambda row: str(row.seq), lambda row: shown[row.id])

    return platform.view(query)


@router.post("/{device_id}/code", response_model=DeviceCode)
def another_code(device_id: Id, actor: Manager, write: Write) -> DeviceCode | Response:
    """Another enrolment code for a device that waits; the one before ends."""

    def command(work: UnitOfWork) -> DeviceCode:
        code = enrolling.new_code(work, actor, device_id)
        device = queries.get(work, actor.organization_id, device_id)
        return DeviceCode(device=views.device_out(work, device), code=code)

    return write.run(actor, command)


@router.post("/{device_id}/bind", response_model=DeviceOut)
def bind(device_id: Id, body: SealBinding, actor: Manager, write: Write) -> DeviceOut | Response:
    """Say which physical seal sits in the device."""
    return write.run(
        actor, lambda work: views.device_out(work, enrolling.bind(work, actor, device_id, body.seal_id))
    )


@router.post("/{device_id}/unbind", response_model=DeviceOut)
def unbind(device_id: Id, body: ReasonBody, actor: Manager, write: Write) -> DeviceOut | Response:
    """Take the seal out of the device."""
    return write.run(
        actor, lambda work: views.device_out(work, enrolling.unbind(work, actor, device_id, body.reason))
    )


@router.post("/{device_id}/fence", response_model=DeviceOut)
def set_fence(device_id: Id, body: FenceChange, actor: Manager, write: Write) -> DeviceOut | Response:
    """Set where the seal may be used; it goes into every permit from now on."""
    shape = body.fence
    fence = None if shape is None else (shape.latitude_e7, shape.longitude_e7, shape.radius_m)
    return write.run(
        actor, lambda work: views.device_out(work, enrolling.set_fence(work, actor, device_id, fence))
    )


@router.post("/{device_id}/revoke", response_model=DeviceOut)
def revoke(device_id: Id, body: Revocation, actor: Manager, write: Write) -> DeviceOut | Response:
    """Trust the device no more. Second factor: act `devices.revoke_device`, subject the device."""

    def command(work: UnitOfWork) -> DeviceOut:
        device = enrolling.revoke(work, actor, device_id, reason=body.reason, proof=body.proof)
        return views.device_out(work, device)

    return write.run(actor, command)


@router.post("/{device_id}/fail", response_model=DeviceOut)
def declare_failed(device_id: Id, body: Revocation, actor: SignedIn, write: Write) -> DeviceOut | Response:
    """Declare that the device failed and its seal was taken out: from then on it is pressed by hand and registered.

    For the keeper, the two at an open safe, the escort of a loan, and managers. Second factor: act
    `devices.declare_failed`, subject the device.
    """

    def command(work: UnitOfWork) -> DeviceOut:
        device = failing.declare_failed(work, actor, device_id, reason=body.reason, proof=body.proof)
        return views.device_out(work, device)

    return write.run(actor, command)


@router.post("/{device_id}/lock", response_model=DeviceOut)
def lock(device_id: Id, body: ReasonBody, actor: SignedIn, write: Write) -> DeviceOut | Response:
    """Lock the device at once; its custodian may too."""
    return write.run(
        actor, lambda work: views.device_out(work, locking.lock(work, actor, device_id, body.reason))
    )


@router.post("/{device_id}/unlock", response_model=DeviceOut)
def unlock(device_id: Id, body: Unlocking, actor: Manager, write: Write) -> DeviceOut | Response:
    """Let a person unlock the device there, after review. Second factor: act `devices.unlock`, subject the device."""

    def command(work: UnitOfWork) -> DeviceOut:
        device = locking.unlock(
            work, actor, device_id, person_id=body.person_id, reason=body.reason, proof=body.proof
        )
        return views.device_out(work, device)

    return write.run(actor, command)


@router.post("/{device_id}/delete-template", response_model=DeviceOut)
def delete_template(
    device_id: Id, body: TemplateDeletion, actor: SignedIn, write: Write
) -> DeviceOut | Response:
    """Have a person's face template deleted from the device; one's own at any time."""

    def command(work: UnitOfWork) -> DeviceOut:
        locking.delete_template(work, actor, device_id, body.person_id)
        return views.device_out(work, queries.get(work, actor.organization_id, device_id))

    return write.run(actor, command)


@router.post("/{device_id}/confirm-clock", response_model=DeviceOut)
def confirm_clock(device_id: Id, actor: Manager, write: Write) -> DeviceOut | Response:
    """Tell the device that its clock is right again."""

    def command(work: UnitOfWork) -> DeviceOut:
        locking.confirm_clock(work, actor, device_id)
        return views.device_out(work, queries.get(work, actor.organization_id, device_id))

    return write.run(actor, command)
