"""Reads of smart seals."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Loan, LoanSeal, Opening, OpeningRequest
from shuangyin.custody.occasions import Occasion, at_safe, on_loan
from shuangyin.devices.models import (
    Device,
    DeviceEvent,
    DeviceMessage,
    DevicePermit,
    DevicePermitUse,
    DevicePhoto,
    DeviceStatus,
)
from shuangyin.people.queries import persons_permitted
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.seals.models import Seal

READ = "devices.read"
MANAGE = "devices.manage"


def get(work: UnitOfWork, organization_id: str, device_id: str) -> Device:
    """One device of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(Device).where(Device.id == device_id, Device.organization_id == organization_id)
    )
    if found is None:
        raise not_found("该设备", "device")
    return found


def locked(work: UnitOfWork, device_id: str) -> Device:
    """A device that is about to be changed: nobody else changes it until this transaction ends."""
    return work.session.scalars(select(Device).where(Device.id == device_id).with_for_update()).one()


def devices(
    work: UnitOfWork, organization_id: str, *, status: str | None, after: str | None, limit: int
) -> list[Device]:
    """Devices of the organization, in the order they were added."""
    query = select(Device).where(Device.organization_id == organization_id)
    if status is not None:
        query = query.where(Device.status == status)
    if after is not None:
        query = query.where(Device.id > after)
    return list(work.session.scalars(query.order_by(Device.id).limit(limit)))


def active(work: UnitOfWork, device_id: str) -> Device | None:
    """An enrolled device that was not revoked, of any organization; None otherwise."""
    return work.session.scalar(
        select(Device).where(Device.id == device_id, Device.status == DeviceStatus.ACTIVE)
    )


def permit(work: UnitOfWork, organization_id: str, permit_id: str) -> DevicePermit:
    """One permit of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(DevicePermit).where(
            DevicePermit.id == permit_id, DevicePermit.organization_id == organization_id
        )
    )
    if found is None:
        raise not_found("该用印许可", "permit")
    return found


def readable_permit(work: UnitOfWork, actor: Actor, permit_id: str) -> DevicePermit:
    """A permit, for its persons and for who may see devices. Raises NotFound."""
    found = permit(work, actor.organization_id, permit_id)
    persons = (found.presser_id, found.reviewer_id, found.confirmer_id, found.issued_by)
    if not actor.may(READ) and actor.person_id not in persons:
        raise not_found("该用印许可", "permit")
    return found


def permits(
    work: UnitOfWork,
    organization_id: str,
    *,
    device_id: str | None = None,
    opening_id: str | None = None,
    loan_id: str | None = None,
    open_only: bool = False,
    before: str | None = None,
    limit: int,
) -> list[DevicePermit]:
    """Permits of the organization, newest first."""
    query = select(DevicePermit).where(DevicePermit.organization_id == organization_id)
    if device_id is not None:
        query = query.where(DevicePermit.device_id == device_id)
    if opening_id is not None:
        query = query.where(DevicePermit.opening_id == opening_id)
    if loan_id is not None:
        query = query.where(DevicePermit.loan_id == loan_id)
    if open_only:
        query = query.where(DevicePermit.slot.is_not(None))
    if before is not None:
        query = query.where(DevicePermit.id < before)
    return list(work.session.scalars(query.order_by(DevicePermit.id.desc()).limit(limit)))


def permits_to_confirm(
    work: UnitOfWork, actor: Actor, *, before: str | None, limit: int
) -> list[DevicePermit]:
    """Open permits of which the actor confirms each press from afar, newest first."""
    query = select(DevicePermit).where(
        DevicePermit.organization_id == actor.organization_id,
        DevicePermit.confirmer_id == actor.person_id,
        DevicePermit.slot.is_not(None),
    )
    if before is not None:
        query = query.where(DevicePermit.id < before)
    return list(work.session.scalars(query.order_by(DevicePermit.id.desc()).limit(limit)))


def devices_of_opening(work: UnitOfWork, organization_id: str, opening_id: str) -> list[Device]:
    """The active devices that hold seals of an opening's requests."""
    asked = (
        select(RequestSeal.seal_id)
        .join(OpeningRequest, OpeningRequest.request_id == RequestSeal.request_id)
        .where(OpeningRequest.opening_id == opening_id)
    )
    query = select(Device).where(
        Device.organization_id == organization_id,
        Device.status == DeviceStatus.ACTIVE,
        Device.seal_id.in_(asked),
    )
    return list(work.session.scalars(query.order_by(Device.name)))


def devices_of_loan(work: UnitOfWork, organization_id: str, loan_id: str) -> list[Device]:
    """The active devices that hold the seals of a loan."""
    lent = select(LoanSeal.seal_id).where(LoanSeal.loan_id == loan_id)
    query = select(Device).where(
        Device.organization_id == organization_id,
        Device.status == DeviceStatus.ACTIVE,
        Device.seal_id.in_(lent),
    )
    return list(work.session.scalars(query.order_by(Device.name)))


def occasion_of(work: UnitOfWork, permit: DevicePermit) -> Occasion:
    """The opening or the loan that a permit was issued in: where its presses and photos are registered."""
    if permit.loan_id is not None:
        request = work.session.get_one(UseRequest, permit.request_id)
        return on_loan(work.session.get_one(Loan, permit.loan_id), request)
    return at_safe(work.session.get_one(Opening, permit.opening_id))


def unsettled(work: UnitOfWork, device_id: str) -> bool:
    """Whether a device has permits whose accounts are not settled."""
    query = select(DevicePermit.id).where(
        DevicePermit.device_id == device_id,
        or_(DevicePermit.slot.is_not(None), DevicePermit.check_at.is_not(None)),
    )
    return work.session.scalar(query.limit(1)) is not None


def uses_of(work: UnitOfWork, permit_id: str) -> list[str]:
    """The lines of the register that were entered from a permit."""
    query = select(DevicePermitUse.use_id).where(DevicePermitUse.permit_id == permit_id)
    return list(work.session.scalars(query.order_by(DevicePermitUse.use_id)))


def events(
    work: UnitOfWork, device_id: str, *, permit_id: str | None = None, before: int | None = None, limit: int
) -> list[DeviceEvent]:
    """Events of a device's chain, newest first."""
    query = select(DeviceEvent).where(DeviceEvent.device_id == device_id)
    if permit_id is not None:
        query = query.where(DeviceEvent.permit_id == permit_id)
    if before is not None:
        query = query.where(DeviceEvent.seq < before)
    return list(work.session.scalars(query.order_by(DeviceEvent.seq.desc()).limit(limit)))


def photos(
    work: UnitOfWork, *, event_ids: Collection[str] | None = None, permit_id: str | None = None
) -> list[DevicePhoto]:
    """Announced photos of events or of a permit, oldest first."""
    query = select(DevicePhoto)
    if event_ids is not None:
        query = query.where(DevicePhoto.event_id.in_(set(event_ids)))
    if permit_id is not None:
        query = query.where(DevicePhoto.permit_id == permit_id)
    return list(work.session.scalars(query.order_by(DevicePhoto.id)))


def track(work: UnitOfWork, device_id: str, *, limit: int = 200) -> list[DeviceEvent]:
    """The latest events that say where the device was, oldest first."""
    query = (
        select(DeviceEvent)
        .where(DeviceEvent.device_id == device_id, DeviceEvent.latitude_e7.is_not(None))
        .order_by(DeviceEvent.seq.desc())
        .limit(limit)
    )
    return list(reversed(list(work.session.scalars(query))))


def messages(work: UnitOfWork, device_id: str, *, limit: int = 50) -> list[DeviceMessage]:
    """The latest messages to a device, newest first."""
    query = select(DeviceMessage).where(DeviceMessage.device_id == device_id)
    return list(work.session.scalars(query.order_by(DeviceMessage.id.desc()).limit(limit)))


def watchers(work: UnitOfWork, organization_id: str) -> list[str]:
    """Who sees devices, and is told live when one is not what it was."""
    return [one.id for one in persons_permitted(work, organization_id, READ)]


def custodians(work: UnitOfWork, device: Device) -> list[str]:
    """Who keeps the seal in a device: the first to be told of an alarm."""
    if device.seal_id is None:
        return []
    keeper = work.session.scalar(select(Seal.keeper_person_id).where(Seal.id == device.seal_id))
    return [keeper] if keeper else []
