"""What several persons confirm together and waits for this one, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shuangyin.core.clock import beijing_time
from shuangyin.core.text import Text
from shuangyin.workbench.rules import Alert


@dataclass(frozen=True, slots=True)
class ConfirmFact:
    """An opening, hand-over or stocktake that waits for this person, and as what; `until` in UTC milliseconds."""

    what: Literal["opening", "handover", "stocktake"]
    id: str
    number: str
    role: str
    until: int | None = None


_ROLES = {
    "giver": Text("移交人", "giver"),
    "receiver": Text("接收人", "receiver"),
    "witness": Text("监督人", "witness"),
    "counter": Text("盘点人", "counter"),
    "custodian": Text("保管人", "custodian"),
    "reviewer": Text("复核人", "reviewer"),
}


def confirm_alert(fact: ConfirmFact) -> Alert:
    """What waits for this person; an opening is over within minutes, so it comes first and says until when."""
    role = _ROLES[fact.role]
    if fact.what == "opening" and fact.until is not None:
        at = f"{beijing_time(fact.until):%H:%M}"
        text = Text(
            f"{fact.number} 待您以{role.zh}身份确认，{at} 前有效，请现在办理。",
            f"Opening {fact.number} waits for you as its {role.en} until {at} (Beijing): confirm now.",
        )
        return Alert("danger", text, f"/custody/openings/{fact.id}")
    if fact.what == "handover":
        text = Text(
            f"{fact.number} 待您以{role.zh}身份清点并确认。",
            f"Hand-over {fact.number} waits for you as its {role.en}: check the sheet and confirm.",
        )
        return Alert("warning", text, f"/custody/handovers/{fact.id}")
    text = Text(
        f"{fact.number} 待您以{role.zh}身份确认。",
        f"Stocktake {fact.number} waits for you as its {role.en}.",
    )
    return Alert("warning", text, f"/custody/stocktakes/{fact.id}")
