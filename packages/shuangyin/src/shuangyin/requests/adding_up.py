"""What a request adds up with, what it repeats, and what it may belong together with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests import errors, queries
from shuangyin.requests.models import RequestDocument, RequestStatus, UseRequest
from shuangyin.scenarios.queries import facts_of, rates_now
from shuangyin.scenarios.rules import AmountPart, Facts, total
from shuangyin.scenarios.schemas import DecisionFacts

COUNTING = (RequestStatus.IN_APPROVAL, RequestStatus.APPROVED, RequestStatus.SEALING, RequestStatus.SEALED)
"""What was or may be sealed; drafts and what came back bind nobody."""
NEARBY_DAYS = 90
"""Requests with one counterparty this close together may be one deal; the applicant is asked, nothing is refused."""
MOST_SHOWN = 20
_DAY_MS = 86_400_000
_LONGEST_CHAIN = 50
OWN_PART = "本次申请 / this request"


@dataclass(frozen=True, slots=True)
class Bonds:
    """What ties a use to others: its contract, its counterparty, its papers, the request it amends or is part of."""

    request_id: str | None
    organization_id: str
    contract_number: str | None = None
    counterparty_id: str | None = None
    counterparty_name: str = ""
    amends_request_id: str | None = None
    part_of_request_id: str | None = None
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Like:
    """Another request that a use repeats (`document`, `contract`) or may belong together with (`counterparty`)."""

    why: str
    request: UseRequest


def bonds_of(work: UnitOfWork, request: UseRequest) -> Bonds:
    """The bonds of a stored request."""
    return Bonds(
        request_id=request.id,
        organization_id=request.organization_id,
        contract_number=request.contract_number,
        counterparty_id=request.counterparty_id,
        counterparty_name=request.counterparty_name,
        amends_request_id=request.amends_request_id,
        part_of_request_id=request.part_of_request_id,
        digests=tuple(one.sm3 for one in queries.documents_of(work, request.id)),
    )


def adding_up(
    work: UnitOfWork, actor: Actor, asked: DecisionFacts, bonds: Bonds, excepted: Sequence[str] = ()
) -> Facts:
    """The facts of a use with the total of what it adds up with; a part that is not known makes it unknown."""
    facts = replace(facts_of(work, actor, asked), excepted=tuple(excepted))
    related = related_to(work, bonds)
    if not related:
        return facts
    parts = tuple(
        AmountPart(one.number, one.amount_minor, one.currency)
        for one in sorted(related, key=lambda request: request.number)
    )
    parts += (AmountPart(OWN_PART, asked.amount_minor, asked.currency),)
    rates = rates_now(work, bonds.organization_id)
    return replace(facts, amount_minor=total(parts, asked.currency, rates), parts=parts)


def related_to(work: UnitOfWork, bonds: Bonds) -> list[UseRequest]:
    """The requests of the same contract or deal that count, but for the one asked about."""
    first = _first_of(work, bonds)
    if first is None:
        return []
    found: dict[str, UseRequest] = {}
    seen, level = {first}, [first]
    while level and len(seen) < _LONGEST_CHAIN * 10:
        below = work.session.scalars(
            select(UseRequest).where(
                UseRequest.organization_id == bonds.organization_id,
                or_(UseRequest.amends_request_id.in_(level), UseRequest.part_of_request_id.in_(level)),
            )
        )
        fresh = {one.id: one for one in below if one.id not in seen}
        found |= fresh
        seen |= fresh.keys()
        level = list(fresh)
    root = work.session.get(UseRequest, first)
    if root is not None:
        found[first] = root
    return [one for one in found.values() if one.id != bonds.request_id and one.status in COUNTING]


def duplicates_of(work: UnitOfWork, bonds: Bonds) -> list[Like]:
    """Requests that count and ask for the same paper, or for the same contract without being tied to this one."""
    like = {one.id: Like("document", one) for one in _same_papers(work, bonds)}
    if bonds.contract_number and (bonds.counterparty_id or bonds.counterparty_name):
        tied = {one.id for one in related_to(work, bonds)}
        same = _counting(work, bonds, UseRequest.contract_number == bonds.contract_number, _same_party(bonds))
        for one in same:
            if one.id not in tied:
                like.setdefault(one.id, Like("contract", one))
    return list(like.values())[:MOST_SHOWN]


def nearby_of(work: UnitOfWork, bonds: Bonds, but: Collection[str]) -> list[Like]:
    """Requests of the last months with the same counterparty that are not tied to this one."""
    if not (bonds.counterparty_id or bonds.counterparty_name):
        return []
    tied = {one.id for one in related_to(work, bonds)} | set(but)
    since = UseRequest.submitted_at >= work.now - NEARBY_DAYS * _DAY_MS
    return [
        Like("counterparty", one)
        for one in _counting(work, bonds, _same_party(bonds), since)
        if one.id not in tied
    ][:MOST_SHOWN]


def require_related(work: UnitOfWork, actor: Actor, request: UseRequest) -> None:
    """Raises NotFound for a request that the actor does not see, Invalid (RELATED_CYCLE) for a ring."""
    for named in (request.amends_request_id, request.part_of_request_id):
        if named is None:
            continue
        if named == request.id:
            raise errors.own_amendment()
        queries.get(work, actor, named)
    bonds = Bonds(
        request.id,
        request.organization_id,
        amends_request_id=request.amends_request_id,
        part_of_request_id=request.part_of_request_id,
    )
    if (bonds.amends_request_id or bonds.part_of_request_id) and _first_of(work, bonds) == request.id:
        raise errors.own_amendment()


def _first_of(work: UnitOfWork, bonds: Bonds) -> str | None:
    """The first request of the contract or deal; the one asked about when others name it, None when it stands alone."""
    above = bonds.amends_request_id or bonds.part_of_request_id
    if above is None:
        return bonds.request_id
    seen: set[str] = set()
    while above not in seen and len(seen) < _LONGEST_CHAIN:
        if above == bonds.request_id:
            return above
        seen.add(above)
        row = work.session.get(UseRequest, above)
        if row is None or row.organization_id != bonds.organization_id:
            return above
        following = row.amends_request_id or row.part_of_request_id
        if following is None:
            return above
        above = following
    return above


def _same_papers(work: UnitOfWork, bonds: Bonds) -> list[UseRequest]:
    if not bonds.digests:
        return []
    same = select(RequestDocument.request_id).where(
        RequestDocument.organization_id == bonds.organization_id, RequestDocument.sm3.in_(bonds.digests)
    )
    return _counting(work, bonds, UseRequest.id.in_(same))


def _counting(work: UnitOfWork, bonds: Bonds, *wanted: ColumnElement[bool]) -> list[UseRequest]:
    query = select(UseRequest).where(
        UseRequest.organization_id == bonds.organization_id, UseRequest.status.in_(COUNTING), *wanted
    )
    if bonds.request_id is not None:
        query = query.where(UseRequest.id != bonds.request_id)
    return list(work.session.scalars(query.order_by(UseRequest.id.desc()).limit(MOST_SHOWN * 5)))


def _same_party(bonds: Bonds) -> ColumnElement[bool]:
    by_name = UseRequest.counterparty_name == bonds.counterparty_name
    if bonds.counterparty_id is None:
        return by_name
    by_id = UseRequest.counterparty_id == bonds.counterparty_id
    return or_(by_id, by_name) if bonds.counterparty_name else by_id
