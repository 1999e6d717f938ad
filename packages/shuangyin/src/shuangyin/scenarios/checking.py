"""What is wrong with the rules of a draft, before anybody is asked to approve it. Pure.

A fault blocks when the list could not be kept as it is written (a must against a must, a law that admits an
exception, a rule without its ground), and warns when it can be kept but hardly means what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from shuangyin.core.text import Text
from shuangyin.scenarios.checking_answers import faults_of_answer
from shuangyin.scenarios.faults import Fault, Known, Severity
from shuangyin.scenarios.rules import NO_RATES, Basis, Conditions, Facts, Rates, Rule, Strength, precedence
from shuangyin.scenarios.rules.compiling import places_in
from shuangyin.scenarios.rules.covering import jointly_cover
from shuangyin.scenarios.rules.overlapping import Overlaps, facts_in
from shuangyin.scenarios.sentences import amount_said, facts_text

__all__ = ["Fault", "Known", "faults_of"]


def faults_of(rules: Sequence[Rule], known: Known, rates: Rates = NO_RATES) -> tuple[Fault, ...]:
    """All faults: those of single rules in their order, then those between rules, then what no rule covers."""
    strongest_first = sorted(rules, key=precedence)
    overlaps = Overlaps(strongest_first, rates)
    between = [
        *_contradictions(strongest_first, overlaps, known),
        *_shadowed(strongest_first, overlaps, rates),
        *_bands(rules),
    ]
    between.sort(key=lambda fault: (fault.position or 0, fault.code))
    alone = [fault for rule in rules for fault in _faults_of_one(rule, known, rates)]
    return (*alone, *between, *_gaps(rules, known, rates))


def _faults_of_one(rule: Rule, known: Known, rates: Rates) -> Iterator[Fault]:
    conditions, answer = rule.conditions, rule.answer
    yield from _unknown_codes(rule, known)
    if rule.citation is not None and rule.citation not in known.citations:
        said = Text("引用的依据不存在或现已失效。", "the citation does not exist or is not in force.")
        yield Fault(rule.position, "CITATION_UNKNOWN", said)
    if rule.citation is None and rule.basis in (Basis.LAW, Basis.REGULATION):
        said = Text(
            "以法律、法规为依据的规则须注明条款。", "a rule that rests on law or regulation must cite it."
        )
        yield Fault(rule.position, "CITATION_MISSING", said)
    if not _may_match(conditions):
        said = Text("金额上限须大于下限。", "the upper amount must be above the lower.")
        yield Fault(rule.position, "AMOUNT_RANGE", said)
    if rates.comparable_with(conditions.currency) != "CNY" and _is_limited(conditions):
        said = Text(
            f"清单没有 {conditions.currency} 的折算率，其他币种的金额对本条一律视为不明。",
            f"the list has no rate for {conditions.currency}: amounts in other currencies count as unknown here.",
        )
        yield Fault(rule.position, "CURRENCY_WITHOUT_RATE", said, "warns")
    yield from faults_of_answer(rule, answer, known)


def _unknown_codes(rule: Rule, known: Known) -> Iterator[Fault]:
    asked = rule.conditions
    looked_up: tuple[tuple[str, Severity, Text, list[str]], ...] = (
        (
            "KIND_UNKNOWN",
            "blocks",
            Text("文件类型", "kinds of document"),
            known.unknown(asked.document_kinds, known.kinds),
        ),
        (
            "PLATFORM_UNKNOWN",
            "blocks",
            Text("办理平台", "platforms"),
            known.unknown(asked.platforms, known.platforms),
        ),
        (
            "DEPARTMENT_GONE",
            "warns",
            Text("部门", "departments"),
            known.unknown(asked.departments, known.departments),
        ),
    )
    for code, severity, what, unknown in looked_up:
        if unknown:
            said = Text(
                f"{what.zh}不存在或已停用：{'、'.join(unknown)}。",
                f"unknown or ended {what.en}: {', '.join(unknown)}.",
            )
            yield Fault(rule.position, code, said, severity)


def _contradictions(rules: Sequence[Rule], overlaps: Overlaps, known: Known) -> Iterator[Fault]:
    """Two musts that name different media where both match: of one ground neither can be kept, of two the lower."""
    naming: dict[str, int] = {}
    of_basis: dict[Basis, int] = {}
    for place, rule in enumerate(rules):
        if rule.strength is Strength.MUST and rule.answer.medium is not None and _may_match(rule.conditions):
            naming[rule.answer.medium] = naming.get(rule.answer.medium, 0) | 1 << place
            of_basis[rule.basis] = of_basis.get(rule.basis, 0) | 1 << place
    every = sum(naming.values())
    for place, rule in enumerate(rules):
        if not every >> place & 1:
            continue
        stronger = (1 << place) - 1
        against = every & ~naming[rule.answer.medium or ""] & stronger & overlaps.meeting(rule.conditions)
        same = against & of_basis[rule.basis]
        if same or against:
            others = [rules[other] for other in places_in(same or against)]
            yield _contradiction(rule, others, blocks=bool(same), known=known)


def _contradiction(rule: Rule, others: Sequence[Rule], *, blocks: bool, known: Known) -> Fault:
    other = min(others, key=lambda one: one.position)
    example = facts_in(other.conditions, rule.conditions, min(known.kinds, default=""))
    such = facts_text(example, known.names)
    more = (
        Text(f"（另有 {len(others) - 1} 条）", f" (and {len(others) - 1} more)")
        if len(others) > 1
        else Text("", "")
    )
    if blocks:
        return Fault(
            rule.position,
            "CONTRADICTION",
            Text(
                f"与第 {other.position} 条{more.zh}同为强制要求而用印形式不同，例如：{such.zh}。请缩小其中一条的条件。",
                f"it and rule {other.position}{more.en} both bind and name different media, for example: {such.en}. Narrow one of them.",
            ),
            "blocks",
            example,
        )
    return Fault(
        rule.position,
        "MUST_OVERRULED",
        Text(
            f"依据效力更高的第 {other.position} 条{more.zh}要求另一种用印形式，本条在此不起作用，例如：{such.zh}。",
            f"rule {other.position}{more.en} has the higher ground and names another medium, so this one does not hold, for example: {such.en}.",
        ),
        "warns",
        example,
    )


def _shadowed(rules: Sequence[Rule], overlaps: Overlaps, rates: Rates) -> Iterator[Fault]:
    """Rules that never decide: they add nothing, and wherever they match a stronger rule answers first, be it always
    the same one or several together."""
    naming_medium = sum(1 << place for place, rule in enumerate(rules) if rule.answer.medium is not None)
    sealing: dict[str | None, int] = {}
    for place, rule in enumerate(rules):
        if rule.answer.seal_categories:
            sealing[rule.answer.medium] = sealing.get(rule.answer.medium, 0) | 1 << place
    for place, rule in enumerate(rules):
        answer = rule.answer
        if (
            answer.route
            or answer.controls
            or answer.high_risk
            or not (answer.medium or answer.seal_categories)
        ):
            continue
        if not _may_match(rule.conditions):
            continue
        agreeing = sealing.get(None, 0) | sealing.get(answer.medium, 0)
        parts = [naming_medium] if answer.medium is not None else []
        parts += [agreeing] if answer.seal_categories else []
        stronger = (1 << place) - 1
        before = [_before(rule, part & stronger, rules, overlaps, rates) for part in parts]
        if all(before):
            yield _shadow(rule, before[0])


def _before(
    rule: Rule, answering: int, rules: Sequence[Rule], overlaps: Overlaps, rates: Rates
) -> list[Rule]:
    """Of these stronger rules the one that always answers before this rule, or those that do so together; or none."""
    alone = places_in(overlaps.enclosing(rule.conditions) & answering)
    if alone:
        return [rules[alone[0]]]
    meeting = [rules[one] for one in places_in(overlaps.meeting(rule.conditions) & answering)]
    together = jointly_cover(rule.conditions, [one.conditions for one in meeting], rates)
    return meeting if together else []


def _shadow(rule: Rule, before: Sequence[Rule]) -> Fault:
    numbers = [str(one.position) for one in sorted(before, key=lambda one: one.position)]
    several = len(numbers) > 1
    together = Text("合起来", " together") if several else Text("", "")
    return Fault(
        rule.position,
        "SHADOWED",
        Text(
            f"凡本条适用之处，第 {'、'.join(numbers)} 条{together.zh}总是优先，本条从不起作用。",
            f"wherever it applies rule{'s' if several else ''} {', '.join(numbers)}{together.en} "
            f"{'come' if several else 'comes'} first, so it never decides anything.",
        ),
        "warns",
    )


def _bands(rules: Sequence[Rule]) -> Iterator[Fault]:
    """Bands of amounts of otherwise like rules that run into each other: both routes are taken in between."""
    groups: dict[tuple[object, ...], list[Rule]] = {}
    for rule in rules:
        if _is_limited(rule.conditions) and _may_match(rule.conditions) and rule.answer.route:
            like = replace(rule.conditions, amount_from_minor=None, amount_below_minor=None)
            groups.setdefault((like, rule.strength, rule.basis), []).append(rule)
    for group in groups.values():
        group.sort(key=lambda rule: (rule.conditions.amount_from_minor or 0, rule.position))
        for below, above in pairwise(group):
            high, low = below.conditions.amount_below_minor, above.conditions.amount_from_minor or 0
            top = above.conditions.amount_below_minor
            starts_later = low > (below.conditions.amount_from_minor or 0)
            if high is not None and starts_later and low < high and (top is None or top > high):
                since = amount_said(low, above.conditions.currency)
                until = amount_said(high, above.conditions.currency)
                yield Fault(
                    above.position,
                    "AMOUNT_BANDS_OVERLAP",
                    Text(
                        f"与第 {below.position} 条的金额档在 {since.zh} 至 {until.zh} 之间重叠，两条的审批会叠加。",
                        f"its band and that of rule {below.position} overlap from {since.en} to {until.en}: both routes are taken there.",
                    ),
                    "warns",
                )


def _gaps(rules: Sequence[Rule], known: Known, rates: Rates) -> Iterator[Fault]:
    """Kinds of documents for which some use finds no medium or no approval in the list.

    A rule that asks for a code of anything but the kind matches less than one that does not, whatever the code. So a
    kind is covered exactly when its rules without such a condition cover every amount.
    """
    general = [rule for rule in rules if _asks_only_kind_and_amount(rule.conditions)]
    for kind in sorted(known.kinds):
        speaking = [
            rule
            for rule in general
            if kind in rule.conditions.document_kinds or not rule.conditions.document_kinds
        ]
        naming_medium = [rule.conditions for rule in speaking if rule.answer.medium is not None]
        naming_route = [rule.conditions for rule in speaking if rule.answer.route]
        for part, naming in (
            (Text("用印形式", "a medium"), naming_medium),
            (Text("审批", "an approval"), naming_route),
        ):
            gap = _first_gap(naming, rates)
            if gap is not None:
                yield _gap(kind, part, gap, naming, known)


def _gap(kind: str, part: Text, gap: tuple[int, str], naming: Sequence[Conditions], known: Known) -> Fault:
    amount, currency = gap
    # Where no rule speaks of amounts, the example needs none.
    example = Facts(kind, amount_minor=amount if naming else None, currency=currency)
    such = facts_text(example, known.names)
    return Fault(
        None,
        "GAP",
        Text(
            f"没有规则确定{part.zh}，例如：{such.zh}。此时按最严一档办理。",
            f"no rule names {part.en}, for example: {such.en}. The strictest answer is taken there.",
        ),
        "warns",
        example,
    )


def _first_gap(naming: Sequence[Conditions], rates: Rates) -> tuple[int, str] | None:
    """The lowest amount that no condition covers; None when every amount is covered."""
    groups: dict[str, list[Conditions]] = {}
    for one in naming:
        if not _is_limited(one):
            return None
        groups.setdefault(rates.comparable_with(one.currency), []).append(one)
    gaps = [_gap_among(group, rates) for group in groups.values()]
    if any(gap is None for gap in gaps):
        return None
    return gaps[0] if gaps else (0, "CNY")


def _gap_among(group: Sequence[Conditions], rates: Rates) -> tuple[int, str] | None:
    reach, at = 0, (0, group[0].currency)
    for one in sorted(group, key=lambda each: rates.comparable(each.amount_from_minor or 0, each.currency)):
        if rates.comparable(one.amount_from_minor or 0, one.currency) > reach:
            return at
        if one.amount_below_minor is None:
            return None
        high = rates.comparable(one.amount_below_minor, one.currency)
        if high > reach:
            reach, at = high, (one.amount_below_minor, one.currency)
    return at


def _asks_only_kind_and_amount(conditions: Conditions) -> bool:
    return not (
        conditions.matters
        or conditions.channels
        or conditions.counterparty
        or conditions.departments
        or conditions.platforms
        or conditions.regions
    )


def _is_limited(conditions: Conditions) -> bool:
    return conditions.amount_from_minor is not None or conditions.amount_below_minor is not None


def _may_match(conditions: Conditions) -> bool:
    low, high = conditions.amount_from_minor or 0, conditions.amount_below_minor
    return high is None or high > low
