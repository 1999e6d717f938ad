"""What answers read of grants, persons and posts: columns, in few statements. Objects would cost more than asking.

Each statement is made once: to make one costs about as much as to run it. They say "this person" and "now" by parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    select,
    union_all,
)

from shuangyin.authority.kinds import Act, GrantStatus
from shuangyin.authority.models import ID_LENGTH, Grant, GrantTarget
from shuangyin.authority.rules.grants import MAX_DEPTH
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Post
from shuangyin.people.models import Person, PersonStatus, PostHolding
from shuangyin.people.queries import held_at
from shuangyin.seals.models import Seal

CANDIDATES = 200
"""Grants looked at for one answer. Who holds more for one seal and act has one of the first, or none that fits."""
_OPEN = (GrantStatus.ACTIVE.value, GrantStatus.OFFERED.value)


class StoredGrant(NamedTuple):
    """A grant as its row has it, without what only a page shows; the names are those of `models.Grant`."""

    id: str
    organization_id: str
    path: str
    depth: int
    root: str
    act: str
    seal_id: str | None
    document_kinds: str | None
    matters: str | None
    forms: str | None
    department_id: str | None
    holder_person_id: str | None
    holder_post_id: str | None
    amount_limit_minor: int | None
    count_limit: int | None
    count_of: str
    count_reserved: int
    count_used: int
    may_pass_on: bool
    valid_from: int
    valid_until: int
    granted_by_person: str
    granted_by_post: str | None
    confirmed_at: int
    status: str

    @property
    def line_ids(self) -> tuple[str, ...]:
        """The ids of the line from the root grant down to this one."""
        return tuple(self.path[at : at + ID_LENGTH] for at in range(0, len(self.path), ID_LENGTH))


class StoredPost(NamedTuple):
    """A post as an answer needs it."""

    id: str
    office: str | None
    permissions: str


class StoredHolding(NamedTuple):
    """That somebody holds a post now."""

    holding_id: str
    post: StoredPost


class StoredSeal(NamedTuple):
    """A seal as an answer needs it."""

    id: str
    organization_id: str
    category: str
    root: str
    keeper_person_id: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A seal, and the person who is asked about with the posts that he holds; `there`: he belongs to the unit."""

    seal: StoredSeal
    there: bool
    held: Sequence[StoredHolding]


def held_ids() -> CompoundSelect[tuple[str]]:
    """The ids of open grants that a person holds, by himself or by a post: parameters `person` and `posts`.

    Two branches, each with its own index: of one condition with OR a planner without statistics makes a scan. For the
    same reason neither names the organization, to which a holder belongs anyway.
    """
    posts: BindParameter[str] = bindparam("posts", expanding=True)
    return union_all(
        select(Grant.id).where(Grant.holder_person_id == bindparam("person"), Grant.status.in_(_OPEN)),
        select(Grant.id).where(Grant.holder_post_id.in_(posts), Grant.status.in_(_OPEN)),
    )


_COLUMNS = tuple(getattr(Grant, name) for name in StoredGrant._fields)
_SEAL = tuple(getattr(Seal, name) for name in StoredSeal._fields)
_POST = (Post.id, Post.office, Post.permissions)
_AT = bindparam("at", type_=BigInteger())
_STANDING: Select[Any] = (
    select(*_SEAL, Person.organization_id, Person.status, Person.left_at, PostHolding.id, *_POST)
    .select_from(Seal)
    .outerjoin(Person, Person.id == bindparam("person"))
    .outerjoin(PostHolding, and_(PostHolding.person_id == Person.id, held_at(_AT)))
    .outerjoin(Post, Post.id == PostHolding.post_id)
    .where(Seal.id == bindparam("seal"))
    .order_by(PostHolding.from_at, PostHolding.id)
)
_BY_IDS: Select[Any] = select(*_COLUMNS).where(Grant.id.in_(bindparam("ids", expanding=True)))
_HOLDER_IS_ACTIVE = Person.status == PersonStatus.ACTIVE.value
_REACHING: Select[Any] = (
    select(*_COLUMNS, _HOLDER_IS_ACTIVE)
    .outerjoin(Person, Person.id == Grant.holder_person_id)
    .where(
        Grant.id.in_(
            select(GrantTarget.grant_id).where(
                GrantTarget.organization_id == bindparam("organization"),
                GrantTarget.target.in_(bindparam("targets", expanding=True)),
                GrantTarget.act.in_(bindparam("acts", expanding=True)),
            )
        ),
        Grant.status == GrantStatus.ACTIVE.value,
        Grant.root == bindparam("root"),
        Grant.valid_from <= _AT,
        Grant.valid_until > _AT,
    )
    .order_by(Grant.id)
    .limit(bindparam("most", type_=BigInteger()))
)
_HELD: Select[Any] = (
    select(*_COLUMNS)
    .where(
        Grant.id.in_(held_ids()),
        Grant.valid_until > _AT,
    )
    .order_by(Grant.id.desc())
    .limit(bindparam("most", type_=BigInteger()))
)


def standing(work: UnitOfWork, seal_id: str, person_id: str | None, at: int) -> Standing | None:
    """A seal, and a person with the posts that he holds at an instant; None when there is no such seal."""
    rows = work.session.execute(_STANDING, {"seal": seal_id, "person": person_id, "at": at}).all()
    if not rows:
        return None
    width = len(_SEAL)
    seal = StoredSeal(*rows[0][:width])
    unit, status, left_at = rows[0][width : width + 3]
    there = unit == seal.organization_id and (
        status == PersonStatus.ACTIVE or (left_at is not None and at < left_at)
    )
    held = [
        StoredHolding(row[width + 3], StoredPost(*row[width + 4 :]))
        for row in rows
        if row[width + 3] is not None
    ]
    return Standing(seal, there, held)


def lines_of(work: UnitOfWork, found: Collection[StoredGrant]) -> dict[str, list[StoredGrant]]:
    """The line from the root down to each of these grants, in at most one statement."""
    known = {one.id: one for one in found}
    wanted = {one for grant in found for one in grant.line_ids} - known.keys()
    if wanted:
        rows = work.session.execute(_BY_IDS, {"ids": sorted(wanted)})
        known |= {row[0]: StoredGrant(*row) for row in rows}
    return {grant.id: [known[one] for one in grant.line_ids] for grant in found}


def candidates(
    work: UnitOfWork,
    seal: StoredSeal,
    *,
    act: Act,
    person_id: str | None,
    post_ids: Iterable[str],
    targets: Collection[str],
    reserved_id: str | None,
    at: int,
) -> list[list[StoredGrant]]:
    """Grants that reach the seal and are held by the person (None: by the platform), each as its line from the root
    down: the reserved one first, then those that end soonest. One statement."""
    silent = act is Act.AUTO_SEAL
    if person_id is None and not silent:
        return []
    asked = {
        "organization": seal.organization_id,
        "person": person_id,
        "posts": sorted(post_ids),
        "act": act.value,
        "root": seal.root,
        "targets": sorted(targets),
        "reserved": reserved_id or "",
        "at": at,
    }
    lines: dict[str, list[StoredGrant]] = {}
    for candidate_id, *row in work.session.execute(_candidate_lines(silent=silent), asked):
        lines.setdefault(candidate_id, []).append(StoredGrant(*row))
    return list(lines.values())


@cache
def _candidate_lines(*, silent: bool) -> Select[Any]:
    """Grants are found by their holder, or for the platform by the seal; everything else is asked of these alone.

    The line of each comes by the ids in its path, which are its members from the root down.
    """
    targets: BindParameter[str] = bindparam("targets", expanding=True)
    reaches = (GrantTarget.target.in_(targets), GrantTarget.act == bindparam("act"))
    if silent:
        ids: Any = select(GrantTarget.grant_id).where(
            GrantTarget.organization_id == bindparam("organization"), *reaches
        )
    else:
        ids = held_ids()
    now = case((Grant.valid_from > _AT, 2), (Grant.valid_until <= _AT, 1), else_=0)
    found = (
        select(
            Grant.id,
            Grant.path,
            case((Grant.id == bindparam("reserved"), 0), else_=1).label("first"),
            now.label("now"),
            Grant.valid_until,
        )
        .where(
            Grant.id.in_(ids),
            Grant.act == bindparam("act"),
            Grant.root == bindparam("root"),
            Grant.status.in_(_OPEN),
            exists().where(GrantTarget.grant_id == Grant.id, *reaches),
        )
        .order_by("first", "now", Grant.valid_until, Grant.id)
        .limit(CANDIDATES)
        .subquery("found")
    )
    steps = [func.substr(found.c.path, 1 + step * ID_LENGTH, ID_LENGTH) for step in range(MAX_DEPTH + 1)]
    return (
        select(found.c.id, *_COLUMNS)
        .select_from(found)
        .join(Grant, Grant.id.in_(steps))
        .order_by(found.c.first, found.c.now, found.c.valid_until, found.c.id, Grant.depth)
    )


def reaching(
    work: UnitOfWork, seal: Seal, *, acts: Collection[str], targets: Collection[str], at: int, most: int
) -> dict[StoredGrant, bool]:
    """Grants that hold for a seal at an instant, at most so many, and whether the person who holds each is active."""
    asked = {
        "organization": seal.organization_id,
        "targets": sorted(targets),
        "acts": sorted(acts),
        "root": seal.root,
        "at": at,
        "most": most,
    }
    return {StoredGrant(*row[:-1]): bool(row[-1]) for row in work.session.execute(_REACHING, asked)}


def granted_to(
    work: UnitOfWork, person_id: str, post_ids: Iterable[str], at: int, *, most: int
) -> list[StoredGrant]:
    """Grants that a person holds, by himself or by a post, and whose time is not over, the newest first."""
    asked = {"person": person_id, "posts": sorted(post_ids), "at": at, "most": most}
    return [StoredGrant(*row) for row in work.session.execute(_HELD, asked)]
