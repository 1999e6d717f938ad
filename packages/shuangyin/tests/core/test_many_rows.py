"""Thousands of rows at once arrive as they were given, on either database."""

from __future__ import annotations

import pytest
from platform_world import World, ok
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shuangyin.core.many_rows import Plain, insert_rows
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.models import Engraver

pytestmark = pytest.mark.database


@pytest.mark.parametrize("count", [0, 2, 300])
def test_every_row_arrives_with_its_absent_values_words_and_large_numbers(world: World, count: int) -> None:
    organization = ok(world.client("administrator").get("/api/v1/organization"))["id"]

    def fill(work: UnitOfWork) -> list[dict[str, Plain]]:
        rows: list[dict[str, Plain]] = [
            {
                "id": work.new_id(),
                "version": 1,
                "organization_id": organization,
                "name": f"刻制“单位”,\t\\N{number}\r\n\\.",
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


def test_what_the_database_refuses_is_told_as_by_any_statement_and_nothing_stays(world: World) -> None:
    """Contention above all is known by this form: without it no refused transaction would be run again."""

    def fill(work: UnitOfWork) -> None:
        row = {
            "id": work.new_id(),
            "version": 1,
            "organization_id": ok(world.client("administrator").get("/api/v1/organization"))["id"],
            "name": "甲",
            "filing_no": "京刻备1",
            "valid_until": None,
            "active": True,
            "created_at": work.now,
        }
        insert_rows(work.session, Engraver, [row] * 40)

    with pytest.raises(IntegrityError):
        world.platform.transact(fill)
    assert world.platform.view(lambda work: work.session.scalars(select(Engraver.id)).all()) == []
