"""How a step comes to its result, over every order of deciders and decisions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuangyin.approvals.rules import (
    Asked,
    AssignmentStatus,
    DecisionKind,
    StepMode,
    StepResult,
    decision_slot,
    first_asked,
    outcome_of,
)

PERSONS = ("a", "b", "c", "d")
APPROVE, REJECT, SEND_BACK = DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.SEND_BACK


def run(
    mode: StepMode, persons: list[str], said: dict[str, DecisionKind], order: list[str]
) -> tuple[str, list[str]]:
    """Play a step to its end: the result, and who decided in which order."""
    status = {
        one: AssignmentStatus.OPEN if one in first_asked(mode, persons) else AssignmentStatus.WAITING
        for one in persons
    }
    decided: list[str] = []
    while True:
        able = [one for one in order if status[one] is AssignmentStatus.OPEN]
        if not able:
            return "stuck", decided
        person = able[0]
        asked = [Asked(one, persons.index(one), status[one]) for one in persons]
        outcome = outcome_of(mode, asked, person, said[person])
        status[person] = AssignmentStatus.DECIDED
        decided.append(person)
        if outcome.result is not StepResult.CONTINUES:
            return outcome.result.value, decided
        if outcome.next_person_id is not None:
            status[outcome.next_person_id] = AssignmentStatus.OPEN


@given(
    st.sampled_from(StepMode),
    st.lists(st.sampled_from(PERSONS), min_size=1, unique=True),
    st.fixed_dictionaries({one: st.sampled_from(DecisionKind) for one in PERSONS}),
    st.permutations(PERSONS),
)
def test_every_step_ends_and_its_result_is_what_the_mode_says(
    mode: StepMode, persons: list[str], said: dict[str, DecisionKind], order: list[str]
) -> None:
    order = [one for one in order if one in persons]
    result, decided = run(mode, persons, said, order)
    words = [said[one] for one in decided]
    assert result != "stuck"
    if result == "approved":
        assert set(words) == {APPROVE}
        assert len(decided) == (1 if mode is StepMode.ANY else len(persons))
    else:
        # The first who says no ends it; nobody decides after him.
        assert words[-1] is (REJECT if result == "rejected" else SEND_BACK)
        assert set(words[:-1]) <= {APPROVE}
    if mode is StepMode.IN_TURN:
        assert decided == persons[: len(decided)]


@given(st.sampled_from(StepMode), st.sampled_from(PERSONS), st.sampled_from(PERSONS))
def test_the_slot_lets_a_person_decide_once_and_an_any_step_be_decided_once(
    mode: StepMode, one: str, other: str
) -> None:
    same = decision_slot(mode, "step", one) == decision_slot(mode, "step", other)
    assert same == (mode is StepMode.ANY or one == other)
