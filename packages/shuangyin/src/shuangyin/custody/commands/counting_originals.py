"""The originals of a stocktake: entered beside the seals of the safe, counted, and missed where they are not found."""

from __future__ import annotations

from collections.abc import Sequence

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import original_queries, stocktake_errors
from shuangyin.custody.commands.originals import declare_original_missing
from shuangyin.custody.original_models import Original, OriginalState
from shuangyin.custody.stocktake_models import Stocktake, StocktakeOriginal
from shuangyin.custody.stocktake_rules import Counted
from shuangyin.custody.stocktake_schemas import CountedSeal
from shuangyin.evidence.commands import digest_of

Lines = Sequence[tuple[StocktakeOriginal, Original]]


def enter_originals(work: UnitOfWork, stocktake: Stocktake) -> list[JsonValue]:
    """Write a line for every original that belongs to the safe; their ids."""
    there = original_queries.in_safe(work, stocktake.safe_id)
    work.session.add_all(
        StocktakeOriginal(
            id=work.new_id(),
            organization_id=stocktake.organization_id,
            stocktake_id=stocktake.id,
            original_id=one.id,
            slot=one.slot,
            state=one.state,
            expected=one.state == OriginalState.KEPT,
        )
        for one in there
    )
    work.session.flush()
    return [one.id for one in there]


def count_original(line: StocktakeOriginal, of: Original, counted: CountedSeal) -> JsonValue:
    """Enter what was found of one; what the register expects is read at that moment."""
    line.state, line.slot = of.state, of.slot
    line.expected = of.state == OriginalState.KEPT
    line.found = counted.found
    written = (counted.discrepancy or "").strip() or None
    line.discrepancy = None if line.found == line.expected else written
    return {
        "original": of.id,
        "expected": line.expected,
        "found": line.found,
        "discrepancy": digest_of(line.discrepancy) if line.discrepancy else None,
    }


def counted_originals(lines: Lines) -> list[Counted]:
    """What was found so far. Raises Conflict (STOCKTAKE_MOVED) when one has moved since it was counted."""
    for line, of in lines:
        if line.found is not None and line.state != of.state:
            raise stocktake_errors.moved(of.name)
    return [Counted(of.name, line.expected, line.found, line.discrepancy) for line, of in lines]


def stated_originals(lines: Lines) -> list[JsonValue]:
    """What the entry of a stocktake that is done says of the originals."""
    return [
        {"line": line.id, "original": of.id, "expected": line.expected, "found": line.found}
        for line, of in lines
    ]


def miss_originals(work: UnitOfWork, actor: Actor, stocktake: Stocktake, lines: Lines) -> None:
    """Raise the alarm for each that should lie there and was not found."""
    for line, of in lines:
        if line.expected and not line.found:
            declare_original_missing(work, actor, of, found_by=("stocktake", stocktake.id))
