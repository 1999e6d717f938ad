"""The joined platform: what `app.py` composes and everything else receives."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from shuangyin.core.clock import Clock
from shuangyin.core.database import Database
from shuangyin.core.errors import Unavailable, stale_version
from shuangyin.core.keyring import Keyring
from shuangyin.core.objects import ObjectStore
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork

Result = TypeVar("Result")
Port = TypeVar("Port")

TRANSACTION_TRIES = 16
TRANSACTION_PATIENCE_S = 15.0
"""A use case that others kept in the way for longer than this is given up and its user told, not tried again."""
_TRIES_FOR_A_TAKEN_VALUE = 5
"""A unique value that is still taken at the last of these tries is no meeting of two writers, and is raised as it is."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.5
_TAKEN = "23505"
_SERIALIZATION_FAILURES = frozenset({"40001", "40P01", _TAKEN})
"""What PostgreSQL says of a transaction that met another one. A unique value that is taken (23505) is one of them: use
cases look before they insert, so somebody else inserted it meanwhile, and the next try finds it."""


@dataclass(frozen=True)
class Platform:
    """Settings, database, clock, objects, keys and ports of one running installation."""

    settings: Settings
    database: Database
    clock: Clock
    keyring: Keyring
    objects: ObjectStore
    ports: Mapping[type[Any], object] = field(default_factory=dict)
    wake_jobs: threading.Event = field(default_factory=threading.Event)
    wake_sequencer: threading.Event = field(default_factory=threading.Event)

    def port(self, kind: type[Port]) -> Port:
        """The implementation joined to a port; a missing one is a fault of the composition root."""
        return cast("Port", self.ports[kind])

    def view(self, query: Callable[[UnitOfWork], Result]) -> Result:
        """Run a query. On PostgreSQL each of its statements sees what is committed when it starts."""
        with self.database.read_session() as session, session.begin():
            return query(UnitOfWork(self, session))

    def view_at_once(self, query: Callable[[UnitOfWork], Result]) -> Result:
        """Run a query that sees everything as of one instant, however long it reads, and may fetch row by row."""
        with self.database.snapshot_session() as session, session.begin():
            return query(UnitOfWork(self, session))

    def transact(self, command: Callable[[UnitOfWork], Result]) -> Result:
        """Run one use case in one write transaction and commit it; whatever is raised rolls all of it back.

        The command may be run again when the database refuses the transaction because of a concurrent one, so it
        must have no effect outside its session except durable files that nothing refers to yet.
        """
        give_up = time.monotonic() + TRANSACTION_PATIENCE_S
        tries = 0
        while True:
            tries += 1
            try:
                return self._once(command)
            except StaleDataError as error:
                raise stale_version() from error
            except DBAPIError as error:
                if not _is_contention(error) or (_is_taken(error) and tries > _TRIES_FOR_A_TAKEN_VALUE):
                    raise
                if tries == TRANSACTION_TRIES or time.monotonic() > give_up:
                    raise Unavailable(
                        "BUSY", "系统繁忙，请稍后重试。", "The system is busy; try again in a moment."
                    ) from error
            # A random pause: writers that wait equally long meet again, and one of them loses every time.
            longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (tries - 1))
            time.sleep(longest * random.random())  # noqa: S311  # spreads writers, keeps no secret

    def _once(self, command: Callable[[UnitOfWork], Result]) -> Result:
        with self.database.write_session() as session:
            work = UnitOfWork(self, session)
            with session.begin():
                result = command(work)
                work.run_before_commit()
        work.run_after_commit()
        return result


def _is_taken(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _TAKEN


def _is_contention(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in _SERIALIZATION_FAILURES or (
        isinstance(error, OperationalError) and "locked" in str(error.orig)
    )
