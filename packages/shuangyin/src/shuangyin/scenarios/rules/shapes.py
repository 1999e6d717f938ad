"""What rules are made of, what is asked of them, and what they answer: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from shuangyin.core.text import Text

Medium = Literal["electronic", "physical", "either", "both"]
OneMedium = Literal["electronic", "physical"]
Order = Literal["electronic_first", "physical_first"]
Scope = Literal["applicant_department", "organization"]
Mode = Literal["all", "any", "in_turn"]
SecondFactor = Literal["each", "window"]
UseFactor = Literal["window", "each", "two_factors"]
Seam = Literal["allowed", "required"]
Photo = Literal["none", "once", "each_copy", "each_press"]
PhotoMoment = Literal["before", "pressing", "after", "back_in_place"]
ArchiveDuty = Literal["none", "copy_kept", "compulsory"]
Approver = Literal[
    "post", "person", "department_head", "superiors", "applicant_choice", "form_field", "named_route"
]
IfApplicant = Literal["skip", "own", "superior", "department_head"]
IfRepeated = Literal["no", "keep_first", "adjacent"]
IfNobody = Literal["error", "superior", "administrator"]
OnTimeout = Literal["remind", "transfer", "pass", "refuse"]
ExceptionRule = Literal["by_basis", "allowed", "refused"]

PHOTO_MOMENTS: tuple[PhotoMoment, ...] = ("before", "pressing", "after", "back_in_place")
CONTROLS_OF_PAPER = frozenset(
    {
        "photo",
        "photo_moments",
        "fence",
        "watermark",
        "supervisor",
        "keep_electronic_copy",
        "archive_working_days",
        "paper_only",
    }
)
CONTROLS_OF_FILES = frozenset({"qr", "timestamp"})
"""Controls that only a stamped paper has, and those that only a sealed file has; the others bind both."""
FOREIGN = "foreign"
"""The region of a use abroad; every other region is a code of GB/T 2260 or the beginning of one."""


class Strength(StrEnum):
    """Whether a rule binds or recommends."""

    MUST = "must"
    SHOULD = "should"


class Basis(StrEnum):
    """What a rule rests on."""

    LAW = "law"
    REGULATION = "regulation"
    COUNTERPARTY_PRACTICE = "counterparty_practice"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class AmountPart:
    """One of several amounts that add up: whose it is, in the smallest unit of its currency. None: not known."""

    label: str
    amount_minor: int | None
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a use.

    The amount is in the smallest unit of the currency and is the total of what adds up (`parts` names its parts);
    None: not known. `region` is where the paper is used, by GB/T 2260, or "foreign". `excepted` are the rules from
    which the use asks to be excepted: a rule whose basis admits none is not set aside by it.
    """

    document_kind: str
    matter: str | None = None
    channel: str | None = None
    amount_minor: int | None = None
    currency: str = "CNY"
    counterparty: str | None = None
    department_id: str | None = None
    platform: str | None = None
    region: str | None = None
    parts: tuple[AmountPart, ...] = ()
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a rule matches. Empty tuples and None ask for nothing; amounts are `from` inclusive, `below` exclusive.

    `regions` are beginnings of GB/T 2260 codes (11: all of Beijing) or "foreign".
    """

    document_kinds: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    counterparty: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    amount_from_minor: int | None = None
    amount_below_minor: int | None = None
    currency: str = "CNY"
    platforms: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepConditions:
    """When a step of a route is taken at all; what is empty asks for nothing, an unknown amount meets all."""

    media: tuple[OneMedium, ...] = ()
    seal_categories: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    amount_from_minor: int | None = None
    amount_below_minor: int | None = None
    currency: str = "CNY"


ALWAYS = StepConditions()


@dataclass(frozen=True, slots=True)
class RouteStepPlan:
    """A step of the approval route: who decides, how, with which factor, and what to do when nobody can.

    Who, by `approver`: the holders of a post (`post_kind` in `scope`); one `person_id`; the head of the applicant's
    department; the chain of `levels` superiors; whom the applicant chooses among `choice`, or among the holders of
    `post_kind` where `choice` is empty; the person named in the `form_field` of the request; or, in its place, all
    steps of the named route `route_code`. One who is absent is
    replaced by his delegate, then his superior; one who has left by his superior.
    """

    post_kind: str | None = None
    scope: Scope = "applicant_department"
    mode: Mode = "any"
    second_factor: SecondFactor = "window"
    approver: Approver = "post"
    person_id: str | None = None
    levels: int | None = None
    choice: tuple[str, ...] = ()
    form_field: str | None = None
    when: StepConditions = ALWAYS
    if_applicant: IfApplicant = "superior"
    if_repeated: IfRepeated = "adjacent"
    if_nobody: IfNobody = "superior"
    timeout_hours: int | None = None
    on_timeout: OnTimeout = "remind"
    route_code: str | None = None

    @property
    def asks(self) -> tuple[object, ...]:
        """Whom the step asks and when: two steps that agree in it are one step."""
        return (
            self.approver,
            self.post_kind,
            self.scope,
            self.person_id,
            self.levels,
            self.choice,
            self.form_field,
            self.route_code,
            self.when,
        )


@dataclass(frozen=True, slots=True)
class Controls:
    """What has to be done around the use.

    `monthly_allowance` counts uses of this kind by holder and month; `archive_working_days` is the term of a
    compulsory archive copy; `hand_over` says what another platform has to be given.
    """

    seam: Seam = "allowed"
    qr: bool = False
    copies_max: int | None = None
    photo: Photo = "none"
    keep_electronic_copy: bool = False
    second_factor: UseFactor = "window"
    timestamp: bool = False
    photo_moments: tuple[PhotoMoment, ...] = ()
    face_check: bool = False
    fence: bool = False
    watermark: bool = False
    supervisor: bool = False
    archive: ArchiveDuty = "none"
    archive_working_days: int | None = None
    prerequisites: tuple[str, ...] = ()
    stub_numbered: bool = False
    monthly_allowance: int | None = None
    paper_only: bool = False
    hand_over: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says; None and empty parts leave the question to other rules.

    `exception` says whether a use can be excepted from the rule; by its basis, an internal rule can and no other.
    """

    medium: Medium | None = None
    order: Order | None = None
    seal_categories: tuple[str, ...] = ()
    route: tuple[RouteStepPlan, ...] = ()
    controls: Controls | None = None
    high_risk: bool = False
    exception: ExceptionRule = "by_basis"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the list."""

    id: str
    position: int
    name: Text
    conditions: Conditions
    answer: Answer
    strength: Strength
    basis: Basis
    citation: str | None
    reason: Text

    @property
    def exceptable(self) -> bool:
        """Whether a recorded approval can set the rule aside for one use: never when law or regulation demands it."""
        if self.basis in (Basis.LAW, Basis.REGULATION) or self.answer.exception == "refused":
            return False
        return self.basis is Basis.INTERNAL or self.answer.exception == "allowed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that shaped the decision, and in what."""

    rule_id: str
    rule: Text
    text: Text
    citation: str | None
    strength: Strength
    basis: Basis
    decided: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """A rule that matched, and what of it did not stand."""

    rule_id: str
    rule: Text
    text: Text


@dataclass(frozen=True, slots=True)
class RefusedMedium:
    """A medium that a must excludes.

    `demanded_by` are all musts that exclude it, the strongest first; `exceptable` when every one of them admits an
    exception, and otherwise `not_exceptable_by` is the rule that stands in the way.
    """

    medium: OneMedium
    rule_id: str
    rule: Text
    reason: Text
    citation: str | None
    strength: Strength
    basis: Basis
    demanded_by: tuple[str, ...] = ()
    exceptable: bool = False
    not_exceptable_by: str | None = None
    exception: Text | None = None


@dataclass(frozen=True, slots=True)
class Excepted:
    """A rule that an exception sets aside for this use, once it is approved."""

    rule_id: str
    rule: Text
    text: Text


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of a list to one use."""

    medium: Medium
    order: Order | None
    seal_categories: tuple[str, ...]
    route: tuple[RouteStepPlan, ...]
    controls: Controls
    high_risk: bool
    covered: bool
    reasons: tuple[Reason, ...]
    lost: tuple[Lost, ...]
    refused_media: tuple[RefusedMedium, ...]
    rule_ids: tuple[str, ...] = field(default=())
    excepted: tuple[Excepted, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision without its reasons: what is to be done."""

    medium: Medium
    order: Order | None
    seal_categories: tuple[str, ...]
    route: tuple[RouteStepPlan, ...]
    controls: Controls
    high_risk: bool
    covered: bool
    refused: tuple[OneMedium, ...]
    rule_ids: tuple[str, ...]
