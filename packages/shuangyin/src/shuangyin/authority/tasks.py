"""What authority wants of a person: grants to accept, grants about to end, grants to reconfirm, reviews he owes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, or_, select

from shuangyin.authority import queries
from shuangyin.authority.kinds import GrantStatus, ReviewStatus
from shuangyin.authority.models import AfterReview, Grant, GrantReminder
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork

TaskKind = Literal["accept", "ending", "reconfirm", "review", "review_overdue"]


@dataclass(frozen=True, slots=True)
class AuthorityTask:
    """So many things of a kind wait for a person; `until` is the nearest deadline, in UTC milliseconds."""

    kind: TaskKind
    count: int
    until: int


def tasks_of(work: UnitOfWork, actor: Actor) -> list[AuthorityTask]:
    """What waits for the actor, the kinds in the order of their urgency."""
    found = [
        *_reviews(work, actor),
        *_reconfirmations(work, actor),
        *_offers(work, actor),
        *_ending(work, actor),
    ]
    return [one for one in found if one.count]


def _offers(work: UnitOfWork, actor: Actor) -> list[AuthorityTask]:
    count, until = work.session.execute(
        select(func.count(), func.min(Grant.valid_until)).where(
            queries.held_by(actor.person_id, actor.post_ids),
            Grant.status == GrantStatus.OFFERED,
            Grant.valid_until > work.now,
        )
    ).one()
    return [AuthorityTask("accept", count, until or 0)]


def _ending(work: UnitOfWork, actor: Actor) -> list[AuthorityTask]:
    """Grants of which holder and giver were reminded, as long as they have not ended."""
    mine = or_(
        queries.held_by(actor.person_id, actor.post_ids),
        Grant.granted_by_person == actor.person_id,
    )
    count, until = work.session.execute(
        select(func.count(func.distinct(Grant.id)), func.min(Grant.valid_until))
        .join(GrantReminder, GrantReminder.grant_id == Grant.id)
        .where(
            GrantReminder.organization_id == actor.organization_id,
            Grant.status == GrantStatus.ACTIVE,
            Grant.valid_until > work.now,
            mine,
        )
    ).one()
    return [AuthorityTask("ending", count, until or 0)]


def _reconfirmations(work: UnitOfWork, actor: Actor) -> list[AuthorityTask]:
    if not actor.post_ids:
        return []
    ends = queries.office_ends(work, actor.organization_id)
    held = {post: at for post, at in ends.items() if post in actor.post_ids}
    if not held:
        return []
    rows = work.session.scalars(
        select(Grant).where(
            Grant.depth == 0,
            Grant.organization_id == actor.organization_id,
            Grant.granted_by_post.in_(held),
            Grant.status.in_((GrantStatus.ACTIVE, GrantStatus.OFFERED)),
            Grant.confirmed_at < max(end for one in held.values() for end in one),
        )
    )
    lapses = [at for one in rows if (at := queries.lapse(work, one, held)) is not None and at > work.now]
    return [AuthorityTask("reconfirm", len(lapses), min(lapses, default=0))]


def _reviews(work: UnitOfWork, actor: Actor) -> list[AuthorityTask]:
    owed = AfterReview.reviewer_id == actor.person_id
    if actor.may("authority.review"):
        owed = or_(owed, AfterReview.reviewer_id.is_(None))
    rows = work.session.scalars(
        select(AfterReview).where(
            AfterReview.organization_id == actor.organization_id,
            AfterReview.status == ReviewStatus.OPEN,
            owed,
        )
    )
    due = [one.due_at for one in rows if actor.person_id not in json.loads(one.barred_ids)]
    overdue = [at for at in due if at < work.now]
    waiting = [at for at in due if at >= work.now]
    return [
        AuthorityTask("review_overdue", len(overdue), min(overdue, default=0)),
        AuthorityTask("review", len(waiting), min(waiting, default=0)),
    ]
