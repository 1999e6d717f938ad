"""A line of a simulation: from → to and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.text import Text
from shuangyin.scenarios.rules.compiling import CompiledList
from shuangyin.scenarios.rules.shapes import Rule, Verdict
from shuangyin.scenarios.rules.simulating import CasePart, Simulated
from shuangyin.scenarios.schemas import TextOut
from shuangyin.scenarios.sentences import medium_text, route_text
from shuangyin.scenarios.simulation_schemas import AnswerSummary, LineContent, NamedRule


class Explaining:
    """Lines for one pair of versions; equal changes are told in equal words, made once."""

    def __init__(self, before: CompiledList, after: CompiledList) -> None:
        self._before = {rule.id: rule for rule in before.rules}
        self._after = {rule.id: rule for rule in after.rules}
        self._known: dict[tuple[int, int], tuple[str, Verdict, Verdict]] = {}

    def content(self, found: Simulated[CasePart]) -> str:
        """The JSON of the line for a use whose decision changes."""
        key = (id(found.before), id(found.after))
        known = self._known.get(key)
        # Both verdicts are held with the words, so that no other takes their identity meanwhile.
        if known is None:
            if len(self._known) > 4096:
                self._known.clear()
            known = self._known[key] = (self._line(found), found.before, found.after)
        return known[0]

    def _line(self, found: Simulated[CasePart]) -> str:
        before = [self._before[one] for one in found.before.rule_ids if one in self._before]
        after = [self._after[one] for one in found.after.rule_ids if one in self._after]
        line = LineContent(
            parts=list(found.changed),
            before=_summary(found.before),
            after=_summary(found.after),
            rules_before=_only(before, after),
            rules_after=_only(after, before),
        )
        return line.model_dump_json(exclude_defaults=True)


def _only(rules: Sequence[Rule], others: Sequence[Rule]) -> list[NamedRule]:
    """The rules that are not among the others: by what they say, since ids differ from version to version."""
    there = {_said(rule) for rule in others}
    return [
        NamedRule(position=rule.position, name=_text(rule.name)) for rule in rules if _said(rule) not in there
    ]


def _said(rule: Rule) -> tuple[object, ...]:
    return (rule.name, rule.conditions, rule.answer, rule.strength, rule.basis)


def _summary(verdict: Verdict) -> AnswerSummary:
    return AnswerSummary(
        medium=verdict.medium,
        sentence=_text(medium_text(verdict)),
        route=_text(route_text(verdict.route)),
        high_risk=verdict.high_risk,
        covered=verdict.covered,
    )


def _text(text: Text) -> TextOut:
    return TextOut(zh=text.zh, en=text.en)


def unread_content(row: int, column: str, text: Text) -> str:
    """The JSON of the line for a row that was not read."""
    return LineContent(row=row, column=column, problem=_text(text)).model_dump_json(exclude_defaults=True)
