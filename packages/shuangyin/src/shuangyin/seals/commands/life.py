"""Simple changes of a seal: put into force, suspended, taken up again, another keeper, another place."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import errors, life_errors, queries
from shuangyin.seals.commands.history import note_event
from shuangyin.seals.commands.moving import move_seal
from shuangyin.seals.commands.registering import place_keeper
from shuangyin.seals.kinds import Begun
from shuangyin.seals.models import Medium, Seal
from shuangyin.seals.rules import Objection
from shuangyin.seals.rules.life import LifeAct, Move, Who, find_move
from shuangyin.seals.schemas import FilingChange


def act_on(
    work: UnitOfWork, actor: Actor, seal_id: str, act: str, *, reason: str | None, expected: int | None
) -> Seal:
    """Do what the table lets be done to a seal without evidence and approval: activate, suspend or resume it.

    A keeper may suspend what he keeps, at once; everything else is for who manages seals. Raises Conflict when
    the status does not allow it or another legal-name seal is in force, Refused when something is missing.
    """
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    move = possible_move(seal, LifeAct(act))
    require_allowed(actor, seal, move, act)
    if move.approval or move.evidence:
        raise life_errors.step_needed()
    move_seal(work, actor, seal, move, note=reason)
    return seal


def possible_move(seal: Seal, act: LifeAct) -> Move:
    """The line of the table for an act on a seal. Raises Conflict (SEAL_STATUS)."""
    move = find_move(act, seal.status, seal.medium, seal.begun)
    if isinstance(move, Objection):
        raise errors.status_conflict(move, seal.status)
    return move


def require_allowed(actor: Actor, seal: Seal, move: Move, act: str) -> None:
    """Raises Forbidden when the table does not let this person do it."""
    if move.who is Who.PLATFORM and not actor.is_system:
        raise life_errors.platform_only(act)
    if not (move.who is Who.KEEPER_TOO and actor.person_id == seal.keeper_person_id):
        actor.require("seals.manage")


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
    """Enter the filing of a seal that existed already; what is absent stays. Raises Refused for one applied for here."""
    actor.require("seals.manage")
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    if seal.begun == Begun.APPLIED:
        raise life_errors.filed_by_step()
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(seal, name, value)
    note_event(work, actor, seal, "filing_set", {"filing_no": seal.filing_no, "filed_at": seal.filed_at})
    return seal


def set_whereabouts(work: UnitOfWork, actor: Actor | None, seal: Seal, whereabouts: str) -> None:
    """Say where a physical seal is now. Whoever moves it records the evidence of it, with the reason."""
    if seal.medium == Medium.PHYSICAL and seal.whereabouts != whereabouts:
        seal.whereabouts = whereabouts
        work.session.flush()
