"""Smart seals over a real broker: mosquitto with mutual TLS, gateways and their database, devices in this process.

CONNECTED devices stay connected while DEVICES of them tell EVENTS each, so that events are measured beside idle
connections. Events are signed beforehand, then all are told at once: the clock runs from the first one sent to the last
receipt at its device, so TLS, broker, verification, chain, database in full sync and the signed receipt are all inside.
The CPU of gateways, broker, database and simulated devices is told apart: the clock of one machine has the devices'
work in it, the figure by CPU has not. Then one event at a time is told beside a steady load of RATE events a second, and a
tampered device waits for the lock that the platform answers with. A person who watches has a page open in the gateway's
process: how long a press and an alarm take to it is measured up to the bus that feeds the pages. The portable engine is
measured with DEVICES connected. With SHUANGYIN_TEST_DATABASE_URL (`scripts/with_postgresql.py`) one and two gateways are
measured on PostgreSQL too.
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.databases import database_on
from benchmarks.device_site import Site, gateways_of, site_of
from gmseal.sm.keys import PrivateKey
from sealdevice.event import EventKind, PersonCheck
from sealdevice.permit import Check, NamedPerson, Permit, PressKind, Role, sign_permit
from shuangyin.device_sim.fleet import FleetDevice, join_all, leave_all, talk_until_delivered
from shuangyin.device_sim.seal import SimulatedSeal

DEVICES = int(os.environ.get("DEVICES", "200"))
EVENTS = int(os.environ.get("EVENTS", "50"))
CONNECTED = int(os.environ.get("CONNECTED", "1000"))
RATE = int(os.environ.get("RATE", "200"))
SINGLE = 60
TICK_S = 0.02
PATIENCE_S = 300.0
HOUR_MS = 3_600_000


def run() -> list[dict[str, Any]]:
    """Rows: what, how many, seconds, per second, p50 and p99 in milliseconds, CPU of every part."""
    rows = [_permit_row()]
    rows += _installed("best", max(CONNECTED, DEVICES))
    rows += _installed("portable", DEVICES)
    server = os.environ.get("SHUANGYIN_TEST_DATABASE_URL")
    for gateways in (1, 2) if server else ():
        with database_on(server or "") as url:
            rows += _installed("best", DEVICES, gateways, url)
    return rows


def _installed(
    engine: str, connected: int, gateways: int = 1, database_url: str | None = None
) -> list[dict[str, Any]]:
    """The rows of one installation; waits are measured where the page and the gateway are one process."""
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name,
        site_of(Path(name), connected, database_url) as site,
        gateways_of(site, gateways, engine, database_url),
    ):
        where = "SQLite" if database_url is None else "PostgreSQL"
        label = f"{engine} engine, {where}, {gateways} gateway{'s' if gateways > 1 else ''}"
        return asyncio.run(_measure(site, label, waits=database_url is None))


async def _measure(site: Site, label: str, *, waits: bool) -> list[dict[str, Any]]:
    everybody = [FleetDevice(seal) for seal in site.seals]
    rows = [await _join(site, everybody, label)]
    if not await talk_until_delivered(everybody, PATIENCE_S):
        raise RuntimeError("the gateway did not answer")
    devices = everybody[:DEVICES]
    rows.append(await _crowd(site, devices, label) | {"connected": len(everybody)})
    if waits:
        async with _steady_load(devices[len(devices) // 2 :]):
            rows += await _singles(site, devices[: len(devices) // 2], label)
            rows += await _alarms(site, devices[: len(devices) // 2], label)
    await leave_all(everybody)
    return rows


async def _crowd(site: Site, devices: list[FleetDevice], label: str) -> dict[str, Any]:
    """All events told at once. `by CPU`: what two cores would do if nothing else wanted them and both were always busy."""
    for device in devices:
        for _ in range(EVENTS):
            _something_happens(device)
    before, began = site.worked(), time.monotonic()
    if not await talk_until_delivered(devices, PATIENCE_S, pause_s=TICK_S):
        raise RuntimeError("not everything was delivered: there is nothing to be measured")
    took, worked = time.monotonic() - began, site.worked().since(before)
    count = len(devices) * EVENTS
    each = {
        "gateways": worked.gateways,
        "broker": worked.broker,
        "database": worked.database,
        "simulator": worked.simulator,
    }
    return (
        _row(f"events told at once, {label}", count, took)
        | {f"CPU ms each, {part}": round(cpu / count * 1000, 3) for part, cpu in each.items()}
        | {
            "CPU ms each, platform": round(worked.platform / count * 1000, 3),
            "per second and core, by CPU": round(count / worked.platform),
            "per second on two cores, by CPU": round(2 * count / worked.platform),
        }
    )


def _something_happens(device: FleetDevice) -> None:
    """An event of the ordinary kind is signed and kept by the device."""
    device.seal.device.person_checked(PersonCheck("p-1", frozenset({Check.PASSWORD})))


@asynccontextmanager
async def _steady_load(devices: list[FleetDevice]) -> AsyncIterator[None]:
    """These devices tell RATE events a second altogether, while something else is measured."""

    async def tell() -> None:
        began, told = time.monotonic(), 0
        while True:
            while told < (time.monotonic() - began) * RATE:
                device = devices[told % len(devices)]
                _something_happens(device)
                device.talk()
                told += 1
            await asyncio.sleep(TICK_S)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()


async def _singles(site: Site, devices: list[FleetDevice], label: str) -> list[dict[str, Any]]:
    """One event at a time of one device, while the others tell theirs; to its receipt, and to who watches."""
    told: dict[int, float] = {}
    one = devices[0]
    for _ in range(SINGLE):
        one.seal.sense(EventKind.BATTERY_LOW)
        seq = one.seal.device.state.seq
        told[seq] = time.monotonic()
        one.talk()
        while seq not in one.receipted_at:
            await asyncio.sleep(0.002)
    await talk_until_delivered(devices, PATIENCE_S)
    shown = site.shown("devices", one.seal.id)
    return [
        _waits(
            f"event told to receipt at the device, {label}",
            [one.receipted_at[seq] - at for seq, at in told.items()],
        ),
        _waits(f"event told to the page, {label}", [_next(shown, at) for at in told.values()]),
    ]


async def _alarms(site: Site, devices: list[FleetDevice], label: str) -> list[dict[str, Any]]:
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
    alarmed = site.shown("alarms", None)
    return [
        _waits(
            f"tampering told to the alarm on the page, {label}",
            [_next(alarmed, at) for at in told.values()],
        ),
        _waits(f"tampering told to the platform's lock at the device, {label}", waits),
    ]


async def _join(site: Site, devices: list[FleetDevice], label: str) -> dict[str, Any]:
    before, began = site.worked(), time.monotonic()
    await join_all(devices, site.address)
    took, worked = time.monotonic() - began, site.worked().since(before)
    return _row(f"devices connected with mutual TLS, {label}", len(devices), took) | {
        "connected": len(devices),
        "broker MB": round(site.broker_mb, 1),
        "CPU ms each, gateways": round(worked.gateways / len(devices) * 1000, 3),
        "CPU ms each, broker": round(worked.broker / len(devices) * 1000, 3),
    }


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


def _row(what: str, count: int, seconds: float) -> dict[str, Any]:
    return {"what": what, "count": count, "seconds": round(seconds, 3), "per second": round(count / seconds)}


def _waits(what: str, waits: list[float]) -> dict[str, Any]:
    ordered = sorted(waits)
    p99 = ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.99) - 1)]
    return _row(what, len(waits), sum(waits)) | {
        "p50 ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p99 ms": round(p99 * 1000, 1),
    }
