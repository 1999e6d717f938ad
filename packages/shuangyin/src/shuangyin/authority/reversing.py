"""The reverse questions: who can use this seal? what can this person do?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy import select

from shuangyin.authority import queries, stored
from shuangyin.authority.judging import (
    Link,
    by_office,
    count_left,
    link_of,
    office_of,
    open_delegations,
    terms_of,
)
from shuangyin.authority.kinds import Act, GrantStatus
from shuangyin.authority.models import Delegation, Grant, GrantTarget, codes
from shuangyin.authority.rules.delegations import covers
from shuangyin.authority.rules.grants import ALL, CATEGORY, Question, closing_of
from shuangyin.authority.stored import StoredGrant
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Post
from shuangyin.people.models import Person, PersonStatus, PostHolding
from shuangyin.people.queries import HeldPost, held_at, held_posts
from shuangyin.seals.models import Seal

MOST = 500
"""As many grants as one answer shows; a seal that more people can use has a finding, not a list."""
_ACTS = {act.value: act for act in Act}
_ACTS_OF_POSTS = (Act.PRESS, Act.APPROVE, Act.APPLY)


@dataclass(frozen=True, slots=True)
class Power:
    """That a person (None: the platform) may do an act, on what it rests, and within which limits.

    `targets` is filled in where the question was about a person: which seals the power reaches.
    """

    person_id: str | None
    act: Act
    basis: Literal["post", "grant"]
    chain: tuple[Link, ...]
    grant_id: str | None = None
    delegation: Delegation | None = None
    targets: frozenset[str] = frozenset()
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Widest:
    """How far a person's own authority for an act reaches: by a post without limit, or by these limits."""

    unlimited: bool
    limits: tuple[tuple[frozenset[str] | None, int | None], ...] = field(default_factory=tuple)

    def reaches(self, kinds: frozenset[str] | None, amount_limit: int | None) -> bool:
        """Whether kinds and an amount are within it; what is left open is no wish to go beyond it."""
        return self.unlimited or any(
            (own is None or kinds is None or kinds <= own)
            and (limit is None or amount_limit is None or amount_limit <= limit)
            for own, limit in self.limits
        )


def who_can_use(
    work: UnitOfWork, organization_id: str, seal: Seal, at: int, acts: Collection[Act]
) -> list[Power]:
    """Everybody who may do one of the acts with a seal at an instant, with the chain of each; the platform too.

    Limits of amount, kind and count are part of the answer, since they depend on the use. Grants that wait for
    acceptance are not in it.
    """
    own = [
        *_by_posts(work, organization_id, seal, at, acts),
        *_by_grants(work, organization_id, seal, at, acts),
    ]
    given = _delegated(work, seal, at, own)
    order = {act: place for place, act in enumerate(Act)}
    return sorted([*own, *given], key=lambda one: (order[one.act], one.person_id or "", len(one.chain)))


def what_can(work: UnitOfWork, organization_id: str, person: Person, at: int) -> list[Power]:
    """All that a person may do at an instant: by posts, as keeper, by grants (offered ones too), for others."""
    own = _own_powers(work, organization_id, person, at)
    received = []
    for delegation in open_delegations(work, person.id, at):
        chain = (Link("delegation", delegation.id, delegation.delegator_id, until=delegation.until_at),)
        for act in sorted(terms_of(delegation).acts):
            targets = codes(delegation.seal_ids) or frozenset({ALL})
            received.append(Power(person.id, act, "grant", chain, delegation=delegation, targets=targets))
    return [*own, *received]


def widest(
    work: UnitOfWork, organization_id: str, person_id: str, act: Act, seal: Seal | None, at: int
) -> Widest:
    """How far a person's own authority for an act reaches, with one seal or with any."""
    held = held_posts(work, [person_id], at)
    seals = [seal] if seal is not None else _kept(work, organization_id, person_id)
    if any(by_office(one, act, person_id, held) for one in seals) or (
        seal is None and act is not Act.PRESS and by_office(_any_seal(organization_id), act, person_id, held)
    ):
        return Widest(unlimited=True)
    query = select(Grant.document_kinds, Grant.amount_limit_minor).where(
        Grant.id.in_(stored.held_ids()),
        Grant.status == GrantStatus.ACTIVE,
        Grant.act == act,
        Grant.valid_from <= at,
        Grant.valid_until > at,
    )
    if seal is not None:
        query = query.join(GrantTarget, GrantTarget.grant_id == Grant.id).where(
            Grant.root == seal.root, GrantTarget.target.in_(_targets_of(seal))
        )
    asked = {"person": person_id, "posts": [one.post.id for one in held]}
    found = work.session.execute(query.limit(MOST), asked).tuples()
    return Widest(unlimited=False, limits=tuple((codes(kinds), limit) for kinds, limit in found))


def _any_seal(organization_id: str) -> Seal:
    """A seal of the unit that nobody keeps, to ask what a post allows with any of them; it is never stored."""
    return Seal(id="", organization_id=organization_id, root="unit", category="other")


def _kept(work: UnitOfWork, organization_id: str, person_id: str) -> list[Seal]:
    query = select(Seal).where(Seal.organization_id == organization_id, Seal.keeper_person_id == person_id)
    return list(work.session.scalars(query.order_by(Seal.id)))


def _targets_of(seal: Seal) -> list[str]:
    return sorted({seal.id, CATEGORY + seal.category, ALL})


def _by_posts(
    work: UnitOfWork, organization_id: str, seal: Seal, at: int, acts: Collection[Act]
) -> Iterable[Power]:
    held: dict[str, list[HeldPost]] = {}
    if set(acts) & {Act.APPROVE, Act.APPLY}:
        rows = work.session.execute(
            select(PostHolding.id, PostHolding.person_id, Post, PostHolding.from_at)
            .join(Post, Post.id == PostHolding.post_id)
            .where(Post.organization_id == organization_id, held_at(at))
            .order_by(PostHolding.person_id, PostHolding.from_at)
        ).tuples()
        for row in rows:
            held.setdefault(row[1], []).append(HeldPost(*row))
    if seal.keeper_person_id and Act.PRESS in acts:
        held.setdefault(seal.keeper_person_id, [])
    there = _active(work, held)
    for person_id in sorted(there):
        for act in _ACTS_OF_POSTS:
            found = by_office(seal, act, person_id, held[person_id]) if act in acts else None
            if found is not None:
                yield Power(person_id, act, "post", (found[0],))


def _by_grants(
    work: UnitOfWork, organization_id: str, seal: Seal, at: int, acts: Collection[Act]
) -> list[Power]:
    there = stored.reaching(work, seal, acts=acts, targets=_targets_of(seal), at=at, most=MOST)
    found = _in_force(work, organization_id, there, at)
    by_post = _holders(work, {one.holder_post_id for one in found if one.holder_post_id}, at)
    powers = []
    for grant, chain in found.items():
        act = _ACTS[grant.act]
        if act is Act.AUTO_SEAL:
            powers.append(Power(None, act, "grant", chain, grant.id))
        elif there[grant]:
            powers.append(Power(grant.holder_person_id, act, "grant", chain, grant.id))
        if grant.holder_post_id is not None:
            powers += [
                Power(one, act, "grant", chain, grant.id) for one in by_post.get(grant.holder_post_id, ())
            ]
    return powers


def _in_force(
    work: UnitOfWork, organization_id: str, found: Collection[StoredGrant], at: int
) -> dict[StoredGrant, tuple[Link, ...]]:
    """Those of the grants whose whole line holds and has something left, each with its chain."""
    lines = stored.lines_of(work, found)
    ends = queries.office_ends(work, organization_id) if lines else {}
    members = {one.id: one for line in lines.values() for one in line}
    holds = {one.id: _holds(one, queries.lapse(work, one, ends), at) for one in members.values()}
    links = {one.id: link_of(one) for one in members.values()}
    return {
        line[-1]: (office_of(line[0]), *(links[one.id] for one in line))
        for line in lines.values()
        if all(holds[one.id] for one in line)
    }


def _holds(grant: StoredGrant, lapses_at: int | None, at: int) -> bool:
    """Whether a grant, looked at by itself, has not come to its end and has something left."""
    unused = None if grant.count_limit is None else grant.count_limit - grant.count_used
    closed = closing_of(GrantStatus(grant.status), grant.valid_until, unused, lapses_at, at)
    return closed is None and count_left(grant) != 0


def _delegated(work: UnitOfWork, seal: Seal, at: int, own: Sequence[Power]) -> list[Power]:
    """What the holders of these powers have delegated to others, one step after the other."""
    given: list[Power] = []
    level = list(own)
    while level:
        by_person: dict[str, list[Power]] = {}
        for power in level:
            if power.person_id is not None:
                by_person.setdefault(power.person_id, []).append(power)
        query = select(Delegation).where(
            Delegation.delegator_id.in_(sorted(by_person)),
            Delegation.ended_at.is_(None),
            Delegation.from_at <= at,
            Delegation.until_at > at,
        )
        rows = list(work.session.scalars(query.order_by(Delegation.id))) if by_person else []
        there = _active(work, {row.delegate_id for row in rows})
        level = [
            power
            for row in rows
            if row.delegate_id in there
            for power in _passed(row, by_person[row.delegator_id], seal, at)
        ]
        given += level
    return given


def _passed(row: Delegation, powers: Sequence[Power], seal: Seal, at: int) -> Iterable[Power]:
    terms = terms_of(row)
    kinds = terms.document_kinds
    for power in powers:
        # A delegation of one's own authority passes on that; one of what was delegated passes on just that.
        if (power.delegation.id if power.delegation else None) != row.parent_id:
            continue
        question = Question(
            seal.id,
            seal.category,
            at,
            root=seal.root,
            amount_minor=0,
            document_kind=min(kinds) if kinds else None,
        )
        if not covers(terms, power.act, question):
            link = Link("delegation", row.id, row.delegator_id, until=row.until_at)
            yield replace(power, person_id=row.delegate_id, chain=(*power.chain, link), delegation=row)


def _own_powers(work: UnitOfWork, organization_id: str, person: Person, at: int) -> list[Power]:
    held = held_posts(work, [person.id], at)
    powers = []
    for act in (Act.APPROVE, Act.APPLY):
        found = by_office(_any_seal(organization_id), act, person.id, held)
        if found is not None:
            powers.append(Power(person.id, act, "post", (found[0],), targets=frozenset({ALL})))
    for seal in _kept(work, organization_id, person.id):
        link = Link("keeper", seal.id, person.id)
        powers.append(Power(person.id, Act.PRESS, "post", (link,), targets=frozenset({seal.id})))
    mine = stored.granted_to(work, person.id, [one.post.id for one in held], at, most=MOST)
    granted = _in_force(work, organization_id, mine, at)
    targets = queries.targets_of(work, [one.id for one in granted])
    for grant, chain in granted.items():
        accepted = grant.status == GrantStatus.ACTIVE
        reached = targets[grant.id]
        powers.append(
            Power(person.id, _ACTS[grant.act], "grant", chain, grant.id, targets=reached, accepted=accepted)
        )
    return powers


def _holders(work: UnitOfWork, post_ids: Collection[str], at: int) -> Mapping[str, list[str]]:
    """The active persons who hold each of these posts at an instant."""
    if not post_ids:
        return {}
    rows = work.session.execute(
        select(PostHolding.post_id, PostHolding.person_id)
        .join(Person, Person.id == PostHolding.person_id)
        .where(PostHolding.post_id.in_(post_ids), held_at(at), Person.status == PersonStatus.ACTIVE)
        .order_by(PostHolding.person_id)
    ).tuples()
    found: dict[str, list[str]] = {}
    for post_id, person_id in rows:
        found.setdefault(post_id, []).append(person_id)
    return found


def _active(work: UnitOfWork, person_ids: Iterable[str]) -> set[str]:
    wanted = set(person_ids)
    if not wanted:
        return set()
    query = select(Person.id).where(Person.id.in_(wanted), Person.status == PersonStatus.ACTIVE)
    return set(work.session.scalars(query))
