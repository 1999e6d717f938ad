"""gmseal bench: how fast this machine signs and verifies, in CPU time of one core."""

import platform
import time
from collections.abc import Callable

import click

from gmseal.cli.console import show_json


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1, max=60),
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
    """Measure SM2, SM3 and SM2 key making with the engine that this machine uses."""
    from gmseal.sm.engine import select_engine  # noqa: PLC0415 - as little as possible is loaded at start
    from gmseal.sm.keys import PrivateKey, sm3  # noqa: PLC0415 - as above

    key = PrivateKey.generate()
    message, block = b"m" * 200, b"b" * (1 << 20)
    signature = key.sign(message)
    figures = {
        "sm2_sign_per_second": _rate(lambda: key.sign(message), seconds),
        "sm2_verify_per_second": _rate(lambda: key.public_key.verify(signature, message), seconds),
        "sm2_keygen_per_second": _rate(PrivateKey.generate, seconds),
        "sm3_megabytes_per_second": _rate(lambda: sm3(block), seconds) * len(block) / 1e6,
    }
    rounded = {name: round(value, 1) for name, value in figures.items()}
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    if as_json:
        show_json({"engine": select_engine().name, "machine": machine, **rounded})
        return
    click.echo(f"engine {select_engine().name}; {machine}; CPU time of one core")
    for name, value in rounded.items():
        click.echo(f"  {name:28} {value:12,.1f}")


def _rate(act: Callable[[], object], seconds: float) -> float:
    """Calls per second of this thread's CPU time."""
    act()
    count, begin = 0, time.thread_time()
    while (spent := time.thread_time() - begin) < seconds:
        act()
        count += 1
    return count / spent
