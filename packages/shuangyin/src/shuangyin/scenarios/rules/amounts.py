"""Amounts in several currencies compared exactly, by the list's own dated rates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from shuangyin.scenarios.rules.shapes import AmountPart

HOME: Final = "CNY"
RATE_DECIMALS: Final = 6
_WITHOUT_MINOR_UNIT = frozenset({"JPY", "KRW", "VND"})
_SCALE: Final = 100 * 10**RATE_DECIMALS
"""A fen in the unit of comparison: fine enough that every amount at every rate is a whole number of it."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of a currency is worth in fen, with at most six decimals, by the header of the list.

    Amounts are compared as whole numbers: those of the home currency and of currencies with a rate with one
    another, those of any other currency only among themselves.
    """

    fen_per_unit: Mapping[str, Fraction] = field(default_factory=dict)
    _factors: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        factors = {
            currency: int(rate * _SCALE / units(currency))
            for currency, rate in self.fen_per_unit.items()
            if currency != HOME
        }
        object.__setattr__(self, "_factors", {**factors, HOME: _SCALE})

    def comparable_with(self, currency: str) -> str:
        """The currency whose amounts can be compared with those of this one: the home currency, or itself."""
        return HOME if currency in self._factors else currency

    def comparable(self, amount_minor: int, currency: str) -> int:
        """The amount as a whole number that compares with those of the same `comparable_with`."""
        return amount_minor * self._factors.get(currency, 1)


NO_RATES = Rates()


def units(currency: str) -> int:
    """How many smallest units one unit of a currency has (ISO 4217; hundredths unless it has none)."""
    return 1 if currency in _WITHOUT_MINOR_UNIT else 100


def total(parts: Iterable[AmountPart], currency: str, rates: Rates) -> int | None:
    """What parts come to in a currency; None when any part is not known or has no rate.

    Rounded up to the next whole smallest unit: no conversion takes a total below a limit that it reaches.
    """
    whole = 0
    for part in parts:
        if part.amount_minor is None:
            return None
        if rates.comparable_with(part.currency) != rates.comparable_with(currency):
            return None
        whole += rates.comparable(part.amount_minor, part.currency)
    return -(-whole // rates.comparable(1, currency))
