"""Use cases of approvals; the only code that changes their state."""

from shuangyin.approvals.commands.deciding import (
    ACT,
    BATCH_ACT,
    BatchResult,
    Verdict,
    batch_digest,
    decide,
    decide_many,
)
from shuangyin.approvals.commands.handing import add, answer, consult, mark_read, send_copies, transfer
from shuangyin.approvals.commands.overseeing import URGE_AGAIN_MS, urge, withdraw
from shuangyin.approvals.commands.revising import permit_replacement, replaced
from shuangyin.approvals.commands.sending_back import send_back_to
from shuangyin.approvals.commands.starting import RouteOrigin, start

__all__ = [
    "ACT",
    "BATCH_ACT",
    "URGE_AGAIN_MS",
    "BatchResult",
    "RouteOrigin",
    "Verdict",
    "add",
    "answer",
    "batch_digest",
    "consult",
    "decide",
    "decide_many",
    "mark_read",
    "permit_replacement",
    "replaced",
    "send_back_to",
    "send_copies",
    "start",
    "transfer",
    "urge",
    "withdraw",
]
