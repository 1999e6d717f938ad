"""Reads of authority. `judge` answers the one question: may this be done with this seal, now, for this amount?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import or_, select

from shuangyin.authority import errors
from shuangyin.authority.models import Act, Grant, GrantReservation, GrantStatus, ReservationStatus
from shuangyin.authority.rules import GrantState, Question, Scope, objections_to_use
from shuangyin.core.actor import Actor
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import held_posts, permissions_at
from shuangyin.seals.models import Seal


@dataclass(frozen=True, slots=True)
class AuthorityAnswer:
    """Whether, on which basis, and why (or why not)."""

    allowed: bool
    grant_id: str | None
    basis: Literal["post", "grant"] | None
    reasons: tuple[Text, ...]


def judge(
    work: UnitOfWork,
    *,
    organization_id: str,
    person_id: str | None,
    act: str,
    seal_id: str,
    amount_minor: int | None,
    at: int,
    subject_id: str | None = None,
) -> AuthorityAnswer:
    """Whether a person (None: the platform by itself) is in authority for an act at an instant.

    A post is looked at first, then grants. With `subject_id`, a count that this subject reserved for the seal
    counts as available. An unknown amount is within no limit.
    """
    by_post = _by_post(work, organization_id, person_id, act, seal_id, at)
    if by_post is not None:
        return AuthorityAnswer(allowed=True, grant_id=None, basis="post", reasons=(by_post,))
    reserved = _reserved_grant(work, subject_id, seal_id)
    reasons: list[Text] = []
    for grant in _candidates(work, organization_id, person_id, act, seal_id, at):
        line = lineage(work, grant)
        held = 1 if grant.id == reserved else 0
        question = Question(seal_id=seal_id, amount_minor=amount_minor, at=at, held=held)
        objections = objections_to_use([state_of(one) for one in line], question)
        if not objections:
            granted = Text("在有效授权范围内。", "It is within a grant in force.")
            return AuthorityAnswer(allowed=True, grant_id=grant.id, basis="grant", reasons=(granted,))
        reasons.extend(objection.text for objection in objections)
    if not reasons:
        reasons.append(
            Text("没有相应的岗位职权或授权。", "There is no post or grant that gives this authority.")
        )
    return AuthorityAnswer(allowed=False, grant_id=None, basis=None, reasons=tuple(dict.fromkeys(reasons)))


def grant_of(work: UnitOfWork, organization_id: str, grant_id: str) -> Grant:
    """One grant of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(Grant).where(Grant.id == grant_id, Grant.organization_id == organization_id)
    )
    if found is None:
        raise errors.no_such_grant()
    return found


def grants(
    work: UnitOfWork,
    actor: Actor,
    *,
    before: str | None,
    limit: int,
    status: str | None = None,
    seal_id: str | None = None,
) -> list[Grant]:
    """Grants of the organization, newest first."""
    actor.require("authority.read")
    query = select(Grant).where(Grant.organization_id == actor.organization_id)
    if before is not None:
        query = query.where(Grant.id < before)
    if status is not None:
        query = query.where(Grant.status == status)
    if seal_id is not None:
        query = query.where(Grant.seal_id == seal_id)
    return list(work.session.scalars(query.order_by(Grant.id.desc()).limit(limit)))


def lineage(work: UnitOfWork, grant: Grant) -> list[Grant]:
    """The line of grants from the root down to this one."""
    line = [grant]
    while line[0].parent_id is not None:
        line.insert(0, work.session.get_one(Grant, line[0].parent_id))
    return line


def descendants(work: UnitOfWork, grant: Grant) -> list[Grant]:
    """All grants below this one, parents before children."""
    found: list[Grant] = []
    level = [grant.id]
    while level:
        children = list(
            work.session.scalars(select(Grant).where(Grant.parent_id.in_(level)).order_by(Grant.id))
        )
        found.extend(children)
        level = [child.id for child in children]
    return found


def scope_of(grant: Grant) -> Scope:
    """The scope of a grant, open limits left open."""
    return Scope(
        act=grant.act,
        seal_id=grant.seal_id,
        amount_limit_minor=grant.amount_limit_minor,
        count_limit=grant.count_limit,
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
    )


def state_of(grant: Grant) -> GrantState:
    """A grant as the rules see it."""
    return GrantState(
        id=grant.id,
        scope=scope_of(grant),
        active=grant.status == GrantStatus.ACTIVE,
        count_reserved=grant.count_reserved,
        count_used=grant.count_used,
    )


def reservations_of(work: UnitOfWork, subject_id: str) -> list[GrantReservation]:
    """The counts that a subject holds reserved."""
    query = select(GrantReservation).where(
        GrantReservation.subject_id == subject_id, GrantReservation.status == ReservationStatus.RESERVED
    )
    return list(work.session.scalars(query.order_by(GrantReservation.id)))


def _candidates(
    work: UnitOfWork, organization_id: str, person_id: str | None, act: str, seal_id: str, at: int
) -> Sequence[Grant]:
    query = select(Grant).where(
        Grant.organization_id == organization_id,
        Grant.act == act,
        Grant.status == GrantStatus.ACTIVE,
        or_(Grant.seal_id == seal_id, Grant.seal_id.is_(None)),
    )
    if act != Act.AUTO_SEAL:
        if person_id is None:
            return []
        posts = [held.post.id for held in held_posts(work, [person_id], at)]
        query = query.where(or_(Grant.holder_person_id == person_id, Grant.holder_post_id.in_(posts)))
    return list(work.session.scalars(query.order_by(Grant.id)))


def _by_post(
    work: UnitOfWork, organization_id: str, person_id: str | None, act: str, seal_id: str, at: int
) -> Text | None:
    if person_id is None:
        return None
    if act == Act.PRESS:
        seal = work.session.get(Seal, seal_id)
        mine = seal is not None and (seal.organization_id, seal.keeper_person_id) == (
            organization_id,
            person_id,
        )
        return Text("其为该印章的保管人。", "He is the keeper of this seal.") if mine else None
    held = [one.post for one in held_posts(work, [person_id], at)]
    if act == Act.APPROVE and any(post.is_office for post in held):
        return Text("其任本单位负责人。", "He holds the root office of the organization.")
    needed: Mapping[str, tuple[str, Text]] = {
        Act.APPROVE: (
            "approvals.decide",
            Text("其岗位有审批职权。", "His post includes the right to approve."),
        ),
        Act.APPLY: (
            "requests.apply",
            Text("其岗位可提交用印申请。", "His post includes the right to apply."),
        ),
    }
    if act in needed and needed[act][0] in permissions_at(work, person_id, at):
        return needed[act][1]
    return None


def _reserved_grant(work: UnitOfWork, subject_id: str | None, seal_id: str) -> str | None:
    if subject_id is None:
        return None
    return work.session.scalar(
        select(GrantReservation.grant_id).where(
            GrantReservation.subject_id == subject_id,
            GrantReservation.seal_id == seal_id,
            GrantReservation.status == ReservationStatus.RESERVED,
        )
    )
