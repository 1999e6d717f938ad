"""Limits of a grant to the last fen and the last millisecond."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.authority.rules import (
    GrantState,
    Question,
    Scope,
    effective_scope,
    objections_to_child,
    objections_to_scope,
    objections_to_use,
)

ROOT = Scope("approve", "seal", 100_000, 5, 1000, 2000)
ASKED = Question("seal", 100_000, 1500)


def codes(scope: Scope, parent: Scope = ROOT, *, active: bool = True) -> set[str]:
    return {one.code for one in objections_to_child(scope, GrantState("g", parent, active), parent)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_limit_minor": 100_001}, "GRANT_AMOUNT"),
        ({"count_limit": 6}, "GRANT_COUNT"),
        ({"valid_from": 999}, "GRANT_TIME"),
        ({"valid_until": 2001}, "GRANT_TIME"),
        ({"seal_id": "other"}, "GRANT_SEAL"),
        ({"act": "press"}, "GRANT_ACT"),
    ],
)
def test_a_child_wider_by_the_smallest_step_is_refused(change: dict[str, object], code: str) -> None:
    assert codes(ROOT) == set()
    assert codes(replace(ROOT, **change)) == {code}  # type: ignore[arg-type]  # fields by name


def test_nothing_is_granted_out_of_an_ended_grant() -> None:
    assert codes(ROOT, active=False) == {"PARENT_ENDED"}


def test_open_limits_are_the_ancestors() -> None:
    child = Scope("approve", None, None, None, 1000, 2000)
    assert codes(child) == set()
    assert effective_scope([ROOT, child]) == ROOT


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (replace(ASKED, amount_minor=100_001), "GRANT_AMOUNT"),
        (replace(ASKED, amount_minor=None), "GRANT_AMOUNT"),
        (replace(ASKED, at=999), "GRANT_NOT_NOW"),
        (replace(ASKED, at=2000), "GRANT_NOT_NOW"),
        (replace(ASKED, seal_id="other"), "GRANT_SEAL"),
    ],
)
def test_a_use_outside_by_the_smallest_step_is_not_covered(question: Question, code: str) -> None:
    assert objections_to_use([GrantState("g", ROOT, active=True)], ASKED) == []
    objections = objections_to_use([GrantState("g", ROOT, active=True)], question)
    assert [one.code for one in objections] == [code]


def test_the_last_count_is_the_last_unless_the_asker_holds_it() -> None:
    full = GrantState("g", ROOT, active=True, count_reserved=3, count_used=2)
    assert [one.code for one in objections_to_use([full], ASKED)] == ["GRANT_COUNT"]
    assert objections_to_use([full], replace(ASKED, held=1)) == []


def test_automatic_sealing_names_its_seal_and_time_runs_forward() -> None:
    scope = Scope("auto_seal", None, None, None, 2000, 2000)
    assert {one.code for one in objections_to_scope(scope)} == {"GRANT_AUTO_SEAL", "GRANT_VALIDITY"}


limits = st.one_of(st.none(), st.integers(0, 3))
scopes = st.builds(
    Scope,
    act=st.just("approve"),
    seal_id=st.sampled_from([None, "seal", "other"]),
    amount_limit_minor=limits,
    count_limit=st.one_of(st.none(), st.integers(1, 3)),
    valid_from=st.integers(0, 3),
    valid_until=st.integers(1, 4),
)


@given(st.lists(scopes, min_size=1, max_size=4), scopes, st.integers(0, 4), st.integers(0, 3))
def test_what_a_child_covers_its_whole_line_covers(
    line: list[Scope], child: Scope, at: int, amount: int
) -> None:
    """A child that is not objected to lets nothing through that its parent would not."""
    reach = effective_scope(line)
    parent = GrantState("p", line[-1], active=True)
    if objections_to_child(child, parent, reach):
        return
    question = Question("seal", amount, at)
    if not objections_to_use([GrantState("c", effective_scope([*line, child]), active=True)], question):
        assert objections_to_use([GrantState("p", reach, active=True)], question) == []
