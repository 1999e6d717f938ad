"""The account of what devices counted and what the register and the photos say of it, for one seal on one request."""

from __future__ import annotations

from sqlalchemy import func, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries as custody
from shuangyin.custody.models import PhysicalUse
from shuangyin.custody.rules import Presses, total_of
from shuangyin.devices import queries
from shuangyin.devices.commands.effects import account_of
from shuangyin.devices.models import DevicePermit, DevicePermitUse


def missing_photos(work: UnitOfWork, permit: DevicePermit) -> int:
    """How many photos the permit asks for that no device announced, or that were announced and are not here."""
    photos = queries.photos(work, permit_id=permit.id)
    announced = len({(one.event_id, one.moment) for one in photos})
    wanted = account_of(permit).pressed.total * permit.photo_moments
    return max(0, wanted - announced) + sum(one.object_id is None for one in photos)


def compared_uses(work: UnitOfWork, permit: DevicePermit) -> list[PhysicalUse]:
    """The lines of the register that devices answer for: not those pressed by hand under a paper permit, nor those that
    people registered after a device of this line was declared failed."""
    uses = custody.uses_of_line(work, permit.request_id, permit.seal_id)
    failed = work.session.scalar(
        select(func.min(DevicePermit.failed_at)).where(
            DevicePermit.request_id == permit.request_id, DevicePermit.seal_id == permit.seal_id
        )
    )
    ids = [one.id for one in uses]
    query = select(DevicePermitUse.use_id).where(DevicePermitUse.use_id.in_(ids))
    told = set(work.session.scalars(query))
    return [
        one
        for one in uses
        if one.id in told or (one.paper_permit_id is None and (failed is None or one.recorded_at < failed))
    ]


def counted_of_line(work: UnitOfWork, permit: DevicePermit) -> Presses:
    """What devices counted of one seal on one request, under all permits."""
    query = select(DevicePermit).where(
        DevicePermit.request_id == permit.request_id, DevicePermit.seal_id == permit.seal_id
    )
    return total_of(account_of(one).presses for one in work.session.scalars(query))
