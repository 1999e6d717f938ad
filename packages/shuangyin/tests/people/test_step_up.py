"""The second factor by risk: a proof for one act, or the session's within ten minutes."""

from __future__ import annotations

import threading
from typing import Literal

import pytest
from platform_world import World, ok, problem

from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.errors import Forbidden
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.actors import actor_of
from shuangyin.people.commands import SecondFactorUse, require_second_factor
from shuangyin.people.models import Person, SignInSession
from shuangyin.people.sessions import token_digest

ACT, SUBJECT = "authority.grant", "0123:press"


def actor(world: World, work: UnitOfWork, kind: str) -> Actor:
    """The actor as the authenticator would find him for the signed-in client of this kind."""
    from sqlalchemy import select  # noqa: PLC0415  # one use

    cookie = world.client(kind).cookies["shuangyin"]
    session = work.session.scalars(
        select(SignInSession).where(SignInSession.token_hash == token_digest(cookie))
    ).one()
    person = work.session.get_one(Person, world.id(kind))
    return actor_of(work, person, session_id=session.id, second_factor_at=session.second_factor_at)


def require(
    world: World,
    proof: str | None,
    strength: Literal["each", "window"],
    kind: str = "employee",
    subject: str = SUBJECT,
) -> SecondFactorUse:
    return world.platform.transact(
        lambda work: require_second_factor(
            work, actor(world, work, kind), act=ACT, subject=subject, proof=proof, strength=strength
        )
    )


def test_a_proof_is_good_once(world: World) -> None:
    proof = world.step_up("employee", ACT, SUBJECT)
    assert require(world, proof, "each").kind == "proof"
    with pytest.raises(Forbidden) as refused:
        require(world, proof, "each")
    assert (refused.value.code, refused.value.details) == (
        "STEP_UP_REQUIRED",
        {"act": ACT, "subject": SUBJECT, "strength": "each"},
    )


def test_a_proof_is_good_for_its_act_subject_and_person_only(world: World) -> None:
    proof = world.step_up("employee", ACT, SUBJECT)
    with pytest.raises(Forbidden):
        require(world, proof, "each", subject="0123:approve")
    with pytest.raises(Forbidden):
        require(world, proof, "each", kind="custodian")
    other_act = world.step_up("employee", "approvals.decide", SUBJECT)
    with pytest.raises(Forbidden):
        require(world, other_act, "each")
    assert require(world, proof, "each").kind == "proof"


def test_a_proof_is_good_for_five_minutes(world: World) -> None:
    proof = world.step_up("employee", ACT, SUBJECT)
    world.clock.advance(seconds=300)
    with pytest.raises(Forbidden):
        require(world, proof, "each")


def test_each_asks_for_a_proof_even_right_after_a_second_factor(world: World) -> None:
    world.step_up("employee", ACT, SUBJECT)
    with pytest.raises(Forbidden):
        require(world, None, "each")


def test_the_window_covers_ten_minutes_and_a_step_up_renews_it(world: World) -> None:
    world.members["employee"].client = world.sign_in(world.members["employee"])
    world.clock.advance(seconds=599)
    assert require(world, None, "window").kind == "window"
    world.clock.advance(seconds=1)
    with pytest.raises(Forbidden):
        require(world, None, "window")
    world.step_up("employee", "people.anything", "x")
    assert require(world, None, "window").kind == "window"


def test_a_proof_survives_an_act_that_fails_after_it(world: World) -> None:
    proof = world.step_up("employee", ACT, SUBJECT)

    def fails(work: UnitOfWork) -> None:
        require_second_factor(
            work, actor(world, work, "employee"), act=ACT, subject=SUBJECT, proof=proof, strength="each"
        )
        raise RuntimeError

    with pytest.raises(RuntimeError):
        world.platform.transact(fails)
    assert require(world, proof, "each").kind == "proof"


def test_one_proof_used_by_many_at_one_moment_is_good_for_one(world: World) -> None:
    proof = world.step_up("employee", ACT, SUBJECT)
    together = threading.Barrier(4)
    results: list[bool] = []

    def run() -> None:
        together.wait()
        try:
            require(world, proof, "each")
        except Forbidden:
            results.append(False)
        else:
            results.append(True)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]


def test_the_platform_itself_has_no_second_factor(world: World) -> None:
    with pytest.raises(Forbidden):
        world.platform.transact(
            lambda work: require_second_factor(
                work, system_actor("0" * 32), act=ACT, subject=SUBJECT, proof=None, strength="window"
            )
        )


def test_a_replayed_code_gives_no_second_proof_and_wrong_ones_lock(world: World) -> None:
    client, code = world.client("employee"), world.code("employee")
    body = {"act": ACT, "subject": SUBJECT, "method": "totp", "code": code}
    ok(client.post("/api/v1/auth/step-up", json=body))
    problem(client.post("/api/v1/auth/step-up", json=body), 403, "CODE_USED")
    for _ in range(4):
        problem(client.post("/api/v1/auth/step-up", json=body | {"code": "no"}), 403, "SECOND_FACTOR_WRONG")
    locked = client.post("/api/v1/auth/step-up", json=body | {"code": "no"})
    assert problem(locked, 429, "SECOND_FACTOR_LOCKED")["details"] == {"retry_after_s": 30}


def test_acts_and_subjects_have_a_form(world: World) -> None:
    client = world.client("employee")
    good = {"act": ACT, "subject": SUBJECT, "method": "totp", "code": "123456"}
    for change in (
        {"act": "nonsense"},
        {"subject": ""},
        {"subject": "x" * 201},
        {"subject": "a\x00b"},
        {"method": "telegram"},
    ):
        problem(client.post("/api/v1/auth/step-up", json=good | change), 422, "INVALID_INPUT")
