"""Limits of a grant to the last fen and the last millisecond, in every dimension, under any line of grants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shuangyin.authority.kinds import Act, CountOf, EndCause, GrantEvent, GrantStatus
from shuangyin.authority.rules.grants import (
    MAX_DEPTH,
    GrantState,
    Quantities,
    Question,
    Scope,
    Surroundings,
    closing_cause,
    filled,
    lapse_of,
    next_status,
    objections_to_child,
    objections_to_scope,
    objections_to_use,
)

ROOT = Scope(
    Act.APPROVE,
    1000,
    2000,
    targets=frozenset({"seal"}),
    document_kinds=frozenset({"tender"}),
    matters=frozenset({"bid"}),
    forms=frozenset({"f"}),
    department_id="sales",
    amount_limit_minor=100_000,
    count_limit=5,
)
ASKED = Question(
    "seal",
    "contract",
    1500,
    amount_minor=100_000,
    document_kind="tender",
    matter="bid",
    department_line=("unit", "sales", "team"),
    forms=("f", "f"),
)
AROUND = Surroundings(
    {"seal": "contract", "other": "finance"}, {"sales": ("unit", "sales"), "team": ("unit", "sales", "team")}
)


def codes(
    scope: Scope, parent: Scope = ROOT, status: GrantStatus = GrantStatus.ACTIVE, depth: int = 1
) -> set[str]:
    return {
        one.code for one in objections_to_child(scope, GrantState("g", parent, status), AROUND, depth=depth)
    }


def refused(question: Question, **state: Any) -> list[str]:
    return [one.code for one in objections_to_use([GrantState("g", ROOT, **state)], question)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_limit_minor": 100_001}, "GRANT_AMOUNT"),
        ({"amount_limit_minor": None}, "GRANT_AMOUNT"),
        ({"count_limit": 6}, "GRANT_COUNT"),
        ({"count_of": CountOf.PRESSES}, "GRANT_COUNT"),
        ({"valid_from": 999}, "GRANT_TIME"),
        ({"valid_until": 2001}, "GRANT_TIME"),
        ({"targets": frozenset({"seal", "other"})}, "GRANT_SEAL"),
        ({"targets": frozenset({"*"})}, "GRANT_SEAL"),
        ({"targets": frozenset({"category:contract"})}, "GRANT_SEAL"),
        ({"document_kinds": frozenset({"tender", "letter"})}, "GRANT_SCENARIO"),
        ({"document_kinds": None}, "GRANT_SCENARIO"),
        ({"matters": None}, "GRANT_SCENARIO"),
        ({"forms": frozenset({"g"})}, "GRANT_FORM"),
        ({"department_id": "unit"}, "GRANT_DEPARTMENT"),
        ({"department_id": None}, "GRANT_DEPARTMENT"),
        ({"act": Act.PRESS}, "GRANT_ACT"),
        ({"root": "party"}, "GRANT_ROOT"),
    ],
)
def test_a_child_wider_by_the_smallest_step_is_refused(change: dict[str, Any], code: str) -> None:
    assert codes(ROOT) == set()
    assert codes(replace(ROOT, **change)) == {code}


def test_a_department_below_the_parents_and_a_seal_of_the_parents_category_are_within() -> None:
    assert codes(replace(ROOT, department_id="team")) == set()
    of_category = replace(ROOT, targets=frozenset({"category:contract"}))
    assert codes(ROOT, of_category) == set()
    assert codes(replace(ROOT, targets=frozenset({"other"})), of_category) == {"GRANT_SEAL"}


@pytest.mark.parametrize("status", [GrantStatus.OFFERED, GrantStatus.DECLINED, GrantStatus.ENDED])
def test_nothing_is_granted_out_of_a_grant_that_is_not_in_force(status: GrantStatus) -> None:
    assert codes(ROOT, status=status) == {"PARENT_ENDED"}


def test_what_may_not_be_passed_on_and_what_is_too_deep() -> None:
    assert codes(ROOT, replace(ROOT, may_pass_on=False)) == {"GRANT_PASS_ON"}
    assert codes(ROOT, depth=MAX_DEPTH) == set()
    assert codes(ROOT, depth=MAX_DEPTH + 1) == {"GRANT_DEPTH"}


def test_open_limits_are_the_parents() -> None:
    wish = Scope(Act.APPROVE, 1000, 2000, targets=None, count_of=CountOf.DOCUMENTS)
    assert filled(wish, ROOT) == ROOT
    assert codes(filled(wish, ROOT)) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 100_001}, "GRANT_AMOUNT"),
        ({"amount_minor": None}, "GRANT_AMOUNT"),
        ({"at": 999}, "GRANT_NOT_NOW"),
        ({"at": 2000}, "GRANT_NOT_NOW"),
        ({"seal_id": "other"}, "GRANT_SEAL"),
        ({"root": "union"}, "GRANT_SEAL"),
        ({"document_kind": "letter"}, "GRANT_SCENARIO"),
        ({"document_kind": None}, "GRANT_SCENARIO"),
        ({"matter": None}, "GRANT_SCENARIO"),
        ({"forms": ("f", "g")}, "GRANT_FORM"),
        ({"forms": ()}, "GRANT_FORM"),
        ({"department_line": ("unit",)}, "GRANT_DEPARTMENT"),
        ({"department_line": ()}, "GRANT_DEPARTMENT"),
        ({"wanted": Quantities(6, 1, 1)}, "GRANT_COUNT"),
    ],
)
def test_a_use_outside_by_the_smallest_step_is_not_covered(change: dict[str, Any], code: str) -> None:
    assert refused(ASKED) == []
    assert refused(replace(ASKED, **change)) == [code]


def test_a_grant_that_is_offered_ended_or_lapsed_covers_nothing() -> None:
    assert refused(ASKED, status=GrantStatus.OFFERED) == ["GRANT_NOT_ACCEPTED"]
    assert refused(ASKED, status=GrantStatus.ENDED) == ["GRANT_ENDED"]
    assert refused(ASKED, lapses_at=1501) == []
    assert refused(ASKED, lapses_at=1500) == ["GRANT_NOT_RECONFIRMED"]


def test_the_last_count_is_the_last_unless_the_asker_holds_it() -> None:
    full = {"count_reserved": 3, "count_used": 2}
    assert refused(ASKED, **full) == ["GRANT_COUNT"]
    assert refused(replace(ASKED, held=Quantities()), **full) == []


def test_a_count_says_what_it_counts() -> None:
    wanted = replace(ASKED, wanted=Quantities(uses=1, documents=3, presses=7))
    for count_of, needed in ((CountOf.USES, 1), (CountOf.DOCUMENTS, 3), (CountOf.PRESSES, 7)):
        for limit in (needed - 1, needed):
            scope = replace(ROOT, count_of=count_of, count_limit=limit)
            objections = objections_to_use([GrantState("g", scope)], wanted)
            assert [one.code for one in objections] == ([] if limit == needed else ["GRANT_COUNT"])


def test_automatic_sealing_is_bound_to_seals_template_count_and_days() -> None:
    open_scope = Scope(Act.AUTO_SEAL, 0, 367 * 24 * 3600 * 1000)
    assert {one.code for one in objections_to_scope(open_scope)} == {
        "GRANT_AUTO_SEAL",
        "GRANT_AUTO_TEMPLATE",
        "GRANT_AUTO_COUNT",
        "GRANT_AUTO_DAYS",
    }
    bound = replace(
        open_scope,
        valid_until=366 * 24 * 3600 * 1000,
        targets=frozenset({"seal"}),
        forms=frozenset({"f"}),
        count_limit=1,
    )
    assert objections_to_scope(bound) == []
    assert [one.code for one in objections_to_scope(replace(bound, valid_until=0))] == ["GRANT_VALIDITY"]


def test_why_a_grant_ends_by_itself() -> None:
    state = GrantState("g", ROOT)
    assert closing_cause(state, 1999) is None
    assert closing_cause(state, 2000) is EndCause.EXPIRED
    assert closing_cause(replace(state, count_used=4), 1500) is None
    assert closing_cause(replace(state, count_used=5), 1500) is EndCause.USED_UP
    assert closing_cause(replace(state, lapses_at=1500), 1500) is EndCause.NOT_RECONFIRMED
    assert closing_cause(replace(state, status=GrantStatus.OFFERED), 2000) is EndCause.NOT_ACCEPTED
    assert closing_cause(replace(state, status=GrantStatus.ENDED), 9999) is None


def test_a_change_of_the_office_counts_from_the_first_end_after_the_last_confirmation() -> None:
    def later(at: int, days: int) -> int:
        return at + days

    assert lapse_of(100, [50, 100], later) is None
    assert lapse_of(100, [300, 200, 50], later) == 210
    assert lapse_of(250, [300, 200, 50], later) == 310


limits = st.one_of(st.none(), st.integers(0, 3))
some = st.one_of(st.none(), st.frozensets(st.sampled_from("ab"), min_size=1))
scopes = st.builds(
    Scope,
    act=st.just(Act.APPROVE),
    valid_from=st.integers(0, 2),
    valid_until=st.integers(2, 4),
    root=st.just("unit"),
    targets=st.one_of(
        st.none(),
        st.frozensets(st.sampled_from(["seal", "other", "category:contract", "*"]), min_size=1),
    ),
    document_kinds=some,
    matters=some,
    forms=some,
    department_id=st.sampled_from([None, "unit", "sales", "team"]),
    amount_limit_minor=limits,
    count_limit=st.one_of(st.none(), st.integers(1, 3)),
    count_of=st.sampled_from(CountOf),
    may_pass_on=st.sampled_from([True, True, False]),
)
questions = st.builds(
    Question,
    seal_id=st.sampled_from(["seal", "other"]),
    seal_category=st.just("contract"),
    at=st.integers(0, 4),
    amount_minor=limits,
    document_kind=st.sampled_from([None, "a", "b"]),
    matter=st.sampled_from([None, "a", "b"]),
    department_line=st.sampled_from([(), ("unit",), ("unit", "sales"), ("unit", "sales", "team")]),
    forms=st.lists(st.sampled_from("ab"), max_size=2).map(tuple),
    wanted=st.builds(Quantities, st.just(1), st.integers(1, 3), st.integers(0, 3)),
)
WIDE = Surroundings(
    {"seal": "contract", "other": "contract"},
    {"unit": ("unit",), "sales": ("unit", "sales"), "team": ("unit", "sales", "team")},
)


@settings(max_examples=200, deadline=None)
@given(st.lists(scopes, min_size=2, max_size=5), questions)
def test_what_the_last_of_a_line_covers_every_grant_above_it_covers(
    wishes: list[Scope], question: Question
) -> None:
    """However grants are given out of one another, a child lets nothing through that its parent would not."""
    line = [filled(wishes[0], Scope(Act.APPROVE, 0, 9))]
    for depth, wish in enumerate(wishes[1:], start=1):
        child = filled(wish, line[-1])
        if not objections_to_child(child, GrantState("p", line[-1]), WIDE, depth=depth):
            line.append(child)
    covered = [not objections_to_use([GrantState("g", scope)], question) for scope in line]
    # Once covered, covered all the way up: no False stands before a True.
    assert covered == sorted(covered, reverse=True)


class LifeOfAGrant(RuleBasedStateMachine):
    """Whatever happens in whatever order, a grant is used only while it is accepted, and what has ended stays so."""

    def __init__(self) -> None:
        super().__init__()
        self.status = GrantStatus.OFFERED
        self.accepted = False
        self.over = False

    @rule(event=st.sampled_from(GrantEvent))
    def happens(self, event: GrantEvent) -> None:
        following = next_status(self.status, event)
        if self.over:
            assert following is None, f"{self.status} came back to life by {event}"
        if following is None:
            return
        self.accepted = self.accepted or event is GrantEvent.ACCEPT
        self.over = following in (GrantStatus.ENDED, GrantStatus.DECLINED)
        self.status = following

    @rule(at=st.integers(500, 2500), used=st.integers(0, 5))
    @precondition(lambda self: not self.over)
    def the_round_comes(self, at: int, used: int) -> None:
        cause = closing_cause(GrantState("g", ROOT, self.status, count_used=used), at)
        if cause is not None:
            assert at >= ROOT.valid_until or used >= 5
            self.happens(GrantEvent.END)

    @invariant()
    def only_an_accepted_grant_that_has_not_ended_covers_anything(self) -> None:
        covers = not objections_to_use([GrantState("g", ROOT, self.status)], ASKED)
        assert covers == (self.accepted and not self.over)


TestLifeOfAGrant = LifeOfAGrant.TestCase
TestLifeOfAGrant.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
