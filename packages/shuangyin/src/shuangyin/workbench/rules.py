"""What about a seal is worth an alert. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shuangyin.core.text import Text

DAY_MS = 24 * 3600 * 1000
EXPIRY_NOTICE_DAYS = 30

_STATUS = {
    "suspended": Text("已停用,不能用印", "is suspended and cannot be used"),
    "lost": Text("已挂失,不能用印", "is reported lost and cannot be used"),
}


@dataclass(frozen=True, slots=True)
class SealState:
    """A seal as it stands; times in UTC milliseconds."""

    id: str
    name: str
    status: str
    whereabouts: str | None
    valid_until: int | None


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to know about a seal."""

    level: Literal["info", "warning", "danger"]
    code: str
    seal_id: str
    text: Text


def alerts_of(seal: SealState, now: int) -> list[Alert]:
    """Suspended or lost, expired or soon to expire, away on loan."""
    found = []
    if seal.status in _STATUS:
        said = _STATUS[seal.status]
        level: Literal["warning", "danger"] = "danger" if seal.status == "lost" else "warning"
        text = Text(f"「{seal.name}」{said.zh}。", f"“{seal.name}” {said.en}.")
        found.append(Alert(level, f"SEAL_{seal.status.upper()}", seal.id, text))
    if seal.status == "in_force" and seal.valid_until is not None:
        found.extend(_expiry(seal, seal.valid_until, now))
    if seal.whereabouts == "out_on_loan":
        text = Text(f"「{seal.name}」外带中,尚未归还。", f"“{seal.name}” is out on loan.")
        found.append(Alert("info", "SEAL_ON_LOAN", seal.id, text))
    return found


def _expiry(seal: SealState, valid_until: int, now: int) -> list[Alert]:
    left = valid_until - now
    if left < 0:
        text = Text(f"「{seal.name}」已过有效期。", f"“{seal.name}” has expired.")
        return [Alert("danger", "SEAL_EXPIRED", seal.id, text)]
    if left > EXPIRY_NOTICE_DAYS * DAY_MS:
        return []
    days = left // DAY_MS
    text = Text(f"「{seal.name}」将在 {days} 天后到期。", f"“{seal.name}” expires in {days} days.")
    return [Alert("warning", "SEAL_EXPIRES", seal.id, text)]
