"""What devices counted of a seal: answers custody's port."""

from __future__ import annotations

from sqlalchemy import func, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.devices.commands.effects import account_of
from shuangyin.devices.models import Device, DevicePermit, DevicePermitUse


class DeviceTally:
    """Presses under permits that are settled, and those without any permit of the devices that hold the seal now."""

    def counted(self, work: UnitOfWork, organization_id: str, seal_id: str) -> tuple[int, int]:
        permits = list(
            work.session.scalars(
                select(DevicePermit).where(
                    DevicePermit.organization_id == organization_id,
                    DevicePermit.seal_id == seal_id,
                    DevicePermit.balanced.is_not(None),
                )
            )
        )
        counted = sum(account_of(permit).presses.total for permit in permits)
        entered = work.session.scalar(
            select(func.sum(PhysicalUse.normal + PhysicalUse.seam + PhysicalUse.cover + PhysicalUse.spoiled))
            .join(DevicePermitUse, DevicePermitUse.use_id == PhysicalUse.id)
            .where(DevicePermitUse.permit_id.in_([permit.id for permit in permits]))
        )
        unpermitted = work.session.scalar(
            select(func.sum(Device.unpermitted)).where(
                Device.seal_id == seal_id, Device.organization_id == organization_id
            )
        )
        return counted + int(unpermitted or 0), int(entered or 0)
