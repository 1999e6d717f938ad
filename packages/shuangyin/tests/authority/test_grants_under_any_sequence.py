"""Whatever is done in whatever order, a grant stays within its parent and ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangyin.authority import queries
from shuangyin.authority.commands import consume, counts, grants, release
from shuangyin.authority.judging import UseFacts
from shuangyin.authority.kinds import CountOf
from shuangyin.authority.models import Act, EndCause, Grant, GrantReservation, GrantStatus
from shuangyin.authority.rules.grants import Quantities, Surroundings, objections_to_child
from shuangyin.authority.schemas import NewGrant
from shuangyin.composition import compose
from shuangyin.core.actor import Actor
from shuangyin.core.clock import ManualClock
from shuangyin.core.errors import Conflict, Refused
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import PostKind
from shuangyin.organization.queries import post_of_kind
from shuangyin.people.bootstrap import create_organization
from shuangyin.people.models import Person, StepUpProof
from shuangyin.people.sessions import token_digest
from shuangyin.seals.models import Seal
from shuangyin.tables import metadata

HOUR = 3_600_000
NOW = 1_793_500_000_000


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with one organization and nobody else in it."""
    folder = tmp_path_factory.mktemp("grants")
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
    yield platform
    platform.database.dispose()


@dataclass(frozen=True)
class Give:
    parent: int | None
    seal: int | None
    amount: int | None
    count: int | None
    start: int
    end: int
    kinds: tuple[str, ...] | None
    count_of: str


@dataclass(frozen=True)
class End:
    grant: int


@dataclass(frozen=True)
class Reserve:
    grant: int
    subject: int
    amount: int | None
    documents: int


@dataclass(frozen=True)
class Settle:
    subject: int
    used: bool


small = st.sampled_from((None, 1, 1, 2, 3))
amounts = st.sampled_from((None, None, 100, 200, 300))
any_grant = st.integers(0, 99)
"""Which of the grants there are by then, counted around."""
gives = st.builds(
    Give,
    parent=st.one_of(any_grant, any_grant, st.none()),
    seal=st.sampled_from((None, None, 0, 0, 1)),
    amount=amounts,
    count=small,
    start=st.integers(-2, 0),
    end=st.integers(1, 3),
    kinds=st.sampled_from((None, None, ("tender",), ("tender", "letter"))),
    count_of=st.sampled_from(("uses", "uses", "documents")),
)
reserves = st.builds(
    Reserve,
    grant=any_grant,
    subject=st.integers(0, 9),
    amount=st.sampled_from((None, 0, 100, 200)),
    documents=st.integers(1, 2),
)
settles = st.builds(Settle, subject=st.integers(0, 9), used=st.booleans())
ends = st.builds(End, grant=any_grant)
sequences = st.tuples(
    st.lists(gives, min_size=3, max_size=6),
    st.lists(st.one_of(reserves, reserves, settles), min_size=5, max_size=10),
    st.lists(st.one_of(gives, reserves, settles, ends), min_size=3, max_size=8),
).map(lambda parts: [step for part in parts for step in part])


@dataclass
class Office:
    """The root office at work in one transaction that is thrown away afterwards."""

    work: UnitOfWork
    actor: Actor
    seals: list[str]
    post_id: str
    grants: list[str] = field(default_factory=list)

    def take(self, step: Give | End | Reserve | Settle) -> None:
        if isinstance(step, Give):
            self.give(step)
        elif isinstance(step, End) and self.grants:
            self.end(self.grant(step.grant))
        elif isinstance(step, Reserve) and self.grants:
            self.reserve(step)
        elif isinstance(step, Settle):
            settle = consume if step.used else release
            settle(self.work, self.actor, subject(step.subject))

    def give(self, step: Give) -> None:
        parent = self.grant(step.parent) if step.parent is not None and self.grants else None
        seal = self.seals[step.seal] if step.seal is not None else None
        new = NewGrant(
            act=Act.APPROVE,
            parent_id=parent,
            seal_id=seal,
            holder_post_id=self.post_id,
            amount_limit_minor=step.amount,
            count_limit=step.count,
            valid_from=NOW + step.start * HOUR,
            valid_until=NOW + step.end * HOUR,
            document_kinds=None if step.kinds is None else list(step.kinds),
            count_of=CountOf(step.count_of),
            reason="授权",
            proof=self.proof(f"{seal or '*'}:approve"),
        )
        try:
            grant = grants.give(self.work, self.actor, new)
        except Refused:
            return
        assert grant.status == GrantStatus.OFFERED
        self.grants.append(grant.id)
        # The actor holds the post that the grants are given to.
        grants.accept(
            self.work,
            self.actor,
            grant.id,
            proof=self.proof(grant.id, "authority.accept"),
            expected=None,
        )

    def end(self, grant_id: str) -> None:
        try:
            ended = grants.end(
                self.work,
                self.actor,
                grant_id,
                reason="调整",
                proof=self.proof(grant_id, "authority.end"),
                expected=None,
            )
        except Conflict:
            return
        assert ended[0].id == grant_id

    def reserve(self, step: Reserve) -> None:
        seal = self.seals[0]
        if f"{subject(step.subject)}:{seal}" in self.slots():
            return
        try:
            counts.reserve(
                self.work,
                self.actor,
                self.grant(step.grant),
                subject_id=subject(step.subject),
                seal_id=seal,
                use=UseFacts(
                    amount_minor=step.amount,
                    document_kind="tender",
                    wanted=Quantities(1, step.documents, 1),
                ),
            )
        except Refused:
            return

    def grant(self, index: int) -> str:
        return self.grants[index % len(self.grants)]

    def slots(self) -> set[str]:
        from_rows = self.work.session.query(GrantReservation.slot)
        return {slot for (slot,) in from_rows if slot is not None}

    def proof(self, what: str, act: str = "authority.grant") -> str:
        """A step-up proof, as the people area would have left it."""
        token = self.work.new_id()
        self.work.session.add(
            StepUpProof(
                id=self.work.new_id(),
                organization_id=self.actor.organization_id,
                person_id=self.actor.person_id,
                token_hash=token_digest(token),
                act=act,
                subject=what,
                created_at=self.work.now,
                expires_at=self.work.now + HOUR,
            )
        )
        self.work.session.flush()
        return token

    def all(self) -> list[Grant]:
        return list(self.work.session.query(Grant))


def subject(index: int) -> str:
    return f"{index:032x}"


def open_office(work: UnitOfWork) -> Office:
    person = work.session.query(Person).one()
    post = post_of_kind(work, person.organization_id, PostKind.DEPARTMENT_HEAD)[0]
    actor = Actor(
        person.organization_id, person.id, person.name, frozenset({"authority.grant"}), frozenset({post.id})
    )
    seals = []
    for name in ("甲", "乙"):
        seal = Seal(
            id=work.new_id(),
            organization_id=person.organization_id,
            medium="electronic",
            name=name,
            face_text=name,
            ga_type="01",
            category="contract",
            shape="round",
            width_um=40_000,
            height_um=40_000,
            status="in_force",
            created_at=work.now,
        )
        work.session.add(seal)
        seals.append(seal.id)
    work.session.flush()
    return Office(work, actor, seals, post.id)


AROUND = Surroundings()
"""Seals are named by id and nothing by department here."""


def check(office: Office) -> None:
    """What always holds."""
    for grant in office.all():
        assert grant.count_reserved >= 0
        assert grant.count_used >= 0
        if grant.end_cause == EndCause.USED_UP:
            assert grant.count_used == grant.count_limit
        elif grant.status == GrantStatus.ACTIVE:
            assert grant.count_limit is None or grant.count_used < grant.count_limit
        if grant.count_limit is not None:
            assert grant.count_reserved + grant.count_used <= grant.count_limit
        if grant.parent_id is None:
            continue
        parent = queries.lineage(office.work, grant)[-2]
        targets = queries.targets_of(office.work, [parent.id, grant.id])
        if parent.status == GrantStatus.ENDED:
            assert grant.status == GrantStatus.ENDED
        standing = replace(queries.state_of(parent, targets=targets[parent.id]), status=GrantStatus.ACTIVE)
        own = queries.scope_of(grant, targets[grant.id])
        assert objections_to_child(own, standing, AROUND) == []
        # Children together use no more than their parent counts.
        children = [one for one in office.all() if one.parent_id == parent.id]
        if all(one.count_of == parent.count_of for one in children):
            assert sum(one.count_used for one in children) <= parent.count_used
            assert sum(one.count_reserved for one in children) <= parent.count_reserved


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequences)
def test_no_sequence_makes_a_grant_exceed_its_parent(
    bare: Platform, sequence: list[Give | End | Reserve | Settle]
) -> None:
    with bare.database.write_session() as session:
        office = open_office(UnitOfWork(bare, session))
        for step in sequence:
            office.take(step)
            check(office)
        session.rollback()
