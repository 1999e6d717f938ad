"""`shuangyin device-sim`: one simulated smart seal as a process of its own."""

from __future__ import annotations

import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealdevice.errors import SealDeviceError
from shuangyin.core.errors import Invalid, ShuangyinError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealdevice.faulty import Made
    from shuangyin.device_sim.operating import Operator
    from shuangyin.device_sim.panel import Panel
    from shuangyin.device_sim.seal import SimulatedSeal
    from shuangyin.device_sim.wire import Wire

TICK_S = 0.2
DEFAULT_FOLDER = Path("var/device-sim")


def device_sim(
    server: Annotated[str, typer.Option(help="Address of the platform, such as https://seal.example.cn.")],
    folder: Annotated[
        Path, typer.Option(help="Memory of the device: keys, events, photos.")
    ] = DEFAULT_FOLDER,
    code: Annotated[str | None, typer.Option(help="One-time code; needed the first time only.")] = None,
    press: Annotated[int, typer.Option(min=0, max=1000, help="Press so often under the next permit.")] = 0,
    misbehave: Annotated[
        list[str] | None, typer.Option(help="What to do wrong then, in this order; may be repeated.")
    ] = None,
    offline_seconds: Annotated[float, typer.Option(min=0, max=3600, help="How long `offline` lasts.")] = 6.0,
    at: Annotated[str | None, typer.Option(help="Where it is: LATITUDE,LONGITUDE in degrees.")] = None,
    document: Annotated[Path | None, typer.Option(help="PDF whose first page its camera sees.")] = None,
    mqtt: Annotated[
        str | None, typer.Option(help="Speak MQTT over this broker, such as mqtts://seal.example.cn:8610.")
    ] = None,
    panel: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Show its front in a browser on this port of localhost; 0: a free one."
        ),
    ] = None,
    fault: Annotated[
        str | None,
        typer.Option(
            help="Break one rule of the contract, named as the check of `device-conformance` that finds it."
        ),
    ] = None,
    exit: Annotated[bool, typer.Option("--exit", help="End when all is done and delivered.")] = False,  # noqa: A002, FBT002  # the option's name
) -> None:
    """Run one SIMULATED smart seal with real keys. It proves nothing about any hardware, and says what it is.

    Lines on standard input are carried out: press, spoil, check, state, settle, offline, online, misbehave KIND, quit.
    """
    lines = [f"press {press}"] if press else []
    lines += [f"misbehave {kind}" for kind in misbehave or ()]
    try:
        good = _run(
            server,
            folder,
            code,
            lines,
            _position(at),
            document,
            mqtt,
            panel,
            fault=fault,
            offline_s=offline_seconds,
            ends=exit,
        )
    except ShuangyinError as error:
        _say(error.text.zh, f"{error.text.en} [{error.code}]")
        raise typer.Exit(2) from error
    except SealDeviceError as error:
        _say("设备存储故障，已停止", f"{error} [{error.code.value}]")
        raise typer.Exit(2) from error
    if not good:
        raise typer.Exit(1)


def _run(
    server: str,
    folder: Path,
    code: str | None,
    lines: list[str],
    position: tuple[int, int] | None,
    document: Path | None,
    mqtt: str | None,
    panel: int | None,
    *,
    fault: str | None,
    offline_s: float,
    ends: bool,
) -> bool:
    from shuangyin.device_sim.folder import device_in, keep_identity  # noqa: PLC0415  # heavy imports only here
    from shuangyin.device_sim.mqtt_wire import MqttWire  # noqa: PLC0415  # as above
    from shuangyin.device_sim.operating import Operator  # noqa: PLC0415  # as above
    from shuangyin.device_sim.seal import FIRMWARE  # noqa: PLC0415  # as above
    from shuangyin.device_sim.wire import Wire  # noqa: PLC0415  # as above

    with device_in(folder, document) as seal:
        seal.made = _made(fault)
        wire = Wire(seal, server, _say) if mqtt is None else MqttWire(seal, server, _say, mqtt)
        try:
            if seal.identity is None:
                if code is None:
                    raise Invalid(
                        "CODE_NEEDED", "首次运行请用 --code 给出一次性登记码。", "The first run needs --code."
                    )
                answer = wire.enrol(code)
                seal.enrolled(answer)
                keep_identity(folder, answer)
            else:
                seal.start()
            if position is not None:
                seal.go(*position)
            _say(f"设备 {seal.id}，固件 {FIRMWARE}", f"device {seal.id}, firmware {FIRMWARE}")
            operator = Operator(seal, wire, _say, offline_s=offline_s)
            wire.talk(TICK_S)
            for line in lines:
                operator.do(line)
                operator.wait()
            if ends:
                return operator.settle()
            _attend(operator, wire, None if panel is None else _front(seal, panel))
            return True
        finally:
            wire.close()


def _made(fault: str | None) -> Made:
    from sealdevice.faulty import FAULTY, Fault, Made  # noqa: PLC0415  # heavy imports only here

    if fault is None:
        return Made()
    if fault not in set(Fault):
        raise Invalid(
            "SIMULATOR_FAULT",
            f"没有「{fault[:40]}」这种缺陷。可用：{'、'.join(Fault)}",
            f"There is no fault {fault[:40]!r}. There are: {', '.join(Fault)}",
        )
    return FAULTY[Fault(fault)]


class _Front:
    """The front of the device in a browser, and the lines that are pressed there."""

    def __init__(self, seal: SimulatedSeal, panel: Panel, typed: queue.Queue[str]) -> None:
        self.typed, self._seal, self._panel = typed, seal, panel

    def show(self, wire: Wire) -> None:
        self._panel.show(self._seal, online=wire.wanted)

    def close(self) -> None:
        _listeners.remove(self._panel.said)
        self._panel.stop()


def _front(seal: SimulatedSeal, port: int) -> _Front:
    from shuangyin.device_sim.panel import Panel  # noqa: PLC0415  # only for who asks for it

    typed: queue.Queue[str] = queue.Queue()
    panel = Panel(typed, port)
    _listeners.append(panel.said)
    panel.start()
    _say(f"操作面板：{panel.address}", f"its front is at {panel.address}")
    return _Front(seal, panel, typed)


def _attend(operator: Operator, wire: Wire, front: _Front | None) -> None:
    """Carry out what is typed, or pressed at its front, until `quit` or Ctrl+C."""
    typed: queue.Queue[str] = queue.Queue() if front is None else front.typed
    threading.Thread(target=_read, args=(typed,), daemon=True).start()
    try:
        while True:
            wire.talk(TICK_S)
            wire.upload()
            operator.go_on()
            if front is not None:
                front.show(wire)
            while not typed.empty():
                line = typed.get().strip()
                if line == "quit":
                    return
                try:
                    operator.do(line)
                except Invalid as error:
                    _say(error.text.zh, error.text.en)
    except KeyboardInterrupt:
        return
    finally:
        if front is not None:
            front.close()


def _read(typed: queue.Queue[str]) -> None:
    for line in sys.stdin:
        typed.put(line)


def _position(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    try:
        latitude, longitude = (round(float(part) * 10_000_000) for part in text.split(","))
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter("LATITUDE,LONGITUDE", param_hint="--at") from error
    if not (abs(latitude) <= 900_000_000 and abs(longitude) <= 1_800_000_000):
        raise typer.BadParameter("LATITUDE,LONGITUDE", param_hint="--at")
    return latitude, longitude


def _say(zh: str, en: str) -> None:
    typer.echo(f"[模拟设备 SIMULATED] {zh} / {en}")
    sys.stdout.flush()
    for listener in _listeners:
        listener(zh, en)


_listeners: list[Callable[[str, str], None]] = []
"""Who else hears what the device says."""
