"""Thousands of rows at once arrive as they were given, on either database."""

from __future__ import annotations

import pytest
from platform_world import World, ok
from sqlalchemy import select

from shuangyin.core.many_rows import insert_rows
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.models import Engraver

pytestmark = pytest.mark.database


@pytest.mark.parametrize("count", [0, 2, 300])
def test_every_row_arrives_with_its_absent_values_words_and_large_numbers(world: World, count: int) -> None:
    organization = ok(world.client("administrator").get("/api/v1/organization"))["id"]

    def fill(work: UnitOfWork) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = [
            {
                "id": work.new_id(),
                "version": 1,
                "organization_id": organization,
                "name": f"刻制“单位”, \\{{{number}}}",
                "filing_no": f"京刻备{number:06}",
                "valid_until": None if number % 3 else "2030-01-31",
                "active": number % 2 == 0,
                "created_at": 2**53 + number,
            }
            for number in range(count)
        ]
        insert_rows(work.session, Engraver, rows)
        return rows

    given = world.platform.transact(fill)
    query = select(*(getattr(Engraver, name) for name in given[0])) if given else select(Engraver.id)
    kept = world.platform.view(
        lambda work: [dict(one) for one in work.session.execute(query.order_by(Engraver.id)).mappings()]
    )
    assert kept == given
