"""Stories of smart seals from outside: the people over HTTP, the devices over the broker of the running installation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from custody_desk import POINTS
from running_installation import Installation

from shuangyin.demo.person import Person
from shuangyin.demo.smart_seal import SmartSeal

HOUR_MS = 3_600_000
SCAN = (Path(__file__).parents[2] / "samples" / "scan.jpg").read_bytes()


@dataclass
class SealStory:
    """An installation, its people, and the devices that a story holds in its hands."""

    running: Installation
    devices: ExitStack
    recovery: dict[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Person:
        return self.running[kind]

    def shown(self, kind: str) -> dict[str, str]:
        """A second factor of a person: a recovery code, since an authenticator shows one code in half a minute."""
        if not self.recovery.get(kind):
            self.recovery[kind] = list(self[kind].post_json("/me/recovery-codes")["codes"])
        return {"method": "recovery_code", "code": self.recovery[kind].pop()}

    def proof(self, kind: str, act: str, subject: str) -> str:
        body = {"act": act, "subject": subject, **self.shown(kind)}
        return str(self[kind].post_json("/auth/step-up", body)["proof"])

    def device(self, seal_id: str) -> SmartSeal:
        """A device that holds this seal, until the story ends."""
        broker = self.running.server.broker
        assert broker is not None
        name = f"智能印章 {uuid4().hex[:6]}"
        device = SmartSeal(self["administrator"], self.running.server.base_url, broker.address, name=name)
        self.devices.callback(revoke_quickly, self, device)
        self["administrator"].post_json(f"/devices/{device.id}/bind", {"seal_id": seal_id})
        device.told()
        return device

    def apply(self, copies: int, seals: list[str] | None = None, **facts: Any) -> dict[str, Any]:
        """Apply for the physical seals that the list decides on, and let everybody approve."""
        employee = self["employee"]
        asked = {
            name: facts[name]
            for name in ("document_kind", "amount_minor", "currency", "counterparty_id")
            if name in facts
        }
        decided = seals or [one["id"] for one in employee.post_json("/requests/decision", asked)["seals"]]
        line: dict[str, Any] = {
            "placements": [],
            "seam": None,
            "qr": None,
            "seam_presses": 0,
            "presses_applied": copies,
        }
        body = {
            "reason": "办理业务",
            "duplicate_reason": "演练中重复使用同一样本",
            "medium": "physical",
            "copies": copies,
            "seals": [{**line, "seal_id": one} for one in decided],
            **facts,
        }
        draft = employee.post_json("/requests", body)
        request = dict(employee.post_json(f"/requests/{draft['id']}/submit"))
        self.running.approve(request)
        return request

    def document(self, title: str) -> dict[str, Any]:
        """The facts of a request about one uploaded sample."""
        content = (Path(__file__).parents[2] / "samples" / "financing-contract.pdf").read_bytes()
        version = self.running.upload("paper.pdf", content, title)["versions"][0]
        return {"title": title, "document_version_ids": [version["id"]]}

    def open_safe(self, request: dict[str, Any]) -> dict[str, Any]:
        custodian, reviewer = self["custodian"], self["reviewer"]
        body = {
            "safe_id": self.running.cast.safe["id"],
            "reviewer_id": reviewer.id,
            "request_ids": [request["id"]],
        }
        opening: dict[str, Any] = custodian.post_json("/openings", body)
        for kind in ("custodian", "reviewer"):
            opening = self[kind].post_json(f"/openings/{opening['id']}/confirm", self.shown(kind))
        return opening

    def lend(self, request: dict[str, Any], seal_ids: list[str], place: str) -> dict[str, Any]:
        """The seals out on a loan from now for four hours, escorted by the reviewer."""
        now = time.time_ns() // 1_000_000
        body = {
            "request_id": request["id"],
            "seal_ids": seal_ids,
            "escort_id": self["reviewer"].id,
            "place": place,
            "purpose": request["title"],
            "from_at": now - 1000,
            "due_at": now + 4 * HOUR_MS,
        }
        loan: dict[str, Any] = self["custodian"].post_json("/loans", body)
        for kind in ("custodian", "reviewer"):
            loan = self[kind].post_json(f"/loans/{loan['id']}/confirm", self.shown(kind))
        return loan

    def bring_back(self, loan: dict[str, Any]) -> dict[str, Any]:
        """Photograph what is registered and the seals in their place; both confirm."""
        found = self["reviewer"].get(f"/loans/{loan['id']}")
        for use in found["uses"]:
            for _ in range(use["copies"]):
                self.photograph("reviewer", f"/loans/{loan['id']}", use_id=use["id"], moment="document")
        self.photograph("reviewer", f"/loans/{loan['id']}", moment="returned")
        for kind in ("custodian", "reviewer"):
            found = self[kind].post_json(f"/loans/{loan['id']}/confirm", self.shown(kind))
        return dict(found)

    def check(self, kind: str, path: str, request: dict[str, Any]) -> None:
        body = {"request_id": request["id"], **dict.fromkeys(POINTS, True)}
        self[kind].post_json(f"{path}/checks", body)

    def photograph(self, kind: str, path: str, **fields: str) -> None:
        self[kind].upload(f"{path}/photos", "scan.jpg", SCAN, "image/jpeg", **fields)

    def permit(
        self, kind: str, device: SmartSeal, request: dict[str, Any], **occasion: Any
    ) -> dict[str, Any]:
        body = {"request_id": request["id"], **occasion}
        permit: dict[str, Any] = self[kind].post_json(f"/devices/{device.id}/permits", body)
        device.take(permit)
        return permit

    def registered(
        self, device: SmartSeal, permit: dict[str, Any], kind: str = "custodian"
    ) -> dict[str, Any]:
        """End a use, and wait until what the device counted is in the register; the permit then."""
        device.told()
        self[kind].post_json(f"/device-permits/{permit['id']}/finish")

        def entered() -> dict[str, Any] | None:
            found = dict(self[kind].get(f"/device-permits/{permit['id']}"))
            done = found["registered"] + found["registered_spoiled"] == sum(found["pressed"].values())
            return found if done else None

        return device.until(entered, "the line of the register")

    def lines(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """The lines of the register of one request."""
        items = self["custodian"].get("/use-register")["items"]
        return [one for one in items if one["request_id"] == request["id"]]

    def alarm(self, device: SmartSeal, kind: str) -> dict[str, Any]:
        """The open alarm of a kind about a device, as soon as its custodian sees it."""

        def seen() -> dict[str, Any] | None:
            items = self["custodian"].get("/alarms", subject_id=device.id, state="open")["items"]
            return next((dict(one) for one in items if one["kind"] == kind), None)

        return device.until(seen, f"the alarm {kind}")

    def judge(self, alarm: dict[str, Any]) -> None:
        body = {"verdict": "real", "remark": "演练，已核实"}
        self["custodian"].post_json(f"/alarms/{alarm['id']}/verdict", body)


def revoke_quickly(story: SealStory, device: SmartSeal) -> None:
    """Trust a device no more, so that its seal is free for other tests."""
    device.close()
    if story["administrator"].get(f"/devices/{device.id}")["device"]["status"] == "active":
        proof = story.proof("administrator", "devices.revoke_device", device.id)
        path = f"/devices/{device.id}/revoke"
        story["administrator"].post_json(path, {"reason": "试验结束", "proof": proof})


@pytest.fixture(scope="module")
def recovery() -> dict[str, list[str]]:
    """Recovery codes that stories of this module have left."""
    return {}


@contextmanager
def seal_story(running: Installation, recovery: dict[str, list[str]]) -> Iterator[SealStory]:
    """A story on the running installation; its devices are revoked at the end."""
    with ExitStack() as devices:
        yield SealStory(running, devices, recovery)
