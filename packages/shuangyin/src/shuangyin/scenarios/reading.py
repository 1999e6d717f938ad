"""Between stored or sent rules and the rules that decide."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction

from pydantic import TypeAdapter

from shuangyin.core.text import Text
from shuangyin.scenarios.models import ScenarioList, ScenarioRule
from shuangyin.scenarios.rules import (
    Answer,
    Basis,
    Conditions,
    Controls,
    Rates,
    RouteStepPlan,
    Rule,
    StepConditions,
    Strength,
)
from shuangyin.scenarios.schemas import (
    AnswerBody,
    ConditionsBody,
    ControlsBody,
    RateBody,
    RouteStepBody,
    RuleBody,
)

_RATES = TypeAdapter(list[RateBody])


def conditions_of(body: ConditionsBody) -> Conditions:
    """Conditions as the rules see them."""
    return Conditions(
        document_kinds=tuple(body.document_kinds),
        matters=tuple(body.matters),
        channels=tuple(body.channels),
        counterparty=tuple(body.counterparty),
        departments=tuple(body.departments),
        amount_from_minor=body.amount_from_minor,
        amount_below_minor=body.amount_below_minor,
        currency=body.currency,
        platforms=tuple(body.platforms),
        regions=tuple(body.regions),
    )


def answer_of(body: AnswerBody) -> Answer:
    """An answer as the rules see it."""
    return Answer(
        medium=body.medium,
        order=body.order,
        seal_categories=tuple(category.value for category in body.seal_categories),
        route=tuple(step_of(step) for step in body.route),
        controls=controls_of(body.controls) if body.controls is not None else None,
        high_risk=body.high_risk,
        exception=body.exception,
    )


def step_of(body: RouteStepBody) -> RouteStepPlan:
    """A step of a route as the rules see it."""
    when = body.when
    return RouteStepPlan(
        post_kind=body.post_kind.value if body.post_kind else None,
        scope=body.scope,
        mode=body.mode,
        second_factor=body.second_factor,
        approver=body.approver,
        person_id=body.person_id,
        levels=body.levels,
        choice=tuple(body.choice),
        form_field=body.form_field,
        when=StepConditions(
            media=tuple(when.media),
            seal_categories=tuple(category.value for category in when.seal_categories),
            departments=tuple(when.departments),
            amount_from_minor=when.amount_from_minor,
            amount_below_minor=when.amount_below_minor,
            currency=when.currency,
        ),
        if_applicant=body.if_applicant,
        if_repeated=body.if_repeated,
        if_nobody=body.if_nobody,
        timeout_hours=body.timeout_hours,
        on_timeout=body.on_timeout,
        route_code=body.route_code,
    )


def controls_of(body: ControlsBody) -> Controls:
    """Controls as the rules see them."""
    plain = body.model_dump(exclude={"photo_moments", "prerequisites", "hand_over"})
    return Controls(
        **plain,
        photo_moments=tuple(body.photo_moments),
        prerequisites=tuple(body.prerequisites),
        hand_over=tuple(Text(note.zh, note.en) for note in body.hand_over),
    )


def rates_of(bodies: Sequence[RateBody]) -> Rates:
    """Rates as the rules see them; of several for one currency, the newest."""
    dated = sorted(bodies, key=lambda rate: rate.as_of)
    return Rates({rate.currency: Fraction(rate.fen_per_unit) for rate in dated})


def rate_bodies(row: ScenarioList) -> list[RateBody]:
    """The rates in the header of a stored list."""
    return _RATES.validate_json(row.rates)


def stored_rates(bodies: Sequence[RateBody]) -> str:
    """Rates as the header of a list stores them."""
    return json.dumps([rate.model_dump(mode="json") for rate in bodies], sort_keys=True)


def rule_of(row: ScenarioRule) -> Rule:
    """A stored rule as the rules see it."""
    return Rule(
        id=row.id,
        position=row.position,
        name=Text(row.name_zh, row.name_en),
        conditions=conditions_of(ConditionsBody.model_validate_json(row.conditions)),
        answer=answer_of(AnswerBody.model_validate_json(row.answer)),
        strength=Strength(row.strength),
        basis=Basis(row.basis),
        citation=row.citation,
        reason=Text(row.reason_zh, row.reason_en),
    )


def body_of(row: ScenarioRule) -> RuleBody:
    """A stored rule as it is sent."""
    return RuleBody(
        name_zh=row.name_zh,
        name_en=row.name_en,
        conditions=ConditionsBody.model_validate_json(row.conditions),
        answer=AnswerBody.model_validate_json(row.answer),
        strength=Strength(row.strength),
        basis=Basis(row.basis),
        citation=row.citation,
        reason_zh=row.reason_zh,
        reason_en=row.reason_en,
    )


def rules_of(rows: Sequence[ScenarioRule]) -> list[Rule]:
    """Stored rules as the rules see them, in order."""
    return [rule_of(row) for row in rows]
