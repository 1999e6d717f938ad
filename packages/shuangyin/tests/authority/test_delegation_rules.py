"""What can be delegated, for how long, and never round in a circle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.authority.kinds import Act
from shuangyin.authority.rules.delegations import (
    EMERGENCY_MS,
    MAX_DAYS,
    Parent,
    Terms,
    covers,
    makes_cycle,
    objections_to_terms,
)
from shuangyin.authority.rules.duties import (
    Duties,
    objection_to_override,
    objection_to_reviewer,
    objection_to_small_unit,
    verdict_on,
)
from shuangyin.authority.rules.grants import Question

DAY = 24 * 3600 * 1000
TERMS = Terms(
    "a", "b", frozenset({Act.PRESS}), 0, DAY, frozenset({"s"}), frozenset({"tender"}), 100, may_pass_on=True
)
ASKED = Question("s", "contract", 10, amount_minor=100, document_kind="tender")


def codes(terms: Terms, **around: Any) -> list[str]:
    given_ = {"now": 0, "in_office_hours": False, "parent": None, "edges": (), **around}
    return [one.code for one in objections_to_terms(terms, **given_)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"delegate_id": "a"}, "DELEGATION_SELF"),
        ({"acts": frozenset()}, "DELEGATION_ACTS"),
        ({"acts": frozenset({Act.AUTO_SEAL})}, "DELEGATION_ACTS"),
        ({"acts": frozenset({Act.APPROVE})}, "DELEGATION_APPROVE_WHOLE"),
        ({"until_at": 0}, "DELEGATION_TIME"),
        ({"until_at": MAX_DAYS * DAY + 1}, "DELEGATION_TOO_LONG"),
        ({"seal_ids": frozenset()}, "DELEGATION_NO_SEAL"),
        ({"emergency": True, "may_pass_on": False, "until_at": EMERGENCY_MS + 1}, "EMERGENCY_TOO_LONG"),
        ({"emergency": True}, "DELEGATION_PASS_ON"),
    ],
)
def test_what_cannot_be_delegated(change: dict[str, Any], code: str) -> None:
    assert codes(TERMS) == []
    assert code in codes(replace(TERMS, **change))


def test_an_emergency_is_out_of_hours() -> None:
    emergency = replace(TERMS, emergency=True, may_pass_on=False)
    assert codes(emergency) == []
    assert codes(emergency, in_office_hours=True) == ["EMERGENCY_IN_HOURS"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"delegator_id": "x"}, "DELEGATION_NOT_YOURS"),
        ({"until_at": DAY + 1}, "DELEGATION_WIDER"),
        ({"from_at": -1}, "DELEGATION_WIDER"),
        ({"acts": frozenset({Act.PRESS, Act.APPLY})}, "DELEGATION_WIDER"),
        ({"seal_ids": None}, "DELEGATION_WIDER"),
        ({"document_kinds": frozenset({"tender", "letter"})}, "DELEGATION_WIDER"),
        ({"amount_limit_minor": 101}, "DELEGATION_WIDER"),
        ({"amount_limit_minor": None}, "DELEGATION_WIDER"),
    ],
)
def test_what_is_passed_on_is_no_wider(change: dict[str, Any], code: str | None) -> None:
    passed = replace(TERMS, **{"delegator_id": "b", "delegate_id": "c", **change})
    found = codes(passed, parent=Parent(TERMS, open=True, steps=1))
    assert found == ([] if code is None else [code])


def test_what_may_not_be_passed_on_or_has_ended() -> None:
    passed = replace(TERMS, delegator_id="b", delegate_id="c")
    closed = Parent(replace(TERMS, may_pass_on=False), open=True, steps=1)
    assert codes(passed, parent=closed) == ["DELEGATION_PASS_ON"]
    assert codes(passed, parent=Parent(TERMS, open=False, steps=1)) == ["DELEGATION_ENDED"]
    assert codes(passed, parent=Parent(TERMS, open=True, steps=3)) == ["DELEGATION_PASS_ON"]


def test_a_circle_is_refused() -> None:
    assert codes(TERMS, edges=[("b", "c"), ("c", "a")]) == ["DELEGATION_CYCLE"]
    assert codes(TERMS, edges=[("b", "c"), ("d", "a")]) == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=14))
def test_edges_added_only_without_a_circle_never_make_one(wanted: list[tuple[int, int]]) -> None:
    edges: list[tuple[str, str]] = []
    for giver, taker in wanted:
        if not makes_cycle(str(giver), str(taker), edges):
            edges.append((str(giver), str(taker)))
    # A graph without circles can be taken down leaf by leaf.
    while edges:
        givers = {giver for giver, _ in edges}
        rest = [edge for edge in edges if edge[1] in givers]
        assert len(rest) < len(edges)
        edges = rest


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": DAY}, "DELEGATION_NOT_NOW"),
        ({"seal_id": "t"}, "DELEGATION_SEAL"),
        ({"document_kind": None}, "DELEGATION_SCENARIO"),
        ({"amount_minor": 101}, "DELEGATION_AMOUNT"),
        ({"amount_minor": None}, "DELEGATION_AMOUNT"),
    ],
)
def test_a_use_outside_a_delegation_is_not_covered(change: dict[str, Any], code: str) -> None:
    assert covers(TERMS, Act.PRESS, ASKED) == []
    assert [one.code for one in covers(TERMS, Act.PRESS, replace(ASKED, **change))] == [code]
    assert [one.code for one in covers(TERMS, Act.APPROVE, ASKED)] == ["DELEGATION_ACT"]


def test_on_what_merged_duties_rest() -> None:
    apart = Duties("a", frozenset({"b"}), "c")
    merged = Duties("a", frozenset({"b"}), "a")
    alone = Duties("a", frozenset({"a"}), "a")
    assert verdict_on(apart, overridden=False, small_unit=False) == "separate"
    assert verdict_on(merged, overridden=False, small_unit=False) == "mixed"
    assert verdict_on(merged, overridden=True, small_unit=True) == "override"
    assert verdict_on(merged, overridden=False, small_unit=True) == "small_unit"
    assert verdict_on(alone, overridden=False, small_unit=True) == "mixed", "two persons at least"


def code_of(objection: Any) -> str | None:
    return objection.code if objection else None


def test_who_may_lift_register_and_review() -> None:
    asked: dict[str, Any] = {"applicant_id": "a", "approver_ids": ["b"]}
    assert code_of(objection_to_override(giver_id="g", person_id="a", **asked)) is None
    assert code_of(objection_to_override(giver_id="a", person_id="a", **asked)) == "OVERRIDE_SELF"
    assert code_of(objection_to_override(giver_id="g", person_id="c", **asked)) == "OVERRIDE_NEEDLESS"
    for headcount, code in ((1, "UNIT_OF_ONE"), (2, None), (10, None), (11, "UNIT_NOT_SMALL")):
        found = objection_to_small_unit(headcount=headcount, reviewer_id="r", registered_by="g")
        assert code_of(found) == code
    assert code_of(objection_to_reviewer("r", named_id=None, barred_ids=["a"])) is None
    assert code_of(objection_to_reviewer("a", named_id="a", barred_ids=["a"])) == "REVIEW_OWN"
    assert code_of(objection_to_reviewer("x", named_id="r", barred_ids=[])) == "REVIEW_OTHERS"
