"""What custody did is what its entries say: nothing differs, and a row that was changed past the commands is named."""

from __future__ import annotations

from typing import Any

import pytest
from column_tampering import require_columns_named
from custody_desk import COPIES
from platform_world import PASSWORD, ok
from sqlalchemy import update

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.commands.late_returns import notice_late_returns
from shuangyin.custody.keeping_models import LockCodeChange
from shuangyin.custody.models import Opening
from shuangyin.custody.paper_permit_models import PaperPermit
from shuangyin.custody.stocktake_models import StocktakeLine
from shuangyin.evidence.auditing import audit

CHANGES = (
    (StocktakeLine, {"good": 0}, "StocktakeLine.good"),
    (LockCodeChange, {"reason": "other"}, "LockCodeChange.reason"),
    (PaperPermit, {"presses": 99}, "PaperPermit.presses"),
    (PressCheck, {"no_blank": False}, "PressCheck.no_blank"),
    (Opening, {"late_at": None}, "Opening.late_at"),
)


TABLES = (
    "opening",
    "opening_request",
    "seal_return",
    "safe",
    "safe_slot",
    "physical_use",
    "use_photo",
    "press_check",
    "stocktake",
    "stocktake_line",
    "lock_code_change",
    "paper_permit",
    "custody_confirmation",
)


def worked(desk: Any) -> None:
    """An opening that ends late, a stocktake, a change of the lock code and a paper permit."""
    story, world = desk.story, desk.world
    opening = desk.open()
    use = ok(desk.press(opening["id"], normal=COPIES, seam=COPIES), 201)
    world.clock.advance(seconds=1801)
    notice_late_returns(world.platform)
    desk.again("custodian", "reviewer", "auditor", "administrator")
    desk.photograph_each_copy(opening["id"], use["id"])
    ok(desk.close(opening["id"]))
    body = {"safe_id": desk.safe_id, "witness_id": world.id("auditor")}
    taken = ok(story.post("reviewer", "/stocktakes", body), 201)
    lines = [{"id": one["id"], "found": True} for one in taken["lines"]]
    ok(story.post("reviewer", f"/stocktakes/{taken['id']}/lines", {"lines": lines}))
    for kind in ("reviewer", "auditor"):
        shown = {"method": "totp", "code": world.code(kind)}
        ok(story.post(kind, f"/stocktakes/{taken['id']}/confirm", shown))
    witness = {"account": world.members["reviewer"].account, "password": PASSWORD}
    change = {"reason": "suspected", **witness, "method": "totp", "code": world.code("reviewer")}
    ok(story.post("custodian", f"/safes/{desk.safe_id}/lock-code-changes", change), 201)
    permit = {"safe_id": desk.safe_id, "seal_id": desk.seal_id, "presses": 3}
    ok(story.post("administrator", "/paper-permits", permit), 201)


@pytest.mark.database_full
def test_a_row_of_custody_that_was_changed_past_the_commands_is_named(desk: Any) -> None:
    worked(desk)
    desk.world.settle()
    platform = desk.world.platform
    assert [str(one) for one in audit(platform).differences] == []
    require_columns_named(platform, TABLES)
    for table, values, named in CHANGES:

        def change(work: UnitOfWork, table: Any = table, values: Any = values) -> None:
            work.session.execute(update(table).values(**values))

        platform.transact(change)
        assert any(named in str(one) for one in audit(platform).differences), named
