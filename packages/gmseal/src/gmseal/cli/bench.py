"""gmseal bench: which engines this machine has, and how fast they sign and verify."""

import platform
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gmseal.cli.console import show_json

if TYPE_CHECKING:
    from gmseal.sm.engine import Engine

_TEXT = b"m" * 200
_BLOCK = b"b" * (1 << 20)
_AT_ONCE = 64
"""Messages per call where many are signed at once."""


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.05, max=60),
    default=1.0,
    show_default=True,
    help="Seconds per measurement.",
)
@click.option("--json", "as_json", is_flag=True, help="Figures as JSON.")
def bench(
    *,
    seconds: float,
    as_json: bool,
) -> None:
    """Measure SM2 with every engine of this machine, and SM3; per second of one core's CPU time."""
    from gmseal.sm.engine import engine_states, select_engine  # noqa: PLC0415 - little is loaded at start
    from gmseal.sm.keys import sm3  # noqa: PLC0415 - as above

    chosen = select_engine()
    engines: list[dict[str, Any]] = [
        {"engine": state.kind, "present": False, "reason": state.reason}
        if state.engine is None
        else {
            "engine": state.kind,
            "present": True,
            "chosen": state.engine is chosen,
            "name": state.engine.name,
            **_figures(state.engine, seconds),
        }
        for state in engine_states()
    ]
    sm3_rate = round(_rate(lambda: sm3(_BLOCK), seconds) * len(_BLOCK) / 1e6, 1)
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    if as_json:
        facts = {"chosen": chosen.name, "machine": machine, "engines": engines}
        show_json({**facts, "sm3_megabytes_per_second": sm3_rate})
        return
    click.echo(f"{machine}; {len(_TEXT)}-byte messages, per CPU-second of one core")
    for row in engines:
        click.echo(_line(row))
    click.echo(f"  SM3 {sm3_rate:,.0f} MB/s")


def _figures(engine: "Engine", seconds: float) -> dict[str, float]:
    """Operations per second: one at a time, and many at once."""
    from gmseal.sm.engine import Message  # noqa: PLC0415 - little is loaded at start
    from gmseal.sm.keys import DEFAULT_ID, PublicKey  # noqa: PLC0415 - as above

    private = engine.generate()
    public = engine.load_public(private.point)
    message = Message(_TEXT, DEFAULT_ID, PublicKey(private.point).z())
    rs = private.sign_digest(message.digest())
    to_sign, to_verify = [(private, message)] * _AT_ONCE, [(public, rs, message)] * _AT_ONCE
    rates = {
        "sign": _rate(lambda: private.sign_digest(message.digest()), seconds),
        "verify": _rate(lambda: public.verify_digest(rs, message.digest()), seconds),
        "sign_many": _rate(lambda: engine.sign_messages(to_sign), seconds) * _AT_ONCE,
        "verify_many": _rate(lambda: engine.verify_messages(to_verify), seconds) * _AT_ONCE,
        "keygen": _rate(engine.generate, seconds),
    }
    return {f"{name}_per_second": round(rate, 1) for name, rate in rates.items()}


def _line(row: dict[str, Any]) -> str:
    if not row["present"]:
        return f"  {row['engine']:9} not here: {row['reason']}"
    mark = "*" if row["chosen"] else " "
    figures = ", ".join(
        f"{name} {row[f'{name}_per_second']:,.0f}"
        for name in ("sign", "verify", "sign_many", "verify_many", "keygen")
    )
    return f"{mark} {row['engine']:9} {figures}  ({row['name']})"


def _rate(act: Callable[[], object], seconds: float) -> float:
    """Calls per second of this thread's CPU time."""
    act()
    count, begin = 0, time.thread_time()
    while (spent := time.thread_time() - begin) < seconds:
        act()
        count += 1
    return count / spent
