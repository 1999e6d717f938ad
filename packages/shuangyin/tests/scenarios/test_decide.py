"""What decide promises, for any list and any facts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shuangyin.core.text import Text
from shuangyin.scenarios.rules import (
    FALLBACK_ROUTE,
    Answer,
    Basis,
    Conditions,
    Controls,
    Decision,
    Facts,
    RouteStepPlan,
    Rule,
    Strength,
    decide,
    matches,
)

KINDS = ("contract", "notice")
POSTS = ("department_head", "legal_representative", "reviewer")
limits = st.one_of(st.none(), st.integers(1, 4).map(lambda millions: millions * 100))
conditions = st.builds(
    Conditions,
    document_kinds=st.lists(st.sampled_from(KINDS), max_size=2, unique=True).map(tuple),
    counterparty=st.lists(st.sampled_from(("yes", "no")), max_size=1).map(tuple),
    amount_from_minor=limits,
    amount_below_minor=limits,
    currency=st.sampled_from(("CNY", "CNY", "USD")),
)
route_steps = st.builds(
    RouteStepPlan,
    post_kind=st.sampled_from(POSTS),
    scope=st.sampled_from(("applicant_department", "organization")),
    mode=st.sampled_from(("any", "all", "in_turn")),
    second_factor=st.sampled_from(("each", "window")),
)
controls = st.one_of(
    st.none(),
    st.builds(
        Controls,
        seam=st.sampled_from(("allowed", "required")),
        qr=st.booleans(),
        copies_max=st.one_of(st.none(), st.integers(1, 9)),
        photo=st.sampled_from(("none", "once", "each_copy")),
        keep_electronic_copy=st.booleans(),
    ),
)
answers = st.builds(
    Answer,
    medium=st.sampled_from((None, "electronic", "physical", "either")),
    seal_categories=st.lists(st.sampled_from(("contract", "legal_name")), max_size=2, unique=True).map(tuple),
    route=st.lists(route_steps, max_size=2).map(tuple),
    controls=controls,
    high_risk=st.booleans(),
)


@st.composite
def lists(draw: st.DrawFn) -> list[Rule]:
    return [
        Rule(
            id=f"r{position}",
            position=position,
            name=Text(f"规则{position}", f"rule {position}"),
            conditions=draw(conditions),
            answer=draw(answers),
            strength=draw(st.sampled_from(Strength)),
            basis=draw(st.sampled_from(Basis)),
            citation=None,
            reason=Text("理由", "reason"),
        )
        for position in range(1, draw(st.integers(0, 6)) + 1)
    ]


facts = st.builds(
    Facts,
    document_kind=st.sampled_from(KINDS),
    amount_minor=st.one_of(st.none(), st.integers(0, 500)),
    currency=st.sampled_from(("CNY", "USD")),
    counterparty=st.sampled_from((None, "yes", "no")),
)
_RANK = {"any": 0, "in_turn": 1, "all": 2}


def asks(decision: Decision) -> dict[tuple[str | None, str], tuple[int, bool]]:
    """How strict each step of the route is."""
    return {
        (step.post_kind, step.scope): (_RANK[step.mode], step.second_factor == "each")
        for step in decision.route
    }


def at_least(strict: Decision, loose: Decision) -> bool:
    there = asks(strict)
    return all(
        key in there and there[key][0] >= mode and there[key][1] >= each
        for key, (mode, each) in asks(loose).items()
    )


@given(lists(), facts, st.integers(0, 500))
def test_an_absent_amount_takes_a_route_no_amount_exceeds(
    rules: list[Rule], known: Facts, amount: int
) -> None:
    unknown = decide(rules, replace(known, amount_minor=None))
    any_amount = decide(rules, replace(known, amount_minor=amount))
    assert at_least(unknown, any_amount)
    assert unknown.high_risk >= any_amount.high_risk


@given(lists(), facts)
def test_an_amount_in_a_currency_the_rules_do_not_know_is_unknown(rules: list[Rule], known: Facts) -> None:
    elsewhere = replace(known, currency="EUR")
    said, unknown = decide(rules, elsewhere), decide(rules, replace(elsewhere, amount_minor=None))
    assert said == unknown


@given(lists(), facts)
def test_a_must_is_never_overruled_by_a_should(rules: list[Rule], known: Facts) -> None:
    decision = decide(rules, known)
    musts = [
        rule.answer.medium
        for rule in rules
        if rule.strength is Strength.MUST
        and rule.answer.medium is not None
        and matches(rule.conditions, known)
    ]
    if musts:
        assert decision.medium in musts
    for refused in decision.refused_media:
        assert refused.strength is Strength.MUST
        assert refused.medium != decision.medium
        assert refused.rule_id in {rule.id for rule in rules}


@given(lists(), facts)
def test_every_matching_rule_is_accounted_for_and_nothing_is_sealed_without_approval(
    rules: list[Rule], known: Facts
) -> None:
    decision = decide(rules, known)
    matching = {rule.id: rule for rule in rules if matches(rule.conditions, known)}
    told = {one.rule_id for one in decision.reasons} | {one.rule_id for one in decision.lost}
    assert set(decision.rule_ids) == set(matching)
    assert told <= set(matching)
    for rule_id in set(matching) - told:
        # A silent rule is one whose medium agrees with the winner and that asks for nothing else that counts.
        answer = matching[rule_id].answer
        assert answer.medium in (None, decision.medium)
        assert not answer.route
        assert answer.controls is None
        assert not answer.high_risk
    assert decision.route
    assert decision.seal_categories
    if not decision.covered:
        assert decision.high_risk
        assert {step.post_kind for step in FALLBACK_ROUTE} <= {step.post_kind for step in decision.route}


@given(lists(), facts)
def test_a_rule_only_ever_adds_approvals(rules: list[Rule], known: Facts) -> None:
    """Leaving a rule out never makes the route stricter, unless the rest leaves the use uncovered."""
    whole = decide(rules, known)
    for rule in rules:
        rest = decide([one for one in rules if one is not rule], known)
        assert at_least(whole, rest) or (whole.covered and not rest.covered)


@given(lists(), facts, st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_handed_over_does_not_matter(
    rules: list[Rule], known: Facts, chance: object
) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert decide(shuffled, known) == decide(rules, known)
