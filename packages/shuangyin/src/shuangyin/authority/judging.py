"""The one question: may this person do this with this seal for this document, now? With the chain of reasons.

A post is looked at first, then grants, then what others have delegated. The chain says why, from the root office
down to the act: post → grant → grant …, or delegation → what the delegator himself rests on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from sqlalchemy import select

from shuangyin.authority import queries, stored
from shuangyin.authority.kinds import Act
from shuangyin.authority.models import Delegation, codes
from shuangyin.authority.rules.delegations import MAX_STEPS, Terms, covers
from shuangyin.authority.rules.grants import Objection, Quantities, Question, objections_to_use
from shuangyin.authority.stored import Standing, StoredGrant
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.reference.queries import root_office

LinkKind = Literal["post", "keeper", "office", "grant", "delegation"]
CURRENCY = "CNY"
"""Limits are in fen; an amount of another currency is not known until somebody has converted it."""


class SealLike(Protocol):
    """What authority asks of a seal, be it the stored row or a part of it."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def root(self) -> str: ...
    @property
    def keeper_person_id(self) -> str | None: ...


class PostLike(Protocol):
    """What authority asks of a post; `permissions` is a JSON list."""

    @property
    def id(self) -> str: ...
    @property
    def office(self) -> str | None: ...
    @property
    def permissions(self) -> str: ...


class HeldLike(Protocol):
    """That somebody holds a post."""

    @property
    def holding_id(self) -> str: ...
    @property
    def post(self) -> PostLike: ...


@dataclass(frozen=True, slots=True)
class UseFacts:
    """What of a use decides about authority. `amount_minor` is the total in fen, None when it is not known."""

    amount_minor: int | None = None
    document_kind: str | None = None
    matter: str | None = None
    department_id: str | None = None
    forms: tuple[str, ...] = ()
    wanted: Quantities = field(default_factory=Quantities)


@dataclass(frozen=True, slots=True)
class Link:
    """One step of the chain of reasons: what it rests on, by whom. Names are for whoever shows it."""

    kind: LinkKind
    id: str
    person_id: str | None = None
    post_id: str | None = None
    until: int | None = None
    count_left: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a grant or delegation that was looked at does not cover the use."""

    kind: LinkKind
    id: str
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class AuthorityAnswer:
    """Whether, on which basis, by which chain, and why (or why not).

    Under a delegation `basis` is what the delegator rests on, and `on_behalf_of` names him.
    """

    allowed: bool
    grant_id: str | None
    basis: Literal["post", "grant"] | None
    reasons: tuple[Text, ...]
    chain: tuple[Link, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    delegation_id: str | None = None
    on_behalf_of: str | None = None
    emergency: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The stable codes of what stands against it."""
        found = [one.code for refusal in self.refusals for one in refusal.objections]
        return tuple(dict.fromkeys(found)) or (() if self.allowed else ("NO_AUTHORITY",))


NOBODY = Text(
    "没有相应的岗位职权、授权或委托。", "There is no post, grant or delegation that gives this authority."
)
GRANTED = Text("在有效授权范围内。", "It is within a grant in force.")
DELEGATED = Text("受委托在期限内代为办理。", "It is done for the delegator, within his delegation.")


def judge(
    work: UnitOfWork,
    *,
    organization_id: str,
    person_id: str | None,
    act: str,
    seal_id: str,
    at: int,
    use: UseFacts | None = None,
    subject_id: str | None = None,
) -> AuthorityAnswer:
    """Whether a person (None: the platform by itself) is in authority for an act with a seal at an instant.

    With `subject_id`, a count that this subject reserved for the seal counts as available. What is not known of the
    use (its amount, its kind of document) is within no limit on it. Raises NotFound for a seal that is not there.
    """
    seen = stored.standing(work, seal_id, person_id, at)
    if seen is None or seen.seal.organization_id != organization_id:
        return _nothing()
    question = question_of(work, seen.seal, at, use or UseFacts())
    return _Case(work, seen, Act(act), question, subject_id).answer(person_id)


def question_of(work: UnitOfWork, seal: SealLike, at: int, use: UseFacts) -> Question:
    """A use of a seal at an instant, as the rules ask about it."""
    line: tuple[str, ...] = ()
    if use.department_id is not None:
        line = queries.department_line(work, seal.organization_id, use.department_id)
    return Question(
        seal_id=seal.id,
        seal_category=seal.category,
        at=at,
        root=seal.root,
        amount_minor=use.amount_minor,
        document_kind=use.document_kind,
        matter=use.matter,
        department_line=line,
        forms=use.forms,
        wanted=use.wanted,
    )


def _nothing(refusals: Sequence[Refusal] = ()) -> AuthorityAnswer:
    """That nothing gives the authority, with what was looked at."""
    reasons = [one.text for refusal in refusals for one in refusal.objections] or [NOBODY]
    return AuthorityAnswer(
        allowed=False,
        grant_id=None,
        basis=None,
        reasons=tuple(dict.fromkeys(reasons)),
        refusals=tuple(refusals),
    )


class _Case:
    """One question about one seal; asked for the person himself, then for those who delegated to him."""

    def __init__(
        self, work: UnitOfWork, seen: Standing, act: Act, question: Question, subject_id: str | None
    ) -> None:
        self.work = work
        self.seal = seen.seal
        self.seen = seen
        self.act = act
        self.question = question
        self.reserved_id, self.held = queries.reserved_for(work, subject_id, seen.seal.id)
        self._ends: Mapping[str, Sequence[int]] | None = None

    def answer(self, person_id: str | None) -> AuthorityAnswer:
        own = self._own(person_id, self.seen)
        if own.allowed or person_id is None or not self.seen.stands_in:
            return own
        refusals = list(own.refusals)
        for delegation in open_delegations(self.work, person_id, self.question.at):
            answer = self._by_delegation(delegation, refusals, steps=0)
            if answer is not None:
                return answer
        return _nothing(refusals)

    def _own(self, person_id: str | None, seen: Standing | None) -> AuthorityAnswer:
        """By post or grant, without regard to delegations."""
        if person_id is None:
            return self._by_grant(None, [])
        if seen is None or not seen.there:
            return _nothing()
        by_post = by_office(self.seal, self.act, person_id, seen.held)
        if by_post is not None:
            link, reason = by_post
            return AuthorityAnswer(
                allowed=True, grant_id=None, basis="post", reasons=(reason,), chain=(link,)
            )
        return self._by_grant(person_id, [one.post.id for one in seen.held])

    def _by_grant(self, person_id: str | None, post_ids: Sequence[str]) -> AuthorityAnswer:
        found = stored.candidates(
            self.work,
            self.seal,
            act=self.act,
            person_id=person_id,
            post_ids=post_ids,
            targets=self.question.targets,
            reserved_id=self.reserved_id,
            at=self.question.at,
        )
        refusals = []
        for line in found:
            grant = line[-1]
            question = (
                replace(self.question, held=self.held) if grant.id == self.reserved_id else self.question
            )
            states = [queries.state_of(one, lapses_at=self._lapse(one)) for one in line]
            objections = objections_to_use(states, question)
            if not objections:
                return AuthorityAnswer(
                    allowed=True, grant_id=grant.id, basis="grant", reasons=(GRANTED,), chain=chain_of(line)
                )
            refusals.append(Refusal("grant", grant.id, tuple(objections)))
        return _nothing(refusals)

    def _by_delegation(
        self, delegation: Delegation, refusals: list[Refusal], *, steps: int
    ) -> AuthorityAnswer | None:
        objections = covers(terms_of(delegation), self.act, self.question)
        if objections:
            refusals.append(Refusal("delegation", delegation.id, tuple(objections)))
            return None
        if delegation.parent_id is None:
            giver = delegation.delegator_id
            seen = stored.standing(self.work, self.seal.id, giver, self.question.at)
            above: AuthorityAnswer | None = self._own(giver, seen)
        else:
            parent = self.work.session.get(Delegation, delegation.parent_id)
            passed_on = parent is not None and parent.ended_at is None and steps < MAX_STEPS
            above = self._by_delegation(parent, refusals, steps=steps + 1) if parent and passed_on else None
        if above is None or not above.allowed:
            refusals.extend(above.refusals if above else ())
            return None
        link = Link("delegation", delegation.id, person_id=delegation.delegator_id, until=delegation.until_at)
        return replace(
            above,
            reasons=(DELEGATED, *above.reasons),
            chain=(*above.chain, link),
            delegation_id=delegation.id,
            on_behalf_of=above.on_behalf_of or delegation.delegator_id,
            emergency=above.emergency or delegation.emergency,
        )

    def _lapse(self, grant: StoredGrant) -> int | None:
        if grant.depth:
            return None
        if self._ends is None:
            self._ends = queries.office_ends(self.work, self.seal.organization_id)
        return queries.lapse(self.work, grant, self._ends)


def by_office(
    seal: SealLike, act: Act, person_id: str | None, held: Sequence[HeldLike]
) -> tuple[Link, Text] | None:
    """What a person may do with a seal by his posts alone: he keeps it, holds its root office, or a post with the right."""
    if person_id is None or act is Act.AUTO_SEAL:
        return None
    if act is Act.PRESS:
        if seal.keeper_person_id != person_id:
            return None
        return Link("keeper", seal.id, person_id), Text(
            "其为该印章的保管人。", "He is the keeper of this seal."
        )
    for one in held:
        office = root_office(one.post.office) if one.post.office else None
        if act is Act.APPROVE and office is not None and office.root == seal.root:
            text = Text(
                f"其任{office.zh}，本单位授权由其出发。",
                f"He holds the root office ({office.en.lower()}), from which authority is granted.",
            )
            return Link("office", one.holding_id, person_id, one.post.id), text
    for one in held:
        needed = _RIGHTS.get(act)
        if needed and seal.root == "unit" and needed[0] in json.loads(one.post.permissions):
            return Link("post", one.holding_id, person_id, one.post.id), needed[1]
    return None


_RIGHTS: Mapping[Act, tuple[str, Text]] = {
    Act.APPROVE: ("approvals.decide", Text("其岗位有审批职权。", "His post includes the right to approve.")),
    Act.APPLY: ("requests.apply", Text("其岗位可提交用印申请。", "His post includes the right to apply.")),
}


def chain_of(line: Sequence[StoredGrant]) -> tuple[Link, ...]:
    """The chain of a grant: the root office that stands behind it, then each grant down to it."""
    return (office_of(line[0]), *map(link_of, line))


def office_of(root: StoredGrant) -> Link:
    """The root office that stands behind a grant of the root."""
    return Link(
        "office", root.granted_by_post or root.organization_id, root.granted_by_person, root.granted_by_post
    )


def link_of(grant: StoredGrant) -> Link:
    """A grant as a link of a chain."""
    return Link(
        "grant",
        grant.id,
        grant.holder_person_id,
        grant.holder_post_id,
        grant.valid_until,
        count_left(grant),
    )


def count_left(grant: StoredGrant) -> int | None:
    """How much of the count is left; None without a limit."""
    if grant.count_limit is None:
        return None
    return grant.count_limit - grant.count_reserved - grant.count_used


def open_delegations(work: UnitOfWork, delegate_id: str, at: int) -> list[Delegation]:
    """What is delegated to a person at an instant, the oldest first."""
    query = select(Delegation).where(
        Delegation.delegate_id == delegate_id,
        Delegation.ended_at.is_(None),
        Delegation.from_at <= at,
        Delegation.until_at > at,
    )
    return list(work.session.scalars(query.order_by(Delegation.id)))


def terms_of(delegation: Delegation) -> Terms:
    """A delegation as the rules see it."""
    return Terms(
        delegator_id=delegation.delegator_id,
        delegate_id=delegation.delegate_id,
        acts=frozenset(Act(one) for one in json.loads(delegation.acts)),
        from_at=delegation.from_at,
        until_at=delegation.until_at,
        seal_ids=codes(delegation.seal_ids),
        document_kinds=codes(delegation.document_kinds),
        amount_limit_minor=delegation.amount_limit_minor,
        may_pass_on=delegation.may_pass_on,
        emergency=delegation.emergency,
    )


def fen_of(amount_minor: int | None, currency: str) -> int | None:
    """An amount in fen; None (not known) for another currency, which nobody has converted."""
    return amount_minor if currency == CURRENCY else None
