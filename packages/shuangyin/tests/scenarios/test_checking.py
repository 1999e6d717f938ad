"""Faults of a draft: what is found is there, and what is there is found."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangyin.core.text import Text
from shuangyin.scenarios.checking import Known, faults_of
from shuangyin.scenarios.rules import (
    Answer,
    Basis,
    Conditions,
    Controls,
    Facts,
    RouteStepPlan,
    Rule,
    StepConditions,
    Strength,
    decide,
    matches,
)

KNOWN = Known(kinds={"contract", "notice"}, citations={"law-1"})
ROUTE = (RouteStepPlan("department_head"),)


def rule(number: int, answer: Answer, **fields: Any) -> Rule:
    made = {"conditions": Conditions(), "strength": Strength.MUST, "basis": Basis.INTERNAL, "citation": None}
    return Rule(
        id=f"r{number}",
        position=number,
        name=Text(f"规则{number}", f"rule {number}"),
        answer=answer,
        reason=Text("理由", "reason"),
        **{**made, **fields},
    )


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=1).map(tuple)


limits = st.one_of(st.none(), st.integers(0, 3))
conditions = st.builds(
    Conditions,
    document_kinds=some("contract", "notice"),
    counterparty=some("yes", "no"),
    regions=some("11", "110105", "31"),
    amount_from_minor=limits,
    amount_below_minor=limits,
)
answers = st.builds(
    Answer,
    medium=st.sampled_from((None, "electronic", "physical", "either")),
    seal_categories=some("contract", "legal_name"),
    route=st.sampled_from(((), (), ROUTE)),
)


@st.composite
def lists(draw: st.DrawFn) -> list[Rule]:
    return [
        rule(
            number,
            draw(answers),
            conditions=draw(conditions),
            strength=draw(st.sampled_from(Strength)),
            basis=draw(st.sampled_from((Basis.INTERNAL, Basis.COUNTERPARTY_PRACTICE))),
        )
        for number in range(1, draw(st.integers(1, 5)) + 1)
    ]


EVERYTHING = [
    Facts(kind, amount_minor=amount, counterparty=state, region=region)
    for kind, amount, state, region in product(
        ("contract", "notice"),
        (None, 0, 1, 2, 3, 9),
        (None, "yes", "no"),
        (None, "110105", "110101", "310101"),
    )
]


@settings(max_examples=60)
@given(lists())
def test_contradictions_are_all_found_and_their_examples_are_true(rules: list[Rule]) -> None:
    by_position = {one.position: one for one in rules}
    found = [one for one in faults_of(rules, KNOWN) if one.code in ("CONTRADICTION", "MUST_OVERRULED")]
    for fault in found:
        this = by_position[fault.position or 0]
        assert fault.example is not None
        assert matches(this.conditions, fault.example)
        against = [
            one
            for one in rules
            if one.strength is Strength.MUST
            and one.answer.medium not in (None, this.answer.medium)
            and matches(one.conditions, fault.example)
        ]
        assert against
        assert fault.blocking == (fault.code == "CONTRADICTION")
        assert (this.basis in {one.basis for one in against}) >= fault.blocking
    told = {one.position for one in found}
    musts = [one for one in rules if one.strength is Strength.MUST and one.answer.medium is not None]
    known_amounts = [facts for facts in EVERYTHING if facts.amount_minor is not None]
    for one, other in product(musts, musts):
        if one.answer.medium != other.answer.medium and any(
            matches(one.conditions, facts) and matches(other.conditions, facts) for facts in known_amounts
        ):
            assert told & {one.position, other.position}


@settings(max_examples=60)
@given(lists())
def test_gaps_are_all_found_and_their_examples_are_true(rules: list[Rule]) -> None:
    gaps = [one.example for one in faults_of(rules, KNOWN) if one.code == "GAP"]
    for example in gaps:
        assert example is not None
        assert not decide(rules, example).covered
    for facts in EVERYTHING:
        if not decide(rules, facts).covered:
            assert facts.document_kind in {one.document_kind for one in gaps if one}


@settings(max_examples=60)
@given(lists())
def test_a_shadowed_rule_never_decides(rules: list[Rule]) -> None:
    shadowed = {f"r{one.position}" for one in faults_of(rules, KNOWN) if one.code == "SHADOWED"}
    for facts in EVERYTHING:
        assert not shadowed & {one.rule_id for one in decide(rules, facts).reasons}


def codes(*rules: Rule, known: Known = KNOWN) -> list[tuple[int | None, str, bool]]:
    found = faults_of(rules, known)
    assert all(one.text.zh and one.text.en for one in found)
    return [(one.position, one.code, one.blocking) for one in found if one.code != "GAP"]


@pytest.mark.parametrize(
    ("faulty", "code", "blocks"),
    [
        (
            rule(1, Answer(medium="either"), conditions=Conditions(document_kinds=("gone",))),
            "KIND_UNKNOWN",
            True,
        ),
        (rule(1, Answer(medium="either"), citation="gone"), "CITATION_UNKNOWN", True),
        (rule(1, Answer(medium="either"), basis=Basis.LAW), "CITATION_MISSING", True),
        (rule(1, Answer()), "ANSWER_EMPTY", True),
        (
            rule(1, Answer(high_risk=True), conditions=Conditions(amount_from_minor=5, amount_below_minor=5)),
            "AMOUNT_RANGE",
            True,
        ),
        (
            rule(1, Answer(high_risk=True), conditions=Conditions(amount_from_minor=5, currency="USD")),
            "CURRENCY_WITHOUT_RATE",
            False,
        ),
        (
            rule(1, Answer(medium="physical", exception="allowed"), basis=Basis.LAW, citation="law-1"),
            "EXCEPTION_ON_LAW",
            True,
        ),
        (rule(1, Answer(medium="physical", order="physical_first")), "ORDER_WITHOUT_BOTH", False),
        (rule(1, Answer(controls=Controls(archive="compulsory"))), "ARCHIVE_WITHOUT_TERM", True),
        (
            rule(1, Answer(medium="electronic", controls=Controls(paper_only=True))),
            "PAPER_ELECTRONIC",
            True,
        ),
        (
            rule(1, Answer(route=(replace(ROUTE[0], timeout_hours=4, on_timeout="pass"),), high_risk=True)),
            "PASS_ON_HIGH_RISK",
            True,
        ),
        (rule(1, Answer(route=(replace(ROUTE[0], on_timeout="refuse"),))), "TIMEOUT_WITHOUT_HOURS", True),
        (
            rule(1, Answer(route=(replace(ROUTE[0], when=StepConditions(amount_from_minor=10)),))),
            "ROUTE_EMPTY",
            True,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fault_of_one_rule_has_its_code(faulty: Rule, code: str, blocks: bool) -> None:  # a table
    assert codes(faulty) == [(1, code, blocks)]


def test_a_step_for_another_medium_is_never_taken_and_leaves_nobody() -> None:
    electronic_only = replace(ROUTE[0], when=StepConditions(media=("electronic",)))
    assert codes(rule(1, Answer(medium="physical", route=(electronic_only,)))) == [
        (1, "STEP_NEVER", False),
        (1, "ROUTE_EMPTY", True),
    ]
    assert codes(rule(1, Answer(medium="physical", route=(electronic_only, *ROUTE)))) == [
        (1, "STEP_NEVER", False)
    ]
    bands = tuple(
        replace(ROUTE[0], post_kind=post, when=when)
        for post, when in (
            ("reviewer", StepConditions(amount_below_minor=100)),
            ("legal_representative", StepConditions(amount_from_minor=100)),
        )
    )
    assert codes(rule(1, Answer(medium="physical", route=bands))) == []


def test_seals_posts_and_persons_that_are_gone_are_named() -> None:
    world = replace(
        KNOWN,
        seals={("electronic", "legal_name")},
        seals_ended={("physical", "contract")},
        posts_held={"department_head"},
        persons={"p1"},
        prerequisites={"legal_review"},
        platforms=set(),
        departments=set(),
    )
    assert codes(rule(1, Answer(medium="electronic", seal_categories=("contract",))), known=world) == []
    assert codes(rule(1, Answer(medium="physical", seal_categories=("contract",))), known=world) == [
        (1, "SEAL_GONE", False)
    ]
    assert codes(rule(1, Answer(medium="electronic", seal_categories=("invoice",))), known=world) == [
        (1, "SEAL_NONE", False)
    ]
    gone = (
        RouteStepPlan("reviewer"),
        RouteStepPlan(approver="person", person_id="p2", if_nobody="error"),
        RouteStepPlan(approver="applicant_choice", choice=("p1", "p2")),
    )
    assert codes(rule(1, Answer(route=gone)), known=world) == [
        (1, "APPROVER_NOBODY", False),
        (1, "APPROVER_NOBODY", True),
    ]
    assert codes(rule(1, Answer(controls=Controls(prerequisites=("x", "legal_review")))), known=world) == [
        (1, "PREREQUISITE_UNKNOWN", True)
    ]
    elsewhere = Conditions(platforms=("gone",), departments=("gone",))
    assert codes(rule(1, Answer(high_risk=True), conditions=elsewhere), known=world) == [
        (1, "PLATFORM_UNKNOWN", True),
        (1, "DEPARTMENT_GONE", False),
    ]


def test_bands_of_amounts_that_run_into_each_other_are_told() -> None:
    def band(number: int, low: int | None, high: int | None) -> Rule:
        return rule(
            number,
            Answer(route=ROUTE),
            conditions=Conditions(amount_from_minor=low, amount_below_minor=high),
        )

    assert codes(band(1, None, 100), band(2, 100, 200), band(3, 200, None)) == []
    assert codes(band(1, None, 100), band(2, 90, 200), band(3, 200, None)) == [
        (2, "AMOUNT_BANDS_OVERLAP", False)
    ]


def test_a_long_list_of_rules_that_all_meet_is_checked() -> None:
    rules = [
        rule(
            number,
            Answer(medium="physical" if number % 2 else "electronic", route=ROUTE),
            conditions=Conditions(amount_from_minor=number * 10),
        )
        for number in range(1, 1001)
    ]
    found = [one for one in faults_of(rules, KNOWN) if one.code == "CONTRADICTION"]
    assert len(found) == 999
    assert "另有" in found[-1].text.zh


def test_rules_that_together_answer_first_are_named() -> None:
    kinds = Conditions(document_kinds=("contract", "notice"))
    first = rule(1, Answer(medium="electronic"), conditions=Conditions(document_kinds=("contract",)))
    low = replace(kinds, document_kinds=("notice",), amount_below_minor=100)
    high = replace(kinds, document_kinds=("notice",), amount_from_minor=100)
    others = [
        rule(2, Answer(medium="electronic"), conditions=low),
        rule(3, Answer(medium="either"), conditions=high),
    ]
    last = rule(4, Answer(medium="physical"), conditions=kinds, strength=Strength.SHOULD)
    shadowed = [one for one in faults_of([first, *others, last], KNOWN) if one.code == "SHADOWED"]
    assert [(one.position, one.blocking) for one in shadowed] == [(4, False)]
    assert "第 1、2、3 条合起来" in shadowed[0].text.zh
    # With one fen of a gap between the spans it decides there.
    gap = replace(others[1], conditions=replace(high, amount_from_minor=101))
    assert not [one for one in faults_of([first, others[0], gap, last], KNOWN) if one.code == "SHADOWED"]


def test_a_named_route_that_is_gone_blocks() -> None:
    step = RouteStepPlan(approver="named_route", route_code="finance")
    asking = rule(1, Answer(medium="either", route=(step,)))
    there = replace(KNOWN, routes={"finance"})
    assert (1, "ROUTE_GONE", True) in codes(asking, known=replace(KNOWN, routes=set()))
    assert "ROUTE_GONE" not in [code for _, code, _ in codes(asking, known=there)]


def test_a_control_that_the_medium_has_not_is_told() -> None:
    for medium, controls in (
        ("electronic", Controls(watermark=True, photo="once")),
        ("physical", Controls(timestamp=True)),
    ):
        asking = rule(1, Answer(medium=medium, controls=controls))  # type: ignore[arg-type]  # two media
        assert (1, "CONTROL_IDLE", False) in codes(asking)
    assert "CONTROL_IDLE" not in [
        code for _, code, _ in codes(rule(1, Answer(medium="either", controls=Controls(fence=True))))
    ]
