"""The weekly statement: what was sealed, counted once the week is over, read by who answers for the seals."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pikepdf
import pytest
from platform_world import World, ok, problem
from request_story import AMOUNT, begin
from tampering import Altered, require_named, require_untouched

from shuangyin.core.clock import beijing_time
from shuangyin.core.platform import Platform
from shuangyin.workbench.statements import CountedUse, bounds_of, counted, make_due, week_of


def test_amounts_count_once_for_each_request_and_voided_uses_are_told_apart() -> None:
    def use(
        request: str, amount: int | None, *, seal: str = "s", voided: bool = False, presses: int = 1
    ) -> CountedUse:
        return CountedUse(seal, seal, "electronic", request, amount, "CNY", voided, presses)

    lines = counted(
        [
            use("a", 100),
            use("a", 100),
            use("b", None),
            use("c", 5, voided=True),
            use("d", 7, seal="t", presses=3),
        ]
    )
    assert [(one.seal_name, one.uses, one.voided, one.requests, one.presses) for one in lines] == [
        ("s", 4, 1, 2, 4),
        ("t", 1, 0, 1, 3),
    ]
    assert (lines[0].amounts, lines[0].unknown_amounts, lines[1].amounts) == ({"CNY": 100}, 1, {"CNY": 7})
    assert week_of(date(2026, 11, 29)) == date(2026, 11, 23)
    begins, ends = bounds_of(date(2026, 11, 23))
    assert beijing_time(begins).isoformat() == "2026-11-23T00:00:00+08:00"
    assert ends - begins == 7 * 86_400_000


@pytest.mark.database_full
def test_a_week_that_is_over_has_one_statement_that_is_printed_and_read(
    world: World, platform: Platform
) -> None:
    story = begin(world)
    seal = story.seals["contract"]
    ok(story.grant(act="auto_seal", seal_id=seal), 201)
    request = story.apply()
    story.approve(request["id"])
    world.settle()
    assert story.read(request["id"])["status"] == "sealed"
    monday = week_of(beijing_time(world.clock.now_ms()).date())
    running = story.get("legal_representative", "/statements/running")
    assert (running["week"], [one["uses"] for one in running["lines"]]) == (monday.isoformat(), [1])
    problem(story.client("employee").get("/api/v1/statements/running"), 403, "NOT_PERMITTED")
    world.clock.advance(seconds=(bounds_of(monday)[1] - world.clock.now_ms()) / 1000 + 60)
    assert [make_due(platform), make_due(platform)] == [1, 0]
    lead = world.sign_in(world.members["legal_representative"])
    (made,) = ok(lead.get("/api/v1/statements"))["items"]
    assert made["week"] == monday.isoformat()
    (line,) = made["lines"]
    assert (line["seal_id"], line["uses"], line["amounts"]) == (seal, 1, {"CNY": AMOUNT})
    alerts = ok(lead.get("/api/v1/workbench"))["seals"]
    assert "/statements" in [one["link"] for one in alerts]
    sheet = lead.get(f"/api/v1/statements/{made['id']}/sheet.pdf")
    assert sheet.headers["content-type"] == "application/pdf"
    with pikepdf.open(BytesIO(sheet.content)) as pdf:
        assert len(pdf.pages) == 1
    assert ok(lead.post(f"/api/v1/statements/{made['id']}/read"))["read_at"] is not None
    assert "/statements" not in [one["link"] for one in ok(lead.get("/api/v1/workbench"))["seals"]]
    keeper = world.sign_in(world.members["custodian"])
    problem(keeper.get("/api/v1/statements"), 403, "NOT_PERMITTED")
    require_untouched(platform)
    counted_otherwise = [
        Altered("weekly_statement", "lines", "[]", "WeeklyStatement.lines"),
        Altered("weekly_statement", "digest", "0" * 64, "WeeklyStatement.digest"),
        Altered("weekly_statement", "week", "2020-01-06", "the row it speaks of is gone"),
    ]
    require_named(platform, "workbench.", counted_otherwise)
