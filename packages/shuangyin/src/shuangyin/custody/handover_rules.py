"""Pure decisions about hand-overs (交接): who the three are, and when the sheet may be confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.custody.rules import Objection


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one line of the sheet: null until somebody looked, and what was written where it is missing."""

    name: str
    present: bool | None
    discrepancy: str | None


def object_to_three(giver_id: str, receiver_id: str, witness_id: str) -> Objection | None:
    """None when giver, receiver and witness are three persons."""
    if len({giver_id, receiver_id, witness_id}) == 3:
        return None
    return Objection(
        "SAME_PERSON",
        Text(
            "移交人、接收人、监交人必须是三个人，请改正。",
            "Giver, receiver and witness must be three persons. Correct it.",
        ),
    )


def object_to_confirmation(lines: Iterable[Checked]) -> Objection | None:
    """None when every line was looked at, and every missing thing has its discrepancy record."""
    for line in lines:
        if line.present is None:
            return Objection(
                "HANDOVER_UNCHECKED",
                Text(
                    f"「{line.name}」尚未清点。请逐项清点后再确认。",
                    f"“{line.name}” has not been checked yet. Check every line, then confirm.",
                ),
            )
        if not line.present and not (line.discrepancy or "").strip():
            return Objection(
                "DISCREPANCY_MISSING",
                Text(
                    f"「{line.name}」缺失而无差异记录。请写明差异情况后再确认。",
                    f"“{line.name}” is missing and there is no discrepancy record. Write down what is wrong first.",
                ),
            )
    return None
