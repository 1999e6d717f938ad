"""What the scenario list answers, and why. Pure: rules and facts in, a decision with its reasons out.

How several rules that match come to one answer:

1. The medium comes from the strongest rule that names one: must before should, then law before regulation before
   counterparty practice before internal, then the order of the list. The others lost, and the decision says so.
2. A must that names a medium refuses the other one; a should only recommends.
3. Seals come from the first rule, in the same order, that names some and does not contradict the medium.
4. Approval steps add up: each matching rule may ask for some, the stricter wish wins per step.
5. Controls add up in the same way; a use is high-risk when any matching rule says so, and no step of a high-risk
   use passes because time ran out.
6. An absent amount, or one in a currency without a rate, meets every condition on amounts: unknown is never read as
   zero, so it takes the highest route.
7. Where no rule names a medium or none names an approval (or, of an unknown amount, none might), the strictest
   general answer is added: both posts approve with a second factor each time. Nothing is sealed without approval.
8. A use that is excepted from a rule is free of what that rule limits (medium, seals, numbers, prerequisites), keeps
   what it protects (approvals, controls, risk), and the root office decides last. Law and regulation admit none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shuangyin.core.text import Text
from shuangyin.scenarios.rules.amounts import NO_RATES, Rates
from shuangyin.scenarios.rules.matching import amount_matches, matches
from shuangyin.scenarios.rules.merging import merge_controls, merge_routes
from shuangyin.scenarios.rules.shapes import (
    Basis,
    Conditions,
    Decision,
    Excepted,
    Facts,
    Lost,
    Medium,
    OneMedium,
    Reason,
    RefusedMedium,
    RouteStepPlan,
    Rule,
    Strength,
)

_STRENGTH_RANK = {Strength.MUST: 0, Strength.SHOULD: 1}
_BASIS_RANK = {Basis.LAW: 0, Basis.REGULATION: 1, Basis.COUNTERPARTY_PRACTICE: 2, Basis.INTERNAL: 3}
ROOT_STEP = RouteStepPlan("legal_representative", "organization", "any", "each")
"""The root office decides: added by an exception, and the last step of what no rule covers."""
FALLBACK_ROUTE = (
    RouteStepPlan("department_head", "applicant_department", "any", "each"),
    ROOT_STEP,
)
FALLBACK_SEALS = ("legal_name",)
_OTHER: dict[OneMedium, OneMedium] = {"electronic": "physical", "physical": "electronic"}


def decide(rules: Iterable[Rule], facts: Facts, rates: Rates = NO_RATES) -> Decision:
    """The decision of a list about one use; the same rules and facts always give the same answer."""
    return decide_among([rule for rule in rules if matches(rule.conditions, facts, rates)], facts, rates)


def decide_among(matching: Iterable[Rule], facts: Facts, rates: Rates = NO_RATES) -> Decision:
    """The decision when exactly these rules match, in whatever order they are handed over."""
    asked = sorted(matching, key=precedence)
    excepted = frozenset(rule.id for rule in asked if rule.id in facts.excepted and rule.exceptable)
    binding = [without_limits(rule) if rule.id in excepted else rule for rule in asked]
    parts = _parts(binding)
    covered = _covered(asked, facts, rates)
    high_risk = not covered or any(rule.answer.high_risk for rule in asked)
    route = _route(asked, covered=covered, high_risk=high_risk, excepted=bool(excepted))
    return Decision(
        medium=parts.answer_medium,
        order=parts.medium.answer.order if parts.medium else None,
        seal_categories=parts.seals.answer.seal_categories if parts.seals else FALLBACK_SEALS,
        route=route,
        controls=merge_controls(rule.answer.controls for rule in binding if rule.answer.controls),
        high_risk=high_risk,
        covered=covered,
        reasons=tuple(_reason(rule, parts) for rule in binding if _decided(rule, parts)),
        lost=tuple(lost for rule in binding if (lost := _lost(rule, parts)) is not None),
        refused_media=_refused(parts.medium, binding),
        rule_ids=tuple(rule.id for rule in sorted(asked, key=lambda rule: rule.position)),
        excepted=tuple(_excepted(rule) for rule in asked if rule.id in excepted),
    )


def precedence(rule: Rule) -> tuple[int, int, int]:
    """The order in which rules prevail, the strongest first."""
    return (_STRENGTH_RANK[rule.strength], _BASIS_RANK[rule.basis], rule.position)


def without_limits(rule: Rule) -> Rule:
    """What remains of a rule from which a use is excepted: it protects as before and limits no longer."""
    answer, controls = rule.answer, rule.answer.controls
    if controls is not None:
        controls = replace(
            controls, copies_max=None, monthly_allowance=None, prerequisites=(), paper_only=False
        )
    return replace(
        rule, answer=replace(answer, medium=None, order=None, seal_categories=(), controls=controls)
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Which rule won which part."""

    medium: Rule | None
    seals: Rule | None

    @property
    def answer_medium(self) -> Medium:
        return (self.medium.answer.medium or "either") if self.medium else "either"


def _parts(binding: Sequence[Rule]) -> _Parts:
    winner = next((rule for rule in binding if rule.answer.medium is not None), None)
    named: Medium = (winner.answer.medium or "either") if winner else "either"
    seals = next(
        (rule for rule in binding if rule.answer.seal_categories and rule.answer.medium in (None, named)),
        None,
    )
    return _Parts(winner, seals)


def _route(
    asked: Sequence[Rule], *, covered: bool, high_risk: bool, excepted: bool
) -> tuple[RouteStepPlan, ...]:
    routes = [rule.answer.route for rule in asked]
    if not covered:
        routes.append(FALLBACK_ROUTE)
    if excepted:
        routes.append((ROOT_STEP,))
    route = merge_routes(routes)
    if not high_risk:
        return route
    return tuple(replace(step, on_timeout="remind") if step.on_timeout == "pass" else step for step in route)


def _covered(asked: Sequence[Rule], facts: Facts, rates: Rates) -> bool:
    """Whether rules name a medium and an approval, whatever an unknown amount turns out to be."""
    naming_medium = [rule.conditions for rule in asked if rule.answer.medium is not None]
    naming_route = [rule.conditions for rule in asked if rule.answer.route]
    return covers(naming_medium, facts, rates) and covers(naming_route, facts, rates)


def covers(naming: Sequence[Conditions], facts: Facts, rates: Rates) -> bool:
    """Whether one of these conditions surely holds, whatever the amount is that is not known.

    Limits in currencies that cannot be compared say nothing about each other, so those of one currency (or of
    currencies with rates) must cover every amount among themselves.
    """
    limited: dict[str, list[Conditions]] = {}
    for one in naming:
        if one.amount_from_minor is None and one.amount_below_minor is None:
            return True
        limited.setdefault(rates.comparable_with(one.currency), []).append(one)
    return any(
        all(any(amount_matches(one, case, rates) for one in group) for case in _cases(group, facts, rates))
        for group in limited.values()
    )


def _cases(group: Sequence[Conditions], facts: Facts, rates: Rates) -> Iterable[Facts]:
    """The amounts to try: the one that is known, else nothing and every limit, between which nothing changes."""
    own = rates.comparable_with(group[0].currency)
    if facts.amount_minor is not None and rates.comparable_with(facts.currency) == own:
        return [facts]
    limits = {
        (limit, one.currency)
        for one in group
        for limit in (0, one.amount_from_minor, one.amount_below_minor)
        if limit is not None
    }
    return [replace(facts, amount_minor=limit, currency=currency) for limit, currency in limits]


def _decided(rule: Rule, parts: _Parts) -> tuple[str, ...]:
    said = {
        "medium": parts.medium is rule,
        "seals": parts.seals is rule,
        "route": bool(rule.answer.route),
        "controls": rule.answer.controls is not None,
        "high_risk": rule.answer.high_risk,
    }
    return tuple(part for part, holds in said.items() if holds)


def _reason(rule: Rule, parts: _Parts) -> Reason:
    return Reason(
        rule_id=rule.id,
        rule=rule.name,
        text=rule.reason,
        citation=rule.citation,
        strength=rule.strength,
        basis=rule.basis,
        decided=_decided(rule, parts),
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
            f"The medium follows “{winner.name.en}”: {why.en}.",
        ),
    )


def _refused(winner: Rule | None, binding: Sequence[Rule]) -> tuple[RefusedMedium, ...]:
    if winner is None or winner.strength is not Strength.MUST:
        return ()
    named = winner.answer.medium
    if named not in ("electronic", "physical"):
        return ()
    demanding = [rule for rule in binding if rule.strength is Strength.MUST and rule.answer.medium == named]
    firm = next((rule for rule in demanding if not rule.exceptable), None)
    return (
        RefusedMedium(
            medium=_OTHER[named],
            rule_id=winner.id,
            rule=winner.name,
            reason=winner.reason,
            citation=winner.citation,
            strength=winner.strength,
            basis=winner.basis,
            demanded_by=tuple(rule.id for rule in demanding),
            exceptable=firm is None,
            not_exceptable_by=None if firm is None else firm.id,
        ),
    )


def _excepted(rule: Rule) -> Excepted:
    return Excepted(
        rule_id=rule.id,
        rule=rule.name,
        text=Text(
            f"本次申请不适用「{rule.name.zh}」的限制，须由清单批准人同意。",
            f"“{rule.name.en}” does not limit this use, provided that the approver of the list consents.",
        ),
    )
