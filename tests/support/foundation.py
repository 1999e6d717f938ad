"""An organization that is founded once in a run of the tests; whoever needs one gets a copy on a server of its own.

Founding takes half a minute of processor time. The worker processes share the original, which is stopped and only read.
"""

from __future__ import annotations

import fcntl
import io
import json
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from passkey_person import PasskeyPerson
from rich.console import Console

from shuangyin.demo.cast import Cast, establish
from shuangyin.demo.report import Report
from shuangyin.demo.server import Server

CHEAP_PASSWORDS = {"SHUANGYIN_ARGON2_MEMORY_KIB": "64", "SHUANGYIN_ARGON2_TIME_COST": "1"}
_ACCOUNTS = "accounts.json"
_BESIDE = ("", "-keys", "-fence")
"""What an installation consists of: its data folder, and the folders beside it whose names go on so."""


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_server(folder: Path, environment: Mapping[str, str] | None = None) -> Server:
    """A server that is not started yet, on a port that stays the same over restarts."""
    settings = {
        "SHUANGYIN_PORT": str(free_port()),
        "SHUANGYIN_PORT_SEARCH": "false",
        "SHUANGYIN_JOB_LEASE_SECONDS": "2",
        **CHEAP_PASSWORDS,
        # One sign-in serves many files of tests, which together take longer than the usual ten minutes.
        "SHUANGYIN_SECOND_FACTOR_WINDOW_MINUTES": "120",
        **(environment or {}),
    }
    return Server(folder, settings)


def silent_report(folder: Path) -> Report:
    """Keeps the steps of setting up, and shows them to nobody."""
    return Report(folder, Console(file=io.StringIO()))


class Foundation:
    """The original, under a folder that all worker processes know."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = folder / "kept.json"

    def establish(self, server: Server, report: Report) -> Cast:
        """Start `server` on a copy of the organization, which is founded first when nobody has yet."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._kept.exists():
                self._found()
        kept = json.loads(self._kept.read_text("utf-8"))
        original = kept.pop("original")
        for end in _BESIDE:
            shutil.copytree(f"{original}{end}", f"{server.data_dir}{end}")
        report.save(_ACCOUNTS, (self._folder / _ACCOUNTS).read_bytes()).chmod(0o600)
        server.start()
        people = [PasskeyPerson.again(server.base_url, one) for one in kept.pop("people")]
        return Cast(server, {person.kind: person for person in people}, **kept)

    def _found(self) -> None:
        server = new_server(self._folder)
        try:
            cast = establish(server, silent_report(self._folder), PasskeyPerson)
        finally:
            server.stop()
        people = []
        for person in cast.people.values():
            assert isinstance(person, PasskeyPerson)
            people.append(person.kept())
            person._client.close()
        kept = {
            "original": str(server.data_dir),
            "people": people,
            "seals": cast.seals,
            "safe": cast.safe,
            "counterparties": cast.counterparties,
        }
        self._kept.write_text(json.dumps(kept), "utf-8")
