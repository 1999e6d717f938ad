"""No table is forgotten by the audit: it is compared with its entries, or there is a reason why not."""

from __future__ import annotations

from shuangyin.core.database import Base
from shuangyin.evidence.kinds import kinds
from shuangyin.recorded_facts import AREAS, COMPARED, NOT_COMPARED
from shuangyin.tables import MODULES


def test_every_table_is_compared_or_listed_with_a_reason() -> None:
    assert MODULES, "all tables are known"
    assert set(COMPARED) | set(NOT_COMPARED) == set(Base.metadata.tables)
    assert set(COMPARED) & set(NOT_COMPARED) == set()
    assert all(len(reason) > 20 for reason in NOT_COMPARED.values())


def test_only_kinds_that_are_recorded_are_compared() -> None:
    for area in AREAS:
        assert set(area.comparisons) <= set(kinds())
        assert set(area.brings) <= set(kinds())
        assert {name.removeprefix("carried ").split(" ")[0] for name, _ in area.rows} <= {
            *area.tables,
            "sealed",
            "uploaded",
        }
