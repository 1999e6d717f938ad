"""What would change an answer, the list asked again with one fact changed, and which facts it tells uses apart by. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from shuangyin.core.text import Text
from shuangyin.scenarios.rules import CompiledList, Facts, Rule, Verdict
from shuangyin.scenarios.rules.shapes import FOREIGN
from shuangyin.scenarios.sentences import COUNTERPARTY_STATES, amount_said, medium_text, route_text

MOST_CHANGES = 12
"""More alternatives than a person reads."""
MOST_OF_A_FACT = 3
"""So many alternatives of one fact, the nearest amounts first."""
MOST_TRIED = 60
"""So many values of one fact are tried; the answer comes while somebody waits."""
REGION_DIGITS = 6
"""So long is a code of GB/T 2260; a rule may name the beginning of one."""

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact by which the rules for a kind of document tell uses apart, with the values that they name."""

    fact: str
    values: tuple[str, ...]


_Alternative = tuple[str, str | int | None, Text, Facts]
_NO_NAMES: Mapping[str, Text] = {}


def asked_of(compiled: CompiledList, document_kind: str) -> tuple[Asked, ...]:
    """What has to be asked about a use of this kind, so that every rule for it can come to apply.

    All that its rules name, not only what would change the answer as it stands: one rule may ask for two facts, and
    one may add nothing but a control.
    """
    speaking = compiled.rules_in(compiled.about(document_kind))
    named = (
        (fact, {_value_of(fact, one) for rule in speaking for one in getattr(rule.conditions, condition)})
        for condition, fact, _ in _NAMED
    )
    return tuple(Asked(fact, tuple(sorted(values))) for fact, values in named if values)


def changes(
    compiled: CompiledList, facts: Facts, names: Mapping[str, Text] = _NO_NAMES
) -> tuple[Change, ...]:
    """The single facts that would change medium, seals, route or risk, and what the answer would be then.

    `names` are what people call the codes of platforms, places, channels and matters.
    """
    present = compiled.verdict(facts)
    found: list[Change] = []
    for alternatives in _alternatives(compiled, facts, names):
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


def _alternatives(
    compiled: CompiledList, facts: Facts, names: Mapping[str, Text]
) -> Iterator[Iterator[_Alternative]]:
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
        yield _values(compiled, facts, condition, fact, words, names)


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
    compiled: CompiledList,
    facts: Facts,
    condition: str,
    fact: str,
    words: Text,
    names: Mapping[str, Text],
) -> Iterator[_Alternative]:
    speaking = _speaking_of(compiled, facts, condition, fact)
    named = {_value_of(fact, one) for rule in speaking for one in getattr(rule.conditions, condition)}
    for value in sorted(named - {getattr(facts, fact)}):
        name = names.get(value, Text(value, value))
        said = Text(words.zh.format(name.zh), words.en.format(name.en))
        other: dict[str, Any] = {fact: value}
        yield fact, value, said, replace(facts, **other)


def _value_of(fact: str, code: str) -> str:
    """What a use has to be so that a condition is met: of a region, the whole code that a beginning stands for."""
    return code.ljust(REGION_DIGITS, "0") if fact == "region" and code != FOREIGN else code


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
