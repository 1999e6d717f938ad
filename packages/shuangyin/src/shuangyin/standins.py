"""`shuangyin standins`: stand-ins of outside systems, until the command is interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence

import typer

from shuangyin.connectors.standins.board import WELL, StandInBoard
from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.offers import OFFERS
from shuangyin.core.errors import Invalid


def run(names: Sequence[str], port: int) -> None:
    """Start the named stand-ins, or all, and wait for SIGINT or SIGTERM. Raises Invalid for a name that is none."""
    unknown = [name for name in names if name not in {offer.name for offer in OFFERS}]
    if unknown:
        known = ", ".join(offer.name for offer in OFFERS)
        raise Invalid(
            "STANDIN_UNKNOWN",
            f"没有名为 {unknown[0]} 的替身，可选：{known}。",
            f"There is no stand-in called {unknown[0]}; there are: {known}.",
        )
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    offers = [offer for offer in OFFERS if not names or offer.name in names]
    with StandInBoard(offers, port) as board:
        typer.echo("外部系统替身（仅供试用与测试，不具任何证明力），按 Ctrl+C 停止。")
        typer.echo(
            "STAND-INS of outside systems, for trials and tests; they prove nothing. Ctrl+C stops them."
        )
        for offer in offers:
            address = board.address_of(offer.name)
            typer.echo(
                f"\n{offer.name}: {offer.text.zh} · {offer.text.en}\n  {address}\n  {offer.setting(address)}"
            )
        typer.echo(f"\ncurl -X PUT {board.address}/{offers[0].name}/{{{','.join((*Fault, WELL))}}}")
        stop.wait()
