"""Pure decisions about stocktakes (盘点): who the two are, when a count may be confirmed, whether presses add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.custody.rules import Objection


@dataclass(frozen=True, slots=True)
class Counted:
    """One seal: whether it should lie there, whether it was found (null until looked at), and what was written."""

    name: str
    expected: bool
    found: bool | None
    discrepancy: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a seal's presses from its first use on (invariant 6)."""

    permitted: int
    spare: int
    pressed: int
    good: int
    spoiled: int

    @property
    def balanced(self) -> bool:
        """Permitted, spare included, ≥ pressed = registered; the spare serves spoiled presses and nothing else."""
        return (
            self.pressed == self.good + self.spoiled
            and self.good <= self.permitted
            and self.spoiled <= self.spare
        )

    def since(self, before: Account) -> Account:
        """What belongs to the time after `before`: what was left of the approvals then counts as permitted now."""
        return Account(
            permitted=self.permitted - before.good,
            spare=self.spare - before.spoiled,
            pressed=self.pressed - before.pressed,
            good=self.good - before.good,
            spoiled=self.spoiled - before.spoiled,
        )


NOTHING_YET = Account(0, 0, 0, 0, 0)


def object_to_two(counter_id: str, witness_id: str) -> Objection | None:
    """None when who counts and who watches are two persons."""
    if counter_id != witness_id:
        return None
    return Objection(
        "SAME_PERSON",
        Text("盘点人与监盘人必须是两个人，请改正。", "Counter and witness must be two persons. Correct it."),
    )


def object_to_count(lines: Iterable[Counted]) -> Objection | None:
    """None when every seal was looked at, and everything that is not as the register says has its record."""
    for line in lines:
        if line.found is None:
            return Objection(
                "STOCKTAKE_UNCOUNTED",
                Text(
                    f"「{line.name}」尚未清点。请逐枚清点后再确认。",
                    f"“{line.name}” has not been counted yet. Count every seal, then confirm.",
                ),
            )
        if line.found != line.expected and not (line.discrepancy or "").strip():
            return Objection(
                "DISCREPANCY_MISSING",
                Text(
                    f"「{line.name}」与台账不符而无差异记录。请写明差异情况后再确认。",
                    f"“{line.name}” is not as the register says and there is no discrepancy record. Write down what is "
                    "wrong first.",
                ),
            )
    return None
