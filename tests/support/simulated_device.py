"""`shuangyin device-sim` as a process of its own: a device that only talks to the platform over the network."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

from custody_desk import POINTS
from running_installation import Installation

PATIENCE_S = 30
_Found = TypeVar("_Found")


@dataclass
class DeviceProcess:
    """One running simulator; what it says is kept."""

    process: subprocess.Popen[str]
    id: str
    said: list[str] = field(default_factory=list)

    def do(self, line: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def heard(self, text: str) -> str:
        """Wait until it has said something with this text."""
        return eventually(lambda: next((one for one in self.said if text in one), None), text)


@contextmanager
def simulated_device(
    running: Installation, folder: Path, *options: str, seal_id: str | None = None
) -> Iterator[DeviceProcess]:
    """Add a device, let a simulator enrol with its code, bind a seal to it; revoked at the end."""
    admin = running["administrator"]
    added = admin.post_json("/devices", {"name": f"智能印章 {uuid4().hex[:6]}", "maker": "模拟设备"})
    command = ["device-sim", "--server", running.server.base_url, "--folder", str(folder), *options]
    with subprocess.Popen(
        [sys.executable, "-m", "shuangyin", *command, "--code", added["code"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        device = DeviceProcess(process, added["device"]["id"])
        listener = Thread(target=_listen, args=(device,), daemon=True)
        listener.start()
        try:
            device.heard("connected")
            if seal_id is not None:
                admin.post_json(f"/devices/{device.id}/bind", {"seal_id": seal_id})
            yield device
        finally:
            process.kill()
            process.wait(timeout=10)
            listener.join(timeout=10)
            revoke(running, device.id)


def revoke(running: Installation, device_id: str) -> None:
    """Trust a device no more, so that its seal is free for other tests."""
    admin = running["administrator"]
    if admin.get(f"/devices/{device_id}")["device"]["status"] == "active":
        proof = admin.step_up("devices.revoke_device", device_id)
        admin.post_json(f"/devices/{device_id}/revoke", {"reason": "试验结束", "proof": proof})


def eventually(look: Callable[[], _Found | None], what: str) -> _Found:
    """What `look` finds at last."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what!r} did not come about in {PATIENCE_S} s")


@dataclass(frozen=True)
class Use:
    """An open safe and an approved request that is about to be pressed."""

    opening: dict[str, Any]
    request: dict[str, Any]
    seal_id: str


@contextmanager
def physical_use(running: Installation, content: bytes) -> Iterator[Use]:
    """Approve a physical request and open the safe together; closed at the end."""
    request = running.apply_physical("financing-contract.pdf", content)
    running.approve(request)
    custodian, reviewer = running["custodian"], running["reviewer"]
    body = {"safe_id": running.cast.safe["id"], "reviewer_id": reviewer.id, "request_ids": [request["id"]]}
    opening = custodian.post_json("/openings", body)
    for person in (custodian, reviewer):
        shown = person.confirmation("custody.confirm", opening["id"])
        opening = person.post_json(f"/openings/{opening['id']}/confirm", shown)
    points = dict.fromkeys(POINTS, True)
    custodian.post_json(f"/openings/{opening['id']}/checks", {"request_id": request["id"], **points})
    lines = opening["requests"][0]["seals"]
    yield Use(opening, request, lines[0]["seal_id"])
    closing = {"returned_seal_ids": [line["seal_id"] for line in lines], "note": None}
    custodian.post_json(f"/openings/{opening['id']}/close", closing)


def _listen(device: DeviceProcess) -> None:
    assert device.process.stdout is not None
    for line in device.process.stdout:
        device.said.append(line.rstrip())
