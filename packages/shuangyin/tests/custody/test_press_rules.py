"""Invariant 6: permitted, spare included, ≥ good and spoiled, for any sequence of registrations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuangyin.custody.rules import (
    SPARE_SPOILED,
    Permitted,
    Presses,
    is_past,
    object_to_persons,
    object_to_presses,
    total_of,
)

counts = st.integers(0, 6)
presses = st.builds(Presses, counts, counts, counts, counts)
permits = st.builds(Permitted, st.integers(0, 12), st.integers(0, 6))


@given(permits, st.lists(presses, max_size=12))
def test_no_sequence_of_registrations_passes_what_was_approved(
    permitted: Permitted, tries: list[Presses]
) -> None:
    taken: list[Presses] = []
    for one in tries:
        if object_to_presses(permitted, total_of(taken), one) is None:
            taken.append(one)
    total = total_of(taken)
    assert total.normal + total.cover <= permitted.normal
    assert total.seam <= permitted.seam
    assert total.good <= permitted.total
    spoiled = 0
    for one in taken:
        assert not one.good or spoiled <= SPARE_SPOILED, "beyond the spare nothing good is pressed any more"
        spoiled += one.spoiled


@given(permits)
def test_exactly_what_was_approved_may_be_pressed(permitted: Permitted) -> None:
    all_at_once = Presses(permitted.normal, permitted.seam, 0, SPARE_SPOILED)
    assert object_to_presses(permitted, total_of([]), all_at_once) is None


def test_registering_nothing_is_refused() -> None:
    objection = object_to_presses(Permitted(4, 0), total_of([]), Presses(0, 0, 0, 0))
    assert objection is not None
    assert objection.code == "NO_PRESSES"


def test_the_spare_cannot_become_a_good_press() -> None:
    objection = object_to_presses(Permitted(1, 0), Presses(1, 0, 0, 0), Presses(1, 0, 0, 0))
    assert objection is not None
    assert objection.code == "COUNT_EXCEEDED"


@given(
    st.sampled_from("abcd"),
    st.sampled_from("abcd"),
    st.sets(st.sampled_from("abcd")),
    st.sets(st.sampled_from("abcd")),
)
def test_duties_are_separate_or_the_opening_is_refused(
    custodian: str, reviewer: str, applicants: set[str], approvers: set[str]
) -> None:
    objection = object_to_persons(
        custodian_id=custodian, reviewer_id=reviewer, applicant_ids=applicants, final_approver_ids=approvers
    )
    separate = custodian != reviewer and custodian not in applicants and custodian not in approvers
    assert (objection is None) == separate


def test_an_opening_is_past_its_time() -> None:
    assert not is_past(10, status="pending", confirm_by=10, closes_by=None)
    assert is_past(11, status="pending", confirm_by=10, closes_by=None)
    assert not is_past(20, status="open", confirm_by=10, closes_by=20)
    assert is_past(21, status="open", confirm_by=10, closes_by=20)
    assert not is_past(99, status="closed", confirm_by=10, closes_by=20)
