"""The databases that a benchmark runs on: SQLite, and PostgreSQL where a server is named."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text


def databases() -> Iterator[tuple[str, str | None]]:
    """Name and address of each, one after the other; an address of None is SQLite in the data folder."""
    yield "SQLite", None
    server = os.environ.get("SHUANGYIN_TEST_DATABASE_URL")
    if server:
        with database_on(server) as url:
            yield "PostgreSQL", url


@contextmanager
def database_on(server: str) -> Iterator[str]:
    """An empty database on a PostgreSQL; taken away afterwards."""
    name = f"benchmark_{uuid.uuid4().hex}"
    engine = create_engine(
        server.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield server.rsplit("/", 1)[0] + f"/{name}"
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()
