"""Between stored or sent rules and the rules that decide."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.text import Text
from shuangyin.scenarios.models import ScenarioRule
from shuangyin.scenarios.rules import Answer, Basis, Conditions, Controls, RouteStepPlan, Rule, Strength
from shuangyin.scenarios.schemas import AnswerBody, ConditionsBody, RuleBody


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
    )


def answer_of(body: AnswerBody) -> Answer:
    """An answer as the rules see it."""
    controls = body.controls
    return Answer(
        medium=body.medium,
        order=body.order,
        seal_categories=tuple(category.value for category in body.seal_categories),
        route=tuple(
            RouteStepPlan(step.post_kind.value, step.scope, step.mode, step.second_factor)
            for step in body.route
        ),
        controls=Controls(**controls.model_dump()) if controls is not None else None,
        high_risk=body.high_risk,
    )


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
