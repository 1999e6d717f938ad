"""A new legal representative: his predecessor's personal rights and name seal stop at that instant.

Grants that were given in the name of the office live on for ten working days; whoever holds it now reconfirms them
(`authority.queries.lapse`). What waits for the predecessor's approval moves.
"""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.approvals.commands.succeeding import move_to_successor
from shuangyin.authority.commands.departing import (
    HeldGrant,
    acts_of,
    delegations_of,
    end_delegations,
    end_grants,
    grants_of,
)
from shuangyin.authority.kinds import Act, EndCause
from shuangyin.authority.queries import open_grants_of_office
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Post
from shuangyin.organization.queries import get as organization_of
from shuangyin.organization.queries import head_office
from shuangyin.people.commands import persons, require_second_factor
from shuangyin.people.models import PostHolding
from shuangyin.people.queries import person as person_of
from shuangyin.seals.commands.tasks import raise_task
from shuangyin.seals.kinds import Hold, SealCategory
from shuangyin.seals.models import Seal
from shuangyin.seals.ports import RegisteredCompany
from shuangyin.seals.rules.life import ENDED, HELD
from shuangyin.seals.rules.tasks import TaskKind
from shuangyin.transitions import errors
from shuangyin.transitions.commands.keeping import Item, keep, named, stop_for_good
from shuangyin.transitions.models import Transition

ACT = "transitions.succeed"
_REASON = "法定代表人变更"


def succeed(
    work: UnitOfWork,
    actor: Actor,
    *,
    successor_id: str,
    notice_no: str,
    registered: RegisteredCompany | None,
    is_connected: bool,
    proof: str | None,
) -> Transition:
    """Give the unit's root office to another person. Raises Refused, Conflict (SAME_REPRESENTATIVE), Forbidden."""
    actor.require("people.manage")
    actor.require("seals.manage")
    successor = person_of(work, actor.organization_id, successor_id)
    uscc = organization_of(work, actor.organization_id).uscc
    if is_connected and (
        registered is None or (registered.uscc, registered.legal_representative) != (uscc, successor.name)
    ):
        raise errors.not_registered()
    office = _office(work, actor.organization_id)
    holding = work.session.scalar(select(PostHolding).where(PostHolding.office_slot == office.id))
    if holding is None:
        raise errors.office_vacant()
    predecessor_id = holding.person_id
    if predecessor_id == successor.id:
        raise errors.same_representative()
    require_second_factor(work, actor, act=ACT, subject=actor.organization_id, proof=proof, strength="each")
    persons.end_holding(work, actor, predecessor_id, holding.id)
    work.session.flush()
    persons.appoint(work, actor, successor.id, office.id)
    work.session.flush()
    items = [
        Item("office", office.name, "moved", office.id),
        *_approvals(work, actor, predecessor_id, successor.id),
        *_rights(work, actor, predecessor_id),
        *_seals(work, actor, predecessor_id),
        *_given_by(work, actor, office),
    ]
    return keep(
        work,
        actor,
        kind="representative_changed",
        before=predecessor_id,
        after=successor.id,
        notice_no=notice_no,
        items=items,
    )


def _office(work: UnitOfWork, organization_id: str) -> Post:
    office = head_office(work, organization_id)
    if office is None:
        raise errors.office_vacant()
    return office


def _approvals(work: UnitOfWork, actor: Actor, from_id: str, to_id: str) -> list[Item]:
    found = move_to_successor(work, actor, from_id, to_id)
    if found.stayed:
        stayed = "、".join(found.stayed)[:200]
        raise_task(work, actor, TaskKind.BLOCKED_ITEM, detail=stayed, about_id=from_id)
    return [Item("approval", title, "moved") for title in found.moved] + [
        Item("approval", title, "blocked") for title in found.stayed
    ]


def _rights(work: UnitOfWork, actor: Actor, person_id: str) -> list[Item]:
    grants = grants_of(work, actor.organization_id, person_id)
    end_grants(work, actor, grants, EndCause.REVOKED, reason=_REASON)
    delegations = delegations_of(work, actor.organization_id, person_id)
    end_delegations(work, actor, delegations, reason=_REASON)
    work.session.flush()
    return [
        *(Item("grant", _grant_name(one), "ended", one.id) for one in grants),
        *(
            Item("delegation", "、".join(Act(act).words.zh for act in acts_of(one)), "ended", one.id)
            for one in delegations
        ),
    ]


def _grant_name(held: HeldGrant) -> str:
    return " ".join(part for part in (Act(held.act).words.zh, held.seal_name) if part)


def _given_by(work: UnitOfWork, actor: Actor, office: Post) -> list[Item]:
    """What the office gave lives on until its new holder has answered for it; without any there is nothing to ask."""
    waiting = open_grants_of_office(work, office.id)
    if not waiting:
        return []
    raise_task(work, actor, TaskKind.RECONFIRM_GRANTS)
    return [Item("office_grant", f"{len(waiting)} 项", "to_reconfirm", office.id)]


def _seals(work: UnitOfWork, actor: Actor, person_id: str) -> list[Item]:
    """Name seals of both media stop; a seal that the predecessor keeps needs another keeper."""
    mine = Seal.organization_id == actor.organization_id
    names = select(Seal).where(
        mine, Seal.category == SealCategory.LEGAL_REP_NAME, Seal.status.in_(HELD), Seal.root == "unit"
    )
    items = stop_for_good(
        work, actor, list(work.session.scalars(names.order_by(Seal.id))), Hold.REPRESENTATIVE_CHANGED
    )
    kept = select(Seal).where(mine, Seal.keeper_person_id == person_id, Seal.status.not_in(ENDED))
    for seal in work.session.scalars(kept.order_by(Seal.id)):
        raise_task(
            work, actor, TaskKind.BLOCKED_ITEM, seal_id=seal.id, detail="保管人须另行指定", about_id=person_id
        )
        items.append(Item("custody", named(seal), "to_be_settled", seal.id))
    return items
