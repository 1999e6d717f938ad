"""How long the simulation of a draft over 100,000 past uses takes, and what it holds in memory.

First the comparison by itself; then the whole job of a platform on SQLite over a table that was uploaded: rows read, lines
stored, progress kept.
"""

from __future__ import annotations

import importlib
import random
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks.worlds import world_on_sqlite
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
        _whole_job(),
        {
            "what": "the comparison by itself",
            "uses": USES,
            "rules": len(rules),
            "changed": changed,
            "seconds": round(seconds, 2),
            "peak_mib": round(peak / 2**20, 1),
            "goal_seconds": 30,
        },
    ]


def _whole_job() -> dict[str, Any]:
    """Asked for by an administrator over HTTP; a draft in which every fifth rule answers the other medium."""
    with world_on_sqlite() as world:
        story = importlib.import_module("request_story").begin(world)
        client = story.client("administrator")
        draft = client.post("/api/v1/scenario-lists", json={"starter": "current"}).json()
        rules = [
            {key: value for key, value in one.items() if key not in ("id", "position")}
            for one in draft["rules"]
        ]
        for rule in rules[::5]:
            rule["answer"] |= {"medium": "physical"}
        address = f"/api/v1/scenario-lists/{draft['id']}"
        client.put(f"{address}/rules", json={"rules": rules}).raise_for_status()
        files = {"file": ("uses.csv", _table())}
        asked = client.post(f"{address}/simulations/table", files=files).raise_for_status().json()
        begun, worked = time.perf_counter(), time.process_time()
        world.settle()
        seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
        done = client.get(f"/api/v1/simulations/{asked['id']}").json()
    if (done["status"], done["done"]) != ("done", USES):
        raise RuntimeError(f"the simulation ended as {done}")
    return {
        "what": "simulation of a draft over past uses, whole",
        "uses": USES,
        "rules": len(rules),
        "changed": done["changed"],
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "goal_seconds": 30,
    }


def _table() -> bytes:
    lines = [
        f"{number},{facts.document_kind},{(facts.amount_minor or 0) / 100:.2f},{facts.counterparty or ''}"
        for number, facts in _uses(USES)
    ]
    return "\n".join(["reference,document_kind,amount,counterparty", *lines]).encode()


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
