"""What answers read of grants, persons and posts: columns, in few statements. Objects would cost more than asking.

Each statement is made once: to make one costs about as much as to run it. They say "this person" and "now" by parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from shuangyin.authority.kinds import Act, GrantStatus
from shuangyin.authority.models import ID_LENGTH, Delegation, Grant, GrantTarget
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
    """A seal, and the person who is asked about with the posts that he holds; `there`: he belongs to the unit,
    `stands_in`: something is delegated to him."""

    seal: StoredSeal
    there: bool
    held: Sequence[StoredHolding]
    stands_in: bool = False


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
# Columns of tables, not of classes: for these a session makes no objects and looks for none, which costs as much again.
_SEAL, _PERSON, _HOLDING, _POST, _DELEGATION = (
    one.__table__.c for one in (Seal, Person, PostHolding, Post, Delegation)
)
_AT = bindparam("at", type_=BigInteger())
_OPEN_DELEGATION = (
    exists()
    .where(
        _DELEGATION.delegate_id == bindparam("person"),
        _DELEGATION.ended_at.is_(None),
        _DELEGATION.from_at <= _AT,
        _DELEGATION.until_at > _AT,
    )
    .correlate(None)
)
_STANDING: Select[Any] = (
    select(
        *(_SEAL[name] for name in StoredSeal._fields),
        _OPEN_DELEGATION,
        *(_PERSON.organization_id, _PERSON.status, _PERSON.left_at),
        *(_HOLDING.id, *(_POST[name] for name in StoredPost._fields)),
    )
    .select_from(Seal.__table__)
    .outerjoin(Person.__table__, _PERSON.id == bindparam("person"))
    .outerjoin(PostHolding.__table__, and_(_HOLDING.person_id == _PERSON.id, held_at(_AT, _HOLDING)))
    .outerjoin(Post.__table__, _POST.id == _HOLDING.post_id)
    .where(_SEAL.id == bindparam("seal"))
    .order_by(_HOLDING.from_at, _HOLDING.id)
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
    rows = _rows(work, _STANDING, {"seal": seal_id, "person": person_id, "at": at})
    if not rows:
        return None
    width = len(StoredSeal._fields)
    seal = StoredSeal(*rows[0][:width])
    stands_in, unit, status, left_at = rows[0][width : width + 4]
    there = unit == seal.organization_id and (
        status == PersonStatus.ACTIVE or (left_at is not None and at < left_at)
    )
    held = [
        StoredHolding(row[width + 4], StoredPost(*row[width + 5 :]))
        for row in rows
        if row[width + 4] is not None
    ]
    return Standing(seal, there, held, bool(stands_in))


def _rows(work: UnitOfWork, statement: Select[Any], asked: Mapping[str, object]) -> Sequence[Row[Any]]:
    """What a statement over tables finds. For such a one a session does not write by itself what is still to be written."""
    if work.session.autoflush:
        work.session.flush()
    return work.session.execute(statement, asked).all()


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
    posts = sorted(post_ids)
    asked: dict[str, object] = {
        "act": act.value,
        "root": seal.root,
        "seal": seal.id,
        "reserved": reserved_id or "",
        "at": at,
        **{f"target{place}": target for place, target in enumerate(sorted(targets))},
    }
    if silent:
        asked["organization"] = seal.organization_id
    else:
        asked["person"] = person_id
    if posts:
        asked["posts"] = posts
    statement = _candidate_lines(silent=silent, by_post=bool(posts), targets=len(targets))
    lines: dict[str, list[StoredGrant]] = {}
    for candidate_id, *row in _rows(work, statement, asked):
        lines.setdefault(candidate_id, []).append(StoredGrant(*row))
    return list(lines.values())


@cache
def _candidate_lines(*, silent: bool, by_post: bool, targets: int) -> Select[Any]:
    """Grants are found by their holder, or for the platform by the seal; everything else is asked of these alone.

    A branch of its own for each way to hold one, with its own index: see `held_ids`. A grant that names one other seal
    needs no look at its targets. The line of each comes by the ids in its path, which are its members from the root
    down. What never changes is written out: a value that is handed over costs both sides more than one that is not.
    """
    grant: FromClause = Grant.__table__
    branches = [_candidates(silent=silent, targets=targets, by_post=False)]
    if by_post:
        branches.append(_candidates(silent=silent, targets=targets, by_post=True))
    every = union_all(*branches).subquery("every") if by_post else branches[0].subquery("every")
    found = (
        select(every)
        .order_by(every.c.first, every.c.now, every.c.valid_until, every.c.id)
        .limit(literal_column(str(CANDIDATES)))
        .subquery("found")
    )
    length: ColumnElement[int] = literal_column(str(ID_LENGTH))
    steps = [
        func.substr(found.c.path, literal_column(str(1 + step * ID_LENGTH)), length)
        for step in range(MAX_DEPTH + 1)
    ]
    return (
        select(found.c.id, *(grant.c[name] for name in StoredGrant._fields))
        .select_from(found)
        .join(grant, grant.c.id.in_(steps))
        .order_by(found.c.first, found.c.now, found.c.valid_until, found.c.id, grant.c.depth)
    )


def _candidates(*, silent: bool, by_post: bool, targets: int) -> Select[Any]:
    """Open grants for an act with a seal, by one way to hold them."""
    grant = Grant.__table__.alias("held").c
    target: Any = GrantTarget.__table__.c
    reaches = (
        target.target.in_([bindparam(f"target{place}") for place in range(targets)]),
        target.act == bindparam("act"),
    )
    if silent:
        ids = select(target.grant_id).where(target.organization_id == bindparam("organization"), *reaches)
        holder: ColumnElement[bool] = grant.id.in_(ids)
    elif by_post:
        holder = grant.holder_post_id.in_(bindparam("posts", expanding=True))
    else:
        holder = grant.holder_person_id == bindparam("person")
    word = literal_column
    return select(
        grant.id,
        grant.path,
        case((grant.id == bindparam("reserved"), word("0")), else_=word("1")).label("first"),
        case(
            (grant.valid_from > _AT, word("2")), (grant.valid_until <= _AT, word("1")), else_=word("0")
        ).label("now"),
        grant.valid_until,
    ).where(
        holder,
        grant.act == bindparam("act"),
        grant.root == bindparam("root"),
        grant.status.in_([word(f"'{one}'") for one in _OPEN]),
        or_(grant.seal_id.is_(None), grant.seal_id == bindparam("seal")),
        exists().where(target.grant_id == grant.id, *reaches),
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
