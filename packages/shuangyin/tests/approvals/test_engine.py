"""The approval engine on its real commands, in memory: every way a step can go, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from approval_desk import BINDING, Desk, defined, desk, id_of, plan, refused

from shuangyin.approvals import commands, inbox, queries
from shuangyin.approvals.commands import administering
from shuangyin.approvals.rules import DecisionKind, SecondFactorRule, StepMode, StepPlan
from shuangyin.approvals.rules.definitions import (
    Hours,
    OnTimeout,
    SpecialCases,
    Timeout,
    WhenNobody,
    WhenRepeated,
)

HOUR = 3600.0


@pytest.fixture
def office() -> Iterator[Desk]:
    with desk() as made:
        yield made


def test_modes_all_any_and_in_turn(office: Desk) -> None:
    route = office.start(
        [
            plan("ann", "bob", mode=StepMode.ALL),
            plan("cat", "dan", mode=StepMode.ANY),
            plan("dan", "ann", mode=StepMode.IN_TURN),
        ]
    )
    assert office.asked(route) == {"ann", "bob"}
    office.says("bob", route)
    assert office.asked(route) == {"ann"}
    office.says("ann", route)
    assert office.asked(route) == {"cat", "dan"}
    office.says("cat", route)
    assert office.asked(route) == {"dan"}
    with refused("STEP_NOT_OPEN"):
        office.says("ann", route)
    office.says("dan", route)
    assert office.asked(route) == {"ann"}
    office.says("ann", route)
    assert (office.route(route).status, office.subject.came) == ("approved", ["approved"])


def test_added_before_and_after_the_route_waits_for_them(office: Desk) -> None:
    route = office.start([plan("ann"), plan("cat")])
    step = office.open_step(route)

    def add(when: Any, *names: str) -> Any:
        ids = [id_of(one) for one in names]
        return office.act(
            lambda work: commands.add(
                work,
                office.actor("ann"),
                step.id,
                person_ids=ids,
                when=when,
                mode=StepMode.ALL,
                reason="请把关",
                expected=None,
            )
        )

    with refused("CANNOT_ADD"):
        add("before", "ann")
    with refused("CANNOT_TRANSFER"):
        add("before", "clerk")
    add("after", "dan")
    add("before", "bob", "dan")
    assert office.asked(route) == {"bob", "dan"}
    with refused("STEP_NOT_OPEN"):
        office.says("ann", route, step_id=step.id)
    office.says("bob", route)
    office.says("dan", route)
    assert office.asked(route) == {"ann"}
    office.says("ann", route)
    assert office.asked(route) == {"dan"}
    office.says("dan", route)
    office.says("cat", route)
    assert office.route(route).status == "approved"
    assert [one.position for one in office.steps(route)] == [1, 2, 3, 4]
    assert [one.added_by for one in office.steps(route)] == [id_of("ann"), None, id_of("ann"), None]


def test_sent_back_to_an_earlier_step_onward_and_straight_back(office: Desk) -> None:
    route = office.start([plan("ann"), plan("bob"), plan("cat", "dan", mode=StepMode.ALL)])
    for name in ("ann", "bob", "dan"):
        office.says(name, route)
    first, second, third = office.steps(route)

    def back(name: str, step_id: str, to: str, then: Any, **fields: Any) -> Any:
        said: dict[str, Any] = {"comment": "请复核金额", "binding": BINDING, "proof": None, **fields}
        return office.act(
            lambda work: commands.send_back_to(
                work, office.actor(name), step_id, to_step_id=to, then=then, **said
            )
        )

    with refused("CANNOT_SEND_BACK_TO"):
        back("cat", third.id, third.id, "onward")
    with refused("COMMENT_REQUIRED"):
        back("cat", third.id, first.id, "onward", comment=" ")
    with refused("BINDING_CHANGED"):
        back("cat", third.id, first.id, "onward", binding="0" * 64)
    back("cat", third.id, first.id, "straight_back")
    assert office.asked(route) == {"ann"}
    assert office.open_step(route).returns_to == third.id
    office.says("ann", route)
    # Bob's and Dan's words stand; only who sent it back is asked.
    assert office.asked(route) == {"cat"}
    back("cat", third.id, second.id, "onward")
    assert office.asked(route) == {"bob"}
    office.says("bob", route)
    assert office.asked(route) == {"cat", "dan"}
    office.says("dan", route)
    office.says("cat", route)
    assert office.route(route).status == "approved"
    assert office.look(lambda work: queries.final_approvers(work, route)) == [id_of("dan"), id_of("cat")]
    assert office.look(lambda work: set(queries.approvers_of(work, route))) == {
        id_of(one) for one in ("ann", "bob", "cat", "dan")
    }


def test_an_opinion_decides_nothing_and_is_given_once(office: Desk) -> None:
    route = office.start([plan("ann")])
    step = office.open_step(route)

    def consult(*names: str) -> Any:
        ids = [id_of(one) for one in names]
        return office.act(
            lambda work: commands.consult(
                work, office.actor("ann"), step.id, person_ids=ids, question="条款是否妥当"
            )
        )

    (asked, _) = consult("clerk", "bob")
    for again in ("clerk", "ann"):
        with refused("CANNOT_CONSULT"):
            consult(again)
    assert office.asked(route) == {"ann"}

    def answer(name: str) -> Any:
        return office.act(lambda work: commands.answer(work, office.actor(name), asked.id, opinion="可以"))

    with refused("NOT_FOUND"):
        answer("bob")
    assert office.look(lambda work: inbox.consulted_count(work, office.actor("clerk"))) == 1
    answer("clerk")
    with refused("CONSULTATION_ANSWERED"):
        answer("clerk")
    assert office.look(lambda work: inbox.consulted_count(work, office.actor("clerk"))) == 0
    office.says("ann", route)
    assert office.route(route).status == "approved"


def test_somebody_absent_is_stood_in_for_with_both_names_and_asked_again_once_he_is_back(
    office: Desk,
) -> None:
    office.absences.of = {id_of("ann"): (id_of("clerk"), id_of("bob"))}
    route = office.start([plan("ann"), plan("cat")])
    # The applicant, and who may not approve, stand in for nobody.
    assert office.asked(route) == {"bob"}
    office.absences.of = {}
    with refused("DELEGATION_OVER"):
        office.says("bob", route)
    assert office.sweep() == 1
    assert office.asked(route) == {"ann"}
    office.absences.of = {id_of("ann"): (id_of("dan"),)}
    assert office.sweep() == 1
    assert office.sweep() == 0
    assert office.asked(route) == {"dan"}
    office.says("dan", route)
    (decision,) = office.look(lambda work: queries.decisions_of(work, [office.steps(route)[0].id]))
    assert (decision.person_id, decision.on_behalf_of) == (id_of("dan"), id_of("ann"))
    assert office.kinds().count("delegated") == 2
    office.says("cat", route)
    assert office.route(route).status == "approved"


def test_without_a_fitting_delegate_the_superior_is_asked(office: Desk) -> None:
    office.absences.of = {id_of("ann"): (id_of("clerk"),)}
    route = office.start([plan("ann")])
    assert office.asked(route) == {"head"}


@pytest.mark.parametrize("rule", list(WhenRepeated))
def test_who_approved_before_is_asked_again_as_the_setting_says(office: Desk, rule: WhenRepeated) -> None:
    special = SpecialCases(repeated=rule)
    route = office.start(
        [plan("ann", "bob"), plan("cat"), defined("ann", "dan", special=special), plan("dan")]
    )
    for name in ("ann", "cat"):
        office.says(name, route)
    expected = {"no": {"ann", "dan"}, "keep_first": {"dan"}, "adjacent": {"ann", "dan"}}
    assert office.asked(route) == expected[rule.value]
    if rule is WhenRepeated.KEEP_FIRST:
        (_, _, third, _) = office.steps(route)
        assert (third.status, third.ended_as) == ("approved", "repeated")
        assert "carried" in office.kinds()


def test_what_somebody_asks_for_expressly_is_not_settled_by_what_was_said_before(office: Desk) -> None:
    route = office.start([plan("ann"), plan("bob"), plan("cat")])
    office.says("ann", route)
    step = office.open_step(route)
    office.act(
        lambda work: commands.add(
            work,
            office.actor("bob"),
            step.id,
            person_ids=[id_of("ann")],
            when="before",
            mode=StepMode.ALL,
            reason="请再看一次",
            expected=None,
        )
    )
    assert office.asked(route) == {"ann"}, "she is asked although she approved the step before"
    for name in ("ann", "bob"):
        office.says(name, route)
    (_, added, _, last) = office.steps(route)
    office.act(
        lambda work: commands.send_back_to(
            work,
            office.actor("cat"),
            last.id,
            to_step_id=added.id,
            then="straight_back",
            comment="请复核",
            binding=BINDING,
            proof=None,
        )
    )
    assert office.asked(route) == {"ann"}
    for name in ("ann", "cat"):
        office.says(name, route)
    assert office.route(route).status == "approved"


def test_an_earlier_approval_with_a_weaker_factor_does_not_count(office: Desk) -> None:
    strict = defined(
        "ann", second_factor=SecondFactorRule.EACH, special=SpecialCases(repeated=WhenRepeated.KEEP_FIRST)
    )
    route = office.start([plan("ann"), strict])
    office.says("ann", route)
    assert office.asked(route) == {"ann"}
    with refused("STEP_UP_REQUIRED"):
        office.says("ann", route)


def withdraw(office: Desk, route: str) -> None:
    office.act(lambda work: commands.withdraw(work, office.actor("clerk"), route, reason=""))


def timed(then: OnTimeout, *names: str, **fields: Any) -> StepPlan:
    return defined(*names, timeout=Timeout(4, Hours.ALL, then), **fields)


def test_a_step_out_of_time_is_reminded_of_transferred_passed_or_refused(office: Desk) -> None:
    outcomes = {}
    for then in OnTimeout:
        route = office.start([timed(then, "ann"), plan("cat")])
        office.clock.advance(seconds=3.9 * HOUR)
        assert office.sweep() == 0
        office.clock.advance(seconds=0.2 * HOUR)
        assert office.sweep() == 1
        assert office.sweep() == 0, "once is enough"
        outcomes[then.value] = (office.route(route).status, sorted(office.asked(route)))
        if office.route(route).status == "running":
            withdraw(office, route)
    assert outcomes == {
        "remind": ("running", ["ann"]),
        "transfer": ("running", ["head"]),
        "pass": ("running", ["cat"]),
        "refuse": ("rejected", []),
    }
    assert office.subject.came == ["rejected"]


def test_a_high_risk_route_never_passes_for_lack_of_an_answer(office: Desk) -> None:
    route = office.start([timed(OnTimeout.PASS, "ann")], high_risk=True)
    office.clock.advance(seconds=5 * HOUR)
    office.sweep()
    assert (office.route(route).status, office.asked(route)) == ("running", {"ann"})
    # A day later there is another reminder, and still nothing else.
    office.clock.advance(seconds=25 * HOUR)
    assert office.sweep() == 1
    assert office.asked(route) == {"ann"}


def test_who_leaves_while_a_step_waits_is_replaced_by_his_superior(office: Desk) -> None:
    route = office.start([plan("ann", "bob", mode=StepMode.ALL)])
    office.leaves("ann")
    assert office.sweep() == 1
    assert office.asked(route) == {"head", "bob"}
    office.says("head", route)
    office.says("bob", route)
    assert office.route(route).status == "approved"


def test_what_nobody_can_decide_is_listed_and_released_by_an_administrator(office: Desk) -> None:
    with refused("NO_APPROVER"):
        office.start([plan()])
    with refused("NO_APPROVER"):
        office.start([])
    left_open = defined(special=SpecialCases(nobody=WhenNobody.ADMINISTRATOR))
    route = office.start([left_open])
    assert office.route(route).stuck_reason == "no_approver"
    listed = office.look(
        lambda work: inbox.stuck(work, office.route(route).organization_id, after=None, limit=9)
    )
    assert [row.route.id for row in listed] == [route]

    def assign(name: str, route_id: str = route) -> Any:
        proof = office.proof("root", administering.RELEASE_ACT, route_id)
        return office.act(
            lambda work: administering.assign(
                work, office.actor("root"), route_id, person_id=id_of(name), reason="指定", proof=proof
            )
        )

    stranger = office.proof("root", administering.RELEASE_ACT, route)
    with refused("CANNOT_TRANSFER"):
        office.act(
            lambda work: administering.assign(
                work, office.actor("root"), route, person_id="f" * 32, reason="指定", proof=stranger
            )
        )
    with refused("STEP_UP_REQUIRED"):
        office.act(
            lambda work: administering.end(work, office.actor("root"), route, reason="终止", proof=None)
        )
    with refused("SEPARATION_OF_DUTIES"):
        assign("clerk")
    assign("ann")
    assert (office.asked(route), office.route(route).stuck_since) == ({"ann"}, None)
    with refused("ROUTE_NOT_STUCK"):
        assign("bob")
    office.says("ann", route)
    assert office.route(route).status == "approved"


@pytest.mark.parametrize(("act", "status"), [("send_back", "sent_back"), ("end", "rejected")])
def test_a_stuck_route_is_sent_back_or_ended(office: Desk, act: str, status: str) -> None:
    route = office.start([plan("ann")])
    for name in ("ann", "head", "chief", "root"):
        office.leaves(name)
    assert office.sweep() >= 1
    assert office.route(route).stuck_since is not None
    proof = office.proof("cat", administering.RELEASE_ACT, route)
    command = getattr(administering, act)
    office.act(lambda work: command(work, office.actor("cat"), route, reason="无人审批", proof=proof))
    assert (office.route(route).status, office.subject.came) == (status, [status])


def test_many_decisions_have_each_a_result_of_their_own(office: Desk) -> None:
    routes = []
    for index in range(4):
        rule = SecondFactorRule.EACH if index == 1 else SecondFactorRule.WINDOW
        routes.append(office.start([plan("ann", second_factor=rule)], subject_id=f"{index + 2}" * 32))
    verdicts = [
        commands.Verdict(office.open_step(route).id, DecisionKind.APPROVE, "", BINDING) for route in routes
    ]
    verdicts[2] = replace(verdicts[2], decision=DecisionKind.REJECT)
    verdicts.append(replace(verdicts[0], step_id="f" * 32))
    actor = replace(office.actor("ann"), second_factor_at=None)
    with refused("STEP_UP_REQUIRED"):
        office.act(lambda work: commands.decide_many(work, actor, verdicts, None))
    proof = office.proof("ann", commands.BATCH_ACT, commands.batch_digest(verdicts))
    results = office.act(lambda work: commands.decide_many(work, actor, verdicts, proof))
    codes = [one.error.code if one.error else None for one in results]
    assert codes == [None, "STEP_UP_REQUIRED", "COMMENT_REQUIRED", None, "NOT_FOUND"]
    assert [office.route(route).status for route in routes] == ["approved", "running", "running", "approved"]
    # A proof for other decisions covers nothing, and none covers twice.
    with refused("STEP_UP_REQUIRED"):
        office.act(lambda work: commands.decide_many(work, actor, verdicts, proof))


def test_copies_are_sent_by_who_is_concerned_and_marked_once_read(office: Desk) -> None:
    route = office.start([plan("ann")])

    def send(name: str, *to: str) -> Any:
        ids = [id_of(one) for one in to]
        return office.act(lambda work: commands.send_copies(work, office.actor(name), route, person_ids=ids))

    with refused("NOT_FOUND"):
        send("bob", "cat")
    send("clerk", "cat")
    send("ann", "cat", "dan", "ann")
    (row,) = office.look(lambda work: inbox.copied(work, office.actor("cat"), before=None, limit=9))
    assert row.copied is not None
    assert (row.copied.copied_by, row.copied.read_at) == (id_of("clerk"), None)
    office.act(lambda work: commands.mark_read(work, office.actor("cat"), route))
    (row,) = office.look(lambda work: inbox.copied(work, office.actor("cat"), before=None, limit=9))
    assert row.copied is not None
    assert row.copied.read_at is not None
    assert office.look(lambda work: len(inbox.copied(work, office.actor("dan"), before=None, limit=9))) == 1
    assert office.look(
        lambda work: [one.key for one in inbox.started(work, office.actor("clerk"), before=None, limit=9)]
    ) == [route]
