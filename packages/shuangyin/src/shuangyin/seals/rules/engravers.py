"""Whether the engraver that a step names is one the organization has registered, today."""

from __future__ import annotations

from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.seals.kinds import Medium
from shuangyin.seals.rules.life import LifeAct
from shuangyin.seals.rules.objecting import Objection


@dataclass(frozen=True, slots=True)
class RegisteredEngraver:
    """An engraver (刻制单位) as registered. `valid_until` is the last day of his filing, ISO 8601; None without a term."""

    name: str
    filing_no: str
    valid_until: str | None
    active: bool


def names_engraver(act: LifeAct, medium: str) -> bool:
    """Whether a step hands a seal to an engraver: one that makes or takes back a physical seal."""
    return medium == Medium.PHYSICAL and act in (LifeAct.MAKE, LifeAct.SURRENDER)


def object_to_engraver(
    name: str | None, registered: RegisteredEngraver | None, today: str
) -> Objection | None:
    """Why the engraver cannot be given a seal. `registered` is the one of the filing number that was stated."""
    if registered is None or registered.name != name:
        return Objection(
            "ENGRAVER_UNKNOWN",
            Text(
                "刻制单位不在本单位的刻制单位名录中，或名称与备案编号不符。请先登记并从名录中选择。",
                "No engraver of this name and filing number is registered. Register him first and choose him from the list.",
            ),
        )
    if not registered.active:
        return Objection(
            "ENGRAVER_ENDED",
            Text("该刻制单位已停用，请另选一家。", "This engraver is not used any more. Choose another one."),
        )
    if registered.valid_until is not None and registered.valid_until < today:
        return Objection(
            "ENGRAVER_EXPIRED",
            Text(
                f"该刻制单位的备案已于 {registered.valid_until} 到期。请核对后更新有效期，或另选一家。",
                f"The filing of this engraver ended on {registered.valid_until}. Check and renew it, or choose another one.",
            ),
        )
    return None
