"""Draft a list, edit its rules, put it into force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import resources

from sqlalchemy import delete, func, select

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people.commands import require_second_factor
from shuangyin.scenarios import errors, queries
from shuangyin.scenarios.checking import faults_of
from shuangyin.scenarios.known_world import known_world
from shuangyin.scenarios.models import ListStatus, ScenarioList, ScenarioRule
from shuangyin.scenarios.reading import body_of, rate_bodies, rates_of, rules_of, stored_rates
from shuangyin.scenarios.schemas import NewScenarioList, RateBody, RuleBody, RulesBody


@cache
def starter_list() -> tuple[str, str, tuple[RuleBody, ...]]:
    """Title, regulation text and rules of the starter list for an enterprise."""
    source = resources.files("shuangyin.scenarios").joinpath("starter_enterprise.json")
    raw = json.loads(source.read_text(encoding="utf-8"))
    return raw["title"], raw["regulation_text"], tuple(RuleBody.model_validate(one) for one in raw["rules"])


def draft(work: UnitOfWork, actor: Actor, new: NewScenarioList) -> ScenarioList:
    """Begin a draft, from the starter list or as a copy of the list in force."""
    actor.require("scenarios.manage")
    title, text, rules, rates = _source(work, actor, new)
    newest = work.session.scalar(
        select(func.max(ScenarioList.version_number)).where(
            ScenarioList.organization_id == actor.organization_id
        )
    )
    row = ScenarioList(
        id=work.new_id(),
        organization_id=actor.organization_id,
        version_number=(newest or 0) + 1,
        title=new.title or title,
        status=ListStatus.DRAFT,
        rates=rates,
        regulation_text=text if new.regulation_text is None else new.regulation_text,
        review_on=(new.review_on or _in_a_year(work)).isoformat(),
        created_by=actor.person_id,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    _write_rules(work, row, rules)
    _record(work, actor, row, "scenarios.drafted")
    return row


def replace_rules(
    work: UnitOfWork, actor: Actor, list_id: str, body: RulesBody, expected: int | None
) -> ScenarioList:
    """Replace all rules of a draft. Raises Conflict when it is no draft, Stale when somebody changed it."""
    actor.require("scenarios.manage")
    row = queries.get(work, actor.organization_id, list_id)
    _require_draft(row, expected)
    work.session.execute(delete(ScenarioRule).where(ScenarioRule.list_id == row.id))
    _write_rules(work, row, body.rules)
    if body.rates is not None:
        row.rates = stored_rates(body.rates)
    # The digest of a draft's rules is kept so that the row, and with it the version, changes with them.
    row.rules_digest = _digest(body.rules, rate_bodies(row))
    work.session.flush()
    _record(work, actor, row, "scenarios.rules_changed")
    return row


def enforce(
    work: UnitOfWork, actor: Actor, list_id: str, *, proof: str | None, expected: int | None
) -> ScenarioList:
    """Put a draft into force at once, superseding the version before; with a second factor each time.

    Raises Invalid (RULES_FAULTY) with all faults when a rule cites nothing, contradicts another or says nothing.
    """
    actor.require("scenarios.approve")
    row = queries.get(work, actor.organization_id, list_id)
    _require_draft(row, expected)
    rows = queries.rules_in(work, row.id)
    _require_faultless(work, row, rows)
    require_second_factor(work, actor, act="scenarios.enforce", subject=row.id, proof=proof, strength="each")
    before = queries.current(work, actor.organization_id)
    if before is not None:
        before.status = ListStatus.SUPERSEDED
        before.valid_until = work.now
        before.in_force_slot = None
        work.session.flush()
    row.status = ListStatus.IN_FORCE
    row.valid_from = work.now
    row.approved_by = actor.person_id
    row.rules_digest = _digest([body_of(one) for one in rows], rate_bodies(row))
    row.in_force_slot = actor.organization_id
    work.session.flush()
    _record(work, actor, row, "scenarios.enforced")
    return row


def _source(work: UnitOfWork, actor: Actor, new: NewScenarioList) -> tuple[str, str, Sequence[RuleBody], str]:
    if new.starter == "enterprise":
        return (*starter_list(), stored_rates([]))
    current = queries.current(work, actor.organization_id)
    if current is None:
        raise errors.no_list_in_force()
    rules = [body_of(row) for row in queries.rules_in(work, current.id)]
    return current.title, current.regulation_text, rules, current.rates


def _write_rules(work: UnitOfWork, row: ScenarioList, rules: Sequence[RuleBody]) -> None:
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


def _require_draft(row: ScenarioList, expected: int | None) -> None:
    if expected is not None and expected != row.version:
        raise stale_version()
    if row.status != ListStatus.DRAFT:
        raise errors.not_a_draft()


def _require_faultless(work: UnitOfWork, row: ScenarioList, rows: Sequence[ScenarioRule]) -> None:
    known = known_world(work, row.organization_id)
    found = [one for one in faults_of(rules_of(rows), known, rates_of(rate_bodies(row))) if one.blocking]
    if found:
        raise errors.faulty_rules([(one.position or 0, one.code, one.text.zh, one.text.en) for one in found])


def _digest(rules: Sequence[RuleBody], rates: Sequence[RateBody]) -> str:
    """SM3 of rules and rates in their canonical form.

    What has its usual value is left out, so that words which rules learn later do not change the digest of a rule
    that does not use them.
    """
    form: list[object] = [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]
    if rates:
        form.append({"rates": [rate.model_dump(mode="json") for rate in rates]})
    canonical = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.new("sm3", canonical.encode()).hexdigest()


def _in_a_year(work: UnitOfWork) -> date:
    today = beijing_time(work.now).date()
    # 29 February is reviewed on 28 February.
    return today.replace(year=today.year + 1, day=min(today.day, 28) if today.month == 2 else today.day)


def _record(work: UnitOfWork, actor: Actor, row: ScenarioList, kind: str) -> None:
    bodies = [body_of(one) for one in queries.rules_in(work, row.id)]
    record(
        work,
        actor,
        kind=kind,
        subject_type="scenario_list",
        subject_id=row.id,
        facts={
            "version": row.version_number,
            "rules": len(bodies),
            "rules_sm3": _digest(bodies, rate_bodies(row)),
        },
    )
