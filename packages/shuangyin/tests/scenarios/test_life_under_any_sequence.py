"""Whatever is done with lists in whatever order, one version is in force at each instant and history stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from shuangyin.approvals import commands as approvals
from shuangyin.approvals.models import ApprovalStep, StepStatus
from shuangyin.approvals.rules import DecisionKind
from shuangyin.composition import compose
from shuangyin.core.actor import Actor
from shuangyin.core.clock import ManualClock
from shuangyin.core.errors import Conflict
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import posts
from shuangyin.people.bootstrap import create_organization
from shuangyin.people.models import Person, PostHolding, StepUpProof
from shuangyin.people.sessions import token_digest
from shuangyin.scenarios import commands, queries
from shuangyin.scenarios.list_schemas import HeaderChange, NewScenarioList, RulesBody
from shuangyin.scenarios.models import ListStatus, ScenarioList
from shuangyin.scenarios.schemas import RuleBody
from shuangyin.tables import metadata

HOUR = 3_600_000
NOW = 1_793_500_000_000
RULE = RuleBody.model_validate(
    {
        "name_zh": "通知",
        "name_en": "Notices",
        "conditions": {"document_kinds": ["notice"]},
        "answer": {"medium": "electronic", "route": [{"post_kind": "department_head"}]},
        "strength": "should",
        "basis": "internal",
        "reason_zh": "本单位规定",
        "reason_en": "Our own rule",
    }
)
ALLOWED = {
    (ListStatus.DRAFT, ListStatus.IN_APPROVAL),
    (ListStatus.IN_APPROVAL, ListStatus.DRAFT),
    (ListStatus.IN_APPROVAL, ListStatus.APPROVED),
    (ListStatus.IN_APPROVAL, ListStatus.IN_FORCE),
    (ListStatus.APPROVED, ListStatus.DRAFT),
    (ListStatus.APPROVED, ListStatus.IN_FORCE),
    (ListStatus.APPROVED, ListStatus.SUPERSEDED),
    (ListStatus.IN_FORCE, ListStatus.SUPERSEDED),
}
"""Every way a version can go from one act to the next; nothing comes back from `superseded`."""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with one organization whose administrator also holds the root office."""
    folder = tmp_path_factory.mktemp("lists")
    bare_settings = Settings(data_dir=folder / "data", kek="00" * 16, _env_file=None)
    platform = compose(bare_settings, clock=ManualClock(NOW))
    metadata().create_all(platform.database.writer)
    platform.transact(
        lambda work: create_organization(
            work,
            name="北京云岫数科有限公司",
            uscc="91110108MA00TE011W",
            region="110108",
            administrator_account="admin",
            administrator_name="吴越",
        )
    )
    platform.transact(appoint)
    yield platform
    platform.database.dispose()


def appoint(work: UnitOfWork) -> None:
    person = work.session.scalars(select(Person)).one()
    office = next(post for post in posts(work, person.organization_id) if post.is_office)
    work.session.add(
        PostHolding(
            id=work.new_id(),
            organization_id=person.organization_id,
            post_id=office.id,
            person_id=person.id,
            from_at=work.now,
            until_at=None,
        )
    )


ACTS = (
    *("draft", "edit", "plan", "submit", "submit", "withdraw", "approve", "approve"),
    *("reject", "send_back", "recall", "wait", "settle"),
)
acts = st.tuples(
    st.sampled_from(ACTS),
    st.integers(0, 9),
    st.integers(-1, 3),
)
openings = st.just([("draft", 0, 0), ("submit", 0, 0), ("approve", 0, 0), ("draft", 0, 0)])
sequences = st.tuples(openings, st.lists(acts, min_size=6, max_size=22)).map(
    lambda parts: parts[0] + parts[1]
)


@dataclass
class Keeper:
    """Somebody at work with lists in one transaction that is thrown away afterwards."""

    work: UnitOfWork
    actor: Actor
    lists: list[str] = field(default_factory=list)
    proofs: int = 0

    def take(self, act: str, which: int, hours: int) -> None:
        self.work.now += 1
        if act == "draft":
            self.lists.append(commands.draft(self.work, self.actor, NewScenarioList()).id)
            commands.replace_rules(self.work, self.actor, self.lists[-1], RulesBody(rules=[RULE]), None)
        elif act == "wait":
            self.work.now += max(hours, 1) * HOUR
        elif act == "settle":
            commands.settle(self.work, self.actor.organization_id)
            assert commands.settle(self.work, self.actor.organization_id) == 0
        else:
            try:
                self.change(act, self.lists[which % len(self.lists)], hours)
            except Conflict:
                return

    def change(self, act: str, list_id: str, hours: int) -> None:
        work, actor = self.work, self.actor
        if act == "edit":
            body = RulesBody(rules=[RULE.model_copy(update={"reason_zh": f"第 {work.now} 稿"})])
            commands.replace_rules(work, actor, list_id, body, None)
        elif act == "plan":
            change = HeaderChange(effective_from=work.now + hours * HOUR)
            commands.change_header(work, actor, list_id, change, None)
        elif act == "submit":
            commands.submit(work, actor, list_id, None)
        elif act == "withdraw":
            commands.withdraw(work, actor, list_id, reason="再改", expected=None)
        elif act == "recall":
            proof = self.proof("scenarios.recall", list_id)
            commands.recall(work, actor, list_id, reason="暂缓", proof=proof, expected=None)
        else:
            self.decide(DecisionKind(act), list_id)

    def decide(self, decision: DecisionKind, list_id: str) -> None:
        row = queries.row(self.work, list_id)
        step = self.work.session.scalar(
            select(ApprovalStep).where(
                ApprovalStep.route_id == row.route_id, ApprovalStep.status == StepStatus.OPEN
            )
        )
        if step is None:
            return
        binding = queries.binding(self.work, row)
        approvals.decide(
            self.work,
            self.actor,
            step.id,
            decision=decision,
            comment="意见",
            binding=binding,
            proof=self.proof("approvals.decide", f"{step.id}:{binding}"),
        )

    def proof(self, act: str, subject: str) -> str:
        self.proofs += 1
        token = f"proof-{self.proofs}"
        self.work.session.add(
            StepUpProof(
                id=self.work.new_id(),
                organization_id=self.actor.organization_id,
                person_id=self.actor.person_id,
                token_hash=token_digest(token),
                act=act,
                subject=subject,
                created_at=self.work.now,
                expires_at=self.work.now + 60_000,
                used_at=None,
            )
        )
        self.work.session.flush()
        return token

    def states(self) -> dict[str, ListStatus]:
        rows = queries.rows(self.work, self.lists)
        return {row.id: queries.status_now(row, self.work.now) for row in rows}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequences)
def test_one_version_is_in_force_and_none_comes_back(
    bare: Platform, steps: list[tuple[str, int, int]]
) -> None:
    with bare.database.write_session() as session, session.begin() as transaction:
        work = UnitOfWork(bare, session)
        person = session.scalars(select(Person)).one()
        permissions = frozenset(
            ("scenarios.manage", "scenarios.approve", "scenarios.read", "approvals.decide")
        )
        keeper = Keeper(work, Actor(person.organization_id, person.id, person.name, permissions))
        before: dict[str, ListStatus] = {}
        content: dict[str, str] = {}
        for act, which, hours in steps:
            keeper.take(act, which, hours)
            now = keeper.states()
            for list_id, status in now.items():
                was = before.get(list_id, ListStatus.DRAFT)
                assert status is was or (was, status) in ALLOWED, (act, was, status)
                said = queries.binding(work, queries.row(work, list_id))
                if status is not ListStatus.DRAFT and was is not ListStatus.DRAFT:
                    assert said == content[list_id], "what is no draft does not change"
                content[list_id] = said
            check_instants(work, person.organization_id)
            before = now
        transaction.rollback()


def check_instants(work: UnitOfWork, organization_id: str) -> None:
    """By the dates one version is in force at every instant from the first on; the slot never has two."""
    rows = work.session.scalars(select(ScenarioList).where(ScenarioList.valid_from.is_not(None))).all()
    first = min((row.valid_from or 0 for row in rows), default=None)
    bounds = {bound for row in rows for bound in (row.valid_from, row.valid_until) if bound is not None}
    for instant in sorted({*bounds, work.now}):
        holding = [
            row
            for row in rows
            if (row.valid_from or 0) <= instant and (row.valid_until is None or instant < row.valid_until)
        ]
        assert len(holding) == (1 if first is not None and instant >= first else 0)
    current = queries.current(work, organization_id)
    assert sum(1 for row in rows if queries.status_now(row, work.now) is ListStatus.IN_FORCE) == (
        1 if current else 0
    )
