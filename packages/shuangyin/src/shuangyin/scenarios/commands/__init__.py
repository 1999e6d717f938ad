"""Use cases of the scenario list: the only code that changes its state."""

from shuangyin.scenarios.commands.acknowledging import acknowledge, remind
from shuangyin.scenarios.commands.drafting import change_header, draft, draft_from_table, replace_rules
from shuangyin.scenarios.commands.simulating import (
    SIMULATE_JOB,
    ask_over_requests,
    ask_over_table,
    cancel,
    checked_table,
    run_simulation,
)
from shuangyin.scenarios.commands.submitting import recall, submit, withdraw
from shuangyin.scenarios.commands.terms_of_lists import SETTLE_JOB, run_settling, settle

__all__ = [
    "SETTLE_JOB",
    "SIMULATE_JOB",
    "acknowledge",
    "ask_over_requests",
    "ask_over_table",
    "cancel",
    "change_header",
    "checked_table",
    "draft",
    "draft_from_table",
    "recall",
    "remind",
    "replace_rules",
    "run_settling",
    "run_simulation",
    "settle",
    "submit",
    "withdraw",
]
