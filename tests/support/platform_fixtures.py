"""Fixtures of the platform's tests: a platform on a real database, and a world of people who use it over HTTP."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from platform_world import World, build_world
from sqlalchemy import create_engine, text

from shuangyin.app import compose
from shuangyin.core.clock import ManualClock
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.tables import metadata

DATABASE_URL = os.environ.get("SHUANGYIN_TEST_DATABASE_URL")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh installation: SQLite, or a new database on the server the environment names."""
    url = None
    name = f"test_{uuid.uuid4().hex}"
    if DATABASE_URL:
        _on_server(f'CREATE DATABASE "{name}"')
        url = DATABASE_URL.rsplit("/", 1)[0] + f"/{name}"
    yield Settings(
        data_dir=tmp_path / "data",
        database_url=url,
        kek="000102030405060708090a0b0c0d0e0f",
        argon2_memory_kib=64,
        argon2_time_cost=1,
        public_url="http://localhost:8600",
        log_level="ERROR",
        _env_file=None,
    )
    if DATABASE_URL:
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until a test moves it."""
    return ManualClock()


@pytest.fixture
def platform(settings: Settings, clock: ManualClock) -> Iterator[Platform]:
    """A composed platform on an empty, migrated database."""
    platform = compose(settings, clock=clock)
    metadata().create_all(platform.database.writer)
    yield platform
    platform.database.dispose()


@pytest.fixture
def world(platform: Platform, clock: ManualClock) -> Iterator[World]:
    """An organization with a person on every kind of post, set up over HTTP."""
    with build_world(platform, clock) as world:
        yield world


def _on_server(statement: str) -> None:
    assert DATABASE_URL is not None
    engine = create_engine(
        DATABASE_URL.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
