"""Reads of the scenario list, and its decision about a use."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import NotFound
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import counterparty, department
from shuangyin.people.queries import person
from shuangyin.reference.queries import document_kind
from shuangyin.scenarios import errors
from shuangyin.scenarios.compiled import COMPILED
from shuangyin.scenarios.explaining import Change, changes
from shuangyin.scenarios.models import ListStatus, ScenarioList, ScenarioRule
from shuangyin.scenarios.reading import rate_bodies, rates_of, rules_of
from shuangyin.scenarios.rules import CompiledList, Decision, Facts
from shuangyin.scenarios.schemas import DecisionFacts
from shuangyin.seals.models import Seal, SealCategory
from shuangyin.seals.queries import in_force

_LEGAL_NAME_SERVES = frozenset({SealCategory.CONTRACT, SealCategory.DEPARTMENT, SealCategory.OTHER})
"""The seal of the legal name stands above these, so it serves where an organization has none of them."""


@dataclass(frozen=True, slots=True)
class FittingSeal:
    """A seal in force, and the category of the decision that it serves."""

    seal: Seal
    for_category: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the list it comes from, the seals that fit it, and what would change it."""

    decision: Decision
    list_version: int
    seals: tuple[FittingSeal, ...]
    missing: tuple[str, ...]
    facts: Facts
    changes: tuple[Change, ...]


def get(work: UnitOfWork, organization_id: str, list_id: str) -> ScenarioList:
    """One version of the list. Raises NotFound."""
    found = work.session.scalar(
        select(ScenarioList).where(
            ScenarioList.id == list_id, ScenarioList.organization_id == organization_id
        )
    )
    if found is None:
        raise errors.no_such_list()
    return found


def current(work: UnitOfWork, organization_id: str) -> ScenarioList | None:
    """The version in force, None before there is one."""
    return work.session.scalar(select(ScenarioList).where(ScenarioList.in_force_slot == organization_id))


def lists(work: UnitOfWork, actor: Actor, *, before: int | None, limit: int) -> list[ScenarioList]:
    """All versions of the actor's organization, newest first; drafts for those who draft or approve."""
    query = select(ScenarioList).where(ScenarioList.organization_id == actor.organization_id)
    if not may_read_drafts(actor):
        query = query.where(ScenarioList.status != ListStatus.DRAFT)
    if before is not None:
        query = query.where(ScenarioList.version_number < before)
    return list(work.session.scalars(query.order_by(ScenarioList.version_number.desc()).limit(limit)))


def may_read_drafts(actor: Actor) -> bool:
    """Who drafts or approves a list sees its drafts."""
    return actor.may("scenarios.manage") or actor.may("scenarios.approve")


def readable(work: UnitOfWork, actor: Actor, list_id: str) -> ScenarioList:
    """One version that the actor may read. Raises NotFound."""
    found = get(work, actor.organization_id, list_id)
    if found.status == ListStatus.DRAFT and not may_read_drafts(actor):
        raise errors.no_such_list()
    return found


def rules_in(work: UnitOfWork, list_id: str) -> list[ScenarioRule]:
    """The rules of a list, in order."""
    query = select(ScenarioRule).where(ScenarioRule.list_id == list_id)
    return list(work.session.scalars(query.order_by(ScenarioRule.position)))


def facts_of(work: UnitOfWork, actor: Actor, asked: DecisionFacts) -> Facts:
    """What is known, with the counterparty's capability and the department looked up. Raises Invalid, NotFound."""
    require_kind(asked.document_kind)
    takes = None
    if asked.counterparty_id is not None:
        takes = counterparty(work, actor, asked.counterparty_id).takes_electronic
    department_id = asked.department_id
    if department_id is None:
        department_id = person(work, actor.organization_id, actor.person_id).department_id
    else:
        department(work, actor.organization_id, department_id)
    return Facts(
        document_kind=asked.document_kind,
        matter=asked.matter,
        channel=asked.channel,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        counterparty=takes,
        department_id=department_id,
        platform=asked.platform,
        region=asked.region,
    )


def decide_for(work: UnitOfWork, organization_id: str, facts: Facts, *, explain: bool = True) -> Decided:
    """The decision of the list in force about these facts. Raises Refused (NO_LIST_IN_FORCE)."""
    in_force_list = current(work, organization_id)
    if in_force_list is None:
        raise errors.no_list_in_force()
    compiled = compiled_list(work, in_force_list)
    decision = compiled.decide(facts)
    seals, missing = _resolve(work, organization_id, decision)
    return Decided(
        decision=decision,
        list_version=in_force_list.version_number,
        seals=seals,
        missing=missing,
        facts=facts,
        changes=changes(compiled, facts) if explain else (),
    )


def compiled_list(work: UnitOfWork, row: ScenarioList) -> CompiledList:
    """A version of the list ready to answer; of one that can no longer change, from memory when it was asked before."""
    if row.status == ListStatus.DRAFT or row.rules_digest is None:
        return compile_rules(work, row)
    return COMPILED.get(f"{row.id}:{row.rules_digest}", lambda: compile_rules(work, row))


def compile_rules(work: UnitOfWork, row: ScenarioList) -> CompiledList:
    """The stored rules and rates of a version, ready to answer."""
    return CompiledList(rules_of(rules_in(work, row.id)), rates_of(rate_bodies(row)))


def require_kind(code: str) -> None:
    """Raises Invalid (DOCUMENT_KIND_UNKNOWN) for a kind that the code table does not have."""
    try:
        document_kind(code)
    except NotFound as error:
        raise errors.unknown_kind(code) from error


def serves(seal_category: str, wanted: str) -> bool:
    """Whether a seal of one category may be put where another is wanted."""
    return seal_category == wanted or (
        seal_category == SealCategory.LEGAL_NAME and wanted in _LEGAL_NAME_SERVES
    )


def allowed_media(decision: Decision) -> tuple[str, ...]:
    """The media that may be used, the decided one first."""
    refused = {one.medium for one in decision.refused_media}
    first = decision.medium if decision.medium in ("electronic", "physical") else "electronic"
    other = "physical" if first == "electronic" else "electronic"
    return tuple(medium for medium in (first, other) if medium not in refused)


def _resolve(
    work: UnitOfWork, organization_id: str, decision: Decision
) -> tuple[tuple[FittingSeal, ...], tuple[str, ...]]:
    fitting: list[FittingSeal] = []
    missing: list[str] = []
    for medium in allowed_media(decision):
        for category in decision.seal_categories:
            found = in_force(work, organization_id, medium=medium, category=category, at=work.now)
            if not found and category in _LEGAL_NAME_SERVES:
                found = in_force(
                    work, organization_id, medium=medium, category=SealCategory.LEGAL_NAME, at=work.now
                )
            there = {one.seal.id for one in fitting}
            fitting.extend(FittingSeal(seal, category) for seal in found if seal.id not in there)
            if not found and medium == allowed_media(decision)[0]:
                missing.append(category)
    return tuple(fitting), tuple(missing)
