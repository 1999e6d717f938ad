"""Fixtures of the platform's tests: a platform on a real database, and a world of people who use it over HTTP.

The schema is migrated once per test process into a template; every test gets a copy of it. A world, and what many
tests begin with in it, is set up once over HTTP and copied in the same way. What only repeats itself is kept from test
to test: the compiled SQL, and the event loop that answers calls.
"""

from __future__ import annotations

import copy
import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from platform_world import KeptWorld, World, build_world, keep_world, restore_world
from request_story import begin
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import Dialect

from shuangyin.cli import YOUNG
from shuangyin.composition import compose
from shuangyin.core.clock import ManualClock
from shuangyin.core.database import Database
from shuangyin.core.logs import configure_logs
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.migrations.run import upgrade

DATABASE_URL = os.environ.get("SHUANGYIN_TEST_DATABASE_URL")


@dataclass(frozen=True)
class Founded:
    """A world that was set up: where its files and database lie, its time, and who is signed in.

    `begun` is what was begun in it, if anything: an object that speaks of `begun_in`.
    """

    data_dir: Path
    database: str
    now_ms: int
    world: KeptWorld
    begun: Any = None
    begun_in: World | None = None

    def begun_again(self, world: World) -> Any:
        """What was begun, as if it had been begun in this copy of the world."""
        return copy.deepcopy(self.begun, {id(self.begun_in): world})


_COPYING = " STRATEGY FILE_COPY" if os.environ.get("PYTEST_DEBUG_TEMPROOT") else ""
"""A server whose files are in memory copies them in half the time that it takes to log them."""
KEK = "000102030405060708090a0b0c0d0e0f"


def pytest_sessionstart() -> None:
    """As in service (`shuangyin.cli`), the collector looks seldom through the many objects of the program."""
    gc.set_threshold(YOUNG, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def logs() -> None:
    """The log as in service: its plain renderer is quick and shows no local values."""
    configure_logs("CRITICAL")


@pytest.fixture(scope="session")
def event_loop() -> Iterator[None]:
    """One event loop and its threads for all clients; by itself every call would get new ones."""
    with start_blocking_portal() as TestClient.portal:
        yield
    TestClient.portal = None


_known: dict[bool, tuple[Dialect, dict[Any, Any]]] = {}


def composed(settings: Settings, clock: ManualClock) -> Platform:
    """A platform that has nothing to learn anew about SQL: statements are compiled once in a test process."""
    platform = compose(settings, clock=clock)
    for writes, engine in enumerate((platform.database.reader, platform.database.writer)):
        _share(engine, writes=bool(writes))
    return platform


def _share(engine: Engine, *, writes: bool) -> None:
    if writes not in _known:
        with engine.connect():
            """The first connection tells the dialect which server it speaks to."""
        _known[writes] = engine.dialect, {}
    engine.dialect, compiled = _known[writes]
    engine.update_execution_options(compiled_cache=compiled)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated, empty database: the path of an SQLite file, or the name of a database on the server."""
    folder = tmp_path_factory.mktemp("template")
    if not DATABASE_URL:
        _migrate(folder, None)
        yield str(folder / "shuangyin.sqlite3")
        return
    name = f"template_{uuid.uuid4().hex}"
    _on_server(f'CREATE DATABASE "{name}"')
    _migrate(folder, _url_of(name))
    yield name
    _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory, template: str, event_loop: None) -> Iterator[Founded]:
    """The world, set up once over HTTP; every test that asks for `world` gets a copy of it."""
    with _installation(tmp_path_factory.mktemp("founded") / "data", template) as settings:
        platform = composed(settings, clock := ManualClock())
        with build_world(platform, clock) as world:
            kept = keep_world(world)
        platform.database.dispose()
        yield Founded(settings.data_dir, _name_of(settings), clock.now_ms(), kept)


@pytest.fixture(scope="session")
def story_begun(tmp_path_factory: pytest.TempPathFactory, founded: Founded) -> Iterator[Founded]:
    """The world in which the story has begun. An area whose tests begin with another one overrides this."""
    with carry_on(founded, tmp_path_factory.mktemp("story"), begin) as begun:
        yield begun


@contextmanager
def carry_on(before: Founded, folder: Path, begin: Callable[[World], Any]) -> Iterator[Founded]:
    """A copy of a world, in a folder of its own, in which `begin` was done."""
    with _copy(before, folder) as settings:
        platform = composed(settings, clock := ManualClock(before.now_ms))
        with restore_world(platform, clock, before.world) as world:
            begun = begin(world)
            kept = keep_world(world)
        platform.database.dispose()
        yield Founded(settings.data_dir, _name_of(settings), clock.now_ms(), kept, begun, world)


@pytest.fixture
def beginning(request: pytest.FixtureRequest) -> Founded | None:
    """What the test's installation is a copy of: the world with everything the test asks for, or an empty one."""
    for name in ("desk_begun", "story_begun", "founded"):
        if name in request.fixturenames:
            found: Founded = request.getfixturevalue(name)
            return found
    return None


@pytest.fixture
def settings(beginning: Founded | None, tmp_path: Path, template: str) -> Iterator[Settings]:
    """Settings of a fresh installation: SQLite, or a new database on the server the environment names."""
    made = _copy(beginning, tmp_path) if beginning else _installation(tmp_path / "data", template)
    with made as settings:
        yield settings


@pytest.fixture
def clock(beginning: Founded | None) -> ManualClock:
    """A clock that stands still until a test moves it."""
    return ManualClock(beginning.now_ms) if beginning else ManualClock()


@pytest.fixture
def platform(settings: Settings, clock: ManualClock) -> Iterator[Platform]:
    """A composed platform on an empty, migrated database."""
    platform = composed(settings, clock)
    yield platform
    platform.database.dispose()


@pytest.fixture
def world(
    platform: Platform, clock: ManualClock, founded: Founded, beginning: Founded | None
) -> Iterator[World]:
    """An organization with a signed-in person on every kind of post."""
    with restore_world(platform, clock, (beginning or founded).world) as world:
        yield world


@pytest.fixture
def story(world: World, story_begun: Founded) -> Any:
    """Seals, scenario list and counterparty of an organization (`Story`)."""
    return story_begun.begun_again(world)


@contextmanager
def _copy(before: Founded, folder: Path) -> Iterator[Settings]:
    """Settings of an installation that goes on where another one stopped."""
    if (before.data_dir / "objects").is_dir():
        shutil.copytree(before.data_dir / "objects", folder / "data" / "objects")
    # The fence belongs to the log that the database holds: without it nothing would be signed.
    shutil.copytree(before.data_dir.with_name("data-fence"), folder / "data-fence")
    source = before.database or str(before.data_dir / "shuangyin.sqlite3")
    with _installation(folder / "data", source) as settings:
        yield settings


def _name_of(settings: Settings) -> str:
    """The name of the database on the server; empty for SQLite."""
    return settings.database_url.rsplit("/", 1)[1] if settings.database_url else ""


@contextmanager
def _installation(data_dir: Path, source: str) -> Iterator[Settings]:
    """Settings of an installation whose database is a copy of `source`; the copy on a server goes afterwards."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    url, name = None, f"test_{uuid.uuid4().hex}"
    if DATABASE_URL:
        _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{source}"{_COPYING}')
        url = _url_of(name)
    else:
        shutil.copyfile(source, data_dir / "shuangyin.sqlite3")
    yield Settings(
        data_dir=data_dir,
        database_url=url,
        kek=KEK,
        argon2_memory_kib=64,
        argon2_time_cost=1,
        public_url="http://localhost:8600",
        log_level="ERROR",
        _env_file=None,
    )
    if DATABASE_URL:
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _migrate(folder: Path, url: str | None) -> None:
    database = Database(Settings(data_dir=folder, database_url=url, kek=KEK, _env_file=None))
    upgrade(database)
    database.dispose()


def _url_of(name: str) -> str:
    assert DATABASE_URL is not None
    return DATABASE_URL.rsplit("/", 1)[0] + f"/{name}"


def _on_server(statement: str) -> None:
    assert DATABASE_URL is not None
    url = DATABASE_URL.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
