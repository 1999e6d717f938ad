"""An organization is renamed: its old seals stop at that instant, new ones are to be made.

What was sealed before stays what it was: a use keeps the seal's facts of its time, and the register says that the seal
was in force then.
"""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.commands import change_organization
from shuangyin.organization.queries import get as organization_of
from shuangyin.organization.schemas import OrganizationChange
from shuangyin.people.commands import require_second_factor
from shuangyin.seals.kinds import Hold, SealCategory
from shuangyin.seals.models import Seal
from shuangyin.seals.ports import RegisteredCompany
from shuangyin.seals.rules.life import HELD
from shuangyin.transitions import errors
from shuangyin.transitions.commands.keeping import Item, keep, stop_for_good
from shuangyin.transitions.models import Transition
from shuangyin.transitions.unfinished import UsesUnderWay

ACT = "transitions.rename"


def rename(
    work: UnitOfWork,
    actor: Actor,
    *,
    name: str,
    notice_no: str,
    registered: RegisteredCompany | None,
    is_connected: bool,
    proof: str | None,
    expected: int | None,
) -> Transition:
    """Rename the organization as its registry has it. Raises Refused (NAME_NOT_REGISTERED), Conflict, Stale, Forbidden."""
    actor.require("organization.manage")
    actor.require("seals.manage")
    organization = organization_of(work, actor.organization_id)
    old, new = organization.name, name.strip()
    if old == new:
        raise errors.same_name()
    if is_connected and (
        registered is None or registered.uscc != organization.uscc or registered.name != new
    ):
        raise errors.not_registered()
    require_second_factor(work, actor, act=ACT, subject=organization.id, proof=proof, strength="each")
    change_organization(work, actor, OrganizationChange(name=new), expected)
    seals = list(
        work.session.scalars(
            select(Seal)
            .where(
                Seal.organization_id == organization.id,
                Seal.status.in_(HELD),
                Seal.category != SealCategory.LEGAL_REP_NAME,
            )
            .order_by(Seal.id)
        )
    )
    items = stop_for_good(work, actor, seals, Hold.RENAMED)
    uses = UsesUnderWay()
    waiting = {one.id: one for seal in seals for one in uses.of_seal(work, seal.id)}
    items += [Item(one.kind, one.number, "to_be_settled", one.id) for one in waiting.values()]
    return keep(work, actor, kind="renamed", before=old, after=new, notice_no=notice_no, items=items)
