"""Pure decisions about originals (原件): what they are, when a loan may go out, when it may come back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shuangyin.core.text import Text
from shuangyin.custody.loan_rules import Span
from shuangyin.custody.rules import Objection

KINDS: dict[str, Text] = {
    "business_licence": Text("营业执照", "Business licence"),
    "title_deed": Text("不动产权证书", "Title deed"),
    "qualification": Text("资质许可证书", "Permit or qualification"),
    "intellectual_property": Text("知识产权证书", "Certificate of intellectual property"),
    "account_permit": Text("开户证明", "Certificate of a bank account"),
    "contract": Text("合同原件", "Original of a contract"),
    "other": Text("其他原件", "Other original"),
}
"""What is kept as an original, by code."""

State = Literal["asked", "approved", "rejected", "sent_back", "out", "overdue", "returned", "cancelled"]


@dataclass(frozen=True, slots=True)
class Returned:
    """What was found of one original on its return: null until somebody looked."""

    name: str
    intact: bool | None
    note: str | None


def binding_of(
    original_ids: Iterable[str], *, borrower_id: str, purpose: str, place: str, from_at: int, due_at: int
) -> str:
    """SM3 over what is asked for: whoever approves approves exactly this."""
    said = {
        "borrower": borrower_id,
        "due_at": due_at,
        "from_at": from_at,
        "originals": sorted(original_ids),
        "place": place,
        "purpose": purpose,
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.new("sm3", text.encode()).hexdigest()


def object_to_overlap(
    name: str, spans: Iterable[Span], *, from_at: int, due_at: int, now: int
) -> Objection | None:
    """None when no other loan of the original is approved or out in the same time."""
    for span in spans:
        if span.meets(from_at, due_at, now):
            return Objection(
                "LOAN_OVERLAPS",
                Text(
                    f"「{name}」在这段时间已由借阅 {span.number} 借出，请改时间，或待其归还后再申请。",
                    f"“{name}” is on loan {span.number} in that time. Choose another time, or wait until it is back.",
                ),
            )
    return None


def object_to_return(items: Iterable[Returned]) -> Objection | None:
    """None when every original was looked at, and what is damaged is described."""
    for one in items:
        if one.intact is None:
            return Objection(
                "ORIGINAL_UNCHECKED",
                Text(
                    f"「{one.name}」尚未查验。请保管人逐件查验后再确认归还。",
                    f"“{one.name}” has not been looked at. The custodian checks every original first.",
                ),
            )
        if not one.intact and not (one.note or "").strip():
            return Objection(
                "DAMAGE_UNDESCRIBED",
                Text(
                    f"「{one.name}」不完好而未写明情况，请补充。",
                    f"“{one.name}” is not intact and nothing is written about it. Describe what is wrong.",
                ),
            )
    return None


def state_of(now: int, *, status: str, due_at: int) -> State:
    """How a loan is shown: one that is out is overdue at the instant it is due."""
    if status == "out" and now >= due_at:
        return "overdue"
    return status  # type: ignore[return-value]  # the statuses of the table are states, and are checked there
