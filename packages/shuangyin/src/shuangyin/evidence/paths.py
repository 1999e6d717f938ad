"""An inclusion path with the place of every hash in the tree, so that it can be drawn and followed by hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evidencelog.hashing import TreeHash

Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Node:
    """The hash over `count` entries from number `first` on; one entry is a leaf."""

    first: int
    count: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """One step up: the sibling stands on `side` of the node so far, and `parent` is the hash of both."""

    side: Side
    sibling: Node
    parent: Node


def ranges_of_path(index: int, size: int) -> list[tuple[Side, int, int]]:
    """Side, first entry and number of entries of every sibling of a path (RFC 6962 section 2.1.1), leaf first."""
    found: list[tuple[Side, int, int]] = []
    start, count = 0, size
    while count > 1:
        left = 1 << (count - 1).bit_length() - 1
        if index - start < left:
            found.append(("right", start + left, count - left))
            count = left
        else:
            found.append(("left", start, left))
            start, count = start + left, count - left
    found.reverse()
    return found


def steps_of_path(
    index: int, size: int, leaf: bytes, hashes: Sequence[bytes], algorithm: TreeHash
) -> list[Step]:
    """The steps from a leaf hash to the root; the last parent is what the root must be."""
    steps = []
    node = Node(index, 1, leaf)
    for (side, first, count), value in zip(ranges_of_path(index, size), hashes, strict=True):
        sibling = Node(first, count, value)
        left, right = (sibling, node) if side == "left" else (node, sibling)
        node = Node(left.first, left.count + right.count, algorithm.node(left.hash, right.hash))
        steps.append(Step(side, sibling, node))
    return steps
