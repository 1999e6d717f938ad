"""What every stand-in has in common: an address on loopback, and faults on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from shuangyin.core.text import Text


class Fault(StrEnum):
    """How an outside system fails, whatever it is."""

    SLOW = "slow"
    """It answers after the platform has given up."""
    DOWN = "down"
    """It is there and does not answer."""
    CONTRADICTORY = "contradictory"
    """It answers, and says something else than what it was given or said before."""
    DUPLICATE = "duplicate"
    """It says of a new request that it had it before, or answers with an earlier answer."""


class StandIn(Protocol):
    """A server on loopback that stands for an outside system. ``with`` starts and stops it. It proves nothing."""

    @property
    def address(self) -> str:
        """Where it answers, as the platform's settings name it."""
        ...

    def misbehave(self, fault: Fault | None) -> None:
        """From now on fail in this way; None is well again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A stand-in that `shuangyin standins` can start: its name, what it stands for, and how the platform is told of it.

    `make` takes the port to listen on, 0 for a free one, and raises OSError when it is taken. `setting` gives a line of
    the environment for an address; a value in capitals is the reader's to fill in.
    """

    name: str
    text: Text
    make: Callable[[int], StandIn]
    setting: Callable[[str], str]
