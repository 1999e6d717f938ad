"""How versions of the list are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from shuangyin.approvals.queries import route as route_of
from shuangyin.approvals.views import route_out
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.scenarios import acknowledgements, queries
from shuangyin.scenarios.comparing import Part, differences, parts_of
from shuangyin.scenarios.list_schemas import (
    AcknowledgementOut,
    FaultOut,
    FaultsOut,
    ListComparison,
    PartChange,
    RuleChange,
    ScenarioListOut,
    ScenarioListSummary,
    ScenarioRuleOut,
    StarterOut,
)
from shuangyin.scenarios.models import ScenarioAcknowledgement, ScenarioList
from shuangyin.scenarios.reading import body_of, rate_bodies
from shuangyin.scenarios.schemas import RuleBody, TextOut
from shuangyin.scenarios.starters import Starter


def summaries(work: UnitOfWork, actor: Actor, rows: Sequence[ScenarioList]) -> list[ScenarioListSummary]:
    """Versions of the list without their rules, with one look-up per kind of thing for all of them."""
    ids = [row.id for row in rows]
    people = display(
        work,
        {one for row in rows for one in (row.created_by, row.submitted_by, row.approved_by) if one},
    )
    rules = queries.rule_counts(work, ids)
    read = acknowledgements.counts(work, actor.organization_id, ids)
    mine = acknowledgements.own(work, actor, ids)
    staff = acknowledgements.staff_count(work, actor.organization_id)
    return [
        ScenarioListSummary(
            id=row.id,
            version_number=row.version_number,
            title=row.title,
            status=queries.status_now(row, work.now),
            origin=row.origin,
            rule_count=rules.get(row.id, 0),
            review_on=date.fromisoformat(row.review_on) if row.review_on else None,
            created_at=row.created_at,
            created_by=people.get(row.created_by) or PersonRef(id=row.created_by, name="—"),
            submitted_at=row.submitted_at,
            submitted_by=people.get(row.submitted_by) if row.submitted_by else None,
            approved_at=row.approved_at,
            approved_by=people.get(row.approved_by) if row.approved_by else None,
            effective_from=row.effective_from,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            acknowledged=read.get(row.id, 0),
            staff=staff,
            mine_acknowledged_at=mine.get(row.id),
            version=row.version,
        )
        for row in rows
    ]


def list_out(work: UnitOfWork, actor: Actor, row: ScenarioList) -> ScenarioListOut:
    """One version of the list with its rules."""
    rules = [
        ScenarioRuleOut(id=rule.id, position=rule.position, **dict(body_of(rule)))
        for rule in queries.rules_in(work, row.id)
    ]
    summary = summaries(work, actor, [row])[0]
    shows_route = row.route_id is not None and queries.may_read_drafts(actor)
    return ScenarioListOut(
        **dict(summary),
        regulation_text=row.regulation_text,
        rates=rate_bodies(row),
        binding=queries.binding(work, row),
        rules_digest=row.rules_digest,
        route=route_out(work, route_of(work, row.route_id)) if shows_route and row.route_id else None,
        reminded_at=row.reminded_at,
        rules=rules,
    )


def comparison_out(
    work: UnitOfWork, actor: Actor, after: ScenarioList, before: ScenarioList | None
) -> ListComparison:
    """What differs between two versions; without an earlier one everything was added."""
    old = [body_of(one) for one in queries.rules_in(work, before.id)] if before else []
    new = [body_of(one) for one in queries.rules_in(work, after.id)]
    found = differences([_plain(one) for one in old], [_plain(one) for one in new])
    shown = summaries(work, actor, [one for one in (after, before) if one is not None])
    header: tuple[Part, ...] = ()
    if before is not None:
        header = parts_of(
            queries.header_of(before).model_dump(mode="json"),
            queries.header_of(after).model_dump(mode="json"),
        )
    return ListComparison(
        before=shown[1] if before is not None else None,
        after=shown[0],
        header=[_part(one) for one in header],
        rules=[
            RuleChange(
                kind=one.kind,
                moved=one.moved,
                position_before=None if one.before is None else one.before + 1,
                position_after=None if one.after is None else one.after + 1,
                name=_name(new[one.after] if one.after is not None else old[one.before or 0]),
                parts=[_part(part) for part in one.parts],
            )
            for one in found.rules
        ],
        unchanged=found.unchanged,
    )


def faults_out(work: UnitOfWork, row: ScenarioList) -> FaultsOut:
    """All that is wrong with a list."""
    found = [
        FaultOut(position=one.position, code=one.code, blocking=one.blocking, zh=one.text.zh, en=one.text.en)
        for one in queries.faults(work, row)
    ]
    return FaultsOut(faults=found, blocking=sum(1 for one in found if one.blocking))


def acknowledgements_out(
    work: UnitOfWork, rows: Sequence[tuple[Person, ScenarioAcknowledgement | None]]
) -> dict[str, AcknowledgementOut]:
    """Members of staff with what they confirmed, by person."""
    people = display(work, [person.id for person, _ in rows])
    return {
        person.id: AcknowledgementOut(
            person=people[person.id],
            acknowledged_at=said.acknowledged_at if said else None,
            entry_id=said.entry_id if said else None,
        )
        for person, said in rows
    }


def starter_out(starter: Starter) -> StarterOut:
    """A starter list for choice."""
    return StarterOut(
        code=starter.code,
        title=TextOut.model_validate(starter.title),
        summary=TextOut.model_validate(starter.summary),
        as_of=starter.as_of,
        rules=len(starter.rules),
    )


def _plain(rule: RuleBody) -> dict[str, Any]:
    return rule.model_dump(mode="json", exclude_defaults=True)


def _part(part: Part) -> PartChange:
    return PartChange(part=part.name, before=part.before, after=part.after)


def _name(rule: RuleBody) -> TextOut:
    return TextOut(zh=rule.name_zh, en=rule.name_en)
