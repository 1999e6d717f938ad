"""What the scenario list answers, and why. Pure: rules and facts in, a decision with its reasons out.

How several rules that match come to one answer:

1. The medium comes from the strongest rule that names one: must before should, then law before regulation before
   counterparty practice before internal, then the order of the list. The others lost, and the decision says so.
2. A must that names a medium refuses the other one; a should only recommends.
3. Seals come from the first rule, in the same order, that names some and does not contradict the medium.
4. Approval steps add up: each matching rule may ask for some, the stricter wish wins per step.
5. Controls add up in the same way; a use is high-risk when any matching rule says so.
6. An absent amount, or one in another currency, meets every condition on amounts: unknown is never read as zero, so
   it takes the highest route.
7. Where no rule names a medium or none names an approval (or, of an unknown amount, none might), the strictest
   general answer is added: both posts approve with a second factor each time. Nothing is sealed without approval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from shuangyin.core.text import Text

Medium = Literal["electronic", "physical", "either", "both"]
OneMedium = Literal["electronic", "physical"]
Order = Literal["electronic_first", "physical_first"]
Scope = Literal["applicant_department", "organization"]
Mode = Literal["all", "any", "in_turn"]
SecondFactor = Literal["each", "window"]
Seam = Literal["allowed", "required"]
Photo = Literal["none", "once", "each_copy"]


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


_STRENGTH_RANK = {Strength.MUST: 0, Strength.SHOULD: 1}
_BASIS_RANK = {Basis.LAW: 0, Basis.REGULATION: 1, Basis.COUNTERPARTY_PRACTICE: 2, Basis.INTERNAL: 3}
POST_RANK = {"department_head": 0, "legal_representative": 9}
_MODE_RANK: dict[Mode, int] = {"any": 0, "in_turn": 1, "all": 2}
_PHOTO_RANK: dict[Photo, int] = {"none": 0, "once": 1, "each_copy": 2}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a use. The amount is in the smallest unit of the currency; None: not known."""

    document_kind: str
    matter: str | None = None
    channel: str | None = None
    amount_minor: int | None = None
    currency: str = "CNY"
    counterparty: str | None = None
    department_id: str | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a rule matches. Empty tuples and None ask for nothing; amounts are `from` inclusive, `below` exclusive."""

    document_kinds: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    counterparty: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    amount_from_minor: int | None = None
    amount_below_minor: int | None = None
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class RouteStepPlan:
    """A step of the approval route: who by post, in which part of the organization, how, with which factor."""

    post_kind: str
    scope: Scope = "applicant_department"
    mode: Mode = "any"
    second_factor: SecondFactor = "window"


@dataclass(frozen=True, slots=True)
class Controls:
    """What has to be done around the use."""

    seam: Seam = "allowed"
    qr: bool = False
    copies_max: int | None = None
    photo: Photo = "none"
    keep_electronic_copy: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says; None and empty parts leave the question to other rules."""

    medium: Medium | None = None
    order: Order | None = None
    seal_categories: tuple[str, ...] = ()
    route: tuple[RouteStepPlan, ...] = ()
    controls: Controls | None = None
    high_risk: bool = False


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
    """A medium that a must excludes."""

    medium: OneMedium
    rule_id: str
    rule: Text
    reason: Text
    citation: str | None
    strength: Strength
    basis: Basis


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


FALLBACK_ROUTE = (
    RouteStepPlan("department_head", "applicant_department", "any", "each"),
    RouteStepPlan("legal_representative", "organization", "any", "each"),
)
FALLBACK_SEALS = ("legal_name",)
_OTHER: dict[OneMedium, OneMedium] = {"electronic": "physical", "physical": "electronic"}


def decide(rules: Iterable[Rule], facts: Facts) -> Decision:
    """The decision of a list about one use; the same rules and facts always give the same answer."""
    matching = sorted((rule for rule in rules if matches(rule.conditions, facts)), key=_precedence)
    medium_rule = next((rule for rule in matching if rule.answer.medium is not None), None)
    medium: Medium = (medium_rule.answer.medium or "either") if medium_rule else "either"
    seal_rule = next(
        (rule for rule in matching if rule.answer.seal_categories and _agrees(rule, medium)), None
    )
    covered = _covered(matching, facts)
    routes = [rule.answer.route for rule in matching]
    route = merge_routes(routes if covered else [*routes, FALLBACK_ROUTE])
    parts = _Parts(medium_rule, seal_rule)
    return Decision(
        medium=medium,
        order=medium_rule.answer.order if medium_rule else None,
        seal_categories=seal_rule.answer.seal_categories if seal_rule else FALLBACK_SEALS,
        route=route,
        controls=merge_controls(rule.answer.controls for rule in matching if rule.answer.controls),
        high_risk=not covered or any(rule.answer.high_risk for rule in matching),
        covered=covered,
        reasons=tuple(_reason(rule, parts, route) for rule in matching if _decided(rule, parts, route)),
        lost=tuple(lost for rule in matching if (lost := _lost(rule, parts)) is not None),
        refused_media=_refused(medium_rule),
        rule_ids=tuple(rule.id for rule in sorted(matching, key=lambda rule: rule.position)),
    )


def matches(conditions: Conditions, facts: Facts) -> bool:
    """Whether every condition holds. What is not known meets no condition, but an unknown amount meets all."""
    return (
        _one_of(conditions.document_kinds, facts.document_kind)
        and _one_of(conditions.matters, facts.matter)
        and _one_of(conditions.channels, facts.channel)
        and _one_of(conditions.counterparty, facts.counterparty)
        and _one_of(conditions.departments, facts.department_id)
        and amount_matches(conditions, facts)
    )


def amount_matches(conditions: Conditions, facts: Facts) -> bool:
    """Whether the amount lies within the rule's; an absent or incomparable amount does."""
    if facts.amount_minor is None or facts.currency != conditions.currency:
        return True
    low, high = conditions.amount_from_minor, conditions.amount_below_minor
    return (low is None or facts.amount_minor >= low) and (high is None or facts.amount_minor < high)


def merge_routes(routes: Iterable[Sequence[RouteStepPlan]]) -> tuple[RouteStepPlan, ...]:
    """All steps that any rule asks for, each once and as strict as anybody asks, the highest post last."""
    merged: dict[tuple[str, Scope], RouteStepPlan] = {}
    for step in (step for route in routes for step in route):
        key = (step.post_kind, step.scope)
        merged[key] = stricter(merged[key], step) if key in merged else step
    return tuple(sorted(merged.values(), key=lambda step: (POST_RANK.get(step.post_kind, 1), step.scope)))


def stricter(one: RouteStepPlan, other: RouteStepPlan) -> RouteStepPlan:
    """The same step with the stricter mode and second factor of two."""
    mode = max(one.mode, other.mode, key=lambda value: _MODE_RANK[value])
    factor: SecondFactor = "each" if "each" in (one.second_factor, other.second_factor) else "window"
    return replace(one, mode=mode, second_factor=factor)


def merge_controls(controls: Iterable[Controls]) -> Controls:
    """Controls that satisfy all: what any asks for is asked for, the smallest limit counts."""
    merged = Controls()
    for one in controls:
        limits = [limit for limit in (merged.copies_max, one.copies_max) if limit is not None]
        merged = Controls(
            seam="required" if "required" in (merged.seam, one.seam) else "allowed",
            qr=merged.qr or one.qr,
            copies_max=min(limits, default=None),
            photo=max(merged.photo, one.photo, key=lambda value: _PHOTO_RANK[value]),
            keep_electronic_copy=merged.keep_electronic_copy or one.keep_electronic_copy,
        )
    return merged


def _covered(matching: Sequence[Rule], facts: Facts) -> bool:
    """Whether rules name a medium and an approval, whatever an unknown amount turns out to be."""
    naming_medium = [rule.conditions for rule in matching if rule.answer.medium is not None]
    naming_route = [rule.conditions for rule in matching if rule.answer.route]
    amounts = [facts.amount_minor]
    if facts.amount_minor is None:
        both = (*naming_medium, *naming_route)
        limits = {limit for one in both for limit in (one.amount_from_minor, one.amount_below_minor)}
        amounts = [0, *(limit for limit in limits if limit is not None)]
    return all(
        any(amount_matches(one, replace(facts, amount_minor=amount)) for one in naming)
        for naming in (naming_medium, naming_route)
        for amount in amounts
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Which rule won which part."""

    medium: Rule | None
    seals: Rule | None


def _precedence(rule: Rule) -> tuple[int, int, int]:
    return (_STRENGTH_RANK[rule.strength], _BASIS_RANK[rule.basis], rule.position)


def _one_of(wanted: Sequence[str], value: str | None) -> bool:
    return not wanted or value in wanted


def _agrees(rule: Rule, medium: Medium) -> bool:
    return rule.answer.medium in (None, medium)


def _decided(rule: Rule, parts: _Parts, route: Sequence[RouteStepPlan]) -> tuple[str, ...]:
    keys = {(step.post_kind, step.scope) for step in route}
    said = {
        "medium": rule is parts.medium,
        "seals": rule is parts.seals,
        "route": any((step.post_kind, step.scope) in keys for step in rule.answer.route),
        "controls": rule.answer.controls is not None,
        "high_risk": rule.answer.high_risk,
    }
    return tuple(part for part, holds in said.items() if holds)


def _reason(rule: Rule, parts: _Parts, route: Sequence[RouteStepPlan]) -> Reason:
    return Reason(
        rule_id=rule.id,
        rule=rule.name,
        text=rule.reason,
        citation=rule.citation,
        strength=rule.strength,
        basis=rule.basis,
        decided=_decided(rule, parts, route),
    )


def _lost(rule: Rule, parts: _Parts) -> Lost | None:
    winner = parts.medium
    if winner is None or rule.answer.medium in (None, winner.answer.medium):
        return None
    if winner.strength is not rule.strength:
        why = Text("其为强制要求，本条为建议", "it binds and this one recommends")
    elif winner.basis is not rule.basis:
        why = Text("其依据效力更高", "its ground is the higher one")
    else:
        why = Text("其在清单中排序在前", "it stands before this one in the list")
    return Lost(
        rule_id=rule.id,
        rule=rule.name,
        text=Text(
            f"用印形式以「{winner.name.zh}」为准：{why.zh}。",
            f"The medium follows “{winner.name.en}”： {why.en}.",
        ),
    )


def _refused(rule: Rule | None) -> tuple[RefusedMedium, ...]:
    if rule is None or rule.strength is not Strength.MUST:
        return ()
    named = rule.answer.medium
    if named not in ("electronic", "physical"):
        return ()
    return (
        RefusedMedium(
            medium=_OTHER[named],
            rule_id=rule.id,
            rule=rule.name,
            reason=rule.reason,
            citation=rule.citation,
            strength=rule.strength,
            basis=rule.basis,
        ),
    )
