"""Reads of the scenario list, and its decision about a use."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import NotFound
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import counterparty, department
from shuangyin.organization.rules import capability_at
from shuangyin.people.queries import person
from shuangyin.reference.queries import document_kind
from shuangyin.scenarios import errors
from shuangyin.scenarios.checking import Fault, faults_of
from shuangyin.scenarios.compiled import COMPILED
from shuangyin.scenarios.digests import binding_of
from shuangyin.scenarios.explaining import Asked, Change, asked_of, changes
from shuangyin.scenarios.known_world import code_names, known_world
from shuangyin.scenarios.list_schemas import ListHeader
from shuangyin.scenarios.models import (
    ListStatus,
    ScenarioList,
    ScenarioRule,
    ScenarioSimulation,
    ScenarioSimulationLine,
)
from shuangyin.scenarios.reading import body_of, rate_bodies, rates_of, rules_of
from shuangyin.scenarios.rules import NO_RATES, CompiledList, Decision, Facts, Rates, Rule
from shuangyin.scenarios.schemas import DecisionFacts
from shuangyin.scenarios.terms import Term
from shuangyin.seals.models import Seal, SealCategory
from shuangyin.seals.queries import in_force

_LEGAL_NAME_SERVES = frozenset({SealCategory.CONTRACT, SealCategory.DEPARTMENT, SealCategory.OTHER})
"""The seal of the legal name stands above these, so it serves where an organization has none of them."""
_PROPOSED = (ListStatus.DRAFT, ListStatus.IN_APPROVAL)


@dataclass(frozen=True, slots=True)
class FittingSeal:
    """A seal in force, and the category of the decision that it serves."""

    seal: Seal
    for_category: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the list it comes from, the seals that fit it, what would change it, and what the list asks
    about uses of this kind."""

    decision: Decision
    list_version: int
    seals: tuple[FittingSeal, ...]
    missing: tuple[str, ...]
    facts: Facts
    matching: tuple[Rule, ...]
    changes: tuple[Change, ...]
    asked: tuple[Asked, ...]


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


def row(work: UnitOfWork, list_id: str) -> ScenarioList:
    """A list that another row refers to."""
    return work.session.get_one(ScenarioList, list_id)


def rows(work: UnitOfWork, list_ids: Collection[str]) -> list[ScenarioList]:
    """Lists that other rows refer to."""
    return list(work.session.scalars(select(ScenarioList).where(ScenarioList.id.in_(set(list_ids)))))


def current(work: UnitOfWork, organization_id: str) -> ScenarioList | None:
    """The version in force now, None before there is one."""
    return in_force_at(work, organization_id, work.now)


def in_force_at(work: UnitOfWork, organization_id: str, instant: int) -> ScenarioList | None:
    """The version in force at an instant, by its dates: nothing waits for a job to say so."""
    return work.session.scalar(
        select(ScenarioList).where(
            ScenarioList.organization_id == organization_id,
            ScenarioList.valid_from <= instant,
            or_(ScenarioList.valid_until.is_(None), ScenarioList.valid_until > instant),
        )
    )


def status_now(row: ScenarioList, now: int) -> ListStatus:
    """Where a version stands at an instant; between a boundary and its job the dates know better than the row."""
    if row.status in (ListStatus.APPROVED, ListStatus.IN_FORCE) and row.valid_from is not None:
        if row.valid_until is not None and row.valid_until <= now:
            return ListStatus.SUPERSEDED
        return ListStatus.IN_FORCE if row.valid_from <= now else ListStatus.APPROVED
    return ListStatus(row.status)


def terms(work: UnitOfWork, organization_id: str) -> tuple[Term, ...]:
    """The spans of the versions that are or will be in force."""
    query = select(ScenarioList.id, ScenarioList.valid_from, ScenarioList.valid_until).where(
        ScenarioList.organization_id == organization_id,
        ScenarioList.status.in_((ListStatus.APPROVED, ListStatus.IN_FORCE)),
        ScenarioList.valid_from.is_not(None),
    )
    rows = work.session.execute(query.order_by(ScenarioList.valid_from)).tuples()
    return tuple(Term(list_id, start or 0, end) for list_id, start, end in rows)


def header_of(row: ScenarioList) -> ListHeader:
    """What a list says besides its rules."""
    return ListHeader.model_construct(
        title=row.title,
        regulation_text=row.regulation_text,
        review_on=date.fromisoformat(row.review_on) if row.review_on else None,
        rates=rate_bodies(row),
        effective_from=row.effective_from,
    )


def binding(work: UnitOfWork, row: ScenarioList) -> str:
    """SM3 of what a list says now."""
    return binding_of(header_of(row), [body_of(one) for one in rules_in(work, row.id)])


def faults(work: UnitOfWork, row: ScenarioList) -> tuple[Fault, ...]:
    """All that is wrong with the rules of a list today."""
    known = known_world(work, row.organization_id)
    return faults_of(rules_of(rules_in(work, row.id)), known, rates_of(rate_bodies(row)))


def require_faultless(work: UnitOfWork, row: ScenarioList) -> None:
    """Raises Invalid (RULES_FAULTY with all faults that block, LIST_EMPTY)."""
    found = [one for one in faults(work, row) if one.blocking]
    if found:
        raise errors.faulty_rules([(one.position or 0, one.code, one.text.zh, one.text.en) for one in found])
    if not rule_counts(work, [row.id]).get(row.id):
        raise errors.too_few_rules()


def rule_counts(work: UnitOfWork, list_ids: Collection[str]) -> dict[str, int]:
    """How many rules each list has."""
    query = (
        select(ScenarioRule.list_id, func.count())
        .where(ScenarioRule.list_id.in_(set(list_ids)))
        .group_by(ScenarioRule.list_id)
    )
    return dict(work.session.execute(query).tuples().all())


def lists(work: UnitOfWork, actor: Actor, *, before: int | None, limit: int) -> list[ScenarioList]:
    """All versions of the actor's organization, newest first; what is no more than proposed for those who draft or approve."""
    query = select(ScenarioList).where(ScenarioList.organization_id == actor.organization_id)
    if not may_read_drafts(actor):
        query = query.where(ScenarioList.status.not_in(_PROPOSED))
    if before is not None:
        query = query.where(ScenarioList.version_number < before)
    return list(work.session.scalars(query.order_by(ScenarioList.version_number.desc()).limit(limit)))


def may_read_drafts(actor: Actor) -> bool:
    """Who drafts or approves a list sees its drafts."""
    return actor.may("scenarios.manage") or actor.may("scenarios.approve")


def readable(work: UnitOfWork, actor: Actor, list_id: str) -> ScenarioList:
    """One version that the actor may read. Raises NotFound."""
    found = get(work, actor.organization_id, list_id)
    if found.status in _PROPOSED and not may_read_drafts(actor):
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
        party = counterparty(work, actor, asked.counterparty_id)
        takes = capability_at(party.takes_electronic, party.recheck_on, beijing_time(work.now).date())
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
        matching=tuple(compiled.rules_in(compiled.matching(facts))),
        changes=changes(compiled, facts, code_names(work.now)) if explain else (),
        asked=asked_of(compiled, facts.document_kind) if explain else (),
    )


def rates_now(work: UnitOfWork, organization_id: str) -> Rates:
    """What other currencies are worth by the list in force."""
    row = current(work, organization_id)
    return NO_RATES if row is None else rates_of(rate_bodies(row))


def compiled_list(work: UnitOfWork, row: ScenarioList) -> CompiledList:
    """A version of the list ready to answer; of one that can no longer change, from memory when it was asked before."""
    if row.status in _PROPOSED or row.rules_digest is None:
        return compile_rules(work, row)
    return COMPILED.get(f"{row.id}:{row.rules_digest}", lambda: compile_rules(work, row))


def compile_rules(work: UnitOfWork, row: ScenarioList) -> CompiledList:
    """The stored rules and rates of a version, ready to answer."""
    return CompiledList(rules_of(rules_in(work, row.id)), rates_of(rate_bodies(row)))


def simulation(work: UnitOfWork, actor: Actor, simulation_id: str) -> ScenarioSimulation:
    """One simulation, for those who draft or approve lists. Raises NotFound."""
    found = work.session.scalar(
        select(ScenarioSimulation).where(
            ScenarioSimulation.id == simulation_id,
            ScenarioSimulation.organization_id == actor.organization_id,
        )
    )
    if found is None or not may_read_drafts(actor):
        raise errors.no_such_simulation()
    return found


def simulations(work: UnitOfWork, actor: Actor, list_id: str) -> list[ScenarioSimulation]:
    """The simulations of a list, newest first; none for others than those who draft or approve."""
    if not may_read_drafts(actor):
        return []
    query = select(ScenarioSimulation).where(ScenarioSimulation.list_id == list_id)
    return list(work.session.scalars(query.order_by(ScenarioSimulation.id.desc()).limit(10)))


def simulation_lines(
    work: UnitOfWork, simulation_id: str, *, after: str | None, limit: int
) -> list[ScenarioSimulationLine]:
    """The lines of a simulation in the order they were found."""
    query = select(ScenarioSimulationLine).where(ScenarioSimulationLine.simulation_id == simulation_id)
    if after is not None:
        query = query.where(ScenarioSimulationLine.id > after)
    return list(work.session.scalars(query.order_by(ScenarioSimulationLine.id).limit(limit)))


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
