"""The round that ends what is over by itself and reminds, once per round of days, of what is about to end.

A grant that is expired, used up or lapsed is refused at that instant anyway; the round writes it down as evidence.
"""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.authority import queries
from shuangyin.authority.commands.grants import close_if_over, settle_reconfirmation
from shuangyin.authority.kinds import GrantStatus
from shuangyin.authority.models import Grant, GrantReminder
from shuangyin.core.actor import system_actor
from shuangyin.core.jobs import ClaimedJob, Job, JobState, enqueue
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Organization

JOB_KIND = "grants.round"
EVERY_MS = 10 * 60_000
REMIND_DAYS = (7, 1)
"""So many days before the end, holder and giver are reminded; each of the rounds once."""
DAY_MS = 24 * 3600 * 1000
_AT_ONCE = 200
"""Grants ended in one transaction, so that nobody waits long for the database."""
_OPEN = (GrantStatus.ACTIVE, GrantStatus.OFFERED)


def keep_going(work: UnitOfWork, *, delay_ms: int = 0) -> None:
    """Put the next round in, unless it waits already. Its slot is the round's number, so that no round is doubled."""
    number = (work.now + delay_ms) // EVERY_MS
    enqueue(work, JOB_KIND, {"round": number}, slot=f"{JOB_KIND}:{number}", delay_ms=delay_ms)


def begin(platform: Platform) -> None:
    """Make sure that a round waits; called when the worker starts."""

    def first(work: UnitOfWork) -> None:
        waits = select(Job.id).where(Job.kind == JOB_KIND, Job.state == JobState.WAITING)
        if work.session.scalar(waits.limit(1)) is None:
            keep_going(work)

    platform.transact(first)


def run_job(platform: Platform, _job: ClaimedJob) -> None:
    """The handler of the job: the next round is put in first, so that a round that fails does not end them all."""
    platform.transact(lambda work: keep_going(work, delay_ms=EVERY_MS))
    for organization_id in platform.view(_organizations):
        while platform.transact(lambda work, one=organization_id: end_what_is_over(work, one)) >= _AT_ONCE:  # type: ignore[misc]  # the default binds the loop's value
            pass
        platform.transact(lambda work, one=organization_id: remind(work, one))  # type: ignore[misc]  # as above


def end_what_is_over(work: UnitOfWork, organization_id: str) -> int:
    """End grants that are expired, used up, not accepted in time, or not reconfirmed; returns how many ended."""
    expired = select(Grant).where(
        Grant.organization_id == organization_id, Grant.status.in_(_OPEN), Grant.valid_until <= work.now
    )
    roots = select(Grant).where(
        Grant.organization_id == organization_id, Grant.status.in_(_OPEN), Grant.depth == 0
    )
    found = list(work.session.scalars(expired.order_by(Grant.depth, Grant.id).limit(_AT_ONCE)))
    ends = queries.office_ends(work, organization_id)
    if ends:
        roots = roots.where(Grant.confirmed_at < max(end for one in ends.values() for end in one))
        found += work.session.scalars(roots.order_by(Grant.id))
    actor = system_actor(organization_id)
    ended = len(close_if_over(work, actor, list(dict.fromkeys(found))))
    settle_reconfirmation(work, actor)
    return ended


def remind(work: UnitOfWork, organization_id: str) -> int:
    """Note which grants are about to end, once per round of days; returns how many were noted."""
    noted = 0
    for days in REMIND_DAYS:
        done = select(GrantReminder.grant_id).where(GrantReminder.round_days == days)
        query = select(Grant.id).where(
            Grant.organization_id == organization_id,
            Grant.status == GrantStatus.ACTIVE,
            Grant.valid_until > work.now,
            Grant.valid_until <= work.now + days * DAY_MS,
            # A grant that was given for a shorter time than the round needs no reminder the moment it is given.
            Grant.valid_until - Grant.valid_from > days * DAY_MS,
            Grant.id.not_in(done),
        )
        for grant_id in work.session.scalars(query.limit(_AT_ONCE)):
            work.session.add(
                GrantReminder(
                    grant_id=grant_id,
                    round_days=days,
                    organization_id=organization_id,
                    reminded_at=work.now,
                )
            )
            noted += 1
    work.session.flush()
    return noted


def _organizations(work: UnitOfWork) -> list[str]:
    return list(work.session.scalars(select(Organization.id).order_by(Organization.id)))
