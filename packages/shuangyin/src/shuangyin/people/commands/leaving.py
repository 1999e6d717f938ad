"""The people area's part of leaving. The whole command is in `transitions.leaving`, which sees all areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.models import Post
from shuangyin.people import errors, privacy, queries
from shuangyin.people.links import drop_links
from shuangyin.people.models import Credential, Person, PersonStatus, PostHolding, RecoveryCode
from shuangyin.people.passkeys import drop_passkeys
from shuangyin.people.privacy_models import DeletionReason


def active_person(work: UnitOfWork, actor: Actor, person_id: str) -> Person:
    """A person of the organization who has not left. Raises Conflict (PERSON_LEFT), NotFound."""
    person = queries.person(work, actor.organization_id, person_id)
    if person.status != PersonStatus.ACTIVE:
        raise errors.has_left()
    return person


def open_holdings(work: UnitOfWork, person_id: str) -> list[tuple[PostHolding, Post]]:
    """The posts that a person holds, in order of his taking them."""
    query = (
        select(PostHolding, Post)
        .join(Post, Post.id == PostHolding.post_id)
        .where(PostHolding.person_id == person_id, PostHolding.until_at.is_(None))
    )
    return list(work.session.execute(query.order_by(PostHolding.id)).tuples())


def close_holdings(work: UnitOfWork, holdings: Sequence[PostHolding]) -> None:
    """End these holdings at this instant. Who calls says so in the log."""
    for one in holdings:
        one.until_at = work.now
        one.open_slot = None
        one.office_slot = None
    work.session.flush()


def drop_factors(work: UnitOfWork, actor: Actor, person: Person, reason: DeletionReason) -> None:
    """Remove what the person signed in with: secrets are not kept beyond their use."""
    privacy.erase_all(work, actor, person, reason)
    work.session.execute(delete(Credential).where(Credential.person_id == person.id))
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    drop_passkeys(work, person.id)
    drop_links(work, person.id)


def mark_left(work: UnitOfWork, actor: Actor, person: Person, facts: Mapping[str, JsonValue]) -> str:
    """The person belongs to the organization no more; returns the id of the entry.

    Raises Refused (LAST_ADMINISTRATOR).
    """
    person.status = PersonStatus.LEFT
    person.left_at = work.now
    require_administrator(work, actor)
    entry = record(
        work, actor, kind="people.person_left", subject_type="person", subject_id=person.id, facts=facts
    )
    return entry.id


def note_moved(work: UnitOfWork, actor: Actor, person: Person, facts: Mapping[str, JsonValue]) -> str:
    """Record that a person changed post; returns the id of the entry."""
    entry = record(
        work, actor, kind="people.person_moved", subject_type="person", subject_id=person.id, facts=facts
    )
    return entry.id


def require_administrator(work: UnitOfWork, actor: Actor) -> None:
    """An organization that nobody can manage could never be repaired from inside."""
    work.session.flush()
    if not queries.persons_permitted(work, actor.organization_id, "people.manage"):
        raise errors.last_administrator()
