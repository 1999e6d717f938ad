"""The schema goes up and down, and says what the tables say."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from shuangyin.core.platform import Platform
from shuangyin.migrations.run import downgrade, upgrade
from shuangyin.tables import MODULES, metadata

pytestmark = pytest.mark.database


def tables(platform: Platform) -> set[str]:
    return set(inspect(platform.database.reader).get_table_names())


def test_the_migrated_schema_is_the_one_of_the_tables(platform: Platform) -> None:
    assert len(MODULES) > 10
    with platform.database.reader.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata()) == []


def test_migrations_go_down_to_nothing_and_up_again(platform: Platform) -> None:
    full = tables(platform)
    downgrade(platform.database)
    assert tables(platform) == {"alembic_version"}
    upgrade(platform.database)
    assert tables(platform) == full


def test_migrating_a_migrated_database_changes_nothing(platform: Platform) -> None:
    before = tables(platform)
    upgrade(platform.database)
    assert tables(platform) == before
