"""Load for the log's own server: many connections, each with one add in flight, latencies of all."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast
from urllib.parse import urlsplit

import uvloop

from evidencelog import Ed25519Signer, Sm2Signer


class ServedLog:
    """The server as a process of its own, for the time of a ``with`` block."""

    def __init__(self, root: Path, origin: str) -> None:
        self._root = root
        self._origin = origin
        self.address = ""

    def __enter__(self) -> Self:
        self._root.mkdir(parents=True)
        keys: list[str] = []
        made = (Ed25519Signer.generate(self._origin).skey, Sm2Signer.generate(self._origin).skey)
        for number, skey in enumerate(made):
            path = self._root / f"{number}.key"
            path.write_text(skey)
            keys += ["--key", str(path)]
        start = "from evidencelog.cli import app; app()"
        folder = str(self._root / "log")
        command = [
            sys.executable,
            "-c",
            start,
            "serve",
            folder,
            "--origin",
            self._origin,
            *keys,
            "--port",
            "0",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().split()[-1]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of so many clients reached."""

    count: int
    per_second: float
    p50_ms: float
    p99_ms: float


class _Client(asyncio.Protocol):
    """Sends the next entry as soon as the last one is answered."""

    def __init__(self, next_request: Callable[[], bytes | None], latencies: list[float]) -> None:
        self._next = next_request
        self._latencies = latencies
        self._sent = 0.0
        self._buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own classes do not inherit
        self._send()

    def _send(self) -> None:
        request = self._next()
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if b"\r\n\r\n" not in self._buffer or not self._buffer.endswith(b"}"):
            return
        if not self._buffer.startswith(b"HTTP/1.1 201"):
            self.done.set_exception(RuntimeError(self._buffer[:200].decode("latin-1")))
            self._transport.close()
            return
        self._latencies.append(time.perf_counter() - self._sent)
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def measure_adds(
    address: str, clients: int, seconds: float, entry: Callable[[int], bytes], first: int
) -> Load:
    """Drive the server with so many clients for so long. Requests are made beforehand."""
    parts = urlsplit(address)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    budget = int(14_000 * seconds)
    requests = [
        b"POST /add HTTP/1.1\r\nHost: log\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        for body in (entry(number) for number in range(first, first + budget))
    ]
    latencies: list[float] = []

    async def drive() -> float:
        waiting = iter(requests)
        end = time.perf_counter() + seconds

        def next_request() -> bytes | None:
            return next(waiting, None) if time.perf_counter() < end else None

        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: _Client(next_request, latencies), host, port)
            for _ in range(clients)
        ]
        await asyncio.wait_for(asyncio.gather(*(client.done for _, client in made)), seconds + 30)
        return time.perf_counter() - started

    taken = uvloop.run(drive())
    ordered = sorted(latencies)
    return Load(
        count=len(ordered),
        per_second=len(ordered) / taken,
        p50_ms=ordered[len(ordered) // 2] * 1000,
        p99_ms=ordered[len(ordered) * 99 // 100] * 1000,
    )
