"""A list that is ready to answer says the same as its rules asked one by one; versions are compared over past uses."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from threading import Thread

from hypothesis import given, settings
from hypothesis import strategies as st

from shuangyin.core.text import Text
from shuangyin.scenarios.compiled import CompiledLists
from shuangyin.scenarios.explaining import asked_of, changes
from shuangyin.scenarios.rules import (
    AmountPart,
    Answer,
    Basis,
    CompiledList,
    Conditions,
    Controls,
    Facts,
    Rates,
    RouteStepPlan,
    Rule,
    Strength,
    decide,
    matches,
    simulate,
    total,
    verdict_of,
)
from shuangyin.scenarios.sentences import sentence_of

RATES = Rates({"USD": Fraction("712.345678"), "JPY": Fraction("4.8")})
CURRENCIES = ("CNY", "USD", "JPY", "EUR")
REGIONS = ("11", "1101", "110105", "31", "foreign")
limits = st.one_of(st.none(), st.integers(0, 12).map(lambda number: number * 100))


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


conditions = st.builds(
    Conditions,
    document_kinds=some("contract", "notice"),
    matters=some("purchase", "loan"),
    channels=some("counter"),
    counterparty=some("yes", "no"),
    departments=some("d1", "d2"),
    platforms=some("tender", "paper"),
    regions=some(*REGIONS),
    amount_from_minor=limits,
    amount_below_minor=limits,
    currency=st.sampled_from(CURRENCIES),
)
steps = st.builds(
    RouteStepPlan,
    post_kind=st.sampled_from(("department_head", "legal_representative", "reviewer")),
    mode=st.sampled_from(("any", "all")),
    on_timeout=st.sampled_from(("remind", "pass")),
)
controls = st.builds(
    Controls,
    copies_max=st.one_of(st.none(), st.integers(1, 3)),
    prerequisites=some("board_resolution", "legal_review"),
    hand_over=st.lists(st.sampled_from((Text("甲", "a"), Text("乙", "b"))), max_size=2).map(tuple),
)
answers = st.builds(
    Answer,
    medium=st.sampled_from((None, "electronic", "physical", "either", "both")),
    order=st.sampled_from((None, "electronic_first")),
    seal_categories=some("contract", "legal_name"),
    route=st.lists(steps, max_size=2).map(tuple),
    controls=st.one_of(st.none(), controls),
    high_risk=st.booleans(),
    exception=st.sampled_from(("by_basis", "allowed", "refused")),
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
        for position in range(1, draw(st.integers(0, 8)) + 1)
    ]


facts = st.builds(
    Facts,
    document_kind=st.sampled_from(("contract", "notice", "letter")),
    matter=st.sampled_from((None, "purchase", "loan")),
    channel=st.sampled_from((None, "counter")),
    amount_minor=st.one_of(st.none(), st.integers(0, 1300)),
    currency=st.sampled_from(CURRENCIES),
    counterparty=st.sampled_from((None, "yes", "no")),
    department_id=st.sampled_from((None, "d1", "d2")),
    platform=st.sampled_from((None, "tender", "paper")),
    region=st.sampled_from((None, "110105", "110101", "310101", "foreign")),
    excepted=st.lists(st.sampled_from(("r1", "r2", "r3")), max_size=2).map(tuple),
)


@given(lists(), st.lists(facts, min_size=1, max_size=4), st.sampled_from((Rates(), RATES)))
def test_a_compiled_list_says_what_its_rules_say(rules: list[Rule], asked: list[Facts], rates: Rates) -> None:
    compiled = CompiledList(rules, rates)
    for known in (*asked, *asked):
        expected = decide(rules, known, rates)
        assert compiled.decide(known) == expected
        assert compiled.verdict(known) == verdict_of(expected)
        matching = {rule.id for rule in rules if matches(rule.conditions, known, rates)}
        assert {rule.id for rule in compiled.rules_in(compiled.matching(known))} == matching


@settings(max_examples=40)
@given(lists(), facts, st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_stored_does_not_matter(
    rules: list[Rule], known: Facts, chance: random.Random
) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert CompiledList(shuffled, RATES).decide(known) == CompiledList(rules, RATES).decide(known)


@settings(max_examples=40)
@given(lists(), facts)
def test_nothing_passes_by_itself_where_the_risk_is_high(rules: list[Rule], known: Facts) -> None:
    decision = decide(rules, known, RATES)
    if decision.high_risk:
        assert all(step.on_timeout != "pass" for step in decision.route)


@settings(max_examples=50)
@given(lists(), facts)
def test_an_exception_frees_from_internal_rules_only_and_asks_the_root_office(
    rules: list[Rule], known: Facts
) -> None:
    plain = decide(rules, replace(known, excepted=()))
    asking = replace(known, excepted=tuple(rule.id for rule in rules))
    decision = decide(rules, asking)
    firm = {rule.id for rule in rules if rule.basis in (Basis.LAW, Basis.REGULATION)}
    assert not firm & {one.rule_id for one in decision.excepted}
    if decision.excepted:
        assert any(
            step.post_kind == "legal_representative" and step.second_factor == "each"
            for step in decision.route
        )
    assert {step.asks for step in plain.route} <= {step.asks for step in decision.route}
    assert decision.high_risk >= plain.high_risk
    for refused in plain.refused_media:
        still = any(one.medium == refused.medium for one in decision.refused_media)
        assert refused.exceptable != bool(firm & set(refused.demanded_by)) or not refused.exceptable
        if not refused.exceptable:
            assert still or refused.not_exceptable_by not in firm


@settings(max_examples=50)
@given(lists(), facts)
def test_what_is_said_to_change_the_answer_changes_it(rules: list[Rule], known: Facts) -> None:
    compiled = CompiledList(rules, RATES)
    present = compiled.verdict(known)
    assert sentence_of(compiled.decide(known)).zh
    for change in changes(compiled, known):
        value = change.value
        tried = [value]
        if change.fact == "amount_minor" and isinstance(value, int):
            tried = [value, value - 1]
        others = [compiled.verdict(replace(known, **{change.fact: one})) for one in tried]  # type: ignore[arg-type]  # a field by name
        assert any(
            (other.medium, other.seal_categories, other.route, other.high_risk)
            != (present.medium, present.seal_categories, present.route, present.high_risk)
            for other in others
        )
        assert change.text.zh.startswith("如")


@settings(max_examples=50)
@given(lists(), facts)
def test_every_rule_for_a_kind_can_be_made_to_apply_by_answering_what_is_asked(
    rules: list[Rule], known: Facts
) -> None:
    compiled = CompiledList(rules, RATES)
    asked = {one.fact: one.values for one in asked_of(compiled, known.document_kind)}
    for rule in rules:
        wanted = rule.conditions
        if wanted.document_kinds and known.document_kind not in wanted.document_kinds:
            continue
        given_facts = {
            "matter": wanted.matters and wanted.matters[0],
            "channel": wanted.channels and wanted.channels[0],
            "platform": wanted.platforms and wanted.platforms[0],
            "region": wanted.regions and wanted.regions[0].ljust(6, "0").replace("foreign0", "foreign"),
        }
        for fact, value in given_facts.items():
            assert not value or value in asked[fact]
        answered = replace(
            known,
            counterparty=wanted.counterparty[0] if wanted.counterparty else None,
            department_id=wanted.departments[0] if wanted.departments else None,
            amount_minor=None,
            **{fact: value or None for fact, value in given_facts.items()},  # type: ignore[arg-type]  # by name
        )
        assert matches(wanted, answered, RATES)


def test_what_changes_the_answer_is_said_by_its_name_and_a_place_by_its_whole_code() -> None:
    rules = [
        rule(1, answer=Answer(medium="either", route=(RouteStepPlan("reviewer"),))),
        rule(2, conditions=Conditions(channels=("counter",)), answer=Answer(high_risk=True)),
        rule(3, conditions=Conditions(regions=("1101",)), answer=Answer(high_risk=True)),
        rule(4, conditions=Conditions(channels=("post",), platforms=("paper",)), answer=Answer()),
    ]
    names = {"counter": Text("窗口现场办理", "in person at a counter")}
    found = changes(CompiledList(rules), Facts("contract"), names)
    assert [(one.fact, one.value) for one in found] == [("region", "110100"), ("channel", "counter")]
    assert found[1].text.zh.startswith("如办理渠道为「窗口现场办理」")
    # A rule that needs two facts is reached, though neither of them alone would change anything.
    assert [(one.fact, one.values) for one in asked_of(CompiledList(rules), "contract")] == [
        ("platform", ("paper",)),
        ("region", ("110100",)),
        ("channel", ("counter", "post")),
    ]


def rule(number: int, **fields: object) -> Rule:
    made = {
        "conditions": Conditions(),
        "answer": Answer(),
        "strength": Strength.MUST,
        "basis": Basis.INTERNAL,
        **fields,
    }
    return Rule(f"r{number}", number, Text("规则", "rule"), citation=None, reason=Text("因", "for"), **made)  # type: ignore[arg-type]  # fields by name


def test_other_currencies_are_compared_by_the_rates_of_the_list() -> None:
    """A dollar is worth 712.345678 fen: 140.38 dollars are 99,999.086… fen, 140.39 dollars 100,006.209… fen."""
    above = rule(1, conditions=Conditions(amount_from_minor=100_000), answer=Answer(high_risk=True))
    asked = Facts("contract", currency="USD")
    assert not matches(above.conditions, replace(asked, amount_minor=14_038), RATES)
    assert matches(above.conditions, replace(asked, amount_minor=14_039), RATES)
    yen = replace(asked, currency="JPY")
    assert not matches(above.conditions, replace(yen, amount_minor=20_833), RATES)
    assert matches(above.conditions, replace(yen, amount_minor=20_834), RATES)
    # Without a rate it is unknown, and unknown meets every condition.
    assert matches(above.conditions, replace(asked, currency="EUR", amount_minor=1), RATES)


def test_amounts_add_up_over_currencies_and_one_unknown_part_makes_the_whole_unknown() -> None:
    parts = [AmountPart("主合同", 100), AmountPart("补充协议", 1, "USD")]
    assert total(parts, "CNY", RATES) == 108
    assert total([*parts, AmountPart("丙", None)], "CNY", RATES) is None
    assert total([*parts, AmountPart("丁", 5, "EUR")], "CNY", RATES) is None


def test_the_nearest_amounts_come_first() -> None:
    rules = [
        rule(
            number,
            conditions=Conditions(amount_from_minor=number * 100),
            answer=Answer(medium="physical", route=(RouteStepPlan("reviewer", person_id=f"p{number}"),)),
        )
        for number in range(1, 50)
    ]
    found = changes(CompiledList(rules), Facts("contract", amount_minor=2050))
    assert [one.value for one in found] == [2100, 2200, 2300, 2000, 1900, 1800, None]


def test_a_simulation_names_the_uses_that_would_be_decided_otherwise() -> None:
    route = (RouteStepPlan("department_head"),)
    usual = rule(1, strength=Strength.SHOULD, answer=Answer(medium="either", route=route))
    before = CompiledList([usual])
    strict = rule(
        2, conditions=Conditions(amount_from_minor=1000), answer=Answer(medium="physical", high_risk=True)
    )
    after = CompiledList([usual, strict])
    uses = [(amount, Facts("contract", amount_minor=amount)) for amount in (1, 999, 1000, 5000)]
    said = {one.case: one.changed for one in simulate(before, after, uses)}
    assert said == {
        1: (),
        999: (),
        1000: ("medium", "high_risk", "refused"),
        5000: ("medium", "high_risk", "refused"),
    }


def test_versions_are_kept_for_many_threads_and_never_more_than_promised() -> None:
    kept = CompiledLists(most=3)
    answers: list[int] = []

    def ask(number: int) -> None:
        for turn in range(50):
            key = str((turn + number) % 5)
            compiled = kept.get(key, lambda key=key: CompiledList([rule(int(key) + 1)]))  # type: ignore[misc]  # bound here
            answers.append(len(compiled.rules) * int(key) - int(compiled.rules[0].id[1:]) + 1)

    threads = [Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {0}
    assert len(answers) == 200
    assert len(kept) == 3
