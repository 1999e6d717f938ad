"""A list of rules made ready to answer fast: which rules match comes from sets of bits, one per rule. Pure.

The rules are numbered by precedence, the strongest first, and a set of rules is an integer with their bits. For
every condition there is, by value, the set of rules that it does not exclude; for amounts, such a set between every
two limits. Rules that match are what all these sets share, and the strongest one that names a medium is the lowest
bit shared with those that name one. The answer depends on nothing but this set, the exceptions and whether the
amount is known, so it is kept for the next use with the same set.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, get_args

from shuangyin.scenarios.rules.amounts import NO_RATES, Rates
from shuangyin.scenarios.rules.deciding import (
    FALLBACK_SEALS,
    covers,
    decide_among,
    position,
    precedence,
    refused_medium,
    route_of,
    verdict_among,
)
from shuangyin.scenarios.rules.merging import merge_controls
from shuangyin.scenarios.rules.shapes import (
    FOREIGN,
    Controls,
    Decision,
    Facts,
    Medium,
    RouteStepPlan,
    Rule,
    Verdict,
)

_Value = TypeVar("_Value")
MEDIA: tuple[Medium, ...] = get_args(Medium)
MOST_KEPT = 4096
"""Answers that a list keeps; beyond it begins anew. Real uses come in far fewer combinations of rules."""

CODES = (
    ("document_kinds", "document_kind"),
    ("matters", "matter"),
    ("channels", "channel"),
    ("counterparty", "counterparty"),
    ("departments", "department_id"),
    ("platforms", "platform"),
)
"""The conditions that list codes, and the fact that each is about."""


class CompiledList:
    """Rules and rates of one version of a list, ready to answer. Safe to share between threads."""

    def __init__(self, rules: Sequence[Rule], rates: Rates = NO_RATES) -> None:
        self.rules = tuple(sorted(rules, key=precedence))
        self.rates = rates
        self._matching = _Matching(self.rules, rates)
        self._judging = _Judging(self.rules, rates)
        self._kept: dict[Hashable, Verdict] = {}

    def matching(self, facts: Facts) -> int:
        """The rules that match, as bits of their places in `rules`."""
        return self._matching.but(facts, "amount_minor") & self._matching.of_amount(facts)

    def matching_but(self, facts: Facts, left_out: str) -> int:
        """The rules that match in everything but one fact, as bits."""
        found = self._matching.but(facts, left_out)
        return found if left_out == "amount_minor" else found & self._matching.of_amount(facts)

    def about(self, document_kind: str) -> int:
        """The rules that could match some use of a kind of document, whatever else is known of it, as bits."""
        return self._matching.of_kind(document_kind)

    def rules_in(self, bits: int) -> list[Rule]:
        """The rules of a set of bits, the strongest first."""
        return [self.rules[place] for place in places_in(bits)]

    def verdict(self, facts: Facts) -> Verdict:
        """What is to be done, without the reasons; the same as of `decide`."""
        bits = self.matching(facts)
        # Of a known amount nothing but the set matters; of an unknown one, whether the limits leave a gap.
        known = None if facts.amount_minor is None else self.rates.comparable_with(facts.currency)
        key = (bits, known, facts.excepted)
        kept = self._kept.get(key)
        if kept is None:
            if facts.excepted:
                kept = verdict_among(self.rules_in(bits), facts, self.rates)
            else:
                kept = self._judging.verdict(bits, facts, known)
            if len(self._kept) >= MOST_KEPT:
                self._kept = {}
            self._kept[key] = kept
        return kept

    def forget(self) -> None:
        """Forget the answers that were kept; the next verdicts are made anew."""
        self._kept = {}

    def decide(self, facts: Facts) -> Decision:
        """The decision with all its reasons; the same as of `decide`."""
        return decide_among(self.rules_in(self.matching(facts)), facts, self.rates)


class _Matching:
    """Which rules match: one set of bits for each fact."""

    def __init__(self, rules: Sequence[Rule], rates: Rates) -> None:
        self._all = (1 << len(rules)) - 1
        self._rates = rates
        self._codes = [
            (fact, _Codes([getattr(rule.conditions, condition) for rule in rules]))
            for condition, fact in CODES
        ]
        self._regions = _Codes([rule.conditions.regions for rule in rules])
        self._amounts = _amounts_of(rules, rates)

    def but(self, facts: Facts, left_out: str) -> int:
        """The rules that match in everything but the amount and one other fact."""
        found = self._all
        for fact, codes in self._codes:
            if fact != left_out:
                found &= codes.of(getattr(facts, fact))
        return found if left_out == "region" else found & self._of_region(facts.region)

    def of_kind(self, document_kind: str) -> int:
        """The rules that the kind of document does not exclude."""
        return dict(self._codes)["document_kind"].of(document_kind)

    def of_amount(self, facts: Facts) -> int:
        """The rules that the amount does not exclude."""
        limits = self._amounts.get(self._rates.comparable_with(facts.currency))
        if limits is None or facts.amount_minor is None:
            return self._all
        return limits.at(self._rates.comparable(facts.amount_minor, facts.currency))

    def _of_region(self, region: str | None) -> int:
        found = self._regions.of(region)
        if region is not None and region != FOREIGN:
            found |= self._regions.of(region[:2]) | self._regions.of(region[:4])
        return found


class _Judging:
    """What a set of rules comes to, by the same steps as `decide` and with everything looked up beforehand."""

    def __init__(self, rules: Sequence[Rule], rates: Rates) -> None:
        self._rules, self._rates = rules, rates
        self._naming_medium = _bits(rule.answer.medium is not None for rule in rules)
        self._naming_route = _bits(bool(rule.answer.route) for rule in rules)
        self._risky = _bits(rule.answer.high_risk for rule in rules)
        self._sure = {
            group: _bits(_is_sure(rule, group, rates) for rule in rules) for group in _groups(rules, rates)
        }
        self._unlimited = _bits(_is_sure(rule, None, rates) for rule in rules)
        self._sealing = {
            medium: _bits(
                bool(rule.answer.seal_categories) and rule.answer.medium in (None, medium) for rule in rules
            )
            for medium in MEDIA
        }
        self._routes, self._route_at = _alike([rule.answer.route or None for rule in rules])
        self._controls, self._controls_at = _alike([rule.answer.controls for rule in rules])
        self._merged: dict[Hashable, tuple[RouteStepPlan, ...]] = {}
        self._combined: dict[Hashable, Controls] = {}

    def verdict(self, bits: int, facts: Facts, known: str | None) -> Verdict:
        """The verdict of a set of rules."""
        rules, places = self._rules, places_in(bits)
        winner = _first(rules, bits & self._naming_medium)
        medium: Medium = (winner.answer.medium or "either") if winner else "either"
        sealing = _first(rules, bits & self._sealing[medium])
        covered = self._covered(bits, facts, known)
        high_risk = not covered or bool(bits & self._risky)
        refused = refused_medium(winner)
        return Verdict(
            medium=medium,
            order=winner.answer.order if winner else None,
            seal_categories=sealing.answer.seal_categories if sealing else FALLBACK_SEALS,
            route=self._route(places, covered=covered, high_risk=high_risk),
            controls=self._controls_of(places),
            high_risk=high_risk,
            covered=covered,
            refused=() if refused is None else (refused,),
            rule_ids=tuple([rule.id for rule in sorted([rules[place] for place in places], key=position)]),
        )

    def _covered(self, bits: int, facts: Facts, known: str | None) -> bool:
        sure = self._unlimited if known is None else self._sure.get(known, self._unlimited)
        return all(
            bool(bits & naming & sure)
            or covers(
                [self._rules[place].conditions for place in places_in(bits & naming)], facts, self._rates
            )
            for naming in (self._naming_medium, self._naming_route)
        )

    def _route(self, places: Sequence[int], *, covered: bool, high_risk: bool) -> tuple[RouteStepPlan, ...]:
        asked = tuple(dict.fromkeys([self._route_at[place] for place in places]))
        key = (asked, covered, high_risk)
        found = self._merged.get(key)
        if found is None:
            routes = [self._routes[one] for one in asked if one >= 0]
            found = route_of(routes, covered=covered, high_risk=high_risk, excepted=False)
            self._merged = _keep(self._merged, key, found)
        return found

    def _controls_of(self, places: Sequence[int]) -> Controls:
        asked = tuple(dict.fromkeys([self._controls_at[place] for place in places]))
        found = self._combined.get(asked)
        if found is None:
            found = merge_controls(self._controls[one] for one in asked if one >= 0)
            self._combined = _keep(self._combined, asked, found)
        return found


def places_in(bits: int) -> list[int]:
    """The places of the bits that are set, from the lowest."""
    places = []
    while bits:
        lowest = bits & -bits
        places.append(lowest.bit_length() - 1)
        bits ^= lowest
    return places


class _Codes:
    """By value of a fact, the rules that a condition on it does not exclude."""

    def __init__(self, wanted: Sequence[Sequence[str]]) -> None:
        self._any = 0
        sets: dict[str, int] = {}
        for place, codes in enumerate(wanted):
            if not codes:
                self._any |= 1 << place
            for code in codes:
                sets[code] = sets.get(code, 0) | 1 << place
        self._sets = {code: bits | self._any for code, bits in sets.items()}

    def of(self, value: str | None) -> int:
        """The rules that do not exclude this value; None is not known and meets no condition."""
        return self._any if value is None else self._sets.get(value, self._any)


@dataclass(frozen=True, slots=True)
class _Limits:
    """The limits of amounts that can be compared, and between each two the rules that they do not exclude."""

    points: Sequence[int]
    sets: Sequence[int]

    def at(self, amount: int) -> int:
        """The rules that an amount does not exclude; those with limits in other currencies are among them."""
        return self.sets[bisect_right(self.points, amount)]


def _amounts_of(rules: Sequence[Rule], rates: Rates) -> dict[str, _Limits]:
    groups: dict[str, list[int]] = {}
    for place, rule in enumerate(rules):
        if rule.conditions.amount_from_minor is not None or rule.conditions.amount_below_minor is not None:
            groups.setdefault(rates.comparable_with(rule.conditions.currency), []).append(place)
    return {group: _limits_of(rules, places, rates) for group, places in groups.items()}


def _limits_of(rules: Sequence[Rule], places: Sequence[int], rates: Rates) -> _Limits:
    """Goes over the limits from below: a rule comes in at its lower limit and leaves at its upper one."""
    turns: dict[int, int] = {}
    inside = (1 << len(rules)) - 1
    for place in places:
        asked = rules[place].conditions
        low, high = asked.amount_from_minor, asked.amount_below_minor
        bit = 1 << place
        if low is not None:
            inside ^= bit
        if low is not None and high is not None and high <= low:
            continue
        for turn in (low, high):
            if turn is not None:
                value = rates.comparable(turn, asked.currency)
                turns[value] = turns.get(value, 0) ^ bit
    points, sets = sorted(turns), [inside]
    for point in points:
        sets.append(sets[-1] ^ turns[point])
    return _Limits(points, sets)


def _alike(values: Sequence[_Value | None]) -> tuple[list[_Value], list[int]]:
    """The distinct values, and for each place which of them it has; -1 for None."""
    numbers: dict[_Value, int] = {}
    at = [-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), at


def _keep(kept: dict[Hashable, _Value], key: Hashable, value: _Value) -> dict[Hashable, _Value]:
    """Remembers a value; what is full begins anew."""
    if len(kept) >= MOST_KEPT:
        return {key: value}
    kept[key] = value
    return kept


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _first(rules: Sequence[Rule], bits: int) -> Rule | None:
    return rules[(bits & -bits).bit_length() - 1] if bits else None


def _groups(rules: Sequence[Rule], rates: Rates) -> set[str]:
    return {rates.comparable_with(rule.conditions.currency) for rule in rules}


def _is_sure(rule: Rule, group: str | None, rates: Rates) -> bool:
    """Whether a rule that matches an amount of this group surely does: it has no limits, or comparable ones."""
    asked = rule.conditions
    if asked.amount_from_minor is None and asked.amount_below_minor is None:
        return True
    return group is not None and rates.comparable_with(asked.currency) == group
