"""The approval engine under any sequence of acts: it never comes into a state that may not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from approval_desk import STAFF, Desk, id_of, plan
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shuangyin.approvals import commands, queries
from shuangyin.approvals.commands import administering
from shuangyin.approvals.models import ApprovalDecision, ApprovalRoute
from shuangyin.approvals.rules import DecisionKind, StepMode, StepPlan
from shuangyin.approvals.rules.changes import Part
from shuangyin.approvals.rules.definitions import (
    ApproverKind,
    Approvers,
    FactPart,
    Hours,
    OnTimeout,
    SpecialCases,
    StepDefinition,
    Timeout,
    WhenRepeated,
)
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork

APPROVERS = ("head", "ann", "bob", "cat", "dan")
people = st.sampled_from(APPROVERS)
groups = st.lists(people, min_size=1, max_size=3, unique=True)


@st.composite
def steps(draw: Any) -> StepPlan:
    names = draw(groups)
    timeout = draw(st.none() | st.sampled_from(OnTimeout).map(lambda then: Timeout(4, Hours.ALL, then)))
    definition = StepDefinition(
        key=f"{'-'.join(names)}-{draw(st.integers(0, 9))}",
        name=Text("审批", "Approval"),
        approvers=Approvers(ApproverKind.PERSON, person_ids=tuple(id_of(one) for one in names)),
        special=SpecialCases(repeated=draw(st.sampled_from(WhenRepeated))),
        timeout=timeout,
        looks_at=draw(st.sampled_from([(), (FactPart.AMOUNT,), (FactPart.DOCUMENTS,)])),
    )
    barred = draw(st.sampled_from([None, None, *APPROVERS]))
    if barred in names and len(names) == 1:
        barred = None
    return plan(
        *names,
        mode=draw(st.sampled_from(StepMode)),
        definition=definition,
        barred_person_id=id_of(barred) if barred else None,
    )


class Engine(RuleBasedStateMachine):
    """One office, one subject, everything that anybody can try."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.route = ""
        self.parts = {
            "document:1": Part(FactPart.DOCUMENTS, "1" * 64, "合同", "contract"),
            "amount": Part(FactPart.AMOUNT, "2" * 64, "金额", "amount"),
        }
        self.plans: list[StepPlan] = []
        self.gone: set[str] = set()
        self.replaced = 0
        self.decided_before: set[str] = set()
        self.reopened_by_right: set[str] = set()

    def teardown(self) -> None:
        self.desk.close()

    @initialize(plans=st.lists(steps(), min_size=1, max_size=3), high_risk=st.booleans())
    def begin(self, plans: list[StepPlan], high_risk: bool) -> None:
        keys = Counter(one.definition.key for one in plans if one.definition)
        self.plans = plans if max(keys.values()) == 1 else plans[:1]
        self.route = self.desk.start(self.plans, parts=self.parts, high_risk=high_risk)

    def attempt(self, act: Callable[[], Any]) -> bool:
        """Try something; a refusal is one of the family and changes nothing."""
        before = self.picture()
        try:
            act()
        except ShuangyinError:
            assert self.picture() == before, "a refused act has left something behind"
            return False
        return True

    def picture(self) -> list[Any]:
        shown = self.desk.steps(self.route)
        rows = self.desk.look(lambda work: queries.assignments_of(work, [one.id for one in shown]))
        return [
            (self.desk.route(self.route).status, self.desk.route(self.route).version),
            [(one.id, one.position, one.status, one.version) for one in shown],
            sorted((one.step_id, one.person_id, one.status) for one in rows),
        ]

    @rule(
        who=st.sampled_from([*APPROVERS, "root", "chief"]),
        what=st.sampled_from(DecisionKind),
        any_step=st.integers(0, 5),
    )
    def decide(self, who: str, what: DecisionKind, any_step: int) -> None:
        shown = self.desk.steps(self.route)
        step = (
            shown[any_step]
            if any_step < len(shown)
            else next((s for s in shown if s.status == "open"), shown[0])
        )
        asked = id_of(who) in {
            one.person_id
            for one in self.desk.look(lambda work: queries.assignments_of(work, [step.id]))
            if one.status == "open"
        }
        done = self.attempt(lambda: self.desk.says(who, self.route, what.value, step_id=step.id))
        if done:
            assert asked, "who is not asked has decided"
            assert step.status == "open", "a step that was not open was decided"
            assert step.barred_person_id != id_of(who), "who is barred has decided"

    @rule(who=people, to=people)
    def transfer(self, who: str, to: str) -> None:
        self.on_open(
            who,
            lambda work, actor, step: commands.transfer(
                work, actor, step, to_person_id=id_of(to), reason="出差", expected=None
            ),
        )

    @rule(who=people, names=groups, when=st.sampled_from(["before", "after"]), mode=st.sampled_from(StepMode))
    def add(self, who: str, names: list[str], when: Any, mode: StepMode) -> None:
        ids = [id_of(one) for one in names]
        self.on_open(
            who,
            lambda work, actor, step: commands.add(
                work, actor, step, person_ids=ids, when=when, mode=mode, reason="请把关", expected=None
            ),
        )

    @rule(who=people, back_to=st.integers(0, 3), then=st.sampled_from(["onward", "straight_back"]))
    def send_back(self, who: str, back_to: int, then: Any) -> None:
        shown = self.desk.steps(self.route)
        to = shown[back_to % len(shown)].id
        binding = self.desk.route(self.route).binding
        done = self.on_open(
            who,
            lambda work, actor, step: commands.send_back_to(
                work, actor, step, to_step_id=to, then=then, comment="请复核", binding=binding, proof=None
            ),
        )
        if done:
            self.reopened_by_right |= {one.id for one in shown}

    @rule(who=people, amount=st.booleans())
    def replace_content(self, who: str, amount: bool) -> None:
        self.on_open(
            who,
            lambda work, actor, step: commands.permit_replacement(
                work, actor, step, reason="更换", expected=None
            ),
        )
        key = "amount" if amount else "document:1"
        self.replaced += 1
        digest = f"{self.replaced:064x}"
        wanted = {**self.parts, key: replace(self.parts[key], digest=digest)}

        def command(work: UnitOfWork) -> None:
            row = queries.route(work, self.route)
            if row.status == "running":
                commands.replaced(work, self.desk.actor("clerk"), row, binding=digest, parts=wanted)
                self.desk.subject.binding = digest

        before = self.desk.subject.binding
        if self.attempt(lambda: self.desk.act(command)) and self.desk.subject.binding != before:
            self.parts = wanted
            self.reopened_by_right |= {one.id for one in self.desk.steps(self.route)}

    @rule(hours=st.sampled_from([1, 5]))
    def time_passes(self, hours: int) -> None:
        self.desk.clock.advance(seconds=hours * 3600)
        self.desk.sweep()
        assert self.desk.sweep() == 0, "a sweep leaves nothing to do"

    @rule(who=people, to=st.lists(people, max_size=2))
    def absent(self, who: str, to: list[str]) -> None:
        self.desk.absences.of[id_of(who)] = tuple(id_of(one) for one in to if one != who)

    @rule(who=st.sampled_from(["ann", "bob"]))
    def leave(self, who: str) -> None:
        if who not in self.gone:
            self.gone.add(who)
            self.desk.leaves(who)

    @rule(who=st.sampled_from(tuple(STAFF)))
    def release(self, who: str) -> None:
        def act() -> None:
            proof = self.desk.proof("root", administering.RELEASE_ACT, self.route)
            self.desk.act(
                lambda work: administering.assign(
                    work,
                    self.desk.actor("root"),
                    self.route,
                    person_id=id_of(who),
                    reason="指定",
                    proof=proof,
                )
            )

        self.attempt(act)

    @rule()
    def start_again(self) -> None:
        """A second running route of the subject is impossible; after the end a new one begins."""
        if self.desk.route(self.route).status == "running":
            return
        if self.desk.route(self.route).status == "sent_back":
            self.begin_again(previous_id=self.route)
        else:
            self.begin_again()

    def begin_again(self, **origin: Any) -> None:
        self.route = self.desk.start(self.plans, parts=self.parts, **origin)
        self.decided_before, self.reopened_by_right = set(), set()

    def on_open(self, who: str, command: Callable[[UnitOfWork, Any, str], Any]) -> bool:
        step = next((one for one in self.desk.steps(self.route) if one.status == "open"), None)
        if step is None:
            return False
        found = step
        return self.attempt(lambda: self.desk.act(lambda work: command(work, self.desk.actor(who), found.id)))

    @invariant()
    def one_running_route(self) -> None:
        if not self.route:
            return

        def query(work: UnitOfWork) -> list[str]:
            rows = work.session.query(ApprovalRoute).filter_by(status="running")
            return [row.running_slot or "" for row in rows]

        slots = self.desk.look(query)
        assert len(slots) == len(set(slots)) <= 1
        assert "" not in slots

    @invariant()
    def a_running_route_has_one_open_step_and_an_ended_one_has_none(self) -> None:
        if not self.route:
            return
        shown = self.desk.steps(self.route)
        open_steps = [one for one in shown if one.status == "open"]
        running = self.desk.route(self.route).status == "running"
        assert len(open_steps) == (1 if running else 0)
        assert [one.position for one in shown] == list(range(1, len(shown) + 1))
        if running:
            waiting = [one.position for one in shown if one.status == "waiting"]
            assert all(position > open_steps[0].position for position in waiting), (
                "an earlier step is left out"
            )
            asked = self.desk.look(lambda work: queries.waiting_for(work, self.route))
            stuck = self.desk.route(self.route).stuck_since is not None
            assert bool(asked) != stuck, "a route waits for somebody or is listed as stuck"
        else:
            assert not any(one.status == "waiting" for one in shown)
            assert self.desk.look(lambda work: queries.waiting_for(work, self.route)) == []

    @invariant()
    def a_decided_step_opens_again_only_by_right(self) -> None:
        if not self.route:
            return
        ended = {one.id for one in self.desk.steps(self.route) if one.status in ("approved", "rejected")}
        assert self.decided_before - ended <= self.reopened_by_right
        self.decided_before, self.reopened_by_right = ended, set()

    @invariant()
    def nobody_barred_and_no_applicant_has_decided_and_no_slot_counts_twice(self) -> None:
        if not self.route:
            return
        shown = {one.id: one for one in self.desk.steps(self.route)}

        def query(work: UnitOfWork) -> list[ApprovalDecision]:
            return queries.decisions_of(work, list(shown))

        counted: Counter[tuple[str, str]] = Counter()
        for one in self.desk.look(query):
            assert one.person_id not in (shown[one.step_id].barred_person_id, id_of("clerk"))
            if one.superseded_at is None:
                counted[(one.step_id, one.person_id)] += 1
        assert all(count == 1 for count in counted.values())

    @invariant()
    def what_is_approved_was_approved_on_what_it_is_now(self) -> None:
        if not self.route or self.desk.route(self.route).status != "approved":
            return
        shown = self.desk.steps(self.route)
        decisions = self.desk.look(lambda work: queries.decisions_of(work, [one.id for one in shown]))
        approvals = {
            one.step_id for one in decisions if one.superseded_at is None and one.decision == "approve"
        }
        for step in shown:
            assert step.id in approvals or step.ended_as == "timed_out", "a step was approved by nobody"


TestEngine = Engine.TestCase
TestEngine.settings = settings(
    max_examples=15,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
