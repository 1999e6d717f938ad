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
    first_asked,
    outcome_of,
    settled,
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
    "first_asked",
    "outcome_of",
    "settled",
]
