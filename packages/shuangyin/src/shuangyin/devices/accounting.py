"""The accounts of what devices counted, and what the register and the photos say of it.

Whatever the number of accounts, they take a fixed number of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.custody.rules import Presses, total_of
from shuangyin.devices.commands.effects import account_of
from shuangyin.devices.models import DevicePermit, DevicePermitUse, DevicePhoto

Line = tuple[str, str]
"""One seal on one request: the ids of request and seal."""


@dataclass(frozen=True, slots=True)
class LineAccount:
    """What devices counted of a line under all its permits, and what the register holds that they answer for."""

    permits: list[DevicePermit]
    counted: Presses
    registered: Presses


@dataclass(frozen=True, slots=True)
class PhotoAccount:
    """How many photos a permit asks for by what was pressed, and how many of the announced and asked are not here."""

    asked: int
    missing: int


@dataclass(slots=True)
class _Told:
    permits: list[DevicePermit] = field(default_factory=list)
    uses: list[PhysicalUse] = field(default_factory=list)


def line_accounts(work: UnitOfWork, lines: Collection[Line]) -> dict[Line, LineAccount]:
    """The accounts of these lines."""
    told: dict[Line, _Told] = defaultdict(_Told)
    requests = {request_id for request_id, _ in lines}
    permits = select(DevicePermit).where(DevicePermit.request_id.in_(requests))
    for permit in work.session.scalars(permits.order_by(DevicePermit.id)):
        told[permit.request_id, permit.seal_id].permits.append(permit)
    uses = select(PhysicalUse).where(PhysicalUse.request_id.in_(requests))
    for use in work.session.scalars(uses.order_by(PhysicalUse.id)):
        told[use.request_id, use.seal_id].uses.append(use)
    entered = (
        select(DevicePermitUse.use_id)
        .join(PhysicalUse, PhysicalUse.id == DevicePermitUse.use_id)
        .where(PhysicalUse.request_id.in_(requests))
    )
    by_device = set(work.session.scalars(entered))
    return {line: _account(told[line], by_device) for line in lines}


def _account(told: _Told, by_device: Collection[str]) -> LineAccount:
    """The lines of the register that devices answer for are not those pressed by hand under a paper permit, nor those that
    people registered after a device of this line was declared failed."""
    failed = min((one.failed_at for one in told.permits if one.failed_at is not None), default=None)
    answered = [
        one
        for one in told.uses
        if one.id in by_device
        or (one.paper_permit_id is None and (failed is None or one.recorded_at < failed))
    ]
    return LineAccount(
        permits=told.permits,
        counted=total_of(account_of(one).presses for one in told.permits),
        registered=total_of(Presses(one.normal, one.seam, one.cover, one.spoiled) for one in answered),
    )


def photo_accounts(work: UnitOfWork, permits: Collection[DevicePermit]) -> dict[str, PhotoAccount]:
    """The photos of these permits, by the permit's id.

    Missing are those that the permit asks for and no device announced, and those that were announced and are not here.
    """
    query = select(DevicePhoto).where(DevicePhoto.permit_id.in_({permit.id for permit in permits}))
    announced: dict[str, list[DevicePhoto]] = defaultdict(list)
    for photo in work.session.scalars(query):
        announced[photo.permit_id or ""].append(photo)
    return {permit.id: _photo_account(permit, announced[permit.id]) for permit in permits}


def _photo_account(permit: DevicePermit, photos: Collection[DevicePhoto]) -> PhotoAccount:
    asked = account_of(permit).pressed.total * permit.photo_moments
    moments = {(one.event_id, one.moment) for one in photos}
    absent = sum(one.object_id is None for one in photos)
    return PhotoAccount(asked, max(0, asked - len(moments)) + absent)
