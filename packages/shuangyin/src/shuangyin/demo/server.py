"""Starts the platform as a process of its own, as a user would, and ends it again."""

from __future__ import annotations

import copy
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from shuangyin.demo.broker import Broker
from shuangyin.demo.report import StepFailed

START_SECONDS = 180
KEEP_RUNS = 3


class Server:
    """One running installation under a folder of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.data_dir = folder / f"run-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        self.log = folder / "server.log"
        self._environment = {**os.environ, **environment, "SHUANGYIN_DATA_DIR": str(self.data_dir)}
        self._process: subprocess.Popen[bytes] | None = None
        self.base_url = ""
        self.broker: Broker | None = None

    def join_broker(self, broker: Broker) -> None:
        """Have smart seals speak over this broker, which starts before the platform and ends after it."""
        self.broker = broker
        self._environment["SHUANGYIN_BROKER_DIR"] = str(broker.folder)

    def elsewhere(self, data_dir: Path, log: Path, environment: Mapping[str, str]) -> Server:
        """A server of another data folder with the settings of this one, on a port of its own, without a broker."""
        other = copy.copy(self)
        other.broker = None
        other.data_dir, other.log, other.base_url = data_dir, log, ""
        other._process = None  # noqa: SLF001  # a copy of ourselves
        other._environment = {  # noqa: SLF001  # as above
            **self._environment,
            "SHUANGYIN_PORT": "8610",
            **environment,
            "SHUANGYIN_DATA_DIR": str(data_dir),
        }
        other._environment.pop("SHUANGYIN_BROKER_DIR", None)  # noqa: SLF001  # as above
        return other

    def command(self, *arguments: str) -> str:
        """Run a `shuangyin` command on this installation; its output. Raises StepFailed when it fails."""
        done = subprocess.run(  # noqa: S603  # our own command, fixed arguments
            [sys.executable, "-m", "shuangyin", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            message = f"shuangyin {arguments[0]}: {done.stdout}{done.stderr}"
            raise StepFailed(message)
        return done.stdout

    def start(self) -> None:
        """Start serving and wait until it is healthy. Raises StepFailed with the end of the log."""
        if self.broker is not None:
            self.broker.start(self)
        port_file = self.data_dir / "port"
        port_file.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own command, fixed arguments
                [sys.executable, "-m", "shuangyin", "serve", "--port-file", str(port_file)],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if port_file.exists() and (port := port_file.read_text().strip()):
                self.base_url = f"http://localhost:{port}"
                if _healthy(self.base_url):
                    return
            time.sleep(0.1)
        message = "The platform did not start: " + self.log.read_text(errors="replace")[-2000:]
        raise StepFailed(message)

    def wait(self) -> str:
        """Serve until the process ends by itself, and say how it ended; the keyboard interrupts."""
        status = None if self._process is None else self._process.wait()
        return (
            f"平台进程已自行结束（状态 {status}），日志：{self.log}\n"
            f"The platform's process ended by itself with status {status}; its log: {self.log}\n"
            + self.log.read_text(errors="replace")[-1000:]
        )

    @property
    def port(self) -> str:
        """The port that the platform took."""
        return self.base_url.rpartition(":")[2]

    def stop(self) -> None:
        """End the process politely, then firmly, and its broker."""
        try:
            self._end()
        finally:
            if self.broker is not None:
                self.broker.stop()

    def _end(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _healthy(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def sweep_old_runs(folder: Path) -> None:
    """Remove the data of earlier runs that no process uses any more, but for the newest few."""
    runs = sorted(path for path in folder.glob("run-*") if path.is_dir() and not path.name.endswith("-keys"))
    for path in runs[:-KEEP_RUNS]:
        if not _in_use(path):
            shutil.rmtree(path, ignore_errors=True)
            shutil.rmtree(path.with_name(f"{path.name}-keys"), ignore_errors=True)


def _in_use(path: Path) -> bool:
    lock = path / "process.lock"
    if not lock.exists():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
