"""The one place where a seal's status changes: the table allows it, the register and the evidence say it together."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import errors, life_errors, rules
from shuangyin.seals.commands.history import note_event
from shuangyin.seals.commands.reporting import report_move
from shuangyin.seals.commands.tasks import settle_tasks, tell_counterpart
from shuangyin.seals.kinds import Hold
from shuangyin.seals.material import has_material
from shuangyin.seals.models import Medium, Seal, SealStatus, Whereabouts
from shuangyin.seals.ports import unfinished_uses
from shuangyin.seals.rules.life import ENDED, Move
from shuangyin.seals.rules.steps import object_to_resumption


def move_seal(
    work: UnitOfWork,
    actor: Actor,
    seal: Seal,
    move: Move,
    *,
    facts: Mapping[str, JsonValue] | None = None,
    note: str | None = None,
    step_id: str | None = None,
    report: bool = True,
) -> None:
    """Carry out one line of the table in this transaction.

    Raises Refused when a duty is not met (keeper, material, filing, validity) or uses are unfinished, Conflict when
    another legal-name seal, or the business seal of this number, of the medium is in force. `report` False: the authority has been told already.
    """
    if move.after == SealStatus.IN_FORCE:
        _require_ready(work, seal)
        seal.in_force_slot = _free_slot(work, seal)
    else:
        seal.in_force_slot = None
    if not move.while_in_use:
        require_unused(work, seal)
    seal.status = move.after
    if move.after in ENDED:
        seal.hold = None
    note_event(work, actor, seal, move.event, facts or {}, note=note, step_id=step_id)
    _after(work, actor, seal, move, step_id=step_id, report=report)


def hold_seal(work: UnitOfWork, actor: Actor, seal: Seal, hold: Hold, *, move: Move | None) -> None:
    """Stop a seal so that nobody can take it up again; `move` suspends it when it is in force."""
    seal.hold = hold
    if move is not None and seal.status in move.before:
        move_seal(work, actor, seal, move, facts={"hold": hold.value})
    else:
        note_event(work, actor, seal, "held", {"hold": hold.value})


def require_unused(work: UnitOfWork, seal: Seal) -> None:
    """Raises Refused (SEAL_IN_USE) with every use of the seal that is not over."""
    open_uses = unfinished_uses(work).of_seal(work, seal.id)
    if open_uses:
        raise life_errors.in_use(open_uses)


def _after(
    work: UnitOfWork, actor: Actor, seal: Seal, move: Move, *, step_id: str | None, report: bool
) -> None:
    if report and move.telling is not None:
        report_move(work, actor, seal, move.telling, step_id=step_id)
    settle_tasks(work, actor, seal)
    tell_counterpart(work, actor, seal)
    if move.after == SealStatus.IN_FORCE and seal.replaces_id is not None:
        _take_over_counterpart(work, seal)
    if seal.medium == Medium.PHYSICAL and move.after in (SealStatus.SURRENDERED, SealStatus.LOST):
        unfinished_uses(work).leave_place(work, seal.id)
        seal.whereabouts = None
    if move.after == SealStatus.IN_FORCE and seal.whereabouts == Whereabouts.MISSING:
        # It is in force again because it was found, and lies in the place that it never lost in the register.
        seal.whereabouts = Whereabouts.IN_SAFE
    work.session.flush()


def _require_ready(work: UnitOfWork, seal: Seal) -> None:
    held = object_to_resumption(seal.hold)
    if held is not None:
        raise errors.refused(held)
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
    slot = rules.in_force_slot(
        seal.organization_id, seal.medium, seal.category, seal.root, seal.sequence_number
    )
    if slot is not None:
        other = work.session.scalar(select(Seal).where(Seal.in_force_slot == slot, Seal.id != seal.id))
        if other is not None:
            raise errors.slot_taken(other.name, seal.sequence_number)
    return slot


def _take_over_counterpart(work: UnitOfWork, seal: Seal) -> None:
    """The new seal of a pair stands in the place of the one it replaces, where its partner has not ended."""
    old = work.session.get_one(Seal, seal.replaces_id)
    if seal.counterpart_id is not None or old.counterpart_id is None:
        return
    partner = work.session.get_one(Seal, old.counterpart_id)
    if partner.status not in ENDED:
        seal.counterpart_id, partner.counterpart_id, old.counterpart_id = partner.id, seal.id, None
