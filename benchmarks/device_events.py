"""Events of smart seals per second through the gateway: verified, chained, stored durably, receipted.

The events are signed beforehand by simulated devices and handed to the gateway as its connections hand them over; the
WebSocket itself is not measured. SQLite in full sync, one process. Beside it stand, from the same run, one SM2
verification alone and one fdatasync alone: what the figure is bounded by. DEVICES and EVENTS set the size.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from gmseal.sm.keys import PrivateKey
from sealdevice.event import PersonCheck
from sealdevice.link import Message, Subject
from sealdevice.permit import Check
from shuangyin.composition import compose
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.gateway.hub import Hub, Incoming
from shuangyin.devices.gateway.ingest import Ingest
from shuangyin.devices.models import Device, DeviceEvent, DeviceStatus
from shuangyin.devices.signing import public_key
from shuangyin.migrations.run import upgrade
from shuangyin.organization.models import Organization

DEVICES = int(os.environ.get("DEVICES", "200"))
EVENTS = int(os.environ.get("EVENTS", "20"))
SYNCS = 50
VERIFICATIONS = 200
KEK = "000102030405060708090a0b0c0d0e0f"
ORGANIZATION = f"{1:032x}"


def run() -> list[dict[str, Any]]:
    """Rows: what, how many, seconds on the clock, CPU seconds, per second, CPU ms each, times one SM2 verification."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        synced = _fdatasync(Path(folder))
        with _installation(Path(folder)) as platform:
            seals = _enrolled(platform)
            told = _told(seals)
            took, worked = _store(platform, told)
    verified, verified_cpu = _verify(told[0][1])
    return [
        _row("events stored", len(told), took, worked, verified_cpu),
        _row("SM2 verification alone", VERIFICATIONS, verified, verified_cpu * VERIFICATIONS, verified_cpu),
        _row("fdatasync of 4 KiB alone", SYNCS, synced, 0.0, verified_cpu),
    ]


def _row(what: str, count: int, seconds: float, cpu: float, one_verification: float) -> dict[str, Any]:
    return {
        "what": what,
        "count": count,
        "seconds": round(seconds, 3),
        "CPU s": round(cpu, 3),
        "per second": round(count / seconds),
        "CPU ms each": round(cpu / count * 1000, 3),
        "times SM2 verification": round(cpu / count / one_verification, 2),
    }


@contextmanager
def _installation(folder: Path) -> Iterator[Platform]:
    settings = Settings(data_dir=folder / "data", kek=KEK, _env_file=None)
    settings.data_dir.mkdir(mode=0o700)
    platform = compose(settings)
    upgrade(platform.database)
    yield platform
    platform.database.dispose()


def _enrolled(platform: Platform) -> list[SimulatedSeal]:
    """Devices whose rows stand as after an enrolment."""

    def command(work: UnitOfWork) -> str:
        work.session.add(
            Organization(
                id=ORGANIZATION,
                name="北京云岫数科有限公司",
                uscc="91110108MA00TE011W",
                category="enterprise",
                region_code="110108",
                status="active",
                created_at=work.now,
            )
        )
        work.session.flush()
        return public_key(work, ORGANIZATION).point.hex()

    point = platform.transact(command)
    seals = []
    for number in range(DEVICES):
        seal = SimulatedSeal(lambda: time.time_ns() // 1_000_000, key=PrivateKey.generate())
        seal.enrolled(
            {
                "device_id": f"{0xD0000 + number:032x}",
                "platform_key": point,
                "certificate": "",
                "authority": "",
            }
        )
        seals.append(seal)
    platform.transact(lambda work: _rows(work, seals))
    return seals


def _rows(work: UnitOfWork, seals: list[SimulatedSeal]) -> None:
    for seal in seals:
        work.session.add(
            Device(
                id=seal.id,
                organization_id=ORGANIZATION,
                name=f"设备 {seal.id[-4:]}",
                maker="模拟设备",
                status=DeviceStatus.ACTIVE,
                head="0" * 64,
                record_key=seal.key.public_key.point.hex(),
                created_at=work.now,
                enrolled_at=work.now,
                seen_at=work.now,
            )
        )
    work.session.flush()


def _told(seals: list[SimulatedSeal]) -> list[tuple[SimulatedSeal, bytes]]:
    """What the devices signed, as it arrives when all talk at once."""
    for seal in seals:
        for _ in range(EVENTS - 1):
            seal.device.person_checked(PersonCheck("p-1", frozenset({Check.PASSWORD})))
    return [(seal, seal.device.events(number, 1)[0][1]) for number in range(1, EVENTS + 1) for seal in seals]


def _store(platform: Platform, told: list[tuple[SimulatedSeal, bytes]]) -> tuple[float, float]:
    hub = platform.port(Hub)
    ingest = Ingest(platform, hub)
    for seal, record in told:
        hub.incoming.put(Incoming(seal.id, Message(Subject.EVENT, record), lambda: None))
    began, worked = time.perf_counter(), time.process_time()
    ingest.run_pending()
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    ingest.stop()
    stored = platform.view(
        lambda work: work.session.scalar(select(func.count()).select_from(DeviceEvent)) or 0
    )
    if stored != len(told):
        message = f"{stored} of {len(told)} events were stored: there is nothing to be measured"
        raise RuntimeError(message)
    return took, cpu


def _verify(record: bytes) -> tuple[float, float]:
    """Seconds on the clock for all verifications, and CPU seconds of one."""
    key = PrivateKey.generate()
    signature = key.sign(record)
    began, worked = time.perf_counter(), time.process_time()
    for _ in range(VERIFICATIONS):
        key.public_key.verify(signature, record)
    return time.perf_counter() - began, (time.process_time() - worked) / VERIFICATIONS


def _fdatasync(folder: Path) -> float:
    """Seconds that as many syncs would take at the median of them."""
    took = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(b"\0" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * SYNCS
