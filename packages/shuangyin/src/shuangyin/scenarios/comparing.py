"""What differs between two versions of the list: rules added, removed, changed and moved, part by part. Pure.

Rules carry no identity over versions, so they are paired by what people know them by: first those that are equal in
everything, then by their Chinese name, then by equal conditions (a rule that was renamed). What is left was added
or removed. A pair has moved when it is not part of the longest run of pairs that kept their order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Plain = Mapping[str, object]
"""A rule as plain JSON values, by its parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that differs, by its dotted name."""

    name: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """What became of one rule; indexes are from 0."""

    kind: Literal["added", "removed", "changed"]
    before: int | None
    after: int | None
    moved: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """All rules that differ, in the order of the later version, removed ones where they stood."""

    rules: tuple[RuleDifference, ...]
    unchanged: int


def differences(before: Sequence[Plain], after: Sequence[Plain]) -> Differences:
    """What differs between two lists of rules."""
    pairs = _paired(before, after)
    moved = _moved(pairs)
    found = []
    for old, new in sorted(pairs.items()):
        parts = parts_of(before[old], after[new])
        if parts or old in moved:
            found.append(RuleDifference("changed", old, new, old in moved, parts))
    found += [
        RuleDifference("removed", old, None, moved=False, parts=())
        for old in range(len(before))
        if old not in pairs
    ]
    there = set(pairs.values())
    found += [
        RuleDifference("added", None, new, moved=False, parts=())
        for new in range(len(after))
        if new not in there
    ]
    changed = sum(1 for one in found if one.kind == "changed")
    return Differences(tuple(sorted(found, key=_place)), len(pairs) - changed)


def parts_of(before: Plain, after: Plain) -> tuple[Part, ...]:
    """The parts that differ; objects are entered two levels deep, lists and deeper objects are compared whole."""
    return tuple(_parts("", before, after, depth=2))


def _parts(prefix: str, before: Plain, after: Plain, *, depth: int) -> list[Part]:
    found: list[Part] = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        path = f"{prefix}{name}"
        if depth and isinstance(old, Mapping | None) and isinstance(new, Mapping | None):
            found += _parts(f"{path}.", old or {}, new or {}, depth=depth - 1)
        else:
            found.append(Part(path, old, new))
    return found


def _paired(before: Sequence[Plain], after: Sequence[Plain]) -> dict[int, int]:
    keys: tuple[Callable[[Plain], Hashable], ...] = (
        _frozen,
        lambda rule: rule.get("name_zh"),
        lambda rule: _frozen(rule.get("conditions")),
    )
    pairs: dict[int, int] = {}
    for key in keys:
        taken = set(pairs.values())
        waiting: dict[Hashable, list[int]] = {}
        for new, rule in enumerate(after):
            if new not in taken:
                waiting.setdefault(key(rule), []).append(new)
        for old, rule in enumerate(before):
            if old not in pairs and (there := waiting.get(key(rule))):
                pairs[old] = there.pop(0)
    return pairs


def _frozen(value: object) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(sorted((name, _frozen(one)) for name, one in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_frozen(one) for one in value)
    return value if isinstance(value, Hashable) else repr(value)


def _moved(pairs: Mapping[int, int]) -> set[int]:
    """The old indexes of pairs outside the longest run that kept its order (patience sorting)."""
    olds = sorted(pairs)
    tails: list[int] = []
    tops: list[int] = []
    earlier: dict[int, int | None] = {}
    for old in olds:
        place = bisect_left(tails, pairs[old])
        earlier[old] = tops[place - 1] if place else None
        if place == len(tails):
            tails.append(pairs[old])
            tops.append(old)
        else:
            tails[place], tops[place] = pairs[old], old
    kept: set[int] = set()
    at: int | None = tops[-1] if tops else None
    while at is not None:
        kept.add(at)
        at = earlier[at]
    return set(olds) - kept


def _place(one: RuleDifference) -> tuple[int, int]:
    return (one.after if one.after is not None else one.before or 0, 0 if one.kind == "removed" else 1)
