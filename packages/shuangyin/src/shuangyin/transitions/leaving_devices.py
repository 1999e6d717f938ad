"""The part of what a person may press, review or let go on smart seals."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.commands.permitting import end_permit
from shuangyin.devices.models import Device, DevicePermit
from shuangyin.devices.queries import locked
from shuangyin.transitions.leaving_parts import Action, Case, Item, Outcome


class PermitsPart:
    """Permits that name him on a smart seal: taken back with his rights, and the device is told at once."""

    code = "permits"
    text = Text("智能印章许可", "Permits on smart seals")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        person_id = case.person.id
        query = (
            select(DevicePermit, Device)
            .join(Device, Device.id == DevicePermit.device_id)
            .where(
                DevicePermit.organization_id == case.actor.organization_id,
                DevicePermit.slot.is_not(None),
                or_(
                    DevicePermit.presser_id == person_id,
                    DevicePermit.reviewer_id == person_id,
                    DevicePermit.confirmer_id == person_id,
                ),
            )
            .order_by(DevicePermit.id)
        )
        return [
            Item("permit", permit.id, device.name, Outcome.ENDED, thing=permit)
            for permit, device in work.session.execute(query).tuples()
        ]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        for one in items:
            device = locked(work, one.thing.device_id)
            # The device may have finished it since it was found.
            work.session.refresh(one.thing)
            if one.thing.slot is not None:
                end_permit(work, case.actor, device, one.thing, "unfounded")
