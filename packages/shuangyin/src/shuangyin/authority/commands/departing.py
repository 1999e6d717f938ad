"""What becomes of a person's grants, delegations and owed reviews when he leaves or hands them over.

A person who leaves may hold thousands of grants. They are read level by level and ended by one statement per thousand,
yet each of them, and each that was given out of it, leaves its own entry.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select, update

from evidencelog.entry import JsonValue
from shuangyin.authority import queries
from shuangyin.authority.commands.grants import grant_facts
from shuangyin.authority.kinds import Act, EndCause, GrantStatus, ReviewStatus
from shuangyin.authority.models import AfterReview, Delegation, Grant, GrantTarget, SmallUnit
from shuangyin.core.actor import Actor
from shuangyin.core.many_rows import insert_rows
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import Fact, digest_of, record_many
from shuangyin.seals.models import Seal

_OPEN = (GrantStatus.ACTIVE, GrantStatus.OFFERED)
_AT_ONCE = 1_000
UNIT = "unit"

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant that ends with its holder: his own, or given out of one of his (`parent_id` is then in the list too)."""

    id: str
    parent_id: str | None
    own: bool
    act: str
    root: str
    seal_id: str | None
    seal_name: str | None
    valid_until: int
    count_used: int
    count_left: int | None

    def can_be_handed_over(self, now: int) -> bool:
        """Whether a like grant can be offered to somebody else: one of the unit's, with something left of it."""
        of_the_unit = self.own and self.root == UNIT and self.act != Act.AUTO_SEAL
        return of_the_unit and self.count_left != 0 and self.valid_until > now


def grants_of(work: UnitOfWork, organization_id: str, person_id: str) -> list[HeldGrant]:
    """The grants a person holds by himself, and below them all that was given out of them, parents first."""
    found = _held(work, Grant.holder_person_id == person_id, organization_id, own=True)
    known = {one.id for one in found}
    level = found
    while level:
        below: list[HeldGrant] = []
        for ids in _chunks(one.id for one in level):
            below += _held(work, Grant.parent_id.in_(ids), organization_id, own=False)
        level = [one for one in below if one.id not in known]
        known |= {one.id for one in level}
        found += level
    return found


def end_grants(
    work: UnitOfWork, actor: Actor, held: Sequence[HeldGrant], cause: EndCause, *, reason: str | None
) -> None:
    """End all of these grants at once; those given out of others end because their parent did."""
    for ids in _chunks(one.id for one in held if one.own):
        _end(work, ids, cause, reason)
    for ids in _chunks(one.id for one in held if not one.own):
        _end(work, ids, EndCause.PARENT_ENDED, reason)
    roots = {one.id: one.id for one in held if one.own}
    for one in held:
        roots.setdefault(one.id, roots.get(one.parent_id or "", one.id))
    facts = (
        Fact("authority.ended", "grant", one.id, _ended_facts(one, roots[one.id], cause, reason))
        for one in held
    )
    record_many(work, actor, facts)


def offer_like(
    work: UnitOfWork, actor: Actor, held: Sequence[HeldGrant], to_person_id: str, *, reason: str
) -> list[str]:
    """Offer a successor a grant like each of these with what is left of its count; he has to accept it.

    It hangs below the same parent, so it never exceeds that. Returns the ids of the new grants. Raises Forbidden when
    the actor may not grant.
    """
    actor.require("authority.grant")
    ids = [one.id for one in held if one.can_be_handed_over(work.now)]
    left = {one.id: one.count_left for one in held}
    made: list[Grant] = []
    targets: list[dict[str, str]] = []
    facts: list[Fact] = []
    for chunk in _chunks(ids):
        reached = queries.targets_of(work, chunk)
        for old in work.session.scalars(select(Grant).where(Grant.id.in_(chunk)).order_by(Grant.id)):
            new = _like(work, actor, old, to_person_id, left[old.id], reason)
            made.append(new)
            own = sorted(reached[old.id])
            targets += [
                {"grant_id": new.id, "target": one, "organization_id": new.organization_id, "act": new.act}
                for one in own
            ]
            facts.append(Fact("authority.granted", "grant", new.id, grant_facts(new, own)))
    work.session.add_all(made)
    work.session.flush()
    insert_rows(work.session, GrantTarget, targets)
    record_many(work, actor, facts)
    return [one.id for one in made]


def delegations_of(work: UnitOfWork, organization_id: str, person_id: str) -> list[Delegation]:
    """The delegations that a person has given or received and that are not over, with all passed on from them."""
    query = select(Delegation).where(
        Delegation.organization_id == organization_id,
        Delegation.ended_at.is_(None),
        Delegation.until_at > work.now,
        or_(Delegation.delegator_id == person_id, Delegation.delegate_id == person_id),
    )
    found = list(work.session.scalars(query.order_by(Delegation.id)))
    for one in found:
        children = select(Delegation).where(Delegation.parent_id == one.id, Delegation.ended_at.is_(None))
        found += [child for child in work.session.scalars(children) if child not in found]
    return found


def end_delegations(work: UnitOfWork, actor: Actor, found: Sequence[Delegation], *, reason: str) -> None:
    """End these delegations at once."""
    for one in found:
        one.ended_at, one.ended_by, one.end_reason = work.now, actor.person_id, reason
    facts = (
        Fact(
            "authority.delegation_ended",
            "delegation",
            one.id,
            {"because_of": one.parent_id or one.id, "reason": dict(digest_of(reason))},
        )
        for one in found
    )
    record_many(work, actor, facts)
    work.session.flush()


def reviews_owed(work: UnitOfWork, organization_id: str, person_id: str) -> list[AfterReview]:
    """Later reviews that this person by name owes."""
    query = select(AfterReview).where(
        AfterReview.organization_id == organization_id,
        AfterReview.reviewer_id == person_id,
        AfterReview.status == ReviewStatus.OPEN,
    )
    return list(work.session.scalars(query.order_by(AfterReview.id)))


def hand_over_reviews(
    work: UnitOfWork, actor: Actor, reviews: Sequence[AfterReview], to_person_id: str | None
) -> None:
    """Let somebody else owe these reviews; without a name, whoever holds the right to review."""
    facts = []
    for one in reviews:
        before, one.reviewer_id = one.reviewer_id, to_person_id
        facts.append(
            Fact("authority.review_handed_over", "after_review", one.id, {"from": before, "to": to_person_id})
        )
    record_many(work, actor, facts)
    work.session.flush()


def small_unit_reviewed_by(work: UnitOfWork, organization_id: str, person_id: str) -> SmallUnit | None:
    """The registration of merged duties whose reviewer this person is, while it holds."""
    return work.session.scalar(
        select(SmallUnit).where(
            SmallUnit.organization_id == organization_id,
            SmallUnit.reviewer_id == person_id,
            SmallUnit.ended_at.is_(None),
        )
    )


def _held(
    work: UnitOfWork, condition: ColumnElement[bool], organization_id: str, *, own: bool
) -> list[HeldGrant]:
    rows = work.session.execute(
        select(
            Grant.id,
            Grant.parent_id,
            Grant.act,
            Grant.root,
            Grant.seal_id,
            Seal.name,
            Grant.valid_until,
            Grant.count_used,
            Grant.count_limit,
        )
        .outerjoin(Seal, Seal.id == Grant.seal_id)
        .where(condition, Grant.organization_id == organization_id, Grant.status.in_(sorted(_OPEN)))
        .order_by(Grant.depth, Grant.id)
    ).tuples()
    return [
        HeldGrant(
            grant_id,
            parent_id,
            own,
            act,
            root,
            seal_id,
            seal_name,
            valid_until,
            used,
            None if limit is None else max(limit - used, 0),
        )
        for grant_id, parent_id, act, root, seal_id, seal_name, valid_until, used, limit in rows
    ]


def _end(work: UnitOfWork, ids: Collection[str], cause: EndCause, reason: str | None) -> None:
    work.session.execute(
        update(Grant)
        .where(Grant.id.in_(ids), Grant.status.in_(sorted(_OPEN)))
        .values(
            status=GrantStatus.ENDED.value,
            ended_at=work.now,
            end_cause=cause.value,
            end_reason=reason,
            version=Grant.version + 1,
        )
        .execution_options(synchronize_session=False)
    )


def _ended_facts(
    one: HeldGrant, because_of: str, cause: EndCause, reason: str | None
) -> dict[str, JsonValue]:
    return {
        "because_of": because_of,
        "cause": cause.value if one.own else EndCause.PARENT_ENDED.value,
        "used": one.count_used,
        "reason": dict(digest_of(reason)) if reason else None,
    }


def _like(
    work: UnitOfWork, actor: Actor, old: Grant, holder_id: str, count_left: int | None, reason: str
) -> Grant:
    new_id = work.new_id()
    return Grant(
        id=new_id,
        organization_id=old.organization_id,
        parent_id=old.parent_id,
        path=old.path[: -len(old.id)] + new_id,
        depth=old.depth,
        root=old.root,
        act=old.act,
        seal_id=old.seal_id,
        seal_category=old.seal_category,
        document_kinds=old.document_kinds,
        matters=old.matters,
        forms=old.forms,
        department_id=old.department_id,
        holder_person_id=holder_id,
        holder_post_id=None,
        amount_limit_minor=old.amount_limit_minor,
        count_limit=count_left,
        count_of=old.count_of,
        count_reserved=0,
        count_used=0,
        may_pass_on=old.may_pass_on,
        valid_from=max(old.valid_from, work.now),
        valid_until=old.valid_until,
        granted_by_person=actor.person_id,
        granted_by_post=old.granted_by_post,
        granted_at=work.now,
        confirmed_at=old.confirmed_at,
        answered_by=None,
        answered_at=None,
        status=GrantStatus.OFFERED,
        reason=reason,
    )


def acts_of(delegation: Delegation) -> list[str]:
    """The acts a delegation names, in order."""
    return [str(one) for one in json.loads(delegation.acts)]


def _chunks(values: Iterable[_Row]) -> Iterator[list[_Row]]:
    rest = iter(values)
    while chunk := list(islice(rest, _AT_ONCE)):
        yield chunk
