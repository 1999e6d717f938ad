"""The account of a seal's presses: what was approved, what was pressed, what is registered."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.custody.ports import PressTally
from shuangyin.custody.rules import Presses, spare_for, total_of
from shuangyin.custody.stocktake_rules import Account
from shuangyin.requests.models import RequestSeal


def account_of(work: UnitOfWork, organization_id: str, seal_id: str) -> Account:
    """The account of a seal from its first use to now.

    Without a device what was pressed is what its people registered; with one, the device's own count of what was
    pressed under its permits stands in place of the lines that were entered from it.
    """
    uses = select(PhysicalUse).where(
        PhysicalUse.organization_id == organization_id, PhysicalUse.seal_id == seal_id
    )
    lines = list(work.session.scalars(uses))
    registered = total_of(Presses(one.normal, one.seam, one.cover, one.spoiled) for one in lines)
    asked = work.session.scalars(
        select(RequestSeal).where(
            RequestSeal.seal_id == seal_id, RequestSeal.request_id.in_({one.request_id for one in lines})
        )
    )
    totals = [one.presses_applied + one.seam_presses for one in asked]
    tally = work.port(PressTally)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    counted, entered = tally.counted(work, organization_id, seal_id)
    return Account(
        permitted=sum(totals),
        spare=sum(spare_for(total) for total in totals),
        pressed=registered.total - entered + counted,
        good=registered.good,
        spoiled=registered.spoiled,
    )
