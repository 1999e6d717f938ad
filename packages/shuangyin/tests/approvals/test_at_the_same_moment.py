"""Two persons decide at the same moment: on a real database, in threads, one wins and the other is told who."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hiring import actor_of, hire
from platform_world import World
from request_story import Story
from same_moment import at_once
from sqlalchemy import func, select

from shuangyin.approvals.commands import decide
from shuangyin.approvals.models import ApprovalDecision
from shuangyin.approvals.rules import DecisionKind
from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry

pytestmark = pytest.mark.database

ROUNDS = 4


def test_of_two_who_decide_an_any_step_one_wins_and_the_other_learns_who(
    story: Story, world: World, platform: Platform
) -> None:
    hire(world, "second_head", "department_head", "钱进")
    version = story.upload()
    for _ in range(ROUNDS):
        request = story.apply(document_version_ids=[version])
        item = next(one for one in story.todo("second_head") if one["subject_id"] == request["id"])
        actors = [actor_of(world, "department_head"), actor_of(world, "second_head")]

        def act(actor: Actor, kind: DecisionKind, item: dict[str, str] = item) -> Callable[[], None]:
            def command(work: UnitOfWork) -> None:
                step_id, binding = item["step_id"], item["binding"]
                decide(work, actor, step_id, decision=kind, comment="意见", binding=binding, proof=None)

            return lambda: platform.transact(command)

        refused = at_once([act(actors[0], DecisionKind.APPROVE), act(actors[1], DecisionKind.SEND_BACK)])
        assert [error.code for error in refused] == ["STEP_DECIDED"]
        assert isinstance(refused[0], Conflict)
        shown = story.read(request["id"])
        (decision,) = shown["approval"]["steps"][0]["decisions"]
        assert refused[0].details["decided_by"] == {
            "id": decision["person"]["id"],
            "name": decision["person"]["name"],
        }
        assert decision["person"]["name"] in refused[0].text.zh
        assert shown["status"] == {"approve": "approved", "send_back": "sent_back"}[decision["decision"]]
    with platform.database.read_session() as session:
        decisions = session.scalar(select(func.count()).select_from(ApprovalDecision))
        entries = session.scalar(
            select(func.count()).select_from(EvidenceEntry).where(EvidenceEntry.kind == "approvals.decided")
        )
    # One more approved the scenario list when the story began.
    assert (decisions, entries) == (ROUNDS + 1, ROUNDS + 1)


def test_the_last_count_of_a_grant_goes_to_one_of_two_requests(
    story: Story, world: World, platform: Platform
) -> None:
    seal_id = story.seals["contract"]
    grant = story.grant(act="auto_seal", seal_id=seal_id, count_limit=1)
    assert grant.status_code == 201, grant.text
    version = story.upload()
    drafts = [story.draft(document_version_ids=[version])["id"] for _ in range(2)]
    clients = [story.client("employee"), world.sign_in(world.members["employee"])]

    def submit(index: int) -> Callable[[], None]:
        def act() -> None:
            answer = clients[index].post(f"/api/v1/requests/{drafts[index]}/submit", json={})
            assert answer.status_code == 200, answer.text

        return act

    assert at_once([submit(0), submit(1)]) == []
    (shown,) = story.get("legal_representative", "/grants")["items"]
    # The second request is in approval as well, but will wait for the keeper: it holds no count.
    assert (shown["count_reserved"], shown["count_used"]) == (1, 0)
    clients[1].close()
