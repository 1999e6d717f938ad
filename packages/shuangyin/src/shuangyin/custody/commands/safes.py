"""Register safes and say which seal lies where."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries
from shuangyin.custody.models import Safe, SafeSlot
from shuangyin.custody.schemas import NewSafe, SealSlot
from shuangyin.evidence.commands import record
from shuangyin.people.queries import person as person_of
from shuangyin.seals.queries import get as seal_of


def add_safe(work: UnitOfWork, actor: Actor, new: NewSafe) -> Safe:
    """Register a safe with its designated custodian. Raises Conflict for a name that is taken."""
    actor.require("seals.manage")
    person_of(work, actor.organization_id, new.custodian_id)
    taken = select(Safe.id).where(Safe.organization_id == actor.organization_id, Safe.name == new.name)
    if work.session.scalar(taken) is not None:
        raise Conflict("SAFE_NAME_TAKEN", "已有同名保险柜。", "There is a safe of this name already.")
    safe = Safe(
        id=work.new_id(),
        organization_id=actor.organization_id,
        name=new.name,
        place=new.place,
        custodian_id=new.custodian_id,
        created_at=work.now,
        lock_changed_at=work.now,
    )
    work.session.add(safe)
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.safe_added",
        subject_type="safe",
        subject_id=safe.id,
        facts={"custodian": new.custodian_id},
    )
    return safe


def place_seal(work: UnitOfWork, actor: Actor, safe_id: str, slot: SealSlot) -> Safe:
    """Put a physical seal into a slot of a safe, taking it out of where it lay. Raises Conflict for an e-seal."""
    actor.require("seals.manage")
    safe = queries.safe(work, actor.organization_id, safe_id)
    seal = seal_of(work, actor.organization_id, slot.seal_id)
    if seal.medium != "physical":
        raise Conflict("NOT_PHYSICAL", "电子印章不入保险柜。", "An electronic seal does not lie in a safe.")
    place = work.session.get(SafeSlot, seal.id)
    if place is None:
        place = SafeSlot(
            seal_id=seal.id, organization_id=actor.organization_id, safe_id=safe.id, slot=slot.slot
        )
        work.session.add(place)
    place.safe_id, place.slot = safe.id, slot.slot
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.seal_placed",
        subject_type="seal",
        subject_id=seal.id,
        facts={"safe": safe.id, "slot": slot.slot},
    )
    return safe
