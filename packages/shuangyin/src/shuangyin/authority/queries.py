"""Reads of grants. What follows from them is in `judging` (may he?), `reversing` (who may? what may he?)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy import ColumnElement, and_, bindparam, false, func, or_, select

from shuangyin.authority import errors
from shuangyin.authority.kinds import Act, CountOf, GrantStatus, ReservationStatus
from shuangyin.authority.models import Grant, GrantReservation, GrantTarget, codes
from shuangyin.authority.rules.grants import GrantState, Quantities, Scope, lapse_of
from shuangyin.authority.stored import StoredGrant
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.calendar import end_of_term
from shuangyin.organization.models import Department, Post
from shuangyin.people.models import PostHolding

ABOVE_HEX = "g"
"""Comes after every hexadecimal digit in every collation, so that a range of paths needs no LIKE."""


_OPEN = (GrantStatus.ACTIVE, GrantStatus.OFFERED)
_BY_IDS = select(Grant).where(Grant.id.in_(bindparam("ids", expanding=True)))
_OFFICE_ENDS = (
    select(PostHolding.post_id, PostHolding.until_at)
    .join(Post, Post.id == PostHolding.post_id)
    .where(
        Post.organization_id == bindparam("organization"),
        Post.office_slot.is_not(None),
        PostHolding.until_at.is_not(None),
    )
)
# Asked for every answer and made once: making a statement costs more than asking it.


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
    parent_id: str | None = None,
    top: bool = False,
    mine: bool = False,
    unconfirmed: bool = False,
) -> list[Grant]:
    """Grants of the organization, newest first: of a state, for a seal, out of a parent, of the root, one's own, or those
    that a new holder of a root office has not answered for."""
    actor.require("authority.read")
    query = select(Grant).where(Grant.organization_id == actor.organization_id)
    if before is not None:
        query = query.where(Grant.id < before)
    if status is not None:
        query = query.where(Grant.status == status)
    if seal_id is not None:
        named = select(GrantTarget.grant_id).where(
            GrantTarget.organization_id == actor.organization_id, GrantTarget.target == seal_id
        )
        query = query.where(Grant.id.in_(named))
    if parent_id is not None:
        query = query.where(Grant.parent_id == parent_id)
    if top:
        query = query.where(Grant.depth == 0)
    if mine:
        query = query.where(held_by(actor.person_id, actor.post_ids))
    if unconfirmed:
        query = query.where(_unconfirmed(office_ends(work, actor.organization_id)))
    return list(work.session.scalars(query.order_by(Grant.id.desc()).limit(limit)))


def _unconfirmed(ends: Mapping[str, Sequence[int]]) -> ColumnElement[bool]:
    """The condition that a root office changed its holder after somebody last stood by a grant of it."""
    changed = [
        and_(Grant.granted_by_post == post_id, Grant.confirmed_at < max(at)) for post_id, at in ends.items()
    ]
    return and_(Grant.depth == 0, Grant.status.in_(_OPEN), or_(false(), *changed))


def held_by(person_id: str, post_ids: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a person holds a grant, by himself or by a post of his."""
    return (Grant.holder_person_id == person_id) | Grant.holder_post_id.in_(list(post_ids))


def child_counts(work: UnitOfWork, grant_ids: Collection[str]) -> dict[str, int]:
    """How many grants were given directly out of each."""
    rows = work.session.execute(
        select(Grant.parent_id, func.count()).where(Grant.parent_id.in_(grant_ids)).group_by(Grant.parent_id)
    ).tuples()
    return {parent: count for parent, count in rows if parent is not None}


def lineage(work: UnitOfWork, grant: Grant) -> list[Grant]:
    """The line of grants from the root down to this one."""
    return lines(work, [grant])[grant.id]


def lines(work: UnitOfWork, found: Sequence[Grant]) -> dict[str, list[Grant]]:
    """The line from the root down to each of these grants, in one query."""
    wanted = {one for grant in found for one in grant.line_ids} - {grant.id for grant in found}
    known = {grant.id: grant for grant in found}
    if wanted:
        known |= {one.id: one for one in work.session.scalars(_BY_IDS, {"ids": sorted(wanted)})}
    return {grant.id: [known[one] for one in grant.line_ids] for grant in found}


def by_ids(work: UnitOfWork, grant_ids: Collection[str]) -> list[Grant]:
    """These grants, in no order."""
    return list(work.session.scalars(_BY_IDS, {"ids": sorted(grant_ids)})) if grant_ids else []


def descendants(work: UnitOfWork, grant: Grant) -> list[Grant]:
    """All grants below this one, parents before children."""
    below = and_(Grant.path > grant.path, Grant.path < grant.path + ABOVE_HEX)
    return list(work.session.scalars(select(Grant).where(below).order_by(Grant.path)))


def targets_of(work: UnitOfWork, grant_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Which seals each of these grants reaches."""
    rows = work.session.execute(
        select(GrantTarget.grant_id, GrantTarget.target).where(GrantTarget.grant_id.in_(grant_ids))
    ).tuples()
    found: dict[str, set[str]] = {one: set() for one in grant_ids}
    for grant_id, target in rows:
        found[grant_id].add(target)
    return {grant_id: frozenset(one) for grant_id, one in found.items()}


def scope_of(grant: Grant | StoredGrant, targets: frozenset[str] | None) -> Scope:
    """The scope of a grant as it holds. Without targets, the caller knows already that the seal is reached."""
    return Scope(
        act=Act(grant.act),
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        root=grant.root,
        targets=targets,
        document_kinds=codes(grant.document_kinds),
        matters=codes(grant.matters),
        forms=codes(grant.forms),
        department_id=grant.department_id,
        amount_limit_minor=grant.amount_limit_minor,
        count_limit=grant.count_limit,
        count_of=CountOf(grant.count_of),
        may_pass_on=grant.may_pass_on,
    )


def state_of(
    grant: Grant | StoredGrant, *, targets: frozenset[str] | None = None, lapses_at: int | None = None
) -> GrantState:
    """A grant as the rules see it."""
    return GrantState(
        id=grant.id,
        scope=scope_of(grant, targets),
        status=GrantStatus(grant.status),
        count_reserved=grant.count_reserved,
        count_used=grant.count_used,
        lapses_at=lapses_at,
    )


def office_ends(work: UnitOfWork, organization_id: str) -> dict[str, list[int]]:
    """When holdings of each root office of the organization ended, by its post."""
    rows = work.session.execute(_OFFICE_ENDS, {"organization": organization_id}).tuples()
    ends: dict[str, list[int]] = {}
    for post_id, until_at in rows:
        ends.setdefault(post_id, []).append(until_at or 0)
    return ends


def lapse(work: UnitOfWork, grant: Grant | StoredGrant, ends: Mapping[str, Sequence[int]]) -> int | None:
    """When a root grant lapses unless it is reconfirmed; None for others, and without a change of the office."""
    if grant.depth or grant.granted_by_post is None:
        return None
    term = partial(end_of_term, work, grant.organization_id)
    return lapse_of(grant.confirmed_at, ends.get(grant.granted_by_post, ()), term)


def open_grants_of_office(work: UnitOfWork, post_id: str) -> list[Grant]:
    """The grants that a root office gave and that can be acted on or accepted, oldest first."""
    query = select(Grant).where(Grant.granted_by_post == post_id, Grant.depth == 0, Grant.status.in_(_OPEN))
    return list(work.session.scalars(query.order_by(Grant.id)))


def unconfirmed_count(work: UnitOfWork, organization_id: str) -> int:
    """How many grants of the organization's root offices wait for the answer of a new holder."""
    query = select(func.count()).select_from(Grant).where(Grant.organization_id == organization_id)
    return work.session.scalar(query.where(_unconfirmed(office_ends(work, organization_id)))) or 0


def department_lines(work: UnitOfWork, organization_id: str) -> dict[str, tuple[str, ...]]:
    """Every department of the organization with those above it, from the top."""
    parents = dict(
        work.session.execute(
            select(Department.id, Department.parent_id).where(Department.organization_id == organization_id)
        )
        .tuples()
        .all()
    )
    return {department: _line(department, parents) for department in parents}


def department_line(work: UnitOfWork, organization_id: str, department_id: str) -> tuple[str, ...]:
    """A department with those above it, from the top; empty for one that is not the organization's."""
    base = (
        select(Department.id, Department.parent_id)
        .where(Department.id == department_id, Department.organization_id == organization_id)
        .cte("above", recursive=True)
    )
    # UNION, not UNION ALL: a circle of departments would otherwise never end.
    above = base.union(
        select(Department.id, Department.parent_id).join(base, Department.id == base.c.parent_id)
    )
    parents = dict(work.session.execute(select(above.c.id, above.c.parent_id)).tuples().all())
    return _line(department_id, parents) if parents else ()


def reservations_of(work: UnitOfWork, subject_id: str) -> list[GrantReservation]:
    """The counts that a subject holds reserved."""
    query = select(GrantReservation).where(
        GrantReservation.subject_id == subject_id, GrantReservation.status == ReservationStatus.RESERVED
    )
    return list(work.session.scalars(query.order_by(GrantReservation.id)))


def reserved_for(
    work: UnitOfWork, subject_id: str | None, seal_id: str
) -> tuple[str | None, Quantities | None]:
    """The grant of which a subject holds a count for a seal, and how much."""
    if subject_id is None:
        return None, None
    row = work.session.scalar(
        select(GrantReservation).where(GrantReservation.slot == f"{subject_id}:{seal_id}")
    )
    if row is None or row.status != ReservationStatus.RESERVED:
        return None, None
    return row.grant_id, Quantities(1, row.documents, row.presses)


def _line(department: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    line: list[str] = []
    above: str | None = department
    while above is not None and above not in line:
        line.insert(0, above)
        above = parents.get(above)
    return tuple(line)
