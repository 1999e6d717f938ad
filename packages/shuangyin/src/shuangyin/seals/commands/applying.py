"""Apply for a new seal of either medium, and take in an e-seal that the management unit has made for it."""

from __future__ import annotations

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.seals import life_errors, queries
from shuangyin.seals.commands.history import as_entered, note_event
from shuangyin.seals.commands.registering import Face, draft, face_standard, link_counterpart, place_keeper
from shuangyin.seals.kinds import Begun, Medium, Origin, SealStatus
from shuangyin.seals.life_schemas import NewApplication
from shuangyin.seals.models import Seal
from shuangyin.seals.rules.life import ENDED


def apply(work: UnitOfWork, actor: Actor, new: NewApplication) -> Seal:
    """Write an application for a seal. It comes to life only through its steps. Raises Refused, Invalid."""
    actor.require("seals.manage")
    organization = organization_of(work, actor.organization_id)
    standard = face_standard(work, actor.organization_id, new.category)
    face = Face(
        category=new.category,
        text=new.face_text or organization.name,
        words=new.face_words or standard.words,
        sequence_number=new.sequence_number,
        shape=new.shape or standard.shape,
        width_mm=new.width_mm or standard.width_mm,
        height_mm=new.height_mm or standard.height_mm,
        code=None,
    )
    seal = draft(work, actor, Medium(new.medium), face, standard)
    seal.begun = Begun.APPLIED
    seal.root = new.root
    if seal.medium == Medium.ELECTRONIC:
        seal.origin = Origin.ISSUED
    if new.replaces_id is not None:
        seal.replaces_id = _replaced(work, actor, new).id
    place_keeper(work, actor, seal, new.keeper_person_id)
    link_counterpart(work, seal, new.counterpart_id)
    facts: dict[str, JsonValue] = {
        "medium": seal.medium,
        "ga_type": seal.ga_type,
        "origin": seal.origin,
        "replaces": seal.replaces_id,
        **as_entered(seal),
    }
    note_event(work, actor, seal, "applied", facts, note=new.reason)
    return seal


def _replaced(work: UnitOfWork, actor: Actor, new: NewApplication) -> Seal:
    old = queries.get(work, actor.organization_id, new.replaces_id or "")
    stopped = old.status in ENDED or old.status == SealStatus.SUSPENDED
    if old.medium != new.medium or not stopped:
        raise life_errors.replaces_wrong()
    return old
