"""Both media and their counterparts through any sequence of acts: never a forbidden status, and both registers agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import approval_desk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict, Refused
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import step_queries
from shuangyin.seals.commands.answering import take_answer
from shuangyin.seals.commands.carrying_out import carry_out
from shuangyin.seals.commands.history import note_event
from shuangyin.seals.commands.life import possible_move
from shuangyin.seals.commands.reconciling import stop_seal
from shuangyin.seals.commands.reporting import report_move
from shuangyin.seals.kinds import Begun, Hold, Medium, Origin, SealStatus
from shuangyin.seals.models import ESealMaterial, Seal, SealEvent, SealFiling, SealStep, SealTask
from shuangyin.seals.ports import Authorities, UnfinishedUses
from shuangyin.seals.rules.filing import Answer
from shuangyin.seals.rules.life import ENDED, HELD, LifeAct, find_move
from shuangyin.seals.rules.objecting import Objection
from shuangyin.seals.rules.steps import StepFacts
from shuangyin.seals.rules.tasks import fulfilled, task_for_counterpart

ADMIN = Actor(approval_desk.ORGANIZATION, approval_desk.id_of("root"), "root", frozenset({"seals.manage"}))
PAIR = {Medium.PHYSICAL: "a" * 32, Medium.ELECTRONIC: "b" * 32}
BY_HAND = tuple(act for act in LifeAct if act not in (LifeAct.EXPIRE,))


@dataclass
class Uses:
    """`UnfinishedUses` that a test switches on and off."""

    busy: bool = False

    def of_seal(self, work: UnitOfWork, seal_id: str) -> list[Any]:
        from shuangyin.seals.ports import UnfinishedUse  # noqa: PLC0415  # only here

        return [UnfinishedUse("request", "r" * 32, "用印-2026-000001")] if self.busy else []

    def leave_place(self, work: UnitOfWork, seal_id: str) -> None:
        """Nothing lies anywhere."""

    def sits_in_device(self, work: UnitOfWork, seal_id: str) -> bool:
        return False


class Connected:
    """An authority that is there; its answers are given by the machine."""

    def submit(self, payload: object) -> Answer:
        raise NotImplementedError

    def status(self, filing_no: str) -> None:
        raise NotImplementedError


class LifeMachine(RuleBasedStateMachine):
    """A pair of legal-name seals, applied for here."""

    @initialize(begun=st.sampled_from(Begun))
    def begin(self, begun: Begun) -> None:
        self.office = approval_desk.Desk()
        self.uses = Uses()
        ports = self.office.platform.ports
        assert isinstance(ports, dict)
        ports[Authorities] = Authorities(police=Connected(), management_unit=Connected())
        ports[UnfinishedUses] = self.uses
        self.transact(lambda work: self._enter(work, begun))

    def transact(self, command: Callable[[UnitOfWork], Any]) -> Any:
        self.office.clock.advance(seconds=1)
        return self.office.platform.transact(command)

    def _enter(self, work: UnitOfWork, begun: Begun) -> None:
        filed = begun is Begun.TAKEN_IN
        for medium, seal_id in PAIR.items():
            seal = Seal(
                id=seal_id, organization_id=ADMIN.organization_id, medium=medium, name="某单位", face_text="某单位",
                ga_type="01", category="legal_name", shape="round", width_um=40_000, height_um=40_000,
                origin=Origin.ISSUED if medium is Medium.ELECTRONIC else None, status=SealStatus.DRAFT,
                begun=begun, keeper_person_id=approval_desk.id_of("ann"), created_at=work.now,
                filing_no="备-0" if filed else None, filing_authority="某机关" if filed else None,
            )  # fmt: skip
            work.session.add(seal)
        work.session.add(
            ESealMaterial(
                seal_id=PAIR[Medium.ELECTRONIC],
                organization_id=ADMIN.organization_id,
                seal_der=b"",
                certificate_der=b"",
                wrapped_key=b"",
                created_at=work.now,
            )
        )
        work.session.flush()
        for medium, seal_id in PAIR.items():
            seal = work.session.get_one(Seal, seal_id)
            other = Medium.PHYSICAL if medium is Medium.ELECTRONIC else Medium.ELECTRONIC
            seal.counterpart_id = PAIR[other]
            note_event(work, ADMIN, seal, "applied", {"medium": medium.value})

    def seal(self, medium: Medium) -> Seal:
        def read(work: UnitOfWork) -> Seal:
            found = work.session.get_one(Seal, PAIR[medium])
            work.session.expunge(found)
            return found

        return self.office.platform.view(read)

    @rule(
        medium=st.sampled_from(Medium), act=st.sampled_from(BY_HAND), wish=st.sampled_from(["revoke", "keep"])
    )
    def act(self, medium: Medium, act: LifeAct, wish: str) -> None:
        """Carry an approved step out; what the table does not allow changes nothing."""
        before = self.seal(medium)
        move = find_move(act, before.status, medium, before.begun)
        try:
            self.transact(lambda work: self._carry_out(work, medium, act, wish))
        except (Conflict, Refused):
            assert self.seal(medium).status == before.status
        else:
            assert not isinstance(move, Objection)
            after = self.seal(medium).status
            assert after == (before.status if move.told_first and before.filing_no else move.after)

    def _carry_out(self, work: UnitOfWork, medium: Medium, act: LifeAct, wish: str) -> None:
        seal = work.session.get_one(Seal, PAIR[medium])
        move = possible_move(seal, act)
        facts = StepFacts(counterpart=wish, filing_no="备-手工", filing_authority="某机关")
        step = SealStep(
            id=work.new_id(), organization_id=seal.organization_id, seal_id=seal.id, act=act, status="waiting",
            details=json.dumps(asdict(facts)), binding=step_queries.binding(seal.id, act, facts, []),
            asked_by=ADMIN.person_id, asked_at=work.now,
        )  # fmt: skip
        work.session.add(step)
        work.session.flush()
        told = move.told_first and report_move(work, ADMIN, seal, move.telling, step_id=step.id)  # type: ignore[arg-type]  # told_first has one
        if told:
            step.status = "filing"
            return
        carry_out(work, ADMIN, step, seal)

    @rule(good=st.booleans(), accepted=st.booleans(), twice=st.booleans())
    def answer(self, good: bool, accepted: bool, twice: bool) -> None:  # drawn by the machine
        """The authority answers the oldest report: rightly or about another seal, once or twice."""
        waiting = self.office.platform.view(
            lambda work: [
                (one.id, json.loads(one.payload)["uscc"], one.seal_id)
                for one in work.session.query(SealFiling).filter(SealFiling.status == "waiting")
            ]
        )
        for filing_id, uscc, seal_id in waiting[:1]:
            ref = seal_id if good else "f" * 32
            answer = Answer(filing_id, ref, uscc, None, accepted, "备-9", None, "")
            for _ in range(1 + twice):
                self._take(answer)

    def _take(self, answer: Answer) -> None:
        def take(work: UnitOfWork) -> None:
            take_answer(work, answer.request_id, answer)

        # What the answer would carry out may have become impossible; then nothing of it is kept.
        with suppress(Conflict, Refused):
            self.transact(take)

    @rule(busy=st.booleans())
    def use(self, busy: bool) -> None:  # drawn by the machine
        self.uses.busy = busy

    @precondition(lambda self: hasattr(self, "office"))
    @rule(medium=st.sampled_from(Medium))
    def rename(self, medium: Medium) -> None:
        """The seal is stopped for good."""

        def stop(work: UnitOfWork) -> None:
            seal = work.session.get_one(Seal, PAIR[medium])
            if seal.status in HELD:
                stop_seal(work, ADMIN, seal, Hold.RENAMED)

        self.transact(stop)

    @invariant()
    def registers_agree(self) -> None:
        if not hasattr(self, "office"):
            return
        for medium in Medium:
            self._agrees(self.seal(medium))

    def _agrees(self, seal: Seal) -> None:
        def read(work: UnitOfWork) -> tuple[str, list[str], list[str]]:
            events = work.session.query(SealEvent).filter(SealEvent.seal_id == seal.id).order_by(SealEvent.id)
            tasks = work.session.query(SealTask).filter(SealTask.seal_id == seal.counterpart_id)
            other = work.session.get_one(Seal, seal.counterpart_id)
            return (
                other.status,
                [one.status_after for one in events],
                [one.kind for one in tasks if one.done_at is None],
            )

        other, history, tasks = self.office.platform.view(read)
        assert history[-1] == seal.status
        ended = [index for index, status in enumerate(history) if status in ENDED]
        if ended:
            assert set(history[ended[0] :]) <= ENDED
        if seal.status == SealStatus.IN_FORCE:
            assert seal.filing_no
            assert seal.hold is None
            assert seal.in_force_slot
        else:
            assert seal.in_force_slot is None
        asked = task_for_counterpart(seal.status)
        if asked is not None and other in HELD and not fulfilled(asked, other):
            assert tasks, "the counterpart was not asked to follow"


LifeMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestLife = LifeMachine.TestCase
