"""How long the simulation of a draft over 100,000 past uses takes, and what it holds in memory."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shuangyin.core.text import Text
from shuangyin.scenarios.reading import answer_of, conditions_of
from shuangyin.scenarios.rules import Facts, Rule
from shuangyin.scenarios.rules.compiling import CompiledList
from shuangyin.scenarios.rules.simulating import simulate
from shuangyin.scenarios.simulating import Explaining
from shuangyin.scenarios.starters import starter

USES = 100_000
COUNTERPARTIES = (None, "yes", "no", "unknown")


def run() -> list[dict[str, Any]]:
    """The starter list against one with every fifth rule turned to the other medium; lines made, none stored."""
    rules = _rules()
    before = CompiledList(rules)
    turned = [
        replace(rule, answer=replace(rule.answer, medium="physical")) if rule.position % 5 == 0 else rule
        for rule in rules
    ]
    after = CompiledList(turned)
    explaining = Explaining(before, after)
    begun = time.perf_counter()
    changed = _changes(before, after, explaining, USES)
    seconds = time.perf_counter() - begun
    # Measuring memory slows everything down, so it is done apart and over fewer uses.
    tracemalloc.start()
    _changes(before, after, explaining, USES // 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return [
        {
            "what": "simulation of a draft over past uses",
            "uses": USES,
            "rules": len(rules),
            "changed": changed,
            "seconds": round(seconds, 2),
            "peak_mib": round(peak / 2**20, 1),
            "goal_seconds": 30,
        }
    ]


def _changes(before: CompiledList, after: CompiledList, explaining: Explaining, uses: int) -> int:
    return sum(
        1 for found in simulate(before, after, _uses(uses)) if found.changed and explaining.content(found)
    )


def _uses(uses: int) -> Iterator[tuple[int, Facts]]:
    chance = random.Random(20261126)  # figures for a measurement
    kinds = sorted({kind for rule in _rules() for kind in rule.conditions.document_kinds})
    for number in range(uses):
        amount = chance.choice((None, chance.randrange(0, 300_000_000)))
        facts = Facts(chance.choice(kinds), amount_minor=amount, counterparty=chance.choice(COUNTERPARTIES))
        yield number, facts


def _rules() -> list[Rule]:
    return [
        Rule(
            id=f"r{position}",
            position=position,
            name=Text(body.name_zh, body.name_en),
            conditions=conditions_of(body.conditions),
            answer=answer_of(body.answer),
            strength=body.strength,
            basis=body.basis,
            citation=body.citation,
            reason=Text(body.reason_zh, body.reason_en),
        )
        for position, body in enumerate(starter("enterprise").rules, start=1)
    ]
