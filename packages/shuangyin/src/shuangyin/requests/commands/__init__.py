"""The use cases of requests, one module each."""

from shuangyin.requests.commands.describing import write_sheet
from shuangyin.requests.commands.drafting import change, create
from shuangyin.requests.commands.outcomes import mark_sealed, mark_voided, seal_by_itself
from shuangyin.requests.commands.replacing import replace
from shuangyin.requests.commands.signing_off import register_issue_form
from shuangyin.requests.commands.submitting import submit
from shuangyin.requests.commands.withdrawing import discard, withdraw

__all__ = [
    "change",
    "create",
    "discard",
    "mark_sealed",
    "mark_voided",
    "register_issue_form",
    "replace",
    "seal_by_itself",
    "submit",
    "withdraw",
    "write_sheet",
]
