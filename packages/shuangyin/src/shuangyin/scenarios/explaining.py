"""What would change an answer: the list is asked again with one fact changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from shuangyin.core.text import Text
from shuangyin.scenarios.rules import CompiledList, Facts, Rule, Verdict
from shuangyin.scenarios.sentences import COUNTERPARTY_STATES, amount_said, medium_text, route_text

MOST_CHANGES = 12
"""More alternatives than a person reads."""
MOST_OF_A_FACT = 3
"""So many alternatives of one fact, the nearest amounts first."""
MOST_TRIED = 60
"""So many values of one fact are tried; the answer comes while somebody waits."""

_NAMED = (
    ("platforms", "platform", Text("办理平台为「{}」", "the platform is “{}”")),
    ("regions", "region", Text("用印文件使用地为「{}」", "the paper is used in “{}”")),
    ("channels", "channel", Text("办理渠道为「{}」", "the channel is “{}”")),
    ("matters", "matter", Text("事项为「{}」", "the matter is “{}”")),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that, if it were otherwise, would lead to another answer."""

    fact: str
    value: str | int | None
    medium: str
    text: Text


_Alternative = tuple[str, str | int | None, Text, Facts]


def changes(compiled: CompiledList, facts: Facts) -> tuple[Change, ...]:
    """The single facts that would change medium, seals, route or risk, and what the answer would be then."""
    present = compiled.verdict(facts)
    found: list[Change] = []
    for alternatives in _alternatives(compiled, facts):
        differing = (
            _change(one, verdict)
            for one in islice(alternatives, MOST_TRIED)
            if _gist(verdict := compiled.verdict(one[3])) != _gist(present)
        )
        found.extend(islice(differing, MOST_OF_A_FACT))
    return tuple(found[:MOST_CHANGES])


def _change(alternative: _Alternative, verdict: Verdict) -> Change:
    fact, value, words, _ = alternative
    said, route = medium_text(verdict), route_text(verdict.route)
    return Change(
        fact=fact,
        value=value,
        medium=verdict.medium,
        text=Text(
            f"如{words.zh}：{said.zh}；审批：{route.zh}。",
            f"If {words.en}: {said.en}; approval: {route.en}.",
        ),
    )


def _alternatives(compiled: CompiledList, facts: Facts) -> Iterator[Iterator[_Alternative]]:
    """By fact, what else it could be."""
    limits = _limits(compiled, facts)
    if facts.amount_minor is None:
        yield (_below(facts, limit) for limit in limits)
        yield (_reaching(facts, limit) for limit in limits[-1:])
    else:
        amount = facts.amount_minor
        yield (_reaching(facts, limit) for limit in limits if limit > amount)
        yield (_below(facts, limit) for limit in reversed(limits) if limit <= amount)
        words = Text("金额不明", "the amount is not known")
        yield iter([("amount_minor", None, words, replace(facts, amount_minor=None))])
    yield _counterparties(compiled, facts)
    for condition, fact, words in _NAMED:
        yield _values(compiled, facts, condition, fact, words)


def _below(facts: Facts, limit: int) -> _Alternative:
    said = amount_said(limit, facts.currency)
    words = Text(f"金额低于 {said.zh}", f"the amount is below {said.en}")
    return "amount_minor", limit, words, replace(facts, amount_minor=limit - 1)


def _reaching(facts: Facts, limit: int) -> _Alternative:
    said = amount_said(limit, facts.currency)
    words = Text(f"金额达到 {said.zh}", f"the amount reaches {said.en}")
    return "amount_minor", limit, words, replace(facts, amount_minor=limit)


def _counterparties(compiled: CompiledList, facts: Facts) -> Iterator[_Alternative]:
    speaking = _speaking_of(compiled, facts, "counterparty", "counterparty")
    named = {state for rule in speaking for state in rule.conditions.counterparty}
    if named and facts.counterparty is not None:
        named = set(COUNTERPARTY_STATES)
    for state in sorted(named - {facts.counterparty}):
        if state in COUNTERPARTY_STATES:
            yield "counterparty", state, COUNTERPARTY_STATES[state], replace(facts, counterparty=state)


def _values(
    compiled: CompiledList, facts: Facts, condition: str, fact: str, words: Text
) -> Iterator[_Alternative]:
    speaking = _speaking_of(compiled, facts, condition, fact)
    named = {value for rule in speaking for value in getattr(rule.conditions, condition)}
    for value in sorted(named - {getattr(facts, fact)}):
        said = Text(words.zh.format(value), words.en.format(value))
        yield fact, value, said, replace(facts, **{fact: value})


def _speaking_of(compiled: CompiledList, facts: Facts, condition: str, fact: str) -> Sequence[Rule]:
    """The rules that match in all but one fact and ask for something of it."""
    rules = compiled.rules_in(compiled.matching_but(facts, fact))
    return [rule for rule in rules if getattr(rule.conditions, condition)]


def _limits(compiled: CompiledList, facts: Facts) -> list[int]:
    """The limits of the rules that match in all but the amount, in the currency of the facts, rounded up."""
    rates = compiled.rates
    own = rates.comparable_with(facts.currency)
    unit = rates.comparable(1, facts.currency)
    found = set()
    for rule in compiled.rules_in(compiled.matching_but(facts, "amount_minor")):
        asked = rule.conditions
        if rates.comparable_with(asked.currency) != own:
            continue
        for limit in (asked.amount_from_minor, asked.amount_below_minor):
            if limit:
                found.add(-(-rates.comparable(limit, asked.currency) // unit))
    return sorted(found)


def _gist(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.medium, verdict.seal_categories, verdict.route, verdict.high_risk)
