"""Engines and sessions, for SQLite and PostgreSQL, so that no update is lost under concurrent writers.

SQLite's driver opens no transaction before a SELECT, so two read-modify-write transactions lose updates by
default. Here the driver is put into autocommit mode and every unit of work begins explicitly: `BEGIN IMMEDIATE`
to write, `BEGIN` to read. PostgreSQL runs writers as SERIALIZABLE; the use case retries what that refuses.
"""

from __future__ import annotations

import select as readiness
import time

from sqlalchemy import BigInteger, Engine, Integer, MetaData, create_engine, event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

from shuangyin.core.settings import Settings

POOL_SIZE = 48
"""Not below the 40 threads of the web server's pool, or requests could wait for each other for ever."""

BUSY_TIMEOUT_MS = 15_000

LONG_IDLE_S = 30
"""After so long without use a connection may have been dropped on the way without either end being told."""


class Base(DeclarativeBase):
    """Base of all tables. Ids are CHAR(32), times UTC milliseconds, digests hex: see docs/architecture.md."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {int: BigInteger().with_variant(Integer, "sqlite")}  # noqa: RUF012  # SQLAlchemy's contract


class Versioned:
    """Mixin: an integer that rises with every change, checked by the ORM and by `If-Match`."""

    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's contract


class Database:
    """The two engines of one database, one that begins to read and one that begins to write."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.database_url or f"sqlite:///{settings.sqlite_path}"
        if self.url.startswith("postgresql://"):
            self.url = self.url.replace("postgresql://", "postgresql+psycopg://", 1)
        self.is_sqlite = self.url.startswith("sqlite")
        if self.is_sqlite:
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.reader = _sqlite_engine(self.url, begin="BEGIN")
            self.writer = _sqlite_engine(self.url, begin="BEGIN IMMEDIATE")
        else:
            # Under READ COMMITTED each statement of a reader sees what is committed when it starts, in a transaction
            # or without one: without one, two round trips of every answer are saved.
            self.reader = _postgresql_engine(self.url, isolation_level="AUTOCOMMIT")
            self.writer = _postgresql_engine(self.url, isolation_level="SERIALIZABLE")

    def read_session(self) -> Session:
        return Session(self.reader, autoflush=False)

    def snapshot_session(self) -> Session:
        """A session that reads all it reads as of one instant, and may fetch row by row."""
        if self.is_sqlite:
            return self.read_session()
        return Session(self.reader.execution_options(isolation_level="REPEATABLE READ"), autoflush=False)

    def write_session(self) -> Session:
        return Session(self.writer, expire_on_commit=False)

    def ping(self) -> None:
        """Ask the database for a constant; raises SQLAlchemy's error when it is not there."""
        with self.reader.connect() as connection:
            connection.execute(select(1))

    def dispose(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


def _postgresql_engine(url: str, **options: str) -> Engine:
    engine = create_engine(url, pool_size=POOL_SIZE, **options)

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        # The driver prepares what is asked often, and the server then plans it once for whatever values come: of a
        # person with fifty grants among a hundred thousand that plan knows nothing, and took forty times as long.
        cursor.execute("SET plan_cache_mode = force_custom_plan")
        # Nothing asked here runs for so long that compiling it would pay.
        cursor.execute("SET jit = off")
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "checkin")
    def remember(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: DBAPIConnection, record: ConnectionPoolEntry, _fairy: object) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is not None and _in_doubt(connection, idle_since) and not _answers(engine, connection):
            raise InvalidatePoolError("The server has closed this connection.")

    return engine


def _in_doubt(connection: DBAPIConnection, idle_since: float) -> bool:
    """Whether a connection from the pool has to be asked if it still lives.

    To ask each time costs an answer more than its own statement does. A server that ends a connection makes its
    socket readable, which an idle one never is.
    """
    if time.monotonic() - idle_since > LONG_IDLE_S:
        return True
    poll = readiness.poll()
    poll.register(connection.fileno(), readiness.POLLIN)
    return bool(poll.poll(0))


def _answers(engine: Engine, connection: DBAPIConnection) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def _sqlite_engine(url: str, *, begin: str) -> Engine:
    engine = create_engine(url, pool_size=POOL_SIZE, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        # FULL, because the evidence log's head must survive a power cut with everything it acknowledged.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: object) -> None:
        connection.exec_driver_sql(begin)  # type: ignore[attr-defined]  # a sqlalchemy Connection

    return engine
