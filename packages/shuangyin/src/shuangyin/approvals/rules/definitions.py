"""What a step of a route asks for: by whom, when, in which way, and what to do in the special cases. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shuangyin.approvals.rules.stepping import SecondFactorRule, StepMode
from shuangyin.core.text import Text

MAX_LEVELS = 10
"""A chain of superiors is never longer; an organization of ten levels would be a large one."""


class ApproverKind(StrEnum):
    """How the approvers of a step are named."""

    POST = "post"
    PERSON = "person"
    DEPARTMENT_HEAD = "department_head"
    SUPERIORS = "superiors"
    APPLICANT_CHOICE = "applicant_choice"
    FORM_FIELD = "form_field"


class WhenApplicant(StrEnum):
    """What happens when an approver is the applicant himself."""

    SKIP = "skip"
    OWN = "own"
    SUPERIOR = "superior"
    DEPARTMENT_HEAD = "department_head"


class WhenRepeated(StrEnum):
    """Whether who approved before is asked again: always, never, or only when a step lies between."""

    NO = "no"
    KEEP_FIRST = "keep_first"
    ADJACENT = "adjacent"


class WhenAbsent(StrEnum):
    """Who stands in for somebody absent: his delegate, or the delegate and without one the superior."""

    DELEGATE = "delegate"
    SUPERIOR = "superior"


class WhenNobody(StrEnum):
    """What happens when nobody is left to ask."""

    ERROR = "error"
    SUPERIOR = "superior"
    ADMINISTRATOR = "administrator"


class OnTimeout(StrEnum):
    """What happens when a step passes its time. A high-risk use is never passed for lack of an answer."""

    REMIND = "remind"
    TRANSFER = "transfer"
    PASS = "pass"  # noqa: S105  # an outcome, not a password
    REFUSE = "refuse"


class Hours(StrEnum):
    """Which hours count towards a time-out."""

    WORKING = "working"
    ALL = "all"


class FactPart(StrEnum):
    """A part of what is approved; a step may be concerned with some only."""

    DOCUMENTS = "documents"
    PLACES = "places"
    AMOUNT = "amount"
    COUNTERPARTY = "counterparty"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who is to be asked.

    `post_kind` and `scope` name a post; `person_ids` are the persons themselves, or those an applicant chooses among
    (empty: whoever holds the post); `levels` is how far a chain of superiors goes; `form_field` names the field of the
    request that holds a person.
    """

    kind: ApproverKind
    post_kind: str | None = None
    scope: str = "applicant_department"
    person_ids: tuple[str, ...] = ()
    levels: int = 1
    form_field: str | None = None


@dataclass(frozen=True, slots=True)
class StepConditions:
    """When a step is part of the route. Empty parts ask for nothing; an unknown amount meets every limit."""

    media: tuple[str, ...] = ()
    seal_categories: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    applicants: tuple[str, ...] = ()
    amount_from_minor: int | None = None
    amount_below_minor: int | None = None
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Timeout:
    """After how many hours something happens, and what."""

    hours: float
    counted: Hours
    then: OnTimeout


@dataclass(frozen=True, slots=True)
class SpecialCases:
    """The settings of a step for the cases that every office knows."""

    applicant: WhenApplicant = WhenApplicant.SUPERIOR
    repeated: WhenRepeated = WhenRepeated.ADJACENT
    absent: WhenAbsent = WhenAbsent.SUPERIOR
    nobody: WhenNobody = WhenNobody.ERROR


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """One step of a route before anybody is named. `looks_at` empty: at everything."""

    key: str
    name: Text
    approvers: Approvers
    mode: StepMode = StepMode.ANY
    second_factor: SecondFactorRule = SecondFactorRule.WINDOW
    conditions: StepConditions = field(default_factory=StepConditions)
    special: SpecialCases = field(default_factory=SpecialCases)
    timeout: Timeout | None = None
    looks_at: tuple[FactPart, ...] = ()
    issue_form_counts: bool = False


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What a route is planned by. The amount is in the smallest unit of the currency; None: not known.

    `fields` are the persons that fields of the request name, `choices` those the applicant chose, by step key.
    """

    applicant_id: str
    department_id: str | None
    medium: str = ""
    seal_categories: tuple[str, ...] = ()
    amount_minor: int | None = None
    currency: str = "CNY"
    high_risk: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a definition cannot stand, with the step it concerns (from 1; 0: the whole route)."""

    code: str
    step: int
    text: Text


def applies(conditions: StepConditions, facts: RouteFacts) -> bool:
    """Whether a step is part of the route of a request."""
    return (
        (not conditions.media or facts.medium in conditions.media)
        and (
            not conditions.seal_categories or bool(set(conditions.seal_categories) & {*facts.seal_categories})
        )
        and (not conditions.departments or facts.department_id in conditions.departments)
        and (not conditions.applicants or facts.applicant_id in conditions.applicants)
        and _amount_applies(conditions, facts)
    )


def objections_to(steps: Sequence[StepDefinition]) -> list[Objection]:
    """What is wrong with a route before it is used: no step, two of one key, approvers that name nobody."""
    if not steps:
        return [Objection("NO_STEP", 0, Text("流程至少要有一个节点。", "A route needs at least one step."))]
    found = []
    seen: set[str] = set()
    for number, step in enumerate(steps, start=1):
        if step.key in seen:
            found.append(
                Objection(
                    "STEP_KEY_TWICE",
                    number,
                    Text(
                        f"第 {number} 个节点的代码与前面的重复。",
                        f"Step {number} repeats the key of another.",
                    ),
                )
            )
        seen.add(step.key)
        found += [Objection(code, number, text) for code, text in _objections_to_step(number, step)]
    return found


def _amount_applies(conditions: StepConditions, facts: RouteFacts) -> bool:
    if facts.amount_minor is None or facts.currency != conditions.currency:
        return True
    low, high = conditions.amount_from_minor, conditions.amount_below_minor
    return (low is None or facts.amount_minor >= low) and (high is None or facts.amount_minor < high)


def _objections_to_step(number: int, step: StepDefinition) -> list[tuple[str, Text]]:
    who = step.approvers
    found: list[tuple[str, Text]] = []
    names_nobody = {
        ApproverKind.POST: who.post_kind is None,
        ApproverKind.PERSON: not who.person_ids,
        ApproverKind.APPLICANT_CHOICE: not who.person_ids and who.post_kind is None,
        ApproverKind.FORM_FIELD: not who.form_field,
    }
    if names_nobody.get(who.kind, False):
        found.append(
            (
                "STEP_WITHOUT_APPROVER",
                Text(f"第 {number} 个节点没有写明审批人。", f"Step {number} does not say who approves."),
            )
        )
    low, high = step.conditions.amount_from_minor, step.conditions.amount_below_minor
    if low is not None and high is not None and low >= high:
        found.append(
            (
                "STEP_NEVER_APPLIES",
                Text(
                    f"第 {number} 个节点的金额条件没有交集，永远不会用到。",
                    f"No amount meets the limits of step {number}; it would never apply.",
                ),
            )
        )
    if step.timeout is not None and step.timeout.then is OnTimeout.PASS and step.second_factor.each_time:
        found.append(
            (
                "PASS_NEEDS_NOBODY",
                Text(
                    f"第 {number} 个节点每次都须二次验证，不能设为超时自动通过。",
                    f"Step {number} asks for the second factor each time and cannot pass for lack of an answer.",
                ),
            )
        )
    return found
