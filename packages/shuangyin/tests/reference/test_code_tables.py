"""Code tables: complete in both languages, dated, offered over HTTP."""

from __future__ import annotations

from datetime import date

import pytest
from platform_world import World, ok, problem

from shuangyin.core.clock import BEIJING, to_milliseconds
from shuangyin.core.errors import NotFound
from shuangyin.reference import queries
from shuangyin.reference.schemas import Dated


def at(day: str) -> int:
    from datetime import datetime  # noqa: PLC0415  # one use

    return to_milliseconds(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=BEIJING))


def test_both_ends_of_a_dated_entry_are_inside() -> None:
    entry = Dated.model_validate(
        {"code": "x", "zh": "甲", "en": "A", "valid_from": "2026-03-01", "valid_until": "2026-03-31"}
    )
    found = [
        queries.in_force(entry, at(day)) for day in ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")
    ]
    assert found == [False, True, True, False]


def test_a_day_begins_in_beijing_not_in_greenwich() -> None:
    entry = Dated.model_validate({"code": "x", "zh": "甲", "en": "A", "valid_from": "2026-03-01"})
    beginning = at("2026-03-01") - 12 * 3_600_000
    assert queries.in_force(entry, beginning)
    assert not queries.in_force(entry, beginning - 1)


def test_a_citation_is_not_offered_before_it_is_in_force() -> None:
    codes = {one.code for one in queries.citations(at("2024-01-01"))}
    assert "esign-law-3" in codes
    assert "eseal-measures-5" not in codes
    found = queries.citation("eseal-measures-5")
    assert found is not None
    assert found.article == "5"
    assert queries.citation("no-such-law") is None


def test_a_date_of_force_is_shown_only_where_it_is_known() -> None:
    """A guessed date would be worse than none: of most citations the day they came into force is not on record here."""
    dated = {one.code: one.valid_from for one in queries.citations(at("2026-11-01")) if one.valid_from}
    provisions = {f"online-services-{article}": date(2019, 4, 26) for article in (9, 10, 12)}
    measures = {f"eseal-measures-{article}": date(2025, 9, 27) for article in (5, 21)}
    assert dated == {**provisions, **measures}


def test_codes_are_unique() -> None:
    now = at("2026-11-01")
    tables = (
        queries.document_kinds(now),
        queries.regions(now),
        queries.citations(now),
        queries.platforms(now),
        queries.matters(now),
        queries.channels(now),
    )
    for table in tables:
        codes = [one.code for one in table]
        assert codes
        assert len(set(codes)) == len(codes)


def test_abolished_regions_are_accepted_but_not_offered() -> None:
    offered = {region.code for region in queries.regions(at("2026-11-01"))}
    assert "110108" in offered
    assert "110103" not in offered
    assert "110103" in queries.region_codes()


def test_an_unknown_kind_of_document_is_not_found() -> None:
    assert queries.document_kind("financing_contract").has_amount
    with pytest.raises(NotFound):
        queries.document_kind("love_letter")


@pytest.mark.database_full
@pytest.mark.parametrize("table", ["document-kinds", "regions", "citations", "channels"])
def test_tables_are_there_for_who_is_signed_in(world: World, table: str) -> None:
    items = ok(world.client("auditor").get(f"/api/v1/reference/{table}"))["items"]
    assert all(one["code"] and one["zh"] and one["en"] for one in items)
    problem(world.anonymous().get(f"/api/v1/reference/{table}"), 401, "UNAUTHENTICATED")
