"""What another version of the list would have answered to uses that were decided before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from shuangyin.scenarios.rules.compiling import MOST_KEPT, CompiledList
from shuangyin.scenarios.rules.shapes import Facts, Verdict

CasePart = TypeVar("CasePart")

PARTS = ("medium", "order", "seal_categories", "route", "controls", "high_risk", "covered", "refused")
"""What of a verdict is compared; which rules it comes from is not: a rule may be written anew and say the same."""


@dataclass(frozen=True, slots=True)
class Simulated(Generic[CasePart]):
    """One use under both versions; `changed` names the parts of the verdict that differ."""

    case: CasePart
    facts: Facts
    before: Verdict
    after: Verdict
    changed: tuple[str, ...]


def simulate(
    rules_before: CompiledList, rules_after: CompiledList, facts_iterable: Iterable[tuple[CasePart, Facts]]
) -> Iterator[Simulated[CasePart]]:
    """Every use under both versions, one after the other; each comes with whatever names it (`case`).

    Exceptions that a use was granted are left out: they name rules of the version that decided.
    """
    differences: dict[tuple[int, int], tuple[str, ...]] = {}
    kept: list[Verdict] = []
    for case, asked in facts_iterable:
        facts = replace(asked, excepted=()) if asked.excepted else asked
        before, after = rules_before.verdict(facts), rules_after.verdict(facts)
        key = (id(before), id(after))
        changed = differences.get(key)
        if changed is None:
            if len(differences) >= MOST_KEPT:
                differences, kept = {}, []
            changed = differences_of(before, after)
            # Both are held, so that no other verdict takes their identity while the comparison is remembered.
            kept += (before, after)
            differences[key] = changed
        yield Simulated(case, facts, before, after, changed)


def differences_of(before: Verdict, after: Verdict) -> tuple[str, ...]:
    """The parts in which two verdicts differ."""
    return tuple(part for part in PARTS if getattr(before, part) != getattr(after, part))
