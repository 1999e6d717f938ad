"""Whether a rule, or a step of its route, applies to facts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.scenarios.rules.amounts import NO_RATES, Rates
from shuangyin.scenarios.rules.shapes import (
    FOREIGN,
    Conditions,
    Facts,
    OneMedium,
    RouteStepPlan,
    StepConditions,
)


def matches(conditions: Conditions, facts: Facts, rates: Rates = NO_RATES) -> bool:
    """Whether every condition holds. What is not known meets no condition, but an unknown amount meets all."""
    return (
        _one_of(conditions.document_kinds, facts.document_kind)
        and _one_of(conditions.matters, facts.matter)
        and _one_of(conditions.channels, facts.channel)
        and _one_of(conditions.counterparty, facts.counterparty)
        and _one_of(conditions.departments, facts.department_id)
        and _one_of(conditions.platforms, facts.platform)
        and within_regions(conditions.regions, facts.region)
        and amount_matches(conditions, facts, rates)
    )


def within_regions(wanted: Sequence[str], region: str | None) -> bool:
    """Whether a region lies in one of those wanted, which are beginnings of its code or "foreign"."""
    if not wanted:
        return True
    if region is None:
        return False
    return any(region == one or (one != FOREIGN and region.startswith(one)) for one in wanted)


def amount_matches(conditions: Conditions | StepConditions, facts: Facts, rates: Rates = NO_RATES) -> bool:
    """Whether the amount lies within the limits; an absent one, or one without a rate, does."""
    low, high = conditions.amount_from_minor, conditions.amount_below_minor
    if facts.amount_minor is None or (low is None and high is None):
        return True
    if rates.comparable_with(facts.currency) != rates.comparable_with(conditions.currency):
        return True
    amount = rates.comparable(facts.amount_minor, facts.currency)
    return (low is None or amount >= rates.comparable(low, conditions.currency)) and (
        high is None or amount < rates.comparable(high, conditions.currency)
    )


def step_applies(
    step: RouteStepPlan,
    facts: Facts,
    *,
    medium: OneMedium,
    seal_categories: Sequence[str],
    rates: Rates = NO_RATES,
) -> bool:
    """Whether a step of the decided route is taken, once medium and seals are chosen."""
    when = step.when
    return (
        _one_of(when.media, medium)
        and (not when.seal_categories or not set(when.seal_categories).isdisjoint(seal_categories))
        and _one_of(when.departments, facts.department_id)
        and amount_matches(when, facts, rates)
    )


def _one_of(wanted: Sequence[str], value: str | None) -> bool:
    return not wanted or value in wanted
