"""`shuangyin device-conformance`: a maker's device judged over MQTT, check by check."""

from __future__ import annotations

import getpass
import json
import os
import queue
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shuangyin.core.errors import Invalid, ShuangyinError, Unavailable

if TYPE_CHECKING:
    from sealdevice.conformance import Outcome
    from shuangyin.device_conformance.hands import Hands
    from shuangyin.device_conformance.station import BenchStation, EnrolledDevice

ENROL_S = 600.0
LOOK_S = 0.5


def device_conformance(
    jig: Annotated[
        str | None,
        typer.Option(
            help="Program that moves the device instead of a person; {server}, {broker} and {code} are filled in."
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="Name or address under which the device finds this machine; without it only loopback listens."
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the result as JSON to this file.")] = None,
    quiet: Annotated[
        float, typer.Option(min=0.05, max=60, help="Seconds without a message after which it is silent.")
    ] = 1.0,
) -> None:
    """Judge a smart seal: start a broker and an enrolment of its own, let the device enrol, run every check.

    Exit status 0: the device keeps the contract. 1: it does not. 2: the checks could not be run.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="device-conformance-") as folder:
            device, outcomes = _judge(Path(folder), jig, quiet, host)
    except ShuangyinError as error:
        typer.echo(f"{error.text.zh}\n{error.text.en} [{error.code}]", err=True)
        raise typer.Exit(2) from error
    passed = all(one.passed for one in outcomes)
    if report is not None:
        report.write_text(_json(device, outcomes, passed=passed) + "\n", encoding="utf-8")
    typer.echo("设备符合约定。 The device keeps the contract." if passed else "设备不符合约定。 It does not.")
    if not passed:
        raise typer.Exit(1)


def _judge(
    folder: Path, jig: str | None, quiet_s: float, host: str | None
) -> tuple[EnrolledDevice, list[Outcome]]:
    from sealdevice.conformance import Bench  # noqa: PLC0415  # heavy imports only for the command that needs them
    from shuangyin.device_conformance.hands import Jig, Person  # noqa: PLC0415  # as above
    from shuangyin.device_conformance.station import bench_station  # noqa: PLC0415  # as above
    from shuangyin.device_conformance.wire import DeviceBehindBroker  # noqa: PLC0415  # as above

    user = getpass.getuser() if os.geteuid() == 0 else None
    with bench_station(folder, user, host) as station:
        typer.echo(f"登记地址 enrol at: {station.server}\n消息代理 broker: {station.broker}")
        typer.echo(f"登记码 code: {station.code}")
        hands: Hands = Person()
        if jig is not None:
            hands = Jig(_filled(jig, station))
        try:
            device = _arrived(station, hands)
            typer.echo(f"设备已登记 enrolled: {device.id}, {device.firmware}")
            wire = DeviceBehindBroker(folder, device.id, device.key, hands, quiet_s=quiet_s)
            try:
                bench = Bench(wire, station.key)
                bench.run(_tell)
            finally:
                wire.close()
            return device, bench.outcomes()
        finally:
            if isinstance(hands, Jig):
                hands.close()


def _tell(one: Outcome) -> None:
    """Say how a check came out as soon as it has: all of them take minutes."""
    typer.echo(f"{one.number:2d} {'通过 PASS' if one.passed else '不符 FAIL'}  {one.check}: {one.title}")
    for sentence in one.sentences:
        typer.echo(f"      {sentence}")


def _filled(jig: str, station: BenchStation) -> str:
    try:
        return jig.format(server=station.server, broker=station.broker, code=station.code)
    except (KeyError, IndexError, ValueError) as error:
        raise Invalid(
            "JIG_COMMAND",
            "台架命令中的大括号只能是 {server}、{broker}、{code}。",
            "In the command of the jig only {server}, {broker} and {code} stand in braces.",
        ) from error


def _arrived(station: BenchStation, hands: Hands) -> EnrolledDevice:
    deadline = time.monotonic() + ENROL_S
    while time.monotonic() < deadline:
        try:
            return station.enrolled.get(timeout=LOOK_S)
        except queue.Empty:
            hands.require()
    raise Unavailable(
        "NO_DEVICE",
        "十分钟内没有设备登记，请核对地址和登记码。",
        "No device enrolled within ten minutes. Check address and code.",
    )


def _json(device: EnrolledDevice, outcomes: list[Outcome], *, passed: bool) -> str:
    return json.dumps(
        {
            "device": device.id,
            "firmware": device.firmware,
            "passed": passed,
            "checks": [
                {
                    "number": one.number,
                    "check": one.check,
                    "title": one.title,
                    "passed": one.passed,
                    "findings": list(one.sentences),
                }
                for one in outcomes
            ],
        },
        ensure_ascii=False,
        indent=1,
    )
