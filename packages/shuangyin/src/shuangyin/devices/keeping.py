"""Whether a smart seal sees to a control of the scenario list: answers custody's port."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.models import Device, DeviceStatus


class DeviceKeeping:
    """A seal in an enrolled device that never contradicted itself; for a fence, one whose fence is set.

    The face check goes into every permit of a request that asks for it, so that the device enforces it at each press.
    """

    def sees_to(self, work: UnitOfWork, organization_id: str, seal_id: str, control: str) -> bool:
        device = work.session.scalar(
            select(Device).where(
                Device.seal_id == seal_id,
                Device.organization_id == organization_id,
                Device.status == DeviceStatus.ACTIVE,
                Device.suspect.is_(False),
            )
        )
        if device is None:
            return False
        return control == "face_check" or (control == "fence" and device.fence_radius_m is not None)
