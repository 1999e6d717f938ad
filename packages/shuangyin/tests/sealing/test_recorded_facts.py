"""The audit compares what the tables say now with what was recorded, and names the entry that differs."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import World
from sqlalchemy import text

from shuangyin.evidence.auditing import audit
from shuangyin.evidence.sequencer import sequence_pending

pytestmark = pytest.mark.database_full


@pytest.fixture
def sealed(world: World, story: Any) -> World:
    """A document that was granted for, uploaded, approved and sealed."""
    story.grant_automatic_sealing()
    story.sealed()
    sequence_pending(world.platform)
    return world


def test_a_history_that_nobody_touched_is_clean(sealed: World) -> None:
    outcome = audit(sealed.platform)
    assert outcome.differences == ()
    assert outcome.checked_facts >= 4


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE authority_grant SET amount_limit_minor = 999999999999", "Grant.amount_limit_minor"),
        ("UPDATE authority_grant SET reason = reason || '!'", "Grant.reason"),
        ("UPDATE approval_decision SET decision = 'reject'", "ApprovalDecision.decision"),
        ("UPDATE approval_decision SET comment = 'never said'", "ApprovalDecision.comment"),
        ("UPDATE seal_use SET executed_at = executed_at - 86400000", "SealUse.executed_at"),
        ("UPDATE document_version SET sm3 = sha256 WHERE number = 1", "DocumentVersion.sm3"),
    ],
)
def test_a_fact_that_was_changed_past_its_command_is_named(sealed: World, statement: str, says: str) -> None:
    with sealed.platform.database.writer.begin() as connection:
        assert connection.execute(text(statement)).rowcount
    differences = audit(sealed.platform).differences
    assert {difference.what for difference in differences} == {"fact"}
    assert says in differences[0].en
    assert f"第 {differences[0].index} 条" in differences[0].zh
