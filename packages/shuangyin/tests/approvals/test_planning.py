"""Who is asked: conditions, special cases, nobody left; until when; what a change undoes. On plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.approvals.rules import SecondFactorRule, StepMode, StepPlan
from shuangyin.approvals.rules.changes import Part, concerns, differences
from shuangyin.approvals.rules.deadlines import due_after, on_timeout
from shuangyin.approvals.rules.definitions import (
    ApproverKind,
    Approvers,
    FactPart,
    Hours,
    OnTimeout,
    RouteFacts,
    SpecialCases,
    StepConditions,
    StepDefinition,
    Timeout,
    WhenAbsent,
    WhenApplicant,
    WhenNobody,
    WhenRepeated,
    applies,
    objections_to,
)
from shuangyin.approvals.rules.planning import (
    ISSUE_FORM,
    SKIPPED,
    Nobody,
    plan_route,
    replacement_for,
    stand_in_for,
)
from shuangyin.core.text import Text
from shuangyin.reference.working_days import MS_PER_HOUR, published_calendar

LETTERS = "abcdef"


@dataclass
class Office:
    """An organization made of letters: who is named by a step, who left, who stands above whom."""

    named: dict[str, tuple[str, ...]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    above: dict[str, tuple[str, ...]] = field(default_factory=dict)
    heads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    root: tuple[str, ...] = ()

    def named_by(self, approvers: Approvers, facts: RouteFacts, key: str) -> Sequence[str]:
        assert approvers.kind is ApproverKind.PERSON
        assert facts.applicant_id
        return self.named.get(key, approvers.person_ids)

    def may_decide(self, person_id: str) -> bool:
        return person_id not in self.gone

    def superiors_of(self, person_id: str) -> Sequence[str]:
        return [one for one in self.above.get(person_id, ()) if one not in self.gone]

    def heads_of(self, person_id: str) -> Sequence[str]:
        return self.heads.get(person_id, ())

    def root_holders(self) -> Sequence[str]:
        return self.root

    def root_name(self) -> Text:
        return Text("负责人审批", "Approval: root")


def step(
    *persons: str,
    key: str = "",
    factor: SecondFactorRule = SecondFactorRule.WINDOW,
    special: SpecialCases | None = None,
    conditions: StepConditions | None = None,
    issue_form_counts: bool = False,
) -> StepDefinition:
    return StepDefinition(
        key=key or "-".join(persons),
        name=Text(f"{''.join(persons)}审批", "Approval"),
        approvers=Approvers(ApproverKind.PERSON, person_ids=persons),
        second_factor=factor,
        special=special or SpecialCases(),
        conditions=conditions or StepConditions(),
        issue_form_counts=issue_form_counts,
    )


def planned(
    steps: Sequence[StepDefinition],
    office: Office,
    applicant: str = "a",
    *,
    high_risk: bool = False,
    issue_form: bool = False,
) -> tuple[StepPlan, ...]:
    found = plan_route(steps, office, RouteFacts(applicant, None, high_risk=high_risk), issue_form=issue_form)
    assert not isinstance(found, Nobody), found
    return found


def asked(plans: Sequence[StepPlan]) -> list[tuple[str, ...]]:
    return [plan.person_ids for plan in plans]


people = st.lists(st.sampled_from(LETTERS), max_size=3, unique=True).map(tuple)
specials = st.builds(
    SpecialCases,
    applicant=st.sampled_from(WhenApplicant),
    repeated=st.sampled_from(WhenRepeated),
    absent=st.sampled_from(WhenAbsent),
    nobody=st.sampled_from(WhenNobody),
)
offices = st.builds(
    Office,
    gone=st.frozensets(st.sampled_from(LETTERS), max_size=2),
    above=st.dictionaries(st.sampled_from(LETTERS), people),
    heads=st.dictionaries(st.sampled_from(LETTERS), people),
    root=st.just(("f",)),
)


@given(
    st.lists(st.tuples(people, specials), min_size=1, max_size=4),
    offices,
    st.sampled_from(LETTERS),
    st.booleans(),
)
def test_an_applicant_decides_for_himself_only_where_a_setting_or_the_top_allows_it_and_never_at_high_risk(
    wanted: list[tuple[tuple[str, ...], SpecialCases]], office: Office, applicant: str, high_risk: bool
) -> None:
    steps = [
        step(*persons, key=f"s{index}", special=special) for index, (persons, special) in enumerate(wanted)
    ]
    facts = RouteFacts(applicant, None, high_risk=high_risk)
    plans = plan_route(steps, office, facts)
    if isinstance(plans, Nobody):
        return
    assert 1 <= len(plans) <= len(steps)
    for plan in plans:
        assert plan.definition is not None
        if applicant in plan.person_ids:
            assert not high_risk
            assert plan.person_ids == (applicant,)
            assert plan.definition.special.applicant is WhenApplicant.OWN or applicant in office.root
        if plan.ended_as == SKIPPED:
            assert not high_risk
        if not plan.person_ids and plan.ended_as is None:
            assert plan.definition.special.nobody is WhenNobody.ADMINISTRATOR
    last = [plan for plan in plans if plan.ended_as is None][-1:]
    assert all(plan.barred_person_id == (applicant if high_risk else None) for plan in last)


def test_a_department_without_another_head_goes_up_and_neighbours_of_the_same_persons_are_one_step() -> None:
    office = Office(above={"a": ("f",)}, root=("f",))
    (plan,) = planned([step("a")], office)
    assert (plan.person_ids, plan.name_zh) == (("f",), "负责人审批")
    both = [step("a", key="1"), step("f", key="2", factor=SecondFactorRule.EACH)]
    (merged,) = planned(both, office, high_risk=True)
    assert (merged.person_ids, merged.second_factor, merged.barred_person_id) == (
        ("f",),
        SecondFactorRule.EACH,
        "a",
    )
    found = plan_route([step("f", key="1")], office, RouteFacts("f", None, high_risk=True))
    assert isinstance(found, Nobody)
    assert asked(planned([step("f", key="1")], office, "f")) == [("f",)]
    twice = [step("b", key="1", special=SpecialCases(repeated=WhenRepeated.NO))] * 2
    apart = [twice[0], replace(twice[1], key="2")]
    assert asked(planned(apart, office)) == [("b",), ("b",)]


def test_each_special_case_does_what_its_setting_says() -> None:
    office = Office(
        above={"a": ("c", "f"), "b": ("d",)}, heads={"a": ("e",)}, root=("f",), gone=frozenset("b")
    )

    def alone(**special: object) -> tuple[StepPlan, ...]:
        return planned([step("a", special=SpecialCases(**special))], office)  # type: ignore[arg-type]

    assert alone(applicant=WhenApplicant.SKIP)[0].ended_as == SKIPPED
    assert asked(alone(applicant=WhenApplicant.OWN)) == [("a",)]
    assert asked(alone(applicant=WhenApplicant.SUPERIOR)) == [("c",)]
    assert [one.instead_of for one in alone(applicant=WhenApplicant.SUPERIOR)] == [("a",)]
    assert asked(alone(applicant=WhenApplicant.DEPARTMENT_HEAD)) == [("e",)]
    # Who has left is replaced by his superior, others stay.
    assert asked(planned([step("b", "e")], office)) == [("d", "e")]
    empty = step(key="x")
    assert asked(planned([replace(empty, special=SpecialCases(nobody=WhenNobody.SUPERIOR))], office)) == [
        ("c",)
    ]
    assert asked(
        planned([replace(empty, special=SpecialCases(nobody=WhenNobody.ADMINISTRATOR))], office)
    ) == [()]
    refused = plan_route(
        [replace(empty, special=SpecialCases(nobody=WhenNobody.ERROR))], office, RouteFacts("a", None)
    )
    assert isinstance(refused, Nobody)
    assert refused.step.key == "x"


def test_a_step_for_which_an_issue_form_counts_is_over_before_it_begins() -> None:
    office = Office()
    steps = [step("b", issue_form_counts=True), step("c")]
    first, second = planned(steps, office, issue_form=True)
    assert (first.ended_as, first.person_ids, second.person_ids) == (ISSUE_FORM, (), ("c",))
    assert asked(planned(steps, office)) == [("b",), ("c",)]
    # The last step that is still decided by a person bars the applicant.
    first, second = planned(list(reversed(steps)), office, high_risk=True, issue_form=True)
    assert (first.barred_person_id, second.ended_as) == ("a", ISSUE_FORM)


def test_conditions_leave_steps_out_and_an_unknown_amount_leaves_none_out() -> None:
    facts = RouteFacts("a", "d1", medium="physical", seal_categories=("contract",), amount_minor=500)
    assert applies(StepConditions(), facts)
    assert applies(
        StepConditions(media=("physical",), seal_categories=("finance", "contract"), departments=("d1",)),
        facts,
    )
    for one in (
        StepConditions(media=("electronic",)),
        StepConditions(seal_categories=("finance",)),
        StepConditions(departments=("d2",)),
        StepConditions(applicants=("b",)),
        StepConditions(amount_from_minor=501),
        StepConditions(amount_below_minor=500),
    ):
        assert not applies(one, facts)
    limits = StepConditions(amount_from_minor=10_000, amount_below_minor=20_000)
    assert applies(limits, replace(facts, amount_minor=None))
    assert applies(limits, replace(facts, currency="USD"))
    found = plan_route([step("b", conditions=limits)], Office(), facts)
    assert found == ()


def test_a_route_that_cannot_stand_says_why_at_each_step() -> None:
    assert [one.code for one in objections_to([])] == ["NO_STEP"]
    bad = [
        step(key="x"),
        step("b", key="x", conditions=StepConditions(amount_from_minor=5, amount_below_minor=5)),
        replace(step("c", factor=SecondFactorRule.EACH), timeout=Timeout(1, Hours.ALL, OnTimeout.PASS)),
    ]
    assert [(one.code, one.step) for one in objections_to(bad)] == [
        ("STEP_WITHOUT_APPROVER", 1),
        ("STEP_KEY_TWICE", 2),
        ("STEP_NEVER_APPLIES", 2),
        ("PASS_NEEDS_NOBODY", 3),
    ]
    assert objections_to([step("b"), step("c")]) == []


def test_stand_ins_and_replacements_are_never_barred() -> None:
    keep_to_delegate = step("b", special=SpecialCases(absent=WhenAbsent.DELEGATE))
    assert stand_in_for(None, ["c", "d"], ["e"], barred="c") == "d"
    assert stand_in_for(None, ["c"], ["e"], barred="c") == "e"
    assert stand_in_for(keep_to_delegate, ["c"], ["e"], barred="c") is None
    assert replacement_for(None, ["c", "d"], excluded={"c", None}) == "d"
    to_administrator = step("b", special=SpecialCases(nobody=WhenNobody.ADMINISTRATOR))
    assert replacement_for(to_administrator, ["c"], excluded=()) is None


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-26T10:00", 2, "2026-11-26T12:00"),
        ("2026-11-26T11:00", 2, "2026-11-26T14:30"),
        ("2026-11-27T17:00", 2, "2026-11-30T10:00"),
        ("2026-11-28T03:00", 7.5, "2026-11-30T18:00"),
        # The holiday of October, and the Saturday that is worked for it.
        ("2026-09-30T17:00", 2, "2026-10-08T10:00"),
        ("2026-10-09T17:30", 1, "2026-10-10T09:30"),
    ],
)
def test_working_hours_pass_only_on_working_days(start: str, hours: float, due: str) -> None:
    timeout = Timeout(hours, Hours.WORKING, OnTimeout.REMIND)
    assert due_after(timeout, at(start), published_calendar()) == at(due)
    plain = Timeout(hours, Hours.ALL, OnTimeout.REMIND)
    assert due_after(plain, at(start), published_calendar()) == at(start) + hours * MS_PER_HOUR


def test_nothing_of_high_risk_passes_for_lack_of_an_answer() -> None:
    passing = Timeout(1, Hours.ALL, OnTimeout.PASS)
    assert on_timeout(passing, high_risk=False, asks_each_time=False) is OnTimeout.PASS
    assert on_timeout(passing, high_risk=True, asks_each_time=False) is OnTimeout.REMIND
    assert on_timeout(passing, high_risk=False, asks_each_time=True) is OnTimeout.REMIND
    refusing = replace(passing, then=OnTimeout.REFUSE)
    assert on_timeout(refusing, high_risk=True, asks_each_time=True) is OnTimeout.REFUSE


def test_only_who_looks_at_what_changed_is_concerned() -> None:
    before = {
        "document:1": Part(FactPart.DOCUMENTS, "a", "甲", "A", "v1"),
        "amount": Part(FactPart.AMOUNT, "1", "金额", "amount", "100"),
        "seal:1": Part(FactPart.PLACES, "p", "章", "seal"),
    }
    after = {
        "document:1": Part(FactPart.DOCUMENTS, "b", "甲", "A", "v2"),
        "amount": before["amount"],
        "document:2": Part(FactPart.DOCUMENTS, "c", "乙", "B", "v3"),
    }
    found = differences(before, after)
    assert [(one.key, one.happened, one.before, one.after) for one in found] == [
        ("document:1", "changed", "v1", "v2"),
        ("document:2", "added", "", "v3"),
        ("seal:1", "removed", "", ""),
    ]
    assert concerns((), found)
    assert concerns((FactPart.PLACES,), found)
    assert not concerns((FactPart.AMOUNT,), found)
    assert not concerns((), [])


def test_modes_are_kept_as_they_were_asked_for() -> None:
    every = [
        replace(step("b", "c"), key=mode.value, mode=mode, special=SpecialCases(repeated=WhenRepeated.NO))
        for mode in StepMode
    ]
    assert [plan.mode for plan in planned(every, Office())] == list(StepMode)
