"""Begin a draft and edit it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import delete, func, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.clock import BEIJING, beijing_time, to_milliseconds
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.scenarios import errors, queries
from shuangyin.scenarios.digests import rules_digest
from shuangyin.scenarios.list_schemas import HeaderChange, NewScenarioList, RulesBody
from shuangyin.scenarios.models import ListStatus, ScenarioList, ScenarioRule
from shuangyin.scenarios.reading import body_of, stored_rates
from shuangyin.scenarios.schemas import RuleBody
from shuangyin.scenarios.starters import starter
from shuangyin.scenarios.switching import switched

SUBJECT_TYPE = "scenario_list"


@dataclass(frozen=True, slots=True)
class Source:
    """What a draft begins as."""

    origin: str
    title: str
    regulation_text: str
    rates: str
    rules: Sequence[RuleBody]


def draft(work: UnitOfWork, actor: Actor, new: NewScenarioList) -> ScenarioList:
    """Begin a draft, from a starter list or as a copy of the list in force."""
    actor.require("scenarios.manage")
    return insert_draft(work, actor, new, _source(work, actor, new))


def insert_draft(work: UnitOfWork, actor: Actor, new: NewScenarioList, source: Source) -> ScenarioList:
    """Store a draft that begins as this source, with what was asked for instead."""
    newest = work.session.scalar(
        select(func.max(ScenarioList.version_number)).where(
            ScenarioList.organization_id == actor.organization_id
        )
    )
    row = ScenarioList(
        id=work.new_id(),
        organization_id=actor.organization_id,
        version_number=(newest or 0) + 1,
        title=new.title or source.title,
        status=ListStatus.DRAFT,
        regulation_text=source.regulation_text if new.regulation_text is None else new.regulation_text,
        review_on=(new.review_on or _in_a_year(work)).isoformat(),
        created_by=actor.person_id,
        created_at=work.now,
        origin=source.origin,
        rates=source.rates,
        effective_from=_midnight(new.switch.on) if new.switch else None,
        rules_digest=rules_digest(source.rules),
    )
    work.session.add(row)
    work.session.flush()
    write_rules(work, row, source.rules)
    record_list(work, actor, row, "scenarios.drafted", {"origin": row.origin})
    return row


def draft_from_table(
    work: UnitOfWork, actor: Actor, new: NewScenarioList, rules: Sequence[RuleBody]
) -> ScenarioList:
    """Begin a draft as the rules of an uploaded table; title and text come from the starter or the list in force."""
    actor.require("scenarios.manage")
    source = _source(work, actor, new)
    return insert_draft(work, actor, new, replace(source, origin="file", rules=rules))


def replace_rules(
    work: UnitOfWork, actor: Actor, list_id: str, body: RulesBody, expected: int | None
) -> ScenarioList:
    """Replace all rules of a draft. Raises Conflict when it is no draft, Stale when somebody changed it."""
    actor.require("scenarios.manage")
    row = queries.get(work, actor.organization_id, list_id)
    require_draft(row, expected)
    work.session.execute(delete(ScenarioRule).where(ScenarioRule.list_id == row.id))
    write_rules(work, row, body.rules)
    if body.rates is not None:
        row.rates = stored_rates(body.rates)
    # The digest is kept with every change so that the row, and with it the version, changes with its rules.
    row.rules_digest = rules_digest(body.rules)
    work.session.flush()
    record_list(work, actor, row, "scenarios.rules_changed")
    return row


def change_header(
    work: UnitOfWork, actor: Actor, list_id: str, change: HeaderChange, expected: int | None
) -> ScenarioList:
    """Change title, regulation text, review date, rates or planned instant of a draft. Raises Conflict, Stale."""
    actor.require("scenarios.manage")
    row = queries.get(work, actor.organization_id, list_id)
    require_draft(row, expected)
    named = change.model_fields_set
    if change.title is not None:
        row.title = change.title
    if change.regulation_text is not None:
        row.regulation_text = change.regulation_text
    if "review_on" in named:
        row.review_on = change.review_on.isoformat() if change.review_on else None
    if change.rates is not None:
        row.rates = stored_rates(change.rates)
    if "effective_from" in named:
        row.effective_from = change.effective_from
    work.session.flush()
    record_list(work, actor, row, "scenarios.header_changed", {"changed": sorted(named)})
    return row


def require_draft(row: ScenarioList, expected: int | None) -> None:
    """Raises Stale when the row is not the one that was read, Conflict when it is no draft."""
    if expected is not None and expected != row.version:
        raise stale_version()
    if row.status != ListStatus.DRAFT:
        raise errors.not_a_draft()


def write_rules(work: UnitOfWork, row: ScenarioList, rules: Sequence[RuleBody]) -> None:
    """Store the rules of a list that has none."""
    work.session.add_all(
        ScenarioRule(
            id=work.new_id(),
            organization_id=row.organization_id,
            list_id=row.id,
            position=position,
            name_zh=rule.name_zh,
            name_en=rule.name_en,
            conditions=rule.conditions.model_dump_json(exclude_defaults=True),
            answer=rule.answer.model_dump_json(exclude_defaults=True),
            strength=rule.strength,
            basis=rule.basis,
            citation=rule.citation,
            reason_zh=rule.reason_zh,
            reason_en=rule.reason_en,
        )
        for position, rule in enumerate(rules, start=1)
    )
    work.session.flush()


def record_list(
    work: UnitOfWork,
    actor: Actor,
    row: ScenarioList,
    kind: str,
    facts: dict[str, JsonValue] | None = None,
) -> str:
    """Write the entry of an act on a list, with the digests of what it says; returns the entry's id."""
    entry = record(
        work,
        actor,
        kind=kind,
        subject_type=SUBJECT_TYPE,
        subject_id=row.id,
        facts={
            "version": row.version_number,
            "rules_sm3": row.rules_digest,
            "binding": queries.binding(work, row),
            **(facts or {}),
        },
    )
    return entry.id


def _source(work: UnitOfWork, actor: Actor, new: NewScenarioList) -> Source:
    if new.starter != "current":
        if new.switch is not None:
            raise errors.switch_without_current()
        found = starter(new.starter)
        text = found.regulation_on(beijing_time(work.now).date())
        return Source(f"starter:{found.code}", found.title.zh, text, stored_rates([]), found.rules)
    current = queries.current(work, actor.organization_id)
    if current is None:
        raise errors.no_list_in_force()
    rules = [body_of(row) for row in queries.rules_in(work, current.id)]
    if new.switch is not None:
        rules = switched(rules, new.switch.rules, new.switch.on)
    return Source(f"list:{current.id}", current.title, current.regulation_text, current.rates, rules)


def _midnight(day: date) -> int:
    return to_milliseconds(datetime(day.year, day.month, day.day, tzinfo=BEIJING))


def _in_a_year(work: UnitOfWork) -> date:
    today = beijing_time(work.now).date()
    # 29 February is reviewed on 28 February.
    return today.replace(year=today.year + 1, day=min(today.day, 28) if today.month == 2 else today.day)
