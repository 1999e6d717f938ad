"""Give, accept, decline, reconfirm and end grants. Each change is an entry of evidence and asks for a second factor."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.authority import errors, queries
from shuangyin.authority.kinds import Act, EndCause, GrantEvent, GrantStatus
from shuangyin.authority.models import ID_LENGTH, Grant, GrantTarget
from shuangyin.authority.rules.grants import (
    ALL,
    CATEGORY,
    Scope,
    Surroundings,
    closing_cause,
    filled,
    next_status,
    objections_to_child,
    objections_to_scope,
)
from shuangyin.authority.schemas import NewGrant
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.organization.models import Post
from shuangyin.organization.queries import department
from shuangyin.organization.queries import post as post_of
from shuangyin.people.commands import require_second_factor
from shuangyin.people.models import PersonStatus
from shuangyin.people.queries import held_posts, person
from shuangyin.reference.queries import document_kind
from shuangyin.seals.commands.tasks import end_tasks_of_organization
from shuangyin.seals.models import Seal
from shuangyin.seals.rules.tasks import TaskKind

YEAR_MS = 365 * 24 * 3600 * 1000
"""A grant that names no end is looked at again after a year."""
UNIT = "unit"


def give(work: UnitOfWork, actor: Actor, new: NewGrant) -> Grant:
    """Give a grant: from a root office, or out of a grant that one holds. Confirmed with a second factor.

    Its holder has to accept it before it can be used; a grant of automatic sealing has no holder and is in force at
    once. Raises Refused with the codes of `rules.grants` when it contradicts itself or would exceed its parent in
    anything, Forbidden, Invalid (GRANT_HOLDER), NotFound.
    """
    parent = queries.grant_of(work, actor.organization_id, new.parent_id) if new.parent_id else None
    seals = _seals_of(work, actor, new)
    root = parent.root if parent else _root_of(new, seals)
    by_post = _require_may_give(work, actor, parent, root)
    _require_holder(work, actor, new)
    scope = _scope_of(work, actor, new, parent, seals, root)
    _require_within(work, actor, new, scope, parent, seals)
    subject = f"{new.only_seal or '*'}:{new.act.value}"
    require_second_factor(
        work, actor, act="authority.grant", subject=subject, proof=new.proof, strength="each"
    )
    grant = _row(work, actor, new, scope, parent, by_post)
    work.session.add(grant)
    work.session.flush()
    targets = sorted(scope.targets or {ALL})
    work.session.add_all(
        GrantTarget(grant_id=grant.id, target=one, organization_id=grant.organization_id, act=grant.act)
        for one in targets
    )
    work.session.flush()
    _record(work, actor, grant, "authority.granted", grant_facts(grant, targets))
    return grant


def accept(
    work: UnitOfWork, actor: Actor, grant_id: str, *, proof: str | None, expected: int | None
) -> Grant:
    """The holder takes a grant on; from then on it can be used. Raises Forbidden, Conflict, Stale."""
    grant = _offered(work, actor, grant_id, expected, GrantEvent.ACCEPT)
    require_second_factor(work, actor, act="authority.accept", subject=grant.id, proof=proof, strength="each")
    return _answer(work, actor, grant, GrantStatus.ACTIVE, "authority.accepted", {})


def decline(
    work: UnitOfWork, actor: Actor, grant_id: str, *, reason: str, proof: str | None, expected: int | None
) -> Grant:
    """The holder does not take a grant on. Raises Forbidden, Conflict, Stale."""
    grant = _offered(work, actor, grant_id, expected, GrantEvent.DECLINE)
    require_second_factor(
        work, actor, act="authority.accept", subject=grant.id, proof=proof, strength="window"
    )
    grant.end_reason = reason
    grant.ended_at = work.now
    facts: dict[str, JsonValue] = {"reason": digest_of(reason)}
    return _answer(work, actor, grant, GrantStatus.DECLINED, "authority.declined", facts)


def end(
    work: UnitOfWork,
    actor: Actor,
    grant_id: str,
    *,
    reason: str,
    proof: str | None,
    expected: int | None,
) -> list[Grant]:
    """End a grant and everything granted out of it, at once; returns all that ended, this one first.

    Who gave it, who holds what it was given out of, and who may grant can end it; its holder can give it back.
    Raises Conflict when it has ended, Stale when it changed, Forbidden.
    """
    grant = queries.grant_of(work, actor.organization_id, grant_id)
    cause = _cause_of_ending(work, actor, grant)
    if expected is not None and expected != grant.version:
        raise stale_version()
    if next_status(GrantStatus(grant.status), GrantEvent.END) is None:
        raise errors.already_ended()
    require_second_factor(work, actor, act="authority.end", subject=grant.id, proof=proof, strength="each")
    ended = end_tree(work, actor, grant, cause, reason=reason)
    settle_reconfirmation(work, actor)
    return ended


def settle_reconfirmation(work: UnitOfWork, actor: Actor) -> None:
    """The task to reconfirm is over when every grant of the predecessor was reconfirmed, ended or has lapsed."""
    if not queries.unconfirmed_count(work, actor.organization_id):
        end_tasks_of_organization(work, actor, TaskKind.RECONFIRM_GRANTS)


def reconfirm(work: UnitOfWork, actor: Actor, grant_ids: Sequence[str], *, proof: str | None) -> list[Grant]:
    """The new holder of a root office stands by grants of his predecessor. Raises Forbidden, NotFound, Conflict."""
    found = [queries.grant_of(work, actor.organization_id, one) for one in dict.fromkeys(grant_ids)]
    ends = queries.office_ends(work, actor.organization_id)
    for grant in found:
        if grant.depth or grant.granted_by_post not in actor.post_ids:
            raise errors.not_the_office()
        state = queries.state_of(grant, lapses_at=queries.lapse(work, grant, ends))
        if grant.status not in (GrantStatus.ACTIVE, GrantStatus.OFFERED) or closing_cause(state, work.now):
            raise errors.already_ended()
    subject = found[0].id if len(found) == 1 else f"{len(found)}:{actor.organization_id}"
    require_second_factor(
        work, actor, act="authority.reconfirm", subject=subject, proof=proof, strength="each"
    )
    for grant in found:
        grant.confirmed_at = work.now
        _record(work, actor, grant, "authority.reconfirmed", {"office": grant.granted_by_post})
    work.session.flush()
    settle_reconfirmation(work, actor)
    return found


def end_tree(
    work: UnitOfWork, actor: Actor, grant: Grant, cause: EndCause, *, reason: str | None = None
) -> list[Grant]:
    """End a grant for a cause, and with it all that was given out of it; returns all that ended, this one first."""
    ended = [
        one
        for one in (grant, *queries.descendants(work, grant))
        if next_status(GrantStatus(one.status), GrantEvent.END) is not None
    ]
    for one in ended:
        own = one.id == grant.id
        one.status = GrantStatus.ENDED
        one.ended_at = work.now
        one.end_cause = cause if own else EndCause.PARENT_ENDED
        one.end_reason = reason
        facts: dict[str, JsonValue] = {
            "because_of": grant.id,
            "cause": one.end_cause.value,
            "used": one.count_used,
            "reason": digest_of(reason) if reason else None,
        }
        _record(work, actor, one, "authority.ended", facts)
    work.session.flush()
    return ended


def close_if_over(work: UnitOfWork, actor: Actor, found: Sequence[Grant]) -> list[Grant]:
    """End those of the grants that are used up, expired or lapsed; returns all that ended."""
    ends = queries.office_ends(work, actor.organization_id) if any(not one.depth for one in found) else {}
    closed = []
    for grant in found:
        state = queries.state_of(grant, lapses_at=queries.lapse(work, grant, ends))
        cause = closing_cause(state, work.now)
        if cause is not None:
            closed += end_tree(work, actor, grant, cause)
    return closed


def _offered(work: UnitOfWork, actor: Actor, grant_id: str, expected: int | None, event: GrantEvent) -> Grant:
    grant = queries.grant_of(work, actor.organization_id, grant_id)
    if not _holds(actor, grant):
        raise errors.not_the_holder()
    if expected is not None and expected != grant.version:
        raise stale_version()
    if next_status(GrantStatus(grant.status), event) is None:
        raise errors.already_answered(grant.status)
    if closing_cause(queries.state_of(grant), work.now) is not None:
        raise errors.already_ended()
    return grant


def _answer(
    work: UnitOfWork,
    actor: Actor,
    grant: Grant,
    status: GrantStatus,
    kind: str,
    facts: Mapping[str, JsonValue],
) -> Grant:
    grant.status = status
    grant.answered_by, grant.answered_at = actor.person_id, work.now
    work.session.flush()
    _record(work, actor, grant, kind, facts)
    return grant


def _holds(actor: Actor, grant: Grant) -> bool:
    return grant.holder_person_id == actor.person_id or (
        grant.holder_post_id is not None and grant.holder_post_id in actor.post_ids
    )


def _cause_of_ending(work: UnitOfWork, actor: Actor, grant: Grant) -> EndCause:
    above = queries.lineage(work, grant)[:-1]
    if grant.granted_by_person == actor.person_id or any(_holds(actor, one) for one in above):
        return EndCause.REVOKED
    if grant.root == UNIT and actor.may("authority.grant"):
        return EndCause.REVOKED
    if grant.granted_by_post is not None and grant.granted_by_post in actor.post_ids:
        return EndCause.REVOKED
    if _holds(actor, grant):
        return EndCause.RENOUNCED
    raise errors.not_yours()


def _seals_of(work: UnitOfWork, actor: Actor, new: NewGrant) -> list[Seal]:
    wanted = new.named_seals
    query = select(Seal).where(Seal.organization_id == actor.organization_id, Seal.id.in_(wanted))
    found = list(work.session.scalars(query)) if wanted else []
    if len(found) != len(wanted):
        raise errors.no_such_seal()
    return found


def _root_of(new: NewGrant, seals: Sequence[Seal]) -> str:
    """A seal names its root office; where no seal is named the wish does, or it is the unit's own."""
    return new.root or (seals[0].root if seals else UNIT)


def _require_may_give(work: UnitOfWork, actor: Actor, parent: Grant | None, root: str) -> Post | None:
    """The post in whose name the grant is given. Raises Forbidden, and Refused when there is no root office."""
    held = [one.post for one in held_posts(work, [actor.person_id], work.now)]
    if parent is None:
        slot = actor.organization_id if root == UNIT else f"{actor.organization_id}:{root}"
        office = work.session.scalar(select(Post).where(Post.office_slot == slot))
        if office is None:
            raise errors.no_root_office()
        if office.id not in {post.id for post in held}:
            if root != UNIT:
                raise errors.not_the_office()
            actor.require("authority.grant")
        return office
    if parent.holder_person_id == actor.person_id:
        return None
    by_post = next((post for post in held if post.id == parent.holder_post_id), None)
    if by_post is None:
        if root != UNIT:
            raise errors.not_the_holder()
        actor.require("authority.grant")
    return by_post


def _require_holder(work: UnitOfWork, actor: Actor, new: NewGrant) -> None:
    named = [one for one in (new.holder_person_id, new.holder_post_id) if one is not None]
    if len(named) != (0 if new.act is Act.AUTO_SEAL else 1):
        raise errors.holder_missing()
    if new.holder_person_id is not None:
        holder = person(work, actor.organization_id, new.holder_person_id)
        if holder.status != PersonStatus.ACTIVE:
            raise errors.holder_left()
    if new.holder_post_id is not None:
        post_of(work, actor.organization_id, new.holder_post_id)


def _scope_of(
    work: UnitOfWork,
    actor: Actor,
    new: NewGrant,
    parent: Grant | None,
    seals: Sequence[Seal],
    root: str,
) -> Scope:
    """What the grant will reach, open limits filled in from the parent."""
    for code in new.document_kinds or ():
        document_kind(code)
    if new.department_id is not None:
        department(work, actor.organization_id, new.department_id)
    valid_from = work.now if new.valid_from is None else new.valid_from
    until = new.valid_until
    if until is None:
        until = parent.valid_until if parent else valid_from + YEAR_MS
    wish = Scope(
        act=new.act,
        valid_from=valid_from,
        valid_until=until,
        root=root,
        targets=_targets(new, seals),
        document_kinds=_frozen(new.document_kinds),
        matters=_frozen(new.matters),
        forms=_frozen(new.forms),
        department_id=new.department_id,
        amount_limit_minor=new.amount_limit_minor,
        count_limit=new.count_limit,
        count_of=new.count_of,
        may_pass_on=new.may_pass_on and new.act is not Act.AUTO_SEAL,
    )
    if parent is None:
        return wish if wish.targets is not None else filled(wish, _everything(wish))
    return filled(wish, queries.scope_of(parent, queries.targets_of(work, [parent.id])[parent.id]))


def _everything(wish: Scope) -> Scope:
    return Scope(wish.act, wish.valid_from, wish.valid_until, root=wish.root)


def _targets(new: NewGrant, seals: Sequence[Seal]) -> frozenset[str] | None:
    if new.seal_category is not None:
        return frozenset({CATEGORY + new.seal_category})
    return frozenset(seal.id for seal in seals) if new.named_seals else None


def _frozen(values: Collection[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def _require_within(
    work: UnitOfWork,
    actor: Actor,
    new: NewGrant,
    scope: Scope,
    parent: Grant | None,
    seals: Sequence[Seal],
) -> None:
    objections = objections_to_scope(scope)
    if any(seal.root != scope.root for seal in seals):
        objections.append(errors.OTHER_ROOT)
    if scope.valid_until <= work.now:
        objections.append(errors.OVER_ALREADY)
    if parent is not None:
        lines = queries.department_lines(work, actor.organization_id) if scope.department_id else {}
        around = Surroundings({seal.id: seal.category for seal in seals}, lines)
        ends = queries.office_ends(work, actor.organization_id)
        root = queries.lineage(work, parent)[0]
        targets = queries.targets_of(work, [parent.id])[parent.id]
        state = queries.state_of(parent, targets=targets, lapses_at=queries.lapse(work, root, ends))
        objections += objections_to_child(scope, state, around, depth=parent.depth + 1)
        if state.lapses_at is not None and state.lapses_at <= work.now:
            objections.append(errors.PARENT_LAPSED)
    if objections:
        raise errors.refused(list(dict.fromkeys(objections)))


def _row(
    work: UnitOfWork,
    actor: Actor,
    new: NewGrant,
    scope: Scope,
    parent: Grant | None,
    by_post: Post | None,
) -> Grant:
    own_id = work.new_id()
    accepted = new.act is Act.AUTO_SEAL or new.holder_person_id == actor.person_id
    targets = sorted(scope.targets or {ALL})
    single = targets[0] if len(targets) == 1 else ""
    return Grant(
        id=own_id,
        organization_id=actor.organization_id,
        parent_id=parent.id if parent else None,
        path=(parent.path if parent else "") + own_id,
        depth=parent.depth + 1 if parent else 0,
        root=scope.root,
        act=scope.act,
        seal_id=single if len(single) == ID_LENGTH else None,
        seal_category=single.removeprefix(CATEGORY) if single.startswith(CATEGORY) else None,
        document_kinds=_stored(scope.document_kinds),
        matters=_stored(scope.matters),
        forms=_stored(scope.forms),
        department_id=scope.department_id,
        holder_person_id=new.holder_person_id,
        holder_post_id=new.holder_post_id,
        amount_limit_minor=scope.amount_limit_minor,
        count_limit=scope.count_limit,
        count_of=scope.count_of,
        count_reserved=0,
        count_used=0,
        may_pass_on=scope.may_pass_on,
        valid_from=scope.valid_from,
        valid_until=scope.valid_until,
        granted_by_person=actor.person_id,
        granted_by_post=by_post.id if by_post else None,
        granted_at=work.now,
        confirmed_at=work.now,
        answered_by=actor.person_id if accepted else None,
        answered_at=work.now if accepted else None,
        status=GrantStatus.ACTIVE if accepted else GrantStatus.OFFERED,
        reason=new.reason,
    )


def _stored(values: frozenset[str] | None) -> str | None:
    return None if values is None else json.dumps(sorted(values))


def grant_facts(grant: Grant, targets: Sequence[str]) -> dict[str, JsonValue]:
    """What the entry of a new grant says of it."""

    def listed(stored: str | None) -> JsonValue:
        values: list[JsonValue] | None = None if stored is None else json.loads(stored)
        return values

    return {
        "parent": grant.parent_id,
        "root": grant.root,
        "act": str(grant.act),
        "seal": grant.seal_id,
        "targets": [*targets],
        "document_kinds": listed(grant.document_kinds),
        "matters": listed(grant.matters),
        "forms": listed(grant.forms),
        "department": grant.department_id,
        "holder_person": grant.holder_person_id,
        "holder_post": grant.holder_post_id,
        "amount_limit_minor": grant.amount_limit_minor,
        "count_limit": grant.count_limit,
        "count_of": str(grant.count_of),
        "may_pass_on": grant.may_pass_on,
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "granted_by_post": grant.granted_by_post,
        "needs_acceptance": grant.answered_at is None,
        "reason": digest_of(grant.reason),
    }


def _record(work: UnitOfWork, actor: Actor, grant: Grant, kind: str, facts: Mapping[str, JsonValue]) -> None:
    record(work, actor, kind=kind, subject_type="grant", subject_id=grant.id, facts=facts)
