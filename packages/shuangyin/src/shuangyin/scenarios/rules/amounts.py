"""Amounts in several currencies compared exactly, by the list's own dated rates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from shuangyin.scenarios.rules.shapes import AmountPart

HOME: Final = "CNY"
_WITHOUT_MINOR_UNIT = frozenset({"JPY", "KRW", "VND"})


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of a currency is worth in fen, as the organization wrote it into the list's header."""

    fen_per_unit: Mapping[str, Fraction] = field(default_factory=dict)

    def value(self, amount_minor: int, currency: str) -> Fraction | None:
        """The amount in fen, exactly; None without a rate."""
        if currency == HOME:
            return Fraction(amount_minor)
        rate = self.fen_per_unit.get(currency)
        return None if rate is None else amount_minor * rate / units(currency)

    def in_currency(self, amount_minor: int, currency: str, wanted: str) -> Fraction | None:
        """The amount in the smallest unit of another currency, exactly; None without the rates for it."""
        if currency == wanted:
            return Fraction(amount_minor)
        value = self.value(amount_minor, currency)
        one = self.value(units(wanted), wanted)
        return None if value is None or not one else value * units(wanted) / one

    def comparable_with(self, currency: str) -> str:
        """The currency whose amounts can be compared with those of this one: itself, or the home currency by rate."""
        return HOME if currency in self.fen_per_unit else currency


NO_RATES = Rates()


def units(currency: str) -> int:
    """How many smallest units one unit of a currency has (ISO 4217; hundredths unless it has none)."""
    return 1 if currency in _WITHOUT_MINOR_UNIT else 100


def total(parts: Iterable[AmountPart], currency: str, rates: Rates) -> int | None:
    """What parts come to in a currency, up to the next whole smallest unit; None when any part is not known."""
    whole = Fraction(0)
    for part in parts:
        if part.amount_minor is None:
            return None
        value = rates.in_currency(part.amount_minor, part.currency, currency)
        if value is None:
            return None
        whole += value
    # Rounded up: no conversion takes a total below a limit that it reaches.
    return -(-whole.numerator // whole.denominator)
