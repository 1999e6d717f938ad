"""The installation that smart seals are measured against: mosquitto, a database, gateways, each a process of its own.

Beside the clock the CPU of each process is read from the kernel, so that what an event costs can be told apart from what
telling it costs: the simulated devices run in the process that measures.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from shuangyin.composition import compose
from shuangyin.core.live import LiveBus, Subscription
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.device_sim.estate import found_devices, found_watcher
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.broker.folder import Addresses, write_folder
from shuangyin.devices.broker.process import free_ports
from shuangyin.devices.gateway.mqtt import read_share
from shuangyin.devices.gateway.running import Gateway
from shuangyin.devices.trust import authority
from shuangyin.migrations.run import upgrade

KEK = "000102030405060708090a0b0c0d0e0f"
DATABASE_URL = "SHUANGYIN_DATABASE_URL"
SHOWN = "shown.log"
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
BROKER_START_S = 1.0


@dataclass(frozen=True)
class Worked:
    """CPU seconds (user and system) of the parts of an installation, and of the simulated devices."""

    gateways: float
    broker: float
    database: float
    simulator: float

    def since(self, before: Worked) -> Worked:
        """What was worked from `before` on."""
        return Worked(
            self.gateways - before.gateways,
            self.broker - before.broker,
            self.database - before.database,
            self.simulator - before.simulator,
        )

    @property
    def platform(self) -> float:
        """What the platform worked: everything but the simulated devices."""
        return self.gateways + self.broker + self.database


@dataclass
class Site:
    """One installation with its broker; without a database server it is SQLite, inside of its one gateway."""

    folder: Path
    seals: list[SimulatedSeal]
    broker: subprocess.Popen[bytes]
    port: int
    server: int | None = None
    gateways: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where devices find the broker."""
        return f"mqtts://localhost:{self.port}"

    @property
    def broker_mb(self) -> float:
        """Resident memory of the broker in MB."""
        pages = int(Path(f"/proc/{self.broker.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def worked(self) -> Worked:
        """CPU seconds of every part so far."""
        return Worked(
            gateways=sum(map(_cpu_of, self.gateways)),
            broker=_cpu_of(self.broker.pid),
            database=0.0 if self.server is None else _cpu_of_family(self.server),
            simulator=time.process_time(),
        )

    def shown(self, topic: str, subject: str | None) -> list[float]:
        """When the watching person's page was told of a topic (of one subject), in monotonic seconds, in order."""
        lines = [line.split() for line in (self.folder / SHOWN).read_text().splitlines()]
        return [float(at) for at, what, which in lines if what == topic and subject in (None, which)]


@contextmanager
def site_of(folder: Path, devices: int, database_url: str | None) -> Iterator[Site]:
    """An installation with so many enrolled devices and a running broker, no gateway yet."""
    platform = compose(_settings(folder, database_url))
    upgrade(platform.database)
    seals = found_devices(platform, devices)
    server = None if database_url is None else _postmaster(platform)
    device_port, gateway_port = free_ports(2)
    user = "root" if os.geteuid() == 0 else None
    written = write_folder(
        folder / "broker",
        platform.transact(authority),
        Addresses((), device_port, gateway_port, bind="127.0.0.1"),
        [],
        platform.clock.now_ms(),
        user=user,
    )
    platform.database.dispose()
    with (folder / "broker.log").open("wb") as log:
        broker = subprocess.Popen([MOSQUITTO, "-c", str(written)], stdout=log, stderr=log)
    try:
        time.sleep(BROKER_START_S)
        yield Site(folder, seals, broker, device_port, server)
    finally:
        broker.terminate()
        broker.wait(timeout=30)


@contextmanager
def gateways_of(site: Site, count: int, engine: str, database_url: str | None) -> Iterator[None]:
    """So many gateways, each with its share of the devices. `engine`: "best", or the name of one."""
    environment = {**os.environ, **({"GMSEAL_ENGINE": engine} if engine != "best" else {})}
    if database_url is not None:
        environment[DATABASE_URL] = database_url
    with ExitStack() as stack:
        for number in range(1, count + 1):
            site.gateways.append(stack.enter_context(_gateway(site.folder, f"{number}/{count}", environment)))
        try:
            yield
        finally:
            site.gateways.clear()


@contextmanager
def _gateway(folder: Path, share: str, environment: dict[str, str]) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.device_site", str(folder), share]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.terminate()


def _serve(folder: Path, share: str) -> None:
    """One gateway's process; on SQLite a person watches a page in it."""
    platform = compose(_settings(folder, os.environ.get(DATABASE_URL)))
    if not platform.database.is_sqlite:
        _run(platform, share)
        return
    watcher = found_watcher(platform)
    with (folder / SHOWN).open("w", buffering=1) as shown:

        def told() -> None:
            for event in page.take():
                shown.write(f"{time.monotonic()} {event.topic} {event.subject_id}\n")

        page = Subscription(watcher, lambda: None)
        opened = platform.port(LiveBus).subscribe(watcher, told, None)
        if opened is None:
            raise RuntimeError("no page could be opened")
        page = opened
        _run(platform, share)


def _run(platform: Platform, share: str) -> None:
    gateway = Gateway(platform, read_share(share))
    gateway.start()
    sys.stdout.write("running\n")
    sys.stdout.flush()
    sys.stdin.read()


def _settings(folder: Path, database_url: str | None) -> Settings:
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    return Settings(
        data_dir=folder / "data",
        kek=KEK,
        broker_dir=folder / "broker",
        database_url=database_url,
        log_level=os.environ.get("SHUANGYIN_LOG_LEVEL", "ERROR"),
        _env_file=None,
    )


def _postmaster(platform: Platform) -> int:
    """The process of the database server, from which every session is forked. It has to run on this machine."""
    with platform.database.writer.connect() as connection:
        session = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    return int(_stat(session)[1])


def _cpu_of(pid: int) -> float:
    return _ticks(pid, 11, 12)


def _cpu_of_family(pid: int) -> float:
    """CPU of a process, of its children that live, and of those that have ended."""
    living = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _ticks(pid, 11, 12, 13, 14) + sum(_cpu_of(int(one)) for one in living)


def _ticks(pid: int, *places: int) -> float:
    stat = _stat(pid)
    return sum(int(stat[place]) for place in places) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) from the state on (user, system and the children's time: 11 to 14)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), sys.argv[2])
