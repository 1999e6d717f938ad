"""Smart seals over a real broker: mosquitto with mutual TLS, a gateway and its database, devices in a third process.

CONNECTED devices stay connected while DEVICES of them tell EVENTS each, so that events are measured beside idle
connections. Events are signed beforehand, then all are told at once: the clock runs from the first one sent to the last
receipt at its device, so TLS, broker, verification, chain, database in full sync and the signed receipt are all inside.
Then one event at a time is told beside a steady load, and a tampered device waits for the lock that the platform answers
with. A person who watches has a page open in the gateway's process: how long a press and an alarm take to it is measured
up to the bus that feeds the pages. The portable engine is measured with DEVICES connected.
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gmseal.sm.keys import PrivateKey
from sealdevice.event import EventKind, PersonCheck
from sealdevice.permit import Check, NamedPerson, Permit, PressKind, Role, sign_permit
from shuangyin.composition import compose
from shuangyin.core.live import LiveBus, Subscription
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.device_sim.estate import found_devices, found_watcher
from shuangyin.device_sim.fleet import FleetDevice, join_all, leave_all, talk_until_delivered
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.broker.folder import Addresses, write_folder
from shuangyin.devices.gateway.running import Gateway
from shuangyin.devices.trust import authority
from shuangyin.migrations.run import upgrade

DEVICES = int(os.environ.get("DEVICES", "200"))
EVENTS = int(os.environ.get("EVENTS", "50"))
CONNECTED = int(os.environ.get("CONNECTED", "1000"))
SINGLE = 60
PATIENCE_S = 300.0
KEK = "000102030405060708090a0b0c0d0e0f"
HOUR_MS = 3_600_000
SHOWN = "shown.log"
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
PORTS = (18_610, 18_611)


@dataclass
class Site:
    """Folders of one installation with its broker."""

    folder: Path
    seals: list[SimulatedSeal]
    broker: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"mqtts://localhost:{PORTS[0]}"


def run() -> list[dict[str, Any]]:
    """Rows: what, how many, seconds, per second, p50 and p99 in milliseconds, CPU seconds of gateway and broker."""
    rows = [_permit_row()]
    for engine, connected in (("best", max(CONNECTED, DEVICES)), ("portable", DEVICES)):
        with (
            tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name,
            _site(Path(name), connected) as site,
            _gateway(site, engine),
        ):
            rows += asyncio.run(_measure(site, engine))
    return rows


async def _measure(site: Site, engine: str) -> list[dict[str, Any]]:
    everybody = [FleetDevice(seal) for seal in site.seals]
    joined = await _join(site, everybody)
    if not await talk_until_delivered(everybody, PATIENCE_S):
        raise RuntimeError("the gateway did not answer")
    devices = everybody[:DEVICES]
    for device in devices:
        for _ in range(EVENTS):
            device.seal.device.person_checked(PersonCheck("p-1", frozenset({Check.PASSWORD})))
    cpu = _cpu(site)
    began = time.monotonic()
    if not await talk_until_delivered(devices, PATIENCE_S, pause_s=0.02):
        raise RuntimeError("not everything was delivered: there is nothing to be measured")
    took = time.monotonic() - began
    worked = [after - before for before, after in zip(cpu, _cpu(site), strict=True)]
    rows = [
        joined,
        _row(f"events told at once, {engine} engine", DEVICES * EVENTS, took)
        | {"connected": len(everybody)}
        | {"CPU s gateway": round(worked[0], 2), "CPU s broker": round(worked[1], 2)},
    ]
    rows += await _singles(site, devices, engine)
    rows += await _alarms(site, devices, engine)
    await leave_all(everybody)
    return rows


async def _singles(site: Site, devices: list[FleetDevice], engine: str) -> list[dict[str, Any]]:
    """One event at a time of one device, while the others tell theirs; to its receipt, and to who watches."""
    told: dict[int, float] = {}
    one = devices[0]
    for number in range(SINGLE):
        other = devices[1 + number % (len(devices) - 1)]
        other.seal.device.person_checked(PersonCheck("p-1", frozenset({Check.PASSWORD})))
        other.talk()
        one.seal.sense(EventKind.BATTERY_LOW)
        seq = one.seal.device.state.seq
        told[seq] = time.monotonic()
        one.talk()
        while seq not in one.receipted_at:
            await asyncio.sleep(0.002)
    await talk_until_delivered(devices, PATIENCE_S)
    shown = _shown(site, "devices", one.seal.id)
    return [
        _waits(
            f"event told to receipt at the device, {engine} engine",
            [one.receipted_at[seq] - at for seq, at in told.items()],
        ),
        _waits(f"event told to the page, {engine} engine", [_next(shown, at) for at in told.values()]),
    ]


async def _alarms(site: Site, devices: list[FleetDevice], engine: str) -> list[dict[str, Any]]:
    """From an unauthorised press to the alarm on the page, and to the platform's lock at the device."""
    told: dict[str, float] = {}
    waits = []
    for device in devices[:10]:
        device.seal.sense(EventKind.UNAUTHORISED_PRESS)
        seq = device.seal.device.state.seq
        told[device.seal.id] = time.monotonic()
        device.talk()
        while device.seal.device.state.lock_command == 0:
            await asyncio.sleep(0.005)
        waits.append(time.monotonic() - told[device.seal.id])
        device.talk()
        assert seq in device.receipted_at
    alarmed = _shown(site, "alarms", None)
    return [
        _waits(
            f"tampering told to the alarm on the page, {engine} engine",
            [_next(alarmed, at) for at in told.values()],
        ),
        _waits(f"tampering told to the platform's lock at the device, {engine} engine", waits),
    ]


async def _join(site: Site, devices: list[FleetDevice]) -> dict[str, Any]:
    cpu, began = _cpu(site), time.monotonic()
    await join_all(devices, site.address)
    took = time.monotonic() - began
    memory = int(Path(f"/proc/{site.broker.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    worked = [after - before for before, after in zip(cpu, _cpu(site), strict=True)]
    return _row("devices connected with mutual TLS", len(devices), took) | {
        "connected": len(devices),
        "broker MB": round(memory / 1e6, 1),
        "CPU s gateway": round(worked[0], 2),
        "CPU s broker": round(worked[1], 2),
    }


def _shown(site: Site, topic: str, subject: str | None) -> list[float]:
    """When the watching person's page was told of a topic (of one subject), in monotonic seconds, in order."""
    lines = [line.split() for line in (site.folder / SHOWN).read_text().splitlines()]
    return [float(at) for at, what, which in lines if what == topic and subject in (None, which)]


def _next(shown: list[float], at: float) -> float:
    """Seconds from an instant to the first time that the page was told after it. Raises RuntimeError if it never was."""
    found = next((one - at for one in shown if one >= at), None)
    if found is None:
        raise RuntimeError("the page was never told: there is nothing to be measured")
    return found


def _permit_row() -> dict[str, Any]:
    """A permit signed by the platform, then verified, judged and kept by the device."""
    key = PrivateKey.generate()
    answer = {"device_id": "device-1", "certificate": "", "authority": ""}
    waits = []
    for number in range(SINGLE):
        seal = SimulatedSeal(lambda: time.time_ns() // 1_000_000)
        seal.enrolled({**answer, "platform_key": key.public_key.point.hex()})
        began, now = time.perf_counter(), time.time_ns() // 1_000_000
        permit = Permit(
            id=f"permit-{number}",
            device="device-1",
            seal="seal-1",
            request="request-1",
            documents=("00" * 32,),
            persons=(NamedPerson("p-1", Role.PRESSER, frozenset({Check.PASSWORD})),),
            counts={PressKind.ORDINARY: 4, PressKind.SEAM: 1, PressKind.COVER: 0},
            spare=1,
            not_before=now,
            not_after=now + HOUR_MS,
            issued_at=now,
        )
        seal.device.take_permit(sign_permit(permit, key))
        waits.append(time.perf_counter() - began)
    return _waits("permit signed, verified and kept by the device", waits)


@contextmanager
def _site(folder: Path, count: int) -> Iterator[Site]:
    platform = compose(_settings(folder))
    upgrade(platform.database)
    seals = found_devices(platform, count)
    addresses = Addresses((), *PORTS, bind="127.0.0.1")
    user = "root" if os.geteuid() == 0 else None
    written = write_folder(
        folder / "broker", platform.transact(authority), addresses, [], platform.clock.now_ms(), user=user
    )
    platform.database.dispose()
    with (folder / "broker.log").open("wb") as log:
        broker = subprocess.Popen([MOSQUITTO, "-c", str(written)], stdout=log, stderr=log)
    try:
        time.sleep(1.0)
        yield Site(folder, seals, broker)
    finally:
        broker.terminate()
        broker.wait(timeout=30)


@contextmanager
def _gateway(site: Site, engine: str) -> Iterator[None]:
    environment = {**os.environ, **({"GMSEAL_ENGINE": engine} if engine != "best" else {})}
    command = [sys.executable, "-m", "benchmarks.device_broker", str(site.folder)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (site.folder / "gateway.pid").write_text(str(process.pid))
        try:
            yield
        finally:
            process.terminate()


def _serve(folder: Path) -> None:
    """The gateway's process."""
    platform = compose(_settings(folder))
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
        _run(platform)


def _run(platform: Platform) -> None:
    gateway = Gateway(platform)
    gateway.start()
    sys.stdout.write("running\n")
    sys.stdout.flush()
    sys.stdin.read()


def _settings(folder: Path) -> Settings:
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    return Settings(
        data_dir=folder / "data", kek=KEK, broker_dir=folder / "broker", log_level="ERROR", _env_file=None
    )


def _cpu(site: Site) -> tuple[float, float]:
    return _cpu_of(int((site.folder / "gateway.pid").read_text())), _cpu_of(site.broker.pid)


def _cpu_of(pid: int) -> float:
    """CPU seconds of a process so far (user and system; proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(what: str, count: int, seconds: float) -> dict[str, Any]:
    return {"what": what, "count": count, "seconds": round(seconds, 3), "per second": round(count / seconds)}


def _waits(what: str, waits: list[float]) -> dict[str, Any]:
    ordered = sorted(waits)
    p99 = ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.99) - 1)]
    return _row(what, len(waits), sum(waits)) | {
        "p50 ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p99 ms": round(p99 * 1000, 1),
    }


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
