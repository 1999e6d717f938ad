"""Two take the last count of a grant, or of what it was given out of, at the same moment: one of them gets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hiring import actor_of
from platform_world import World, ok
from request_story import AMOUNT, begin
from same_moment import at_once
from sqlalchemy import func, select

from shuangyin.authority.commands import consume, reserve
from shuangyin.authority.judging import UseFacts
from shuangyin.authority.models import GrantReservation, GrantStatus
from shuangyin.authority.queries import grant_of
from shuangyin.core.actor import Actor
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry

pytestmark = pytest.mark.database

ROUNDS = 4


def test_the_last_count_goes_to_one_of_two_and_ends_the_grant(world: World, platform: Platform) -> None:
    story = begin(world)
    seal_id = story.seals["contract"]
    parent = ok(
        story.grant(act="press", holder_person_id=world.id("legal_representative"), count_limit=ROUNDS), 201
    )
    actor = actor_of(world, "legal_representative")
    children = [
        ok(story.grant(act="press", parent_id=parent["id"], holder_person_id=actor.person_id), 201)["id"]
        for _ in range(2)
    ]

    def taking(grant_id: str, subject: str) -> Callable[[], None]:
        return lambda: take(platform, actor, grant_id, subject, seal_id)

    for number in range(ROUNDS - 1):
        take(platform, actor, children[0], f"{number:032x}", seal_id)
    # One count of the parent is left, and each child alone would have it.
    refused = at_once([taking(children[0], f"{100:032x}"), taking(children[1], f"{101:032x}")])
    assert [error.code for error in refused] == ["GRANT_COUNT"]

    def settle() -> None:
        for subject in (*(f"{number:032x}" for number in range(ROUNDS - 1)), f"{100:032x}", f"{101:032x}"):
            platform.transact(lambda work, one=subject: consume(work, actor, one))  # type: ignore[misc]  # bound now

    settle()
    with platform.database.read_session() as session:
        reserved = session.scalar(select(func.count()).select_from(GrantReservation))
        ended = session.scalar(
            select(func.count()).select_from(EvidenceEntry).where(EvidenceEntry.kind == "authority.ended")
        )
    assert reserved == ROUNDS

    def standing(work: UnitOfWork) -> tuple[object, ...]:
        one = grant_of(work, actor.organization_id, parent["id"])
        return one.count_used, one.count_reserved, one.status, one.end_cause

    assert platform.view(standing) == (ROUNDS, 0, GrantStatus.ENDED, "used_up")
    assert ended == 3, "the parent and both of its children"


def take(platform: Platform, actor: Actor, grant_id: str, subject: str, seal_id: str) -> None:
    use = UseFacts(amount_minor=AMOUNT, document_kind="tender")
    platform.transact(
        lambda work: reserve(work, actor, grant_id, subject_id=subject, seal_id=seal_id, use=use)
    )
