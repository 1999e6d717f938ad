"""Delegate for an absence or in an emergency, and take a delegation back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.authority import errors
from shuangyin.authority.commands.duties import open_review
from shuangyin.authority.judging import terms_of
from shuangyin.authority.kinds import Act, ReviewKind
from shuangyin.authority.models import Delegation
from shuangyin.authority.reversing import widest
from shuangyin.authority.rules.delegations import Parent, Terms, objections_to_terms, wider, without_right
from shuangyin.authority.schemas import NewDelegation
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.organization.calendar import calendar_of
from shuangyin.people.commands import require_second_factor
from shuangyin.people.models import PersonStatus
from shuangyin.people.queries import holds_permission, person
from shuangyin.reference.queries import document_kind
from shuangyin.seals.queries import named


def delegate(work: UnitOfWork, actor: Actor, new: NewDelegation) -> Delegation:
    """Delegate one's own authority for a time, pass on what was delegated, or in an emergency act for an absent one.

    An emergency delegation (out of office hours, at most a day, reviewed afterwards) may also be given for somebody
    else by who holds the right to. Raises Refused with the codes of `rules.delegations`, Forbidden, NotFound.
    """
    delegator_id = new.delegator_id or actor.person_id
    if delegator_id != actor.person_id:
        if not new.emergency:
            raise errors.not_yours()
        actor.require("authority.override")
    terms = _terms(work, actor, new, delegator_id)
    parent_row = delegation_of(work, actor.organization_id, new.parent_id) if new.parent_id else None
    parent = _parent(work, parent_row) if parent_row else None
    objections = objections_to_terms(
        terms,
        now=work.now,
        in_office_hours=calendar_of(work, actor.organization_id).in_office_hours(work.now),
        parent=parent,
        edges=_edges(work, actor.organization_id, terms),
    )
    if new.emergency and terms.delegate_id == actor.person_id != delegator_id:
        raise errors.not_yours()
    if parent is None:
        objections += wider(_lacking(work, actor.organization_id, terms))
    if Act.APPROVE in terms.acts and not holds_permission(
        work, actor.organization_id, terms.delegate_id, "approvals.decide"
    ):
        objections.append(without_right())
    if objections:
        raise errors.delegation_refused(list(dict.fromkeys(objections)))
    require_second_factor(
        work, actor, act="authority.delegate", subject=new.delegate_id, proof=new.proof, strength="each"
    )
    row = _row(work, actor, new, terms)
    work.session.add(row)
    work.session.flush()
    _record(work, actor, row, "authority.delegated", _facts(row))
    if row.emergency:
        open_review(
            work,
            actor,
            ReviewKind.EMERGENCY,
            cause_id=row.id,
            subject_id=None,
            barred={row.delegator_id, row.delegate_id, row.given_by},
            reviewer_id=None,
            since=row.until_at,
        )
    return row


def end_delegation(
    work: UnitOfWork,
    actor: Actor,
    delegation_id: str,
    *,
    reason: str,
    proof: str | None,
    expected: int | None,
) -> list[Delegation]:
    """End a delegation at once and all that was passed on from it; who gave it, who has it, and who may grant can.

    Raises Conflict when it is over, Stale, Forbidden.
    """
    row = delegation_of(work, actor.organization_id, delegation_id)
    if actor.person_id not in (row.delegator_id, row.delegate_id, row.given_by):
        actor.require("authority.grant")
    if expected is not None and expected != row.version:
        raise stale_version()
    if row.ended_at is not None or row.until_at <= work.now:
        raise errors.delegation_ended()
    require_second_factor(
        work, actor, act="authority.delegate", subject=row.id, proof=proof, strength="window"
    )
    ended = [row]
    for one in ended:
        children = select(Delegation).where(Delegation.parent_id == one.id, Delegation.ended_at.is_(None))
        ended.extend(work.session.scalars(children))
        one.ended_at, one.ended_by, one.end_reason = work.now, actor.person_id, reason
        facts: dict[str, JsonValue] = {"because_of": row.id, "reason": digest_of(reason)}
        _record(work, actor, one, "authority.delegation_ended", facts)
    work.session.flush()
    return ended


def delegation_of(work: UnitOfWork, organization_id: str, delegation_id: str) -> Delegation:
    """One delegation of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(Delegation).where(
            Delegation.id == delegation_id, Delegation.organization_id == organization_id
        )
    )
    if found is None:
        raise errors.no_such_delegation()
    return found


def _terms(work: UnitOfWork, actor: Actor, new: NewDelegation, delegator_id: str) -> Terms:
    for one in (delegator_id, new.delegate_id):
        if person(work, actor.organization_id, one).status != PersonStatus.ACTIVE:
            raise errors.holder_left()
    for code in new.document_kinds or ():
        document_kind(code)
    return Terms(
        delegator_id=delegator_id,
        delegate_id=new.delegate_id,
        acts=frozenset(new.acts),
        from_at=work.now if new.from_at is None else new.from_at,
        until_at=new.until_at,
        seal_ids=None if new.seal_ids is None else frozenset(new.seal_ids),
        document_kinds=None if new.document_kinds is None else frozenset(new.document_kinds),
        amount_limit_minor=new.amount_limit_minor,
        may_pass_on=new.may_pass_on,
        emergency=new.emergency,
    )


def _parent(work: UnitOfWork, row: Delegation) -> Parent:
    steps, above = 0, row
    while above.parent_id is not None:
        above = work.session.get_one(Delegation, above.parent_id)
        steps += 1
    return Parent(terms_of(row), row.ended_at is None and row.until_at > work.now, steps + 1)


def _edges(work: UnitOfWork, organization_id: str, terms: Terms) -> list[tuple[str, str]]:
    """Who delegates to whom while these terms hold."""
    rows = work.session.execute(
        select(Delegation.delegator_id, Delegation.delegate_id).where(
            Delegation.organization_id == organization_id,
            Delegation.ended_at.is_(None),
            Delegation.from_at < terms.until_at,
            Delegation.until_at > terms.from_at,
        )
    ).tuples()
    return list(rows.all())


def _lacking(work: UnitOfWork, organization_id: str, terms: Terms) -> list[str]:
    """What the delegator himself may not do of it."""
    seals = named(work, set(terms.seal_ids)) if terms.seal_ids is not None else None
    if seals is not None:
        mine = [one for one in seals.values() if one.organization_id == organization_id]
        if len(mine) != len(terms.seal_ids or ()):
            raise errors.no_such_seal()
    lacking = []
    for act in sorted(terms.acts):
        for seal in (None,) if seals is None else tuple(seals.values()):
            own = widest(work, organization_id, terms.delegator_id, act, seal, work.now)
            if not own.reaches(terms.document_kinds, terms.amount_limit_minor):
                lacking.append(act.value)
    return lacking


def _row(work: UnitOfWork, actor: Actor, new: NewDelegation, terms: Terms) -> Delegation:
    return Delegation(
        id=work.new_id(),
        organization_id=actor.organization_id,
        parent_id=new.parent_id,
        delegator_id=terms.delegator_id,
        delegate_id=terms.delegate_id,
        given_by=actor.person_id,
        acts=json.dumps(sorted(one.value for one in terms.acts)),
        seal_ids=_stored(terms.seal_ids),
        document_kinds=_stored(terms.document_kinds),
        amount_limit_minor=terms.amount_limit_minor,
        may_pass_on=terms.may_pass_on,
        emergency=terms.emergency,
        from_at=terms.from_at,
        until_at=terms.until_at,
        reason=new.reason,
        given_at=work.now,
    )


def _stored(values: Collection[str] | None) -> str | None:
    return None if values is None else json.dumps(sorted(values))


def _facts(row: Delegation) -> dict[str, JsonValue]:
    def listed(stored: str | None) -> JsonValue:
        values: list[JsonValue] | None = None if stored is None else json.loads(stored)
        return values

    return {
        "parent": row.parent_id,
        "delegator": row.delegator_id,
        "delegate": row.delegate_id,
        "given_by": row.given_by,
        "acts": listed(row.acts),
        "seals": listed(row.seal_ids),
        "document_kinds": listed(row.document_kinds),
        "amount_limit_minor": row.amount_limit_minor,
        "may_pass_on": row.may_pass_on,
        "emergency": row.emergency,
        "from_at": row.from_at,
        "until_at": row.until_at,
        "reason": digest_of(row.reason),
    }


def _record(
    work: UnitOfWork, actor: Actor, row: Delegation, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="delegation", subject_id=row.id, facts=facts)
