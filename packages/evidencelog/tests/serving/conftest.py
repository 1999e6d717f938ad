"""The log's own server as a process of its own, started and killed as tests like."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from evidencelog import Ed25519Signer, Sm2Signer

ORIGIN = "log.example/served"
EVIDENCELOG = (sys.executable, "-c", "from evidencelog.cli import app; app()")


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


IDLE_S = 2
"""A server closes a connection that is idle; one that was idle for so long is opened anew."""


@dataclass
class Client:
    """One connection that is kept; not shared between threads."""

    address: str
    connection: http.client.HTTPConnection = field(init=False)
    used_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        assert parts.hostname is not None
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)

    def ask(self, method: str, path: str, body: bytes | None = None, key: str | None = None) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        if time.monotonic() > self.used_at + IDLE_S:
            self.connection.close()
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        self.used_at = time.monotonic()
        return Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})

    def add(self, entry: bytes, key: str | None = None) -> Answer:
        return self.ask("POST", "/add", entry, key)


@dataclass
class Served:
    """A folder with a log, its two keys, and at most one process that serves it."""

    root: Path
    ed25519: Ed25519Signer
    sm2: Sm2Signer
    process: subprocess.Popen[str] | None = None
    address: str = ""
    clients: list[Client] = field(default_factory=list)

    def options(self) -> list[str]:
        keys = [self.root / "ed25519.key", self.root / "sm2.key"]
        for path, skey in zip(keys, (self.ed25519.skey, self.sm2.skey), strict=True):
            path.write_text(skey)
        return ["--origin", ORIGIN, *[part for path in keys for part in ("--key", str(path))]]

    def start(self, *more: str) -> None:
        command = [*EVIDENCELOG, "serve", str(self.root / "log"), *self.options(), "--port", "0", *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(ORIGIN), line
        self.address = line.split()[-1]

    def end(self, how: int = signal.SIGTERM) -> None:
        """End the process; clients are closed by whoever uses them no longer, at the latest here."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def client(self) -> Client:
        client = Client(self.address)
        self.clients.append(client)
        return client

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*EVIDENCELOG, *arguments], capture_output=True, text=True, check=False, timeout=60
        )


def close_clients(log: Served) -> None:
    for client in log.clients:
        client.connection.close()
    log.clients.clear()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    log = Served(tmp_path, Ed25519Signer.generate(ORIGIN), Sm2Signer.generate(ORIGIN))
    log.start()
    yield log
    log.end()
    close_clients(log)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One log for the tests that leave it as it is."""
    root = tmp_path_factory.mktemp("shared")
    log = Served(root, Ed25519Signer.generate(ORIGIN), Sm2Signer.generate(ORIGIN))
    log.start()
    yield log
    log.end()
    close_clients(log)
