"""How authority is shown: grants, chains of reasons, powers, delegations and reviews, with names read at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from shuangyin.authority import queries
from shuangyin.authority.judging import AuthorityAnswer, Link
from shuangyin.authority.kinds import Act, CountOf, GrantStatus, ReviewKind, ReviewStatus
from shuangyin.authority.models import AfterReview, Delegation, DutyOverride, Grant, codes
from shuangyin.authority.ports import duty_subjects
from shuangyin.authority.reversing import Power
from shuangyin.authority.rules.duties import objection_to_reviewer
from shuangyin.authority.schemas import (
    AnswerOut,
    AuthorityReasonOut,
    DelegationOut,
    GrantOut,
    LinkOut,
    PowerOut,
    PowersOut,
    ReviewOut,
)
from shuangyin.core.actor import Actor
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Post
from shuangyin.organization.queries import department_names
from shuangyin.people.queries import display
from shuangyin.people.schemas import NamedRef, PersonRef
from shuangyin.seals.queries import named

UNKNOWN = "—"
Action = Literal["accept", "decline", "end", "renounce", "reconfirm", "pass_on"]


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a list needs, read once."""

    people: Mapping[str, PersonRef]
    posts: Mapping[str, str]
    seals: Mapping[str, str]
    departments: Mapping[str, str]

    def person(self, person_id: str | None) -> PersonRef | None:
        return None if person_id is None else self.known(person_id)

    def known(self, person_id: str) -> PersonRef:
        return self.people.get(person_id) or PersonRef(id=person_id, name=UNKNOWN)

    def post(self, post_id: str | None) -> NamedRef | None:
        return NamedRef(id=post_id, name=self.posts.get(post_id, UNKNOWN)) if post_id else None

    def seals_of(self, targets: Iterable[str]) -> list[NamedRef]:
        return [NamedRef(id=one, name=self.seals[one]) for one in sorted(targets) if one in self.seals]


def grants_out(work: UnitOfWork, actor: Actor, rows: Sequence[Grant]) -> list[GrantOut]:
    """Grants with all names, the number of grants below each, and what the actor may do with it."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    targets = queries.targets_of(work, ids)
    names = names_for(
        work,
        rows[0].organization_id,
        people=(
            one for row in rows for one in (row.holder_person_id, row.granted_by_person, row.answered_by)
        ),
        seals=(one for found in targets.values() for one in found),
        departments=(row.department_id for row in rows),
    )
    children = queries.child_counts(work, ids)
    ends = queries.office_ends(work, rows[0].organization_id)
    lines = queries.lines(work, rows)
    return [
        _grant_out(
            row,
            names,
            targets[row.id],
            children.get(row.id, 0),
            queries.lapse(work, lines[row.id][0], ends),
            work.now,
            _actions(actor, lines[row.id], work.now, queries.lapse(work, row, ends)),
        )
        for row in rows
    ]


def _grant_out(
    row: Grant,
    names: Names,
    targets: frozenset[str],
    children: int,
    lapses_at: int | None,
    now: int,
    actions: list[Action],
) -> GrantOut:
    seals = names.seals_of(targets)
    lapsed = lapses_at is not None and now >= lapses_at
    return GrantOut(
        id=row.id,
        parent_id=row.parent_id,
        depth=row.depth,
        root=row.root,
        act=Act(row.act),
        seal_id=row.seal_id,
        seal_name=names.seals.get(row.seal_id) if row.seal_id else None,
        seals=seals if row.seal_id is None else [],
        seal_category=row.seal_category,
        document_kinds=_sorted(row.document_kinds),
        matters=_sorted(row.matters),
        forms=_sorted(row.forms),
        department=(
            NamedRef(id=row.department_id, name=names.departments.get(row.department_id, UNKNOWN))
            if row.department_id
            else None
        ),
        holder_person_id=row.holder_person_id,
        holder_person=names.person(row.holder_person_id),
        holder_post_id=row.holder_post_id,
        holder_post=names.post(row.holder_post_id),
        amount_limit_minor=row.amount_limit_minor,
        count_limit=row.count_limit,
        count_of=CountOf(row.count_of),
        count_reserved=row.count_reserved,
        count_used=row.count_used,
        may_pass_on=row.may_pass_on,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        granted_by=names.known(row.granted_by_person),
        granted_by_post=names.post(row.granted_by_post),
        granted_at=row.granted_at,
        answered_by=names.person(row.answered_by),
        answered_at=row.answered_at,
        lapses_at=lapses_at,
        status=GrantStatus(row.status),
        in_force=row.status == GrantStatus.ACTIVE and row.valid_from <= now < row.valid_until and not lapsed,
        ended_at=row.ended_at,
        end_cause=row.end_cause,
        reason=row.reason,
        end_reason=row.end_reason,
        children=children,
        actions=actions,
        version=row.version,
    )


def _actions(actor: Actor, line: Sequence[Grant], now: int, lapses_at: int | None) -> list[Action]:
    row = line[-1]
    holds = _holds(actor, row)
    may_grant = row.root == "unit" and actor.may("authority.grant")
    found: list[Action] = []
    if row.status == GrantStatus.OFFERED and holds and now < row.valid_until:
        found += ["accept", "decline"]
    if (
        row.status == GrantStatus.ACTIVE
        and row.may_pass_on
        and now < row.valid_until
        and (holds or may_grant)
    ):
        found.append("pass_on")
    if row.status in (GrantStatus.ACTIVE, GrantStatus.OFFERED):
        above = row.granted_by_person == actor.person_id or any(_holds(actor, one) for one in line[:-1])
        if above or may_grant or (row.granted_by_post and row.granted_by_post in actor.post_ids):
            found.append("end")
        elif holds and row.status == GrantStatus.ACTIVE:
            found.append("renounce")
        waits = lapses_at is not None and now < lapses_at
        if waits and row.depth == 0 and row.granted_by_post in actor.post_ids:
            found.append("reconfirm")
    return found


def _holds(actor: Actor, row: Grant) -> bool:
    by_post = row.holder_post_id is not None and row.holder_post_id in actor.post_ids
    return row.holder_person_id == actor.person_id or by_post


def answer_out(work: UnitOfWork, organization_id: str, answer: AuthorityAnswer) -> AnswerOut:
    """The answer to the one question, its chain in words."""
    names = names_for(
        work,
        organization_id,
        people=(*(link.person_id for link in answer.chain), answer.on_behalf_of),
        seals=(link.id for link in answer.chain if link.kind == "keeper"),
    )
    reasons = [AuthorityReasonOut(code=None, zh=one.zh, en=one.en) for one in answer.reasons]
    if not answer.allowed:
        reasons = [
            AuthorityReasonOut(
                code=one.code,
                zh=one.text.zh,
                en=one.text.en,
                grant_id=refusal.id if refusal.kind == "grant" else None,
                delegation_id=refusal.id if refusal.kind == "delegation" else None,
            )
            for refusal in answer.refusals
            for one in refusal.objections
        ] or [AuthorityReasonOut(code="NO_AUTHORITY", zh=one.zh, en=one.en) for one in answer.reasons]
    return AnswerOut(
        allowed=answer.allowed,
        at=work.now,
        basis=answer.basis,
        grant_id=answer.grant_id,
        delegation_id=answer.delegation_id,
        on_behalf_of=names.person(answer.on_behalf_of),
        chain=[link_out(link, names) for link in answer.chain],
        reasons=reasons,
    )


def powers_out(work: UnitOfWork, actor: Actor, powers: Sequence[Power]) -> PowersOut:
    """Powers with names, their grants and chains."""
    rows = queries.by_ids(work, {one.grant_id for one in powers if one.grant_id is not None})
    shown = {one.id: one for one in grants_out(work, actor, rows)}
    names = names_for(
        work,
        actor.organization_id,
        people=(
            *(one.person_id for one in powers),
            *(link.person_id for one in powers for link in one.chain),
            *(one.delegation.delegator_id for one in powers if one.delegation),
        ),
        seals=(
            *(target for one in powers for target in one.targets),
            *(link.id for one in powers for link in one.chain if link.kind == "keeper"),
        ),
    )
    items = [
        PowerOut(
            person=names.person(one.person_id),
            act=one.act,
            basis=one.basis,
            accepted=one.accepted,
            on_behalf_of=names.person(one.delegation.delegator_id) if one.delegation else None,
            delegation_id=one.delegation.id if one.delegation else None,
            grant=shown.get(one.grant_id) if one.grant_id else None,
            seals=names.seals_of(one.targets),
            all_seals="*" in one.targets,
            chain=[link_out(link, names) for link in one.chain],
        )
        for one in powers
    ]
    return PowersOut(at=work.now, items=items)


def link_out(link: Link, names: Names) -> LinkOut:
    """One step of the chain in words: who, by which post, on what."""
    who, post = names.person(link.person_id), names.post(link.post_id)
    name = who.name if who else (post.name if post else "平台")
    name_en = who.name if who else (post.name if post else "the platform")
    post_name = post.name if post else ""
    words = {
        "office": Text(
            f"{post_name or '负责人'}（授权源头）", f"{post_name or 'Root office'}, where authority begins"
        ),
        "post": Text(f"{name}任{post_name}", f"{name_en} holds the post {post_name}"),
        "keeper": Text(
            f"{name}保管「{names.seals.get(link.id, UNKNOWN)}」",
            f"{name_en} keeps “{names.seals.get(link.id, UNKNOWN)}”",
        ),
        "grant": Text(f"授权给{name}", f"granted to {name_en}"),
        "delegation": Text(f"{name}委托他人代为办理", f"{name_en} delegated it"),
    }[link.kind]
    return LinkOut(
        kind=link.kind,
        id=link.id,
        person=who,
        post=post,
        until=link.until,
        count_left=link.count_left,
        zh=words.zh,
        en=words.en,
    )


def delegations_out(work: UnitOfWork, actor: Actor, rows: Sequence[Delegation]) -> list[DelegationOut]:
    """Delegations with all names and what the actor may do with each."""
    if not rows:
        return []
    names = names_for(
        work,
        rows[0].organization_id,
        people=(one for row in rows for one in (row.delegator_id, row.delegate_id, row.given_by)),
        seals=(seal for row in rows for seal in codes(row.seal_ids) or ()),
    )
    return [_delegation_out(row, names, actor, work.now) for row in rows]


def _delegation_out(row: Delegation, names: Names, actor: Actor, now: int) -> DelegationOut:
    seal_ids = codes(row.seal_ids)
    holds = row.ended_at is None and now < row.until_at
    state: Literal["waiting", "open", "over", "ended"]
    state = "open" if holds and row.from_at <= now else "waiting" if holds else "over"
    mine = actor.person_id in (row.delegator_id, row.delegate_id, row.given_by)
    actions: list[Literal["end", "pass_on"]] = []
    if holds and (mine or actor.may("authority.grant")):
        actions.append("end")
    if holds and row.may_pass_on and row.delegate_id == actor.person_id:
        actions.append("pass_on")
    return DelegationOut(
        id=row.id,
        parent_id=row.parent_id,
        delegator=names.known(row.delegator_id),
        delegate=names.known(row.delegate_id),
        given_by=names.known(row.given_by),
        acts=[Act(one) for one in json.loads(row.acts)],
        seals=None if seal_ids is None else names.seals_of(seal_ids),
        document_kinds=_sorted(row.document_kinds),
        amount_limit_minor=row.amount_limit_minor,
        may_pass_on=row.may_pass_on,
        emergency=row.emergency,
        from_at=row.from_at,
        until_at=row.until_at,
        reason=row.reason,
        given_at=row.given_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        state="ended" if row.ended_at is not None else state,
        actions=actions,
        version=row.version,
    )


def reviews_out(work: UnitOfWork, actor: Actor, rows: Sequence[AfterReview]) -> list[ReviewOut]:
    """Later reviews with what they are about."""
    causes = [row.cause_id for row in rows]
    overrides = {
        one.id: one for one in work.session.scalars(select(DutyOverride).where(DutyOverride.id.in_(causes)))
    }
    found = list(work.session.scalars(select(Delegation).where(Delegation.id.in_(causes))))
    delegations = {one.id: one for one in delegations_out(work, actor, found)}
    names = names_for(
        work,
        actor.organization_id,
        people=(
            *(one for row in rows for one in (row.reviewer_id, row.reviewed_by)),
            *(one for row in overrides.values() for one in (row.person_id, row.given_by)),
        ),
    )
    wanted = {row.subject_id for row in rows if row.subject_id}
    numbers = duty_subjects(work).numbers(work, actor.organization_id, wanted) if wanted else {}
    return [
        _review_out(
            row, names, actor, work.now, overrides.get(row.cause_id), delegations.get(row.cause_id), numbers
        )
        for row in rows
    ]


def _review_out(
    row: AfterReview,
    names: Names,
    actor: Actor,
    now: int,
    override: DutyOverride | None,
    delegation: DelegationOut | None,
    numbers: Mapping[str, str],
) -> ReviewOut:
    is_open = row.status == ReviewStatus.OPEN
    objection = objection_to_reviewer(
        actor.person_id, named_id=row.reviewer_id, barred_ids=json.loads(row.barred_ids)
    )
    entitled = row.reviewer_id is not None or actor.may("authority.review")
    given_by = override.given_by if override else None
    return ReviewOut(
        id=row.id,
        kind=ReviewKind(row.kind),
        cause_id=row.cause_id,
        request_id=row.subject_id,
        request_number=numbers.get(row.subject_id or ""),
        delegation=delegation,
        merged=names.person(override.person_id) if override else None,
        given_by=names.person(given_by) if given_by else (delegation.given_by if delegation else None),
        reason=override.reason if override else (delegation.reason if delegation else ""),
        reviewer=names.person(row.reviewer_id),
        opened_at=row.opened_at,
        due_at=row.due_at,
        overdue=is_open and now > row.due_at,
        status=ReviewStatus(row.status),
        reviewed_by=names.person(row.reviewed_by),
        reviewed_at=row.reviewed_at,
        comment=row.comment,
        mine=is_open and objection is None and entitled,
        version=row.version,
    )


def names_for(
    work: UnitOfWork,
    organization_id: str,
    *,
    people: Iterable[str | None] = (),
    seals: Iterable[str | None] = (),
    departments: Iterable[str | None] = (),
) -> Names:
    """Read the names of all these ids, and of all posts of the organization."""
    posts = select(Post.id, Post.name).where(Post.organization_id == organization_id)
    return Names(
        people=display(work, {one for one in people if one}),
        posts=dict(work.session.execute(posts).tuples().all()),
        seals={one.id: one.name for one in named(work, {one for one in seals if one}).values()},
        departments=department_names(work, {one for one in departments if one}),
    )


def _sorted(stored: str | None) -> list[str] | None:
    found = codes(stored)
    return None if found is None else sorted(found)
