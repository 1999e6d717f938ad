"""A running installation, tested from outside: a server process of its own, its people, and their work over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation import Foundation, new_server, silent_report
from passkey_person import PasskeyPerson

from shuangyin.connectors.standins.board import StandInBoard
from shuangyin.demo.broker import Broker
from shuangyin.demo.cast import Cast, establish
from shuangyin.demo.electronic import approve_all, wait_until_sealed
from shuangyin.demo.person import current_code
from shuangyin.demo.report import Report
from shuangyin.demo.server import Server
from shuangyin.devices.broker.process import find_mosquitto

AMOUNT = 48_600_000
"""486,000.00 yuan in fen: below the amount from which the legal representative approves too."""
FINANCING_AMOUNT = 300_000_000
"""3,000,000.00 yuan in fen."""


@dataclass
class Installation:
    """One organization on a server process of its own, with everybody signed in."""

    server: Server
    cast: Cast
    report: Report
    board: StandInBoard | None = None
    """The outside systems it is joined to, where it is joined to any."""

    @property
    def data_dir(self) -> Path:
        return self.server.data_dir

    @property
    def database(self) -> Path:
        return self.data_dir / "shuangyin.sqlite3"

    def __getitem__(self, kind: str) -> PasskeyPerson:
        person = self.cast[kind]
        assert isinstance(person, PasskeyPerson)
        return person

    def kill(self) -> None:
        """SIGKILL, so that nothing in the process gets a chance to tidy up."""
        process = self.server._process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=10) == -signal.SIGKILL

    @staticmethod
    def first_code(secret: str) -> str:
        """The code that a newly enrolled authenticator shows now."""
        return current_code(secret)

    def upload(self, name: str, content: bytes, title: str) -> dict[str, Any]:
        """Upload a PDF as the employee."""
        return dict(self["employee"].upload("/documents", name, content, "application/pdf", title=title))

    def apply(
        self, version: Mapping[str, Any], *, title: str = "供货合同", amount: int = AMOUNT, **seal: Any
    ) -> dict[str, Any]:
        """Apply for the electronic seal that the list decides on, at the given places, and submit.

        `seal` takes `placements`, `seam` and `qr` as POST /requests does; `amount` is in fen.
        """
        employee = self["employee"]
        supplier = self.cast.counterparties["supplier"]
        facts = {
            "document_kind": "supplier_contract",
            "amount_minor": amount,
            "currency": "CNY",
            "counterparty_id": supplier["id"],
        }
        decision = employee.post_json("/requests/decision", facts)
        line = {
            "seal_id": decision["seals"][0]["id"],
            "presses_applied": len(seal["placements"]),
            "seam_presses": int(seal.get("seam") is not None),
            "seam": None,
            "qr": None,
            **seal,
        }
        body = {
            **facts,
            "title": title,
            "reason": "与供货方签订合同",
            "counterparty_name": supplier["name"],
            "copies": 1,
            "duplicate_reason": "演练中重复使用同一样本",
            "document_version_ids": [version["id"]],
            "seals": [line],
        }
        draft = employee.post_json("/requests", body)
        return dict(employee.post_json(f"/requests/{draft['id']}/submit"))

    def apply_physical(self, name: str, content: bytes, *, copies: int = 2) -> dict[str, Any]:
        """Apply for the physical seals that the list decides on for a financing contract, and submit."""
        employee = self["employee"]
        lessor = self.cast.counterparties["lessor"]
        facts = {
            "document_kind": "financing_contract",
            "amount_minor": FINANCING_AMOUNT,
            "currency": "CNY",
            "counterparty_id": lessor["id"],
        }
        decision = employee.post_json("/requests/decision", facts)
        empty: dict[str, Any] = {"placements": [], "seam": None, "qr": None, "seam_presses": 0}
        body = {
            **facts,
            "title": "融资租赁合同",
            "reason": "与出租方签订售后回租合同",
            "counterparty_name": lessor["name"],
            "copies": copies,
            "duplicate_reason": "演练中重复使用同一样本",
            "document_version_ids": [self.upload(name, content, "融资租赁合同")["versions"][0]["id"]],
            "seals": [
                {**empty, "seal_id": seal["id"], "presses_applied": copies} for seal in decision["seals"]
            ],
        }
        draft = employee.post_json("/requests", body)
        return dict(employee.post_json(f"/requests/{draft['id']}/submit"))

    def approve(self, request: dict[str, Any]) -> None:
        """Let everybody whom the route asks approve."""
        approve_all(self.cast, self.report, request)

    def sealed(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request as it is when the platform has sealed it."""
        return wait_until_sealed(self["employee"], request["id"])

    def sealed_file(self, request: Mapping[str, Any]) -> bytes:
        """The bytes of the first sealed document of a request."""
        use = request["uses"][0]
        path = f"/documents/{use['document_id']}/versions/{use['sealed_version_number']}/content"
        return self["employee"].download(path)


@dataclass(frozen=True)
class Story:
    """Requests in every state that a page has something to show of."""

    sealed: dict[str, Any]
    waiting: dict[str, Any]
    physical: dict[str, Any]


@contextmanager
def installation(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    foundation: Foundation | None = None,
    broker: bool = False,
) -> Iterator[Installation]:
    """An organization on a new server process: a copy of `foundation`, or one that is founded under this environment.

    With `broker` smart seals can speak to it over a mosquitto of its own, where that is installed.
    """
    report = silent_report(folder)
    server = new_server(folder, environment)
    mosquitto = find_mosquitto() if broker else None
    if mosquitto is not None:
        server.join_broker(Broker(mosquitto, server.data_dir.with_name("broker")))
    try:
        if foundation is None:
            cast = establish(server, report, PasskeyPerson)
        else:
            cast = foundation.establish(server, report)
        yield Installation(server, cast, report)
        for person in cast.people.values():
            person._client.close()
    finally:
        server.stop()


def run(
    *command: str | Path, environment: Mapping[str, str] | None = None, patience_s: float = 240
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it says; the project's own commands lie beside this Python."""
    program, *arguments = (str(part) for part in command)
    own = Path(sys.executable).parent / program
    return subprocess.run(
        [str(own) if own.is_file() else program, *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=patience_s,
    )
