"""Which rules can match the same facts, and which match whenever another does: sets of bits, as in compiling. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from shuangyin.scenarios.rules.amounts import Rates
from shuangyin.scenarios.rules.compiling import CODES
from shuangyin.scenarios.rules.matching import within_regions
from shuangyin.scenarios.rules.shapes import Conditions, Facts, Rule


class Overlaps:
    """The rules of a list by the regions of facts in which they match.

    A region is a product: of one set of codes for each condition that names codes, and of one span of amounts. Two
    regions meet when they meet in every factor, so that what a rule meets is found factor by factor from sets
    prepared once, not pair by pair.
    """

    def __init__(self, rules: Sequence[Rule], rates: Rates) -> None:
        self._rules, self._rates = rules, rates
        self._all = (1 << len(rules)) - 1
        self._codes = {condition: _ByCode(rules, condition) for condition, _ in CODES}
        self._regions = _ByCode(rules, "regions")
        groups: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            if _is_limited(rule.conditions):
                groups.setdefault(rates.comparable_with(rule.conditions.currency), []).append(place)
        self._spans = {group: _Spans(rules, places, rates) for group, places in groups.items()}

    def meeting(self, conditions: Conditions) -> int:
        """The rules whose region meets that of these conditions; amounts that cannot be compared are taken to meet."""
        found = self._all
        for condition, codes in self._codes.items():
            found &= codes.naming_any(getattr(conditions, condition), self._all)
        wanted = [one for part in conditions.regions for one in self._regions.within(part)]
        found &= self._regions.naming_any(wanted, self._all) if conditions.regions else self._all
        spans = self._spans.get(self._rates.comparable_with(conditions.currency))
        if spans is None or not _is_limited(conditions):
            return found
        return found & (spans.meeting(*_span(conditions, self._rates)) | (self._all & ~spans.members))

    def enclosing(self, conditions: Conditions) -> int:
        """The rules that match whenever these conditions do."""
        found = self._all
        for condition, codes in self._codes.items():
            found &= codes.naming_all([[code] for code in getattr(conditions, condition)])
        found &= self._regions.naming_all([self._regions.around(part) for part in conditions.regions])
        limited = 0
        for spans in self._spans.values():
            limited |= spans.members
        enclosing = self._all & ~limited
        own = self._spans.get(self._rates.comparable_with(conditions.currency))
        if own is not None:
            enclosing |= own.enclosing(*_span(conditions, self._rates))
        return found & enclosing


def facts_in(one: Conditions, other: Conditions, kind: str) -> Facts:
    """Facts that match both, which meet; `kind` stands where neither names a kind of document."""

    def common(condition: str) -> str | None:
        first, second = getattr(one, condition), getattr(other, condition)
        return next((code for code in first or second if not second or code in second), None)

    places = [place for place in (*one.regions, *other.regions) if within_regions(one.regions, place)]
    region = next((place for place in places if within_regions(other.regions, place)), None)
    limited = [each for each in (one, other) if _is_limited(each)]
    lows = [each.amount_from_minor or 0 for each in limited]
    return Facts(
        document_kind=common("document_kinds") or kind,
        matter=common("matters"),
        channel=common("channels"),
        amount_minor=max(lows) if limited and len({each.currency for each in limited}) == 1 else None,
        currency=limited[0].currency if limited else "CNY",
        counterparty=common("counterparty"),
        department_id=common("departments"),
        platform=common("platforms"),
        region=region if region is None or not region.isdecimal() else region.ljust(6, "0"),
    )


class _ByCode:
    """By code, the rules whose condition names it; and those whose condition asks for nothing."""

    def __init__(self, rules: Sequence[Rule], condition: str) -> None:
        self.any = 0
        self.sets: dict[str, int] = {}
        for place, rule in enumerate(rules):
            codes = getattr(rule.conditions, condition)
            if not codes:
                self.any |= 1 << place
            for code in codes:
                self.sets[code] = self.sets.get(code, 0) | 1 << place

    def naming_any(self, codes: Sequence[str], everything: int) -> int:
        if not codes:
            return everything
        found = self.any
        for code in codes:
            found |= self.sets.get(code, 0)
        return found

    def naming_all(self, choices: Sequence[Sequence[str]]) -> int:
        """The rules that ask for nothing, or name one code of every choice."""
        if not choices:
            return self.any
        found = -1
        for codes in choices:
            named = 0
            for code in codes:
                named |= self.sets.get(code, 0)
            found &= named
        return found | self.any

    def within(self, region: str) -> list[str]:
        return [
            code for code in self.sets if within_regions((code,), region) or within_regions((region,), code)
        ]

    def around(self, region: str) -> list[str]:
        return [code for code in self.sets if within_regions((code,), region)]


class _Spans:
    """Spans of amounts that can be compared, by their lower and their upper ends."""

    def __init__(self, rules: Sequence[Rule], places: Sequence[int], rates: Rates) -> None:
        spans = [(*_span(rules[place].conditions, rates), place) for place in places]
        spans = [span for span in spans if span[1] is None or span[0] < span[1]]
        self.members = sum(1 << place for place in places)
        lows = sorted((low, place) for low, _, place in spans)
        highs = sorted((high, place) for _, high, place in spans if high is not None)
        self._lows, self._low_sets = [low for low, _ in lows], _running([place for _, place in lows])
        self._highs, self._high_sets = [high for high, _ in highs], _running([place for _, place in highs])
        self._spanning = sum(1 << place for _, _, place in spans)

    def meeting(self, low: int, high: int | None) -> int:
        begun = self._spanning if high is None else self._low_sets[bisect_left(self._lows, high)]
        return begun & ~self._high_sets[bisect_right(self._highs, low)]

    def enclosing(self, low: int, high: int | None) -> int:
        begun = self._low_sets[bisect_right(self._lows, low)]
        if high is None:
            return begun & ~self._high_sets[-1]
        return begun & ~self._high_sets[bisect_left(self._highs, high)]


def _running(places: Sequence[int]) -> list[int]:
    """The sets of the first none, one, two … places."""
    sets = [0]
    for place in places:
        sets.append(sets[-1] | 1 << place)
    return sets


def _span(conditions: Conditions, rates: Rates) -> tuple[int, int | None]:
    low, high = conditions.amount_from_minor or 0, conditions.amount_below_minor
    return (
        rates.comparable(low, conditions.currency),
        None if high is None else rates.comparable(high, conditions.currency),
    )


def _is_limited(conditions: Conditions) -> bool:
    return conditions.amount_from_minor is not None or conditions.amount_below_minor is not None
