"""What is in approval is replaced, or submitted again: who decides anew, and whose word stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from approval_desk import BINDING, Desk, defined, desk, refused

from shuangyin.approvals import commands, queries
from shuangyin.approvals.rules import StepMode
from shuangyin.approvals.rules.changes import Part
from shuangyin.approvals.rules.definitions import FactPart

PARTS = {
    "document:1": Part(FactPart.DOCUMENTS, "1" * 64, "合同", "contract", "v1"),
    "amount": Part(FactPart.AMOUNT, "2" * 64, "金额", "amount", "100"),
}
OTHER = "c" * 64


@pytest.fixture
def office() -> Iterator[Desk]:
    with desk() as made:
        yield made


def test_of_a_replaced_version_only_those_decide_again_who_look_at_what_changed(office: Desk) -> None:
    route = office.start(
        [
            defined("ann", key="money", looks_at=(FactPart.AMOUNT,)),
            defined("bob", key="all"),
            defined("cat", "dan", key="both", mode=StepMode.ALL),
        ],
        parts=PARTS,
    )
    for name in ("ann", "bob", "cat"):
        office.says(name, route)
    (_, _, step) = office.steps(route)
    changed = {**PARTS, "document:1": replace(PARTS["document:1"], digest="3" * 64, reference="v2")}

    def replaced() -> Any:
        def command(work: Any) -> Any:
            row = queries.route(work, route)
            return commands.replaced(work, office.actor("clerk"), row, binding=OTHER, parts=changed)

        return office.act(command)

    with refused("REPLACEMENT_NOT_PERMITTED"):
        replaced()
    office.act(
        lambda work: commands.permit_replacement(
            work, office.actor("dan"), step.id, reason="附件有误", expected=None
        )
    )
    office.subject.binding = OTHER
    revision = replaced()
    assert (revision.number, revision.asked_again) == (1, 2)
    # Who decides on what he was shown before is told what differs and what to decide on instead.
    with refused("BINDING_CHANGED") as told:
        office.says("bob", route, binding=BINDING)
    assert told.value.details["binding"] == OTHER
    assert [one["key"] for one in told.value.details["differences"]] == ["document:1"]
    assert office.asked(route) == {"bob"}, "the amount is what it was, so Ann is not asked again"
    office.says("bob", route)
    assert office.asked(route) == {"cat", "dan"}
    office.says("cat", route)
    office.says("dan", route)
    assert office.route(route).status == "approved"
    # The permission was good once.
    with refused("REPLACEMENT_NOT_PERMITTED"):
        replaced()


def test_submitted_again_the_approvals_count_whose_facts_are_what_they_were(office: Desk) -> None:
    steps = [
        defined("ann", key="money", looks_at=(FactPart.AMOUNT,)),
        defined("bob", key="all"),
        defined("cat", key="last"),
    ]
    first = office.start(steps, parts=PARTS)
    for name in ("ann", "bob"):
        office.says(name, first)
    office.says("cat", first, "send_back")
    office.subject.binding = OTHER
    changed = {**PARTS, "document:1": replace(PARTS["document:1"], digest="3" * 64, reference="v2")}
    second = office.start(steps, parts=changed, previous_id=first)
    assert [one.ended_as for one in office.steps(second)] == ["carried", None, None]
    assert office.asked(second) == {"bob"}
    office.says("bob", second)
    office.says("cat", second, "send_back")
    # Nothing changed: both count, and only who sent it back decides.
    third = office.start(steps, parts=changed, previous_id=second)
    assert office.asked(third) == {"cat"}
    office.says("cat", third)
    assert office.route(third).status == "approved"


def test_an_approval_of_what_was_replaced_since_counts_at_no_later_step(office: Desk) -> None:
    steps = [defined("ann", key="money", looks_at=(FactPart.AMOUNT,)), defined("ann", "bob", key="all")]
    first = office.start([*steps, defined("cat", key="last")], parts=PARTS)
    office.says("ann", first)
    assert office.asked(first) == {"cat"}, "she approved the neighbouring step"
    office.says("cat", first, "send_back")
    office.subject.binding = OTHER
    changed = {**PARTS, "document:1": replace(PARTS["document:1"], digest="3" * 64, reference="v2")}
    second = office.start([*steps, defined("cat", key="last")], parts=changed, previous_id=first)
    # The amount is what it was; of the documents she has not seen the new ones.
    assert [one.ended_as for one in office.steps(second)] == ["carried", None, None]
    assert office.asked(second) == {"ann", "bob"}
