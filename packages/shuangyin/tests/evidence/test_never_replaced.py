"""SQLite's REPLACE does not pass the rules that refuse to change evidence."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from shuangyin.core.actor import system_actor
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.evidence.commands import record
from shuangyin.evidence.models import IMMUTABLE_TABLES
from shuangyin.evidence.sequencer import sequence_pending
from shuangyin.tables import metadata

ORGANIZATION = "0" * 32


def write(platform: Platform, count: int) -> None:
    platform.transact(
        lambda work: [
            record(
                work, system_actor(ORGANIZATION), kind="test.noted", subject_type="test", subject_id="1",
                facts={"n": number},
            )
            for number in range(count)
        ]
    )  # fmt: skip


def test_nothing_replaces_what_is_in_the_log(settings: Settings, platform: Platform) -> None:
    if settings.database_url:
        pytest.skip("REPLACE is SQLite's")
    write(platform, 3)
    sequence_pending(platform)
    entry = "organization_id, kind, subject_type, subject_id, actor_id, 'forged', digest, recorded_at"
    columns = "id, organization_id, kind, subject_type, subject_id, actor_id, body, digest, recorded_at"
    forged = (
        f"REPLACE INTO evidence_entry ({columns}) SELECT id, {entry} FROM evidence_entry LIMIT 1",
        f"INSERT OR REPLACE INTO evidence_entry ({columns}) SELECT id, {entry} FROM evidence_entry LIMIT 1",
        f"REPLACE INTO evidence_entry (rowid, {columns}) SELECT rowid, 'other', {entry} FROM evidence_entry LIMIT 1",
        "REPLACE INTO log_leaf SELECT log_index, 'other', leaf_hash FROM log_leaf LIMIT 1",
        "REPLACE INTO log_leaf SELECT 99, entry_id, leaf_hash FROM log_leaf LIMIT 1",
        "REPLACE INTO log_checkpoint SELECT size, 'x', note, signed_at FROM log_checkpoint LIMIT 1",
        "REPLACE INTO log_twin_checkpoint SELECT size, 'x', note, signed_at FROM log_twin_checkpoint LIMIT 1",
    )
    with closing(sqlite3.connect(settings.sqlite_path)) as connection:
        before = list(connection.iterdump())
        for statement in forged:
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                connection.execute(statement)
            connection.rollback()
        assert list(connection.iterdump()) == before
    # What is new is let in.
    write(platform, 1)
    sequence_pending(platform)


def test_every_table_of_evidence_has_the_rule_for_each_of_its_keys(
    settings: Settings, platform: Platform
) -> None:
    if settings.database_url:
        pytest.skip("REPLACE is SQLite's")
    assert platform.database.is_sqlite
    with closing(sqlite3.connect(settings.sqlite_path)) as connection:
        query = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_replace'"
        rules = dict(connection.execute(query).fetchall())
    assert set(rules) == set(IMMUTABLE_TABLES)
    for name in IMMUTABLE_TABLES:
        table = metadata().tables[name]
        unique = {column.name for column in table.columns if column.primary_key or column.unique}
        assert all(f"{column} = NEW.{column}" in rules[name] for column in {*unique, "rowid"}), name
