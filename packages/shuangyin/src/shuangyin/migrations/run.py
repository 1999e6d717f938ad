"""Bring a database to the newest schema, or back."""

from __future__ import annotations

from importlib import resources

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine

from shuangyin.core.database import Database


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("shuangyin.migrations")))
    config.attributes["connection"] = connection
    return config


def _engine(database: Database) -> Engine:
    # An engine of its own: batch migrations on SQLite rebuild tables, which foreign keys must not stop.
    return create_engine(database.url)


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply all migrations up to `revision`, in one transaction where the database can."""
    engine = _engine(database)
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)
    engine.dispose()


def downgrade(database: Database, revision: str = "base") -> None:
    """Take migrations back down to `revision`. Loses what the later schema held."""
    engine = _engine(database)
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)
    engine.dispose()


def write_revision(database: Database, message: str) -> None:
    """Write a new migration from the difference between the tables and the database."""
    engine = _engine(database)
    with engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)
    engine.dispose()
