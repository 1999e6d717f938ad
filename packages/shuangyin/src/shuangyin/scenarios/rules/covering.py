"""Whether several rules together match whatever another one matches: cell by cell, so that the answer is exact. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from shuangyin.scenarios.rules.amounts import Rates
from shuangyin.scenarios.rules.matching import matches, within_regions
from shuangyin.scenarios.rules.shapes import FOREIGN, Conditions, Facts

MOST_CELLS = 4_096
"""Beyond so many cells nothing is said: a fault that is not told is better than a check that takes minutes."""
_OTHER = "\x00"
"""Stands for every code that no rule names."""
_CODES = ("document_kinds", "matters", "channels", "counterparty", "departments", "platforms")


def jointly_cover(conditions: Conditions, others: Sequence[Conditions], rates: Rates) -> bool:
    """Whether of these others at least one matches whenever `conditions` do.

    What facts can be is cut into cells in which every condition holds or does not hold throughout: by the codes that
    are named, by the regions that are named, and at the ends of spans of amounts. Others whose amounts are of another
    currency are left out, since what they match cannot be compared. False when there are too many cells to look at.
    """
    limited = {one.currency for one in (conditions, *others) if _is_limited(one)}
    currency = conditions.currency if _is_limited(conditions) else min(limited, default="CNY")
    asked = [one for one in others if not _is_limited(one) or one.currency == currency]
    axes: list[Sequence[str | int | None]] = [
        *(_codes_of(name, conditions, asked) for name in _CODES),
        _regions_of(conditions, asked),
        _amounts_of(conditions, asked),
    ]
    if not asked or prod(len(axis) for axis in axes) > MOST_CELLS:
        return False
    return all(
        any(matches(one, facts, rates) for one in asked)
        for facts in _cells(axes, currency)
        if matches(conditions, facts, rates)
    )


def _cells(axes: Sequence[Sequence[str | int | None]], currency: str) -> Iterator[Facts]:
    for kind, matter, channel, counterparty, department, platform, region, amount in product(*axes):
        yield Facts(
            document_kind=str(kind),
            matter=_text(matter),
            channel=_text(channel),
            counterparty=_text(counterparty),
            department_id=_text(department),
            platform=_text(platform),
            region=_text(region),
            amount_minor=amount if isinstance(amount, int) else None,
            currency=currency,
        )


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def _codes_of(name: str, conditions: Conditions, others: Sequence[Conditions]) -> list[str]:
    own: tuple[str, ...] = getattr(conditions, name)
    named = {code for one in others for code in getattr(one, name)}
    return list(own) if own else [*sorted(named), _OTHER]


def _regions_of(conditions: Conditions, others: Sequence[Conditions]) -> list[str]:
    """One place in each region that is named, and in none of those named within it; and one in none of them."""
    named = {part for one in (conditions, *others) for part in one.regions}
    places = [part if part == FOREIGN else f"{part}{_OTHER}" for part in sorted(named)]
    return [place for place in (*places, _OTHER) if within_regions(conditions.regions, place)]


def _amounts_of(conditions: Conditions, others: Sequence[Conditions]) -> list[int]:
    """The lowest amount of each span between two ends."""
    ends = {0}
    for one in (conditions, *others):
        if _is_limited(one):
            ends |= {end for end in (one.amount_from_minor, one.amount_below_minor) if end is not None}
    return sorted(ends)


def _is_limited(conditions: Conditions) -> bool:
    return conditions.amount_from_minor is not None or conditions.amount_below_minor is not None
