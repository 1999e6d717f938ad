"""What happens to a seal in its life: in force, suspended, taken up again, another keeper, another place."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import errors, queries, rules
from shuangyin.seals.commands.history import note_event
from shuangyin.seals.commands.registering import place_keeper
from shuangyin.seals.material import has_material
from shuangyin.seals.models import Medium, Seal, SealStatus
from shuangyin.seals.schemas import FilingChange

_KINDS = {"activate": "activated", "suspend": "suspended", "resume": "resumed"}


def act_on(
    work: UnitOfWork, actor: Actor, seal_id: str, act: str, *, reason: str | None, expected: int | None
) -> Seal:
    """Activate, suspend or resume a seal.

    A keeper may suspend what he keeps, at once; everything else is for who manages seals. Raises Conflict when
    the status does not allow it or another legal-name seal is in force, Refused when something is missing.
    """
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    if not (act == "suspend" and actor.person_id == seal.keeper_person_id):
        actor.require("seals.manage")
    after = rules.next_status(act, seal.status)
    if isinstance(after, rules.Objection):
        raise errors.status_conflict(after, seal.status)
    if after == SealStatus.IN_FORCE:
        _require_ready(work, seal)
        seal.in_force_slot = _free_slot(work, seal)
    else:
        seal.in_force_slot = None
    seal.status = after
    note_event(work, actor, seal, _KINDS[act], {}, note=reason)
    return seal


def set_keeper(work: UnitOfWork, actor: Actor, seal_id: str, person_id: str, *, expected: int | None) -> Seal:
    """Name another keeper. Raises Refused when the person holds no custodian's post."""
    actor.require("seals.manage")
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    before = seal.keeper_person_id
    place_keeper(work, actor, seal, person_id)
    note_event(work, actor, seal, "keeper_set", {"from": before, "to": person_id})
    return seal


def set_filing(
    work: UnitOfWork, actor: Actor, seal_id: str, change: FilingChange, *, expected: int | None
) -> Seal:
    """Enter the filing of a seal; what is absent stays."""
    actor.require("seals.manage")
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(seal, name, value)
    note_event(work, actor, seal, "filing_set", {"filing_no": seal.filing_no, "filed_at": seal.filed_at})
    return seal


def set_whereabouts(work: UnitOfWork, actor: Actor | None, seal: Seal, whereabouts: str) -> None:
    """Say where a physical seal is now. Whoever moves it records the evidence of it, with the reason."""
    if seal.medium == Medium.PHYSICAL and seal.whereabouts != whereabouts:
        seal.whereabouts = whereabouts
        work.session.flush()


def _require_ready(work: UnitOfWork, seal: Seal) -> None:
    readiness = rules.Readiness(
        medium=seal.medium,
        category=seal.category,
        origin=seal.origin,
        has_keeper=seal.keeper_person_id is not None,
        has_material=seal.medium == Medium.ELECTRONIC and has_material(work, seal),
        is_filed=bool(seal.filing_no and seal.filing_authority),
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
    )
    objection = rules.object_to_activation(readiness, work.now)
    if objection is not None:
        raise errors.refused(objection)


def _free_slot(work: UnitOfWork, seal: Seal) -> str | None:
    slot = rules.in_force_slot(seal.organization_id, seal.medium, seal.category, seal.root)
    if slot is not None:
        other = work.session.scalar(select(Seal).where(Seal.in_force_slot == slot, Seal.id != seal.id))
        if other is not None:
            raise errors.slot_taken(other.name)
    return slot
