"""Refusals of the evidence area."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Unavailable


def not_sequenced() -> Conflict:
    """The entry has no place in a signed head yet."""
    return Conflict(
        "NOT_SEQUENCED",
        "这条存证正在写入日志，请几秒后再取证明。",
        "This entry is still on its way into the log. Ask for the proof again in a few seconds.",
    )


def log_moved() -> Unavailable:
    """Another sequencer advanced the log between reading and writing its head."""
    return Unavailable(
        "LOG_MOVED",
        "日志正由另一进程推进，将自动重试。",
        "Another process is advancing the log; this is retried by itself.",
    )


def signing_refused(zh: str, en: str) -> Unavailable:
    """The log is not what somebody remembers it to be; nothing is signed until that is settled."""
    return Unavailable("LOG_SIGNING_REFUSED", zh, en)
