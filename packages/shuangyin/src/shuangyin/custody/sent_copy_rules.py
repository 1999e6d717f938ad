"""Pure decisions about copies that went out: never more than were sealed, never more back than were sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from shuangyin.core.text import Text
from shuangyin.custody.rules import Objection

State = Literal["out", "overdue", "partly_back", "back", "stays", "void"]


def sealed_copies(asked: int, stamped: Mapping[str, Sequence[int]]) -> int:
    """How many copies bear a seal: of whichever seal was put on most of them, and never more than were asked for.

    `stamped` are the copies of each registered use, by seal: one seal may be put on the same copies twice, for example
    on the page and over the seam.
    """
    return min(asked, max((sum(counts) for counts in stamped.values()), default=0))


def object_to_sending(sealed: int, sent: Iterable[int], now: int) -> Objection | None:
    """None when no more copies go out than were sealed."""
    left = sealed - sum(sent)
    if now <= left:
        return None
    return Objection(
        "COPIES_NOT_SEALED",
        Text(
            f"已盖章 {sealed} 份，还可寄出 {left} 份。",
            f"{sealed} copies were sealed; {left} are left to be sent.",
        ),
    )


def object_to_return(sent: int, back: Iterable[int], now: int) -> Objection | None:
    """None when no more copies come back than were sent."""
    left = sent - sum(back)
    if now <= left:
        return None
    return Objection(
        "COPIES_NOT_OUT",
        Text(f"尚未返回的只有 {left} 份。", f"Only {left} copies have not come back yet."),
    )


def state_of(now: int, *, copies: int, back: int, due_at: int | None, void: bool) -> State:
    """How a sending is shown; one that is past its time is overdue until every copy is back."""
    if void:
        return "void"
    if back >= copies:
        return "back"
    if due_at is None:
        return "stays"
    if now >= due_at:
        return "overdue"
    return "partly_back" if back else "out"
