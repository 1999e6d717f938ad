"""No table is forgotten by the audit: it is compared with its entries, or there is a reason why not."""

from __future__ import annotations

from typing import Any

import pytest

from shuangyin.core.actor import system_actor
from shuangyin.core.database import Base
from shuangyin.core.platform import Platform
from shuangyin.evidence.auditing import audit
from shuangyin.evidence.commands import Fact, record_many
from shuangyin.evidence.kinds import kinds
from shuangyin.evidence.sequencer import sequence_pending
from shuangyin.recorded_facts import AREAS, COMPARED, NOT_COMPARED
from shuangyin.recorded_unseen import UNSEEN
from shuangyin.tables import MODULES


def test_every_table_is_compared_or_listed_with_a_reason() -> None:
    assert MODULES, "all tables are known"
    assert set(COMPARED) | set(NOT_COMPARED) == set(Base.metadata.tables)
    assert set(COMPARED) & set(NOT_COMPARED) == set()
    assert all(len(reason) > 20 for reason in NOT_COMPARED.values())


def test_columns_that_no_audit_sees_are_listed_with_a_reason() -> None:
    tables = Base.metadata.tables
    known = {f"{name}.{column.name}" for name in COMPARED for column in tables[name].columns}
    assert set(UNSEEN) <= known, set(UNSEEN) - known
    assert all(len(reason) > 20 for reason in UNSEEN.values())


def test_only_kinds_that_are_recorded_are_compared() -> None:
    for area in AREAS:
        assert set(area.comparisons) <= set(kinds())
        assert set(area.brings) <= set(kinds())
        assert {name.removeprefix("carried ").split(" ")[0] for name, _ in area.rows} <= {
            *area.tables,
            "sealed",
            "uploaded",
        }


NAMES = (
    "alarm binding change check consent counts covers day days decision_id deletion deputy devices discrepancy duty "
    "events evidence facts first form freeze holding items last lines materials number override permit persons phase "
    "photo photos print report requests review role route seal seals step targets task transition use version week"
)
ODD: tuple[Any, ...] = ({"a": [1]}, [[1], {"b": None}], 5)


@pytest.mark.parametrize("odd", ODD)
def test_no_entry_however_odd_ends_an_audit(platform: Platform, odd: Any) -> None:
    """Whoever writes or alters an entry could otherwise keep every audit from having an outcome."""
    kinds_compared = sorted({kind for area in AREAS for kind in area.comparisons})
    actor = system_actor("0" * 31 + "1")
    facts = dict.fromkeys(NAMES.split(), odd)
    entries = [Fact(kind, "request", "r" * 32, facts) for kind in kinds_compared]
    platform.transact(lambda work: record_many(work, actor, entries))
    while sequence_pending(platform):
        pass
    outcome = audit(platform)
    named = {one.index for one in outcome.differences if one.what == "fact"}
    assert len(named) > len(kinds_compared) * 0.8
