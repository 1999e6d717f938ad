"""How a step of an approval comes to its result. Pure: plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shuangyin.approvals.rules.definitions import StepDefinition


class StepMode(StrEnum):
    """How several persons of a step decide: 会签 `all`, 或签 `any`, 依次 `in_turn`."""

    ALL = "all"
    ANY = "any"
    IN_TURN = "in_turn"


class SecondFactorRule(StrEnum):
    """Which second factor a step asks for, the weakest first: a recent one within the window, one each time, or
    password and second factor together each time."""

    WINDOW = "window"
    EACH = "each"
    TWO_FACTORS = "two_factors"

    @property
    def each_time(self) -> bool:
        """Whether nothing that was shown before for another act will do."""
        return self is not SecondFactorRule.WINDOW


class DecisionKind(StrEnum):
    """What an approver can say: 同意, 不同意, 退回."""

    APPROVE = "approve"
    REJECT = "reject"
    SEND_BACK = "send_back"


class AssignmentStatus(StrEnum):
    """What a person has to do with a step.

    `closed` means that others decided it, `delegated` that a stand-in is asked while he is absent, `removed` that he
    left or lost the right to approve.
    """

    WAITING = "waiting"
    OPEN = "open"
    DECIDED = "decided"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    DELEGATED = "delegated"
    REMOVED = "removed"


class StepResult(StrEnum):
    """What a decision makes of its step."""

    CONTINUES = "continues"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step to be asked for: who, how, with which second factor.

    `barred_person_id` may not decide it, whoever transfers the step to him (separation of duties). `ended_as` is why
    the step is over before it began; `definition` is what it was planned from, kept for the time it runs.
    """

    name_zh: str
    name_en: str
    mode: StepMode
    second_factor: SecondFactorRule
    person_ids: tuple[str, ...]
    barred_person_id: str | None = None
    due_at: int | None = None
    definition: StepDefinition | None = None
    ended_as: str | None = None
    instead_of: tuple[str, ...] = ()
    """Those named who are not asked: they have left or may not decide, or it is the applicant's own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One person of a step as he stands."""

    person_id: str
    position: int
    status: AssignmentStatus


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What a decision makes of its step, and who is asked next within it."""

    result: StepResult
    next_person_id: str | None = None


def strictest(*rules: SecondFactorRule) -> SecondFactorRule:
    """The strictest of what several sides ask."""
    return max(rules, key=list(SecondFactorRule).index)


def factor_suffices(shown: str, rule: SecondFactorRule) -> bool:
    """Whether what covered a decision (`window`, `proof`, `two_factors`) is enough for a step that asks so."""
    enough = {
        SecondFactorRule.WINDOW: ("window", "proof", "two_factors"),
        SecondFactorRule.EACH: ("proof", "two_factors"),
        SecondFactorRule.TWO_FACTORS: ("two_factors",),
    }
    return shown in enough[rule]


def first_asked(mode: StepMode, person_ids: Sequence[str]) -> frozenset[str]:
    """Who is asked when the step opens: everybody, or the first of those asked in turn."""
    return frozenset(person_ids[:1]) if mode is StepMode.IN_TURN else frozenset(person_ids)


def outcome_of(mode: StepMode, asked: Sequence[Asked], person_id: str, decision: DecisionKind) -> StepOutcome:
    """What the step comes to when this person decides so. One refusal or sending back ends it in every mode."""
    if decision is DecisionKind.REJECT:
        return StepOutcome(StepResult.REJECTED)
    if decision is DecisionKind.SEND_BACK:
        return StepOutcome(StepResult.SENT_BACK)
    if mode is StepMode.ANY:
        return StepOutcome(StepResult.APPROVED)
    undecided = (AssignmentStatus.WAITING, AssignmentStatus.OPEN)
    remaining = [one for one in asked if one.person_id != person_id and one.status in undecided]
    if not remaining:
        return StepOutcome(StepResult.APPROVED)
    if mode is StepMode.IN_TURN:
        following = min(remaining, key=lambda one: (one.position, one.person_id))
        return StepOutcome(StepResult.CONTINUES, following.person_id)
    return StepOutcome(StepResult.CONTINUES)


def settled(mode: StepMode, asked: Sequence[Asked]) -> bool:
    """Whether what was said is enough to approve the step: one answer for 或签, else nobody is left to answer."""
    decided = any(one.status is AssignmentStatus.DECIDED for one in asked)
    if mode is StepMode.ANY:
        return decided
    left = (AssignmentStatus.WAITING, AssignmentStatus.OPEN)
    return decided and not any(one.status in left for one in asked)


def decision_slot(mode: StepMode, step_id: str, person_id: str, turn: int = 1) -> str:
    """What may be decided once: the whole step for 或签, the step by each person otherwise, in each of its turns.

    A step has a further turn when it was sent back to or when what it decides on was replaced.
    """
    slot = step_id if mode is StepMode.ANY else f"{step_id}:{person_id}"
    return slot if turn == 1 else f"{slot}:{turn}"
