"""Ids are UUIDv7: ordered by time, and within one unit of work by the order they were made."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from shuangyin.core.ids import new_id, next_id
from shuangyin.core.platform import Platform


@given(st.integers(0, 2**48 - 1))
def test_an_id_is_a_uuid_of_version_7_with_its_time(now: int) -> None:
    for made in (first := new_id(now), next_id(first)):
        parsed = uuid.UUID(made)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
        assert parsed.int >> 80 == now


@given(st.integers(0, 2**48 - 2))
def test_later_ids_are_greater(now: int) -> None:
    assert new_id(now) < new_id(now + 1)


def test_ids_of_one_unit_of_work_sort_in_the_order_they_were_made(platform: Platform) -> None:
    made = platform.transact(lambda work: [work.new_id() for _ in range(500)])
    assert made == sorted(made)
    assert len(set(made)) == 500
