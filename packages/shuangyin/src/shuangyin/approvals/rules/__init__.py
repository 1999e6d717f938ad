"""Pure decisions of approvals: how a step comes to its result, who is asked, until when, what a change undoes."""

from shuangyin.approvals.rules.stepping import (
    Asked,
    AssignmentStatus,
    DecisionKind,
    SecondFactorRule,
    StepMode,
    StepOutcome,
    StepPlan,
    StepResult,
    decision_slot,
    factor_suffices,
    first_asked,
    outcome_of,
    settled,
    strictest,
)

__all__ = [
    "Asked",
    "AssignmentStatus",
    "DecisionKind",
    "SecondFactorRule",
    "StepMode",
    "StepOutcome",
    "StepPlan",
    "StepResult",
    "decision_slot",
    "factor_suffices",
    "first_asked",
    "outcome_of",
    "settled",
    "strictest",
]
