"""A list of 2,000 rules: a verdict, its full explanation, the check of a draft, a simulation over 100,000 past uses.

The list is as a large group would write it: sixty kinds of documents, bands of amounts in two currencies, platforms,
departments, regions and counterparties. Every use differs from the others in its facts.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from shuangyin.core.text import Text
from shuangyin.scenarios.checking import Known, faults_of
from shuangyin.scenarios.explaining import asked_of, changes
from shuangyin.scenarios.rules import (
    Answer,
    Basis,
    CompiledList,
    Conditions,
    Controls,
    Facts,
    Rates,
    RouteStepPlan,
    Rule,
    Strength,
    decide,
    simulate,
)

RULES = 2_000
USES = 100_000
ASKED = 2_000
RATES = Rates({"USD": Fraction("712.34")})
KINDS = [f"kind-{number}" for number in range(60)]
PLATFORMS = [f"platform-{number}" for number in range(12)]
DEPARTMENTS = [f"{number:032x}" for number in range(40)]
POSTS = ("department_head", "reviewer", "legal_representative")
SEALS = ((), ("contract",), ("legal_name",), ("legal_name", "legal_rep_name"))


def run() -> list[dict[str, Any]]:
    """One row for each promise, in CPU time of one core."""
    chance = random.Random(20260901)
    rules = [_rule(chance, number) for number in range(1, RULES + 1)]
    uses = [_use(chance) for _ in range(USES)]
    compiled = CompiledList(rules, RATES)
    asked = uses[:ASKED]
    rows = [
        _each("ready the list", lambda _: CompiledList(rules, RATES), range(5)),
        _each("verdict, first time for these rules", compiled.verdict, asked, before=compiled.forget),
        _each("verdict, again", compiled.verdict, asked),
        _each("decide, rule by rule (the reference)", lambda use: decide(rules, use, RATES), asked[:50]),
        _each("what has to be asked about a kind", lambda use: asked_of(compiled, use.document_kind), asked),
        _each("full explanation", lambda use: (compiled.decide(use), changes(compiled, use)), asked[:400]),
        _each("check of a draft", lambda _: faults_of(rules, _known(), RATES), range(3)),
    ]
    return [*rows, _simulated(rules, uses)]


def _each(
    what: str,
    call: Callable[[Any], object],
    cases: Sequence[Any],
    *,
    before: Callable[[], None] | None = None,
) -> dict[str, Any]:
    seen = []
    for case in cases:
        if before is not None:
            before()
        started = time.process_time()
        call(case)
        seen.append((time.process_time() - started) * 1000)
    seen.sort()
    return {
        "what": what,
        "calls": len(seen),
        "cpu_ms_median": round(statistics.median(seen), 4),
        "cpu_ms_p95": round(seen[int(len(seen) * 0.95)], 4),
        "total_s": round(sum(seen) / 1000, 2),
    }


def _simulated(rules: Sequence[Rule], uses: Sequence[Facts]) -> dict[str, Any]:
    """The draft differs from the list in force in every fiftieth rule."""
    draft = [
        replace(rule, answer=replace(rule.answer, high_risk=not rule.answer.high_risk))
        if place % 50 == 0
        else rule
        for place, rule in enumerate(rules)
    ]
    started = time.process_time()
    before, after = CompiledList(rules, RATES), CompiledList(draft, RATES)
    changed = sum(1 for one in simulate(before, after, enumerate(uses)) if one.changed)
    spent = time.process_time() - started
    return {
        "what": f"simulation, {changed} of {len(uses)} uses decided otherwise",
        "calls": len(uses),
        "cpu_ms_median": round(spent * 1000 / len(uses), 4),
        "cpu_ms_p95": 0.0,
        "total_s": round(spent, 2),
    }


def _rule(chance: random.Random, number: int) -> Rule:
    low = chance.choice([None, chance.randrange(1, 200) * 10**7])
    high = (low or 0) + chance.randrange(1, 200) * 10**7 if chance.random() < 0.3 else None
    conditions = Conditions(
        document_kinds=tuple(chance.sample(KINDS, chance.choice([1, 1, 1, 2, 3]))) if number > 5 else (),
        platforms=tuple(chance.sample(PLATFORMS, 2)) if chance.random() < 0.3 else (),
        departments=tuple(chance.sample(DEPARTMENTS, 3)) if chance.random() < 0.4 else (),
        counterparty=(chance.choice(["yes", "no"]),) if chance.random() < 0.2 else (),
        regions=(chance.choice(["11", "1101", "31"]),) if chance.random() < 0.1 else (),
        amount_from_minor=low,
        amount_below_minor=high,
        currency=chance.choice(["CNY", "CNY", "CNY", "USD"]),
    )
    answer = Answer(
        medium=chance.choice([None, None, "electronic", "physical", "either"]),
        seal_categories=chance.choice(SEALS),
        route=tuple(RouteStepPlan(post) for post in chance.sample(POSTS, chance.randrange(3))),
        controls=chance.choice([None, Controls(seam="required"), Controls(qr=True), Controls(photo="once")]),
        high_risk=chance.random() < 0.1,
    )
    name = Text(f"规则 {number}", f"rule {number}")
    return Rule(
        id=f"{number:032x}",
        position=number,
        name=name,
        conditions=conditions,
        answer=answer,
        strength=chance.choice(list(Strength)),
        basis=chance.choice(list(Basis)),
        citation=None,
        reason=name,
    )


def _use(chance: random.Random) -> Facts:
    return Facts(
        document_kind=chance.choice(KINDS),
        amount_minor=None if chance.random() < 0.05 else chance.randrange(4 * 10**9),
        currency=chance.choice(["CNY", "CNY", "CNY", "USD", "EUR"]),
        counterparty=chance.choice([None, "yes", "no", "unknown"]),
        department_id=chance.choice(DEPARTMENTS),
        platform=chance.choice([None, None, *PLATFORMS]),
        region=chance.choice([None, "110105", "310101"]),
    )


def _known() -> Known:
    return Known(kinds=set(KINDS), citations=set(), platforms=set(PLATFORMS), departments=set(DEPARTMENTS))
