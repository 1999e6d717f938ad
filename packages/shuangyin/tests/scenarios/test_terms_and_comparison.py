"""When a version is in force and what differs between two: promises for any sequence and any lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuangyin.scenarios.comparing import differences, parts_of
from shuangyin.scenarios.terms import Term, in_force_at, with_new, without

rules = st.lists(
    st.builds(
        lambda name, medium, kind: {
            "name_zh": name,
            "conditions": {"document_kinds": [kind]},
            "answer": {"medium": medium} if medium else {},
        },
        name=st.sampled_from("甲乙丙丁戊"),
        medium=st.sampled_from((None, "electronic", "physical")),
        kind=st.sampled_from(("notice", "letter")),
    ),
    max_size=8,
)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.data())
def test_from_the_first_start_on_exactly_one_version_is_in_force(
    starts: list[int], data: st.DataObject
) -> None:
    terms: tuple[Term, ...] = ()
    for index, start in enumerate(starts):
        terms = with_new(terms, f"v{index}", start)
    first = min(starts)
    for instant in range(32):
        holding = [term for term in terms if term.holds_at(instant)]
        assert len(holding) == (1 if instant >= first else 0)
    # At an instant the version counts that starts last by then, and of those that start together the last approved.
    for instant in range(first, 32):
        index = max((start, position) for position, start in enumerate(starts) if start <= instant)[1]
        found = in_force_at(terms, instant)
        assert found is not None
        assert found.list_id == f"v{index}"
    waiting = [term for term in terms if term.start > first and term.end != term.start]
    if waiting:
        taken = data.draw(st.sampled_from(waiting))
        rest = without(terms, taken.list_id)
        assert all(
            len([term for term in rest if term.holds_at(instant)]) == (1 if instant >= first else 0)
            for instant in range(32)
        )


@given(rules, rules)
def test_every_rule_is_accounted_for_once(
    before: list[dict[str, object]], after: list[dict[str, object]]
) -> None:
    found = differences(before, after)
    kinds = [one.kind for one in found.rules]
    pairs = kinds.count("changed") + found.unchanged
    assert pairs + kinds.count("removed") == len(before)
    assert pairs + kinds.count("added") == len(after)
    for one in found.rules:
        if one.kind == "changed":
            assert one.before is not None
            assert one.after is not None
            assert one.moved or one.parts
            assert bool(one.parts) == (before[one.before] != after[one.after])
    assert differences(after, after).rules == ()


@given(rules, st.randoms(use_true_random=False))
def test_a_list_in_another_order_has_moved_rules_and_no_other(
    before: list[dict[str, object]], chance: object
) -> None:
    after = list(before)
    chance.shuffle(after)  # type: ignore[attr-defined]  # a random.Random
    found = differences(before, after)
    assert {(one.kind, one.parts) for one in found.rules} <= {("changed", ())}
    assert bool(found.rules) == (before != after)


def test_parts_are_named_by_where_they_stand() -> None:
    before = {
        "answer": {"medium": "electronic", "controls": {"qr": True}},
        "conditions": {"amount_from_minor": 0},
    }
    after = {"answer": {"medium": "electronic", "controls": {"qr": True, "photo": "once"}}, "conditions": {}}
    assert [(one.name, one.before, one.after) for one in parts_of(before, after)] == [
        ("answer.controls.photo", None, "once"),
        ("conditions.amount_from_minor", 0, None),
    ]
