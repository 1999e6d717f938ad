"""Who keeps seals, when a keeper leaves or hands over."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.commands.history import note_event
from shuangyin.seals.commands.registering import place_keeper
from shuangyin.seals.models import Seal


def kept_by(work: UnitOfWork, organization_id: str, person_id: str) -> list[Seal]:
    """The seals of both media that a person keeps."""
    query = select(Seal).where(Seal.organization_id == organization_id, Seal.keeper_person_id == person_id)
    return list(work.session.scalars(query.order_by(Seal.id)))


def hand_over_keeping(work: UnitOfWork, actor: Actor, seal: Seal, to_person_id: str | None) -> None:
    """Name another keeper, or nobody: then the seal cannot be used until one is named.

    Whoever calls has decided that the actor may: who manages seals, who lets the keeper leave, both sides of a hand-over.
    Raises Refused when the person holds no custodian's post.
    """
    before = seal.keeper_person_id
    seal.keeper_person_id = None
    place_keeper(work, actor, seal, to_person_id)
    note_event(work, actor, seal, "keeper_set", {"from": before, "to": to_person_id})
