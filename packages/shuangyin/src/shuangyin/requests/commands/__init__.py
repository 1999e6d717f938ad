"""The use cases of requests, one module each."""

from shuangyin.requests.commands.drafting import change, create
from shuangyin.requests.commands.outcomes import mark_sealed
from shuangyin.requests.commands.submitting import submit
from shuangyin.requests.commands.withdrawing import withdraw

__all__ = ["change", "create", "mark_sealed", "submit", "withdraw"]
