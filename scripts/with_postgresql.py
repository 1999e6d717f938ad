"""Run a command with an empty PostgreSQL of its own, and take the server away afterwards.

    python scripts/with_postgresql.py pytest -m database

The command finds the address in SHUANGYIN_TEST_DATABASE_URL. The server listens on a free loopback port, keeps
its data in a temporary folder and runs as the user `postgres` when this script is run by root, because
PostgreSQL refuses to run as root. The exit status is that of the command.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

SERVER_USER = "postgres"
DATABASE = "shuangyin_test"
START_SECONDS = 60
PRECAUTIONS = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")


class PostgresqlUnavailable(Exception):
    """The server programs are missing or the server did not start."""


@dataclass(frozen=True)
class Programs:
    """Where the server's programs lie (Debian keeps them outside PATH)."""

    initdb: Path
    pg_ctl: Path
    createdb: Path


def find_programs() -> Programs:
    """The programs in PATH or those of the newest version installed by Debian."""
    versions = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=lambda path: int(path.parent.name))
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found] + versions[::-1]
    for folder in folders:
        programs = Programs(folder / "initdb", folder / "pg_ctl", folder / "createdb")
        if all(path.exists() for path in (programs.initdb, programs.pg_ctl, programs.createdb)):
            return programs
    raise PostgresqlUnavailable("PostgreSQL is not installed: run `make test-machine`.")


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def as_server_user(command: list[str]) -> list[str]:
    """The command as it must be started so that the server does not run as root."""
    return ["runuser", "-u", SERVER_USER, "--", *command] if os.geteuid() == 0 else command


def run_quietly(command: list[str], *, folder: Path, environment: dict[str, str] | None = None) -> None:
    """Run a server program; its output is shown only when it fails."""
    # A file, not a pipe: the server inherits it and would keep a pipe open as long as it runs.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 -- the programs found above, no shell
            as_server_user(command),
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            output.seek(0)
            raise PostgresqlUnavailable(f"{' '.join(command)} failed:\n{output.read()}")


@dataclass(frozen=True)
class Server:
    """A running server. ``address`` is the SQLAlchemy address of its one database."""

    address: str
    folder: Path
    control: list[str]
    options: str

    def crash(self) -> None:
        """End the server as a power cut would: every connection breaks, nothing is shut down in order."""
        run_quietly([*self.control, "-m", "immediate", "stop"], folder=self.folder)

    def start(self) -> None:
        """Start it, again after a crash too."""
        start = [*self.control, "-l", str(self.folder / "log"), "-o", self.options, "start"]
        run_quietly(start, folder=self.folder)


@contextmanager
def running_server(programs: Programs, *, durable: bool = False) -> Iterator[Server]:
    """A server with one empty database. ``durable`` makes commits wait for the disk, for tests of crashes."""
    # In memory where the tests keep their files in memory too: every test copies a database of two thousand files.
    place = None if durable else os.environ.get("PYTEST_DEBUG_TEMPROOT")
    with tempfile.TemporaryDirectory(prefix="shuangyin-postgresql-", dir=place) as name:
        folder = Path(name)
        password = secrets.token_urlsafe(18)
        (password_file := folder / "password").write_text(password, encoding="utf-8")
        if os.geteuid() == 0:
            shutil.chown(folder, SERVER_USER)
            shutil.chown(password_file, SERVER_USER)
        data, port = folder / "data", free_port()
        initialize = [str(programs.initdb), "-D", str(data), "-U", SERVER_USER, "--encoding=UTF8"]
        initialize += ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"]
        run_quietly(initialize, folder=folder)
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c max_connections=200"
        if not durable:
            # The data lives only as long as the tests: what a crash or a long life needs mostly proves nothing.
            options += "".join(f" -c {name}=off" for name in PRECAUTIONS)
        control = [str(programs.pg_ctl), "-D", str(data), "-w", "-t", str(START_SECONDS)]
        address = f"postgresql+psycopg://{SERVER_USER}:{password}@127.0.0.1:{port}/{DATABASE}"
        server = Server(address, folder, control, options)
        server.start()
        try:
            create = [str(programs.createdb), "-h", "127.0.0.1", "-p", str(port), "-U", SERVER_USER, DATABASE]
            run_quietly(create, folder=folder, environment={"PGPASSWORD": password})
            yield server
        finally:
            server.crash()


def stop_on(*signals: signal.Signals) -> None:
    """Turn the signals into an ordinary exit, so that the server is stopped on the way out."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    handler: Callable[[int, FrameType | None], None] = leave
    for number in signals:
        signal.signal(number, handler)


def main(command: list[str]) -> int:
    """Run `command` beside a server; its exit status, or 2 when there is no command or no server."""
    if not command:
        sys.stderr.write("Give the command to run, for example: pytest -m database\n")
        return 2
    stop_on(signal.SIGTERM, signal.SIGHUP)
    try:
        with running_server(find_programs()) as server:
            environment = {**os.environ, "SHUANGYIN_TEST_DATABASE_URL": server.address}
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 -- the caller's own
    except PostgresqlUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
