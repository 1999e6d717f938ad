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
8. A use that is excepted from a rule is free of what that rule limits (medium, seals, numbers, prerequisites, a device), keeps
   what it protects (approvals, controls, risk), and the root office decides last. Law and regulation admit none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shuangyin.core.text import Text
from shuangyin.scenarios.rules.amounts import NO_RATES, Rates
from shuangyin.scenarios.rules.matching import matches
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
    Verdict,
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
_OTHER: dict[Medium, OneMedium] = {"electronic": "physical", "physical": "electronic"}


def decide(rules: Iterable[Rule], facts: Facts, rates: Rates = NO_RATES) -> Decision:
    """The decision of a list about one use; the same rules and facts always give the same answer."""
    return decide_among([rule for rule in rules if matches(rule.conditions, facts, rates)], facts, rates)


def decide_among(matching: Iterable[Rule], facts: Facts, rates: Rates = NO_RATES) -> Decision:
    """The decision when exactly these rules match, in whatever order they are handed over."""
    settled = _settle(sorted(matching, key=precedence), facts, rates)
    verdict, parts, binding = settled.verdict, settled.parts, settled.binding
    return Decision(
        medium=verdict.medium,
        order=verdict.order,
        seal_categories=verdict.seal_categories,
        route=verdict.route,
        controls=verdict.controls,
        high_risk=verdict.high_risk,
        covered=verdict.covered,
        reasons=tuple(_reason(rule, parts) for rule in binding if _decided(rule, parts)),
        lost=tuple(lost for rule in binding if (lost := _lost(rule, parts)) is not None),
        refused_media=_refused(parts.medium, binding),
        rule_ids=verdict.rule_ids,
        excepted=tuple(_excepted(rule) for rule in settled.excepted),
    )


def verdict_among(matching: Sequence[Rule], facts: Facts, rates: Rates = NO_RATES) -> Verdict:
    """What is to be done when exactly these rules match, the strongest first: `decide_among` without its reasons."""
    return _settle(matching, facts, rates).verdict


def verdict_of(decision: Decision) -> Verdict:
    """What is to be done by a decision."""
    return Verdict(
        medium=decision.medium,
        order=decision.order,
        seal_categories=decision.seal_categories,
        route=decision.route,
        controls=decision.controls,
        high_risk=decision.high_risk,
        covered=decision.covered,
        refused=tuple(one.medium for one in decision.refused_media),
        rule_ids=decision.rule_ids,
    )


@dataclass(frozen=True, slots=True)
class _Settled:
    """A verdict, the rules as they bind (strongest first), and those that are excepted."""

    verdict: Verdict
    parts: _Parts
    binding: Sequence[Rule]
    excepted: Sequence[Rule]


def _settle(asked: Sequence[Rule], facts: Facts, rates: Rates) -> _Settled:
    excepted = [rule for rule in asked if facts.excepted and rule.id in facts.excepted and rule.exceptable]
    binding = [without_limits(rule) if rule in excepted else rule for rule in asked] if excepted else asked
    parts = _parts(binding)
    covered = _covered(asked, facts, rates)
    high_risk = not covered or any(rule.answer.high_risk for rule in asked)
    refused = refused_medium(parts.medium)
    verdict = Verdict(
        medium=parts.answer_medium,
        order=parts.medium.answer.order if parts.medium else None,
        seal_categories=parts.seals.answer.seal_categories if parts.seals else FALLBACK_SEALS,
        route=route_of(
            [rule.answer.route for rule in asked],
            covered=covered,
            high_risk=high_risk,
            excepted=bool(excepted),
        ),
        controls=merge_controls(rule.answer.controls for rule in binding if rule.answer.controls),
        high_risk=high_risk,
        covered=covered,
        refused=() if refused is None else (refused,),
        rule_ids=tuple([rule.id for rule in sorted(asked, key=position)]),
    )
    return _Settled(verdict, parts, binding, excepted)


def position(rule: Rule) -> int:
    """The place of a rule in its list."""
    return rule.position


def precedence(rule: Rule) -> tuple[int, int, int]:
    """The order in which rules prevail, the strongest first."""
    return (_STRENGTH_RANK[rule.strength], _BASIS_RANK[rule.basis], rule.position)


def without_limits(rule: Rule) -> Rule:
    """What remains of a rule from which a use is excepted: it protects as before and limits no longer."""
    answer, controls = rule.answer, rule.answer.controls
    if controls is not None:
        # Face check and fence stand or fall with a device: where there is none, they limit who can press at all.
        controls = replace(
            controls,
            copies_max=None,
            monthly_allowance=None,
            prerequisites=(),
            paper_only=False,
            face_check=False,
            fence=False,
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


def route_of(
    asked: Sequence[tuple[RouteStepPlan, ...]], *, covered: bool, high_risk: bool, excepted: bool
) -> tuple[RouteStepPlan, ...]:
    """The route that rules come to, with what is added where they leave a gap or an exception is asked for."""
    routes = list(asked)
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


def covers(matching: Iterable[Conditions], facts: Facts, rates: Rates) -> bool:
    """Whether one of these conditions, which all match, surely does, whatever the amount is that is not known.

    Limits in currencies that cannot be compared say nothing about each other, so those of one currency (or of
    currencies with rates) must cover every amount among themselves.
    """
    known = rates.comparable_with(facts.currency) if facts.amount_minor is not None else None
    spans: dict[str, list[tuple[int, int | None]]] = {}
    for one in matching:
        group = rates.comparable_with(one.currency)
        if group == known or (one.amount_from_minor is None and one.amount_below_minor is None):
            return True
        low, high = one.amount_from_minor or 0, one.amount_below_minor
        spans.setdefault(group, []).append(
            (
                rates.comparable(low, one.currency),
                None if high is None else rates.comparable(high, one.currency),
            )
        )
    return any(_cover_every_amount(group) for group in spans.values())


def _cover_every_amount(spans: list[tuple[int, int | None]]) -> bool:
    reach = 0
    for low, high in sorted(spans, key=lambda span: span[0]):
        if low > reach:
            return False
        if high is None:
            return True
        reach = max(reach, high)
    return False


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
    """What of a rule that matched does not stand: its medium, or its seals."""
    medium, seals = parts.medium, parts.seals
    if medium is not None and rule.answer.medium not in (None, medium.answer.medium):
        why = _why(medium, rule)
        text = Text(
            f"用印形式以「{medium.name.zh}」为准：{why.zh}。",
            f"The medium follows “{medium.name.en}”: {why.en}.",
        )
    elif seals is not None and rule.answer.seal_categories not in ((), seals.answer.seal_categories):
        why = _why(seals, rule)
        text = Text(
            f"印章以「{seals.name.zh}」为准：{why.zh}。",
            f"The seals follow “{seals.name.en}”: {why.en}.",
        )
    else:
        return None
    return Lost(rule_id=rule.id, rule=rule.name, text=text)


def _why(winner: Rule, loser: Rule) -> Text:
    if winner.strength is not loser.strength:
        return Text("其为强制要求，本条为建议", "it binds and this one recommends")
    if winner.basis is not loser.basis:
        return Text("其依据效力更高", "its ground is the higher one")
    return Text("其在清单中排序在前", "it stands before this one in the list")


def refused_medium(winner: Rule | None) -> OneMedium | None:
    """The medium that a winning must excludes."""
    if winner is None or winner.strength is not Strength.MUST:
        return None
    return _OTHER.get(winner.answer.medium) if winner.answer.medium else None


def _refused(winner: Rule | None, binding: Sequence[Rule]) -> tuple[RefusedMedium, ...]:
    refused = refused_medium(winner)
    if winner is None or refused is None:
        return ()
    named = winner.answer.medium
    demanding = [rule for rule in binding if rule.strength is Strength.MUST and rule.answer.medium == named]
    firm = next((rule for rule in demanding if not rule.exceptable), None)
    return (
        RefusedMedium(
            medium=refused,
            rule_id=winner.id,
            rule=winner.name,
            reason=winner.reason,
            citation=winner.citation,
            strength=winner.strength,
            basis=winner.basis,
            demanded_by=tuple(rule.id for rule in demanding),
            exceptable=firm is None,
            not_exceptable_by=None if firm is None else firm.id,
            exception=_exception(firm),
        ),
    )


_WHY_FIRM = {
    Basis.LAW: Text("以法律为依据", "it rests on law"),
    Basis.REGULATION: Text("以规范性文件为依据", "it rests on regulation"),
    Basis.COUNTERPARTY_PRACTICE: Text("由往来方的要求决定", "the other side demands it"),
    Basis.INTERNAL: Text("清单不允许例外", "the list allows none"),
}


def _exception(firm: Rule | None) -> Text:
    """Whether an exception can be asked for, and who gives it."""
    if firm is None:
        return Text(
            "可以申请例外：写明理由，由清单批准人（法定代表人等）一并审批，并留存记录。",
            "An exception can be asked for: give the reason; the approver of the list (the root office) decides, and it is recorded.",
        )
    why = _WHY_FIRM[firm.basis]
    return Text(
        f"不能申请例外：「{firm.name.zh}」{why.zh}。",
        f"No exception is possible from “{firm.name.en}”: {why.en}.",
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
