"""What would change an answer: the decision is asked again with one fact changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shuangyin.core.text import Text
from shuangyin.scenarios.rules import NO_RATES, Decision, Facts, Rates, Rule, decide
from shuangyin.scenarios.sentences import amount_text, medium_text, route_text

MOST_CHANGES = 12
"""More alternatives than a person reads."""

_COUNTERPARTY = {
    "yes": Text("往来单位可接收电子印章", "the counterparty takes e-seals"),
    "no": Text("往来单位不接收电子印章", "the counterparty does not take e-seals"),
    "unknown": Text("往来单位能否接收电子印章未知", "it is unknown whether the counterparty takes e-seals"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that, if it were otherwise, would lead to another answer."""

    fact: str
    value: str | int | None
    medium: str
    text: Text


def changes(
    rules: Sequence[Rule], facts: Facts, decision: Decision, rates: Rates = NO_RATES
) -> tuple[Change, ...]:
    """The single facts that would change medium, seals, route or risk, and what the answer would be then."""
    found = []
    for fact, value, words, otherwise in _alternatives(rules, facts):
        other = decide(rules, otherwise, rates)
        if _gist(other) == _gist(decision):
            continue
        found.append(
            Change(
                fact=fact,
                value=value,
                medium=other.medium,
                text=Text(
                    f"如{words.zh}:{medium_text(other).zh}；审批：{route_text(other.route).zh}。",
                    f"If {words.en}: {medium_text(other).en}; approval: {route_text(other.route).en}.",
                ),
            )
        )
    return tuple(found[:MOST_CHANGES])


def _alternatives(rules: Sequence[Rule], facts: Facts) -> Iterator[tuple[str, str | int | None, Text, Facts]]:
    for amount in _thresholds(rules, facts):
        text = amount_text(amount, facts.currency)
        below = facts.amount_minor is None or amount < facts.amount_minor
        words = (
            Text(f"金额低于 {text}", f"the amount is below {text}")
            if below
            else Text(f"金额达到 {text}", f"the amount reaches {text}")
        )
        yield "amount_minor", amount, words, replace(facts, amount_minor=amount - 1 if below else amount)
    if facts.amount_minor is not None:
        words = Text("金额不明", "the amount is not known")
        yield "amount_minor", None, words, replace(facts, amount_minor=None)
    for state in _named(rules, facts, "counterparty"):
        if state in _COUNTERPARTY:
            yield "counterparty", state, _COUNTERPARTY[state], replace(facts, counterparty=state)
    for channel in _named(rules, facts, "channels"):
        words = Text(f"办理渠道为「{channel}」", f"the channel is “{channel}”")
        yield "channel", channel, words, replace(facts, channel=channel)
    for matter in _named(rules, facts, "matters"):
        words = Text(f"事项为「{matter}」", f"the matter is “{matter}”")
        yield "matter", matter, words, replace(facts, matter=matter)


def _about(rules: Sequence[Rule], facts: Facts) -> Iterator[Rule]:
    """Rules that could speak of this kind of document at all."""
    for rule in rules:
        kinds = rule.conditions.document_kinds
        if not kinds or facts.document_kind in kinds:
            yield rule


def _thresholds(rules: Sequence[Rule], facts: Facts) -> list[int]:
    found = {
        amount
        for rule in _about(rules, facts)
        if rule.conditions.currency == facts.currency
        for amount in (rule.conditions.amount_from_minor, rule.conditions.amount_below_minor)
        if amount is not None and amount > 0
    }
    return sorted(found)


def _named(rules: Sequence[Rule], facts: Facts, condition: str) -> list[str]:
    current = {"counterparty": facts.counterparty, "channels": facts.channel, "matters": facts.matter}
    values: set[str] = set()
    for rule in _about(rules, facts):
        values.update(getattr(rule.conditions, condition))
    if condition == "counterparty" and values and facts.counterparty is not None:
        values = set(_COUNTERPARTY)
    return sorted(values - {current[condition]})


def _gist(decision: Decision) -> tuple[object, ...]:
    return (decision.medium, decision.seal_categories, decision.route, decision.high_risk)
