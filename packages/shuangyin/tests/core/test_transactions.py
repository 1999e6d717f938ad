"""No update is lost under concurrent writers, and nothing of a failed use case stays."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from shuangyin.core.errors import Conflict, Unavailable
from shuangyin.core.numbers import Counter, next_number
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork

ORGANIZATION = "0" * 31 + "1"

pytestmark = pytest.mark.database


def test_no_update_is_lost_under_concurrent_writers(platform: Platform) -> None:
    threads, each = 4, 25
    given: list[str] = []
    lock = threading.Lock()

    def write() -> None:
        for _ in range(each):
            number = platform.transact(lambda work: next_number(work, ORGANIZATION, "用印"))
            with lock:
                given.append(number)

    workers = [threading.Thread(target=write) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(given)) == threads * each
    assert max(given).endswith(f"{threads * each:06d}")


def test_a_use_case_that_always_meets_another_says_so_and_leaves_nothing(platform: Platform) -> None:
    """Its user is told to try again; a database that is not there or refuses for good is another matter."""
    tries = 0

    def always_second(work: UnitOfWork) -> None:
        nonlocal tries
        tries += 1
        next_number(work, ORGANIZATION, "用印")
        raise OperationalError("UPDATE counter", {}, sqlite3.OperationalError("database is locked"))

    with pytest.raises(Unavailable) as refused:
        platform.transact(always_second)
    assert refused.value.code == "BUSY"
    assert tries > 1
    assert platform.view(lambda work: work.session.get(Counter, (ORGANIZATION, "用印-2026"))) is None


def test_what_is_raised_rolls_everything_back(platform: Platform) -> None:
    def fails(work: UnitOfWork) -> None:
        next_number(work, ORGANIZATION, "用印")
        raise Conflict("TEST", "不行", "no")

    with pytest.raises(Conflict):
        platform.transact(fails)
    assert platform.view(lambda work: work.session.get(Counter, (ORGANIZATION, "用印-2026"))) is None


def test_actions_after_commit_run_only_after_a_commit(platform: Platform) -> None:
    seen: list[str] = []

    def fails(work: UnitOfWork) -> None:
        work.after_commit(lambda: seen.append("failed"))
        raise Conflict("TEST", "不行", "no")

    with pytest.raises(Conflict):
        platform.transact(fails)
    platform.transact(lambda work: work.after_commit(lambda: seen.append("committed")))
    assert seen == ["committed"]


def test_sqlite_keeps_what_it_acknowledged(platform: Platform) -> None:
    if not platform.database.is_sqlite:
        pytest.skip("speaks of SQLite's own settings")
    with platform.database.writer.connect() as connection:
        modes = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert modes == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
