"""What is wrong with the rules of a draft, before anybody is asked to approve it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.scenarios.rules import Answer, Basis, Conditions, Rule, Strength


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one rule."""

    position: int
    code: str
    text: Text


def faults_of(
    rules: Sequence[Rule], *, kind_known: Callable[[str], bool], citation_known: Callable[[str], bool]
) -> tuple[Fault, ...]:
    """All faults, in the order of the rules."""
    return tuple(
        [fault for rule in rules for fault in _faults_of_one(rule, kind_known, citation_known)]
        + list(_contradictions(rules))
    )


def _faults_of_one(
    rule: Rule, kind_known: Callable[[str], bool], citation_known: Callable[[str], bool]
) -> Iterator[Fault]:
    conditions, answer = rule.conditions, rule.answer
    unknown = [code for code in conditions.document_kinds if not kind_known(code)]
    if unknown:
        said = Text(
            f"文件类型不存在：{'、'.join(unknown)}。", f"unknown kinds of document: {', '.join(unknown)}."
        )
        yield Fault(rule.position, "KIND_UNKNOWN", said)
    if rule.citation is not None and not citation_known(rule.citation):
        yield Fault(
            rule.position,
            "CITATION_UNKNOWN",
            Text("引用的依据不存在或现已失效。", "the citation does not exist or is not in force."),
        )
    if rule.citation is None and rule.basis in (Basis.LAW, Basis.REGULATION):
        yield Fault(
            rule.position,
            "CITATION_MISSING",
            Text(
                "以法律、法规为依据的规则须注明条款。", "a rule that rests on law or regulation must cite it."
            ),
        )
    if _is_empty(answer):
        yield Fault(rule.position, "ANSWER_EMPTY", Text("规则没有任何要求。", "the rule asks for nothing."))
    if _matches_nothing(conditions):
        yield Fault(
            rule.position,
            "AMOUNT_RANGE",
            Text("金额上限须大于下限。", "the upper amount must be above the lower."),
        )


def _contradictions(rules: Sequence[Rule]) -> Iterator[Fault]:
    """Two musts of the same ground and conditions that name different media can never both be kept."""
    seen: dict[tuple[Conditions, Basis], Rule] = {}
    for rule in rules:
        if rule.strength is not Strength.MUST or rule.answer.medium is None:
            continue
        earlier = seen.setdefault((rule.conditions, rule.basis), rule)
        if earlier.answer.medium != rule.answer.medium:
            yield Fault(
                rule.position,
                "CONTRADICTION",
                Text(
                    f"与第 {earlier.position} 条条件相同而要求的用印形式不同。",
                    f"it has the conditions of rule {earlier.position} and asks for another medium.",
                ),
            )


def _is_empty(answer: Answer) -> bool:
    return answer == Answer() or answer == Answer(order=answer.order)


def _matches_nothing(conditions: Conditions) -> bool:
    low, high = conditions.amount_from_minor, conditions.amount_below_minor
    return low is not None and high is not None and high <= low
