"""An installation joined to stand-ins of the authorities, each a process of its own, and the life of its seals over HTTP."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from foundation import free_port
from running_installation import Installation, installation
from seal_desk import ID_NUMBER, MAKER, PAPERS, png
from software_passkey import SoftwarePasskey

from shuangyin.demo.person import Person
from shuangyin.demo.setting import ORGANIZATION, USCC

AUTHORITIES = {
    "police": "police",
    "eseal-unit": "management_unit",
    "registry": "registry",
    "identity": "identity",
}
"""Stand-ins by the name of their command, and as the platform's settings name them."""
_PATIENCE_S = 40


@dataclass
class House:
    """The installation, and where its authorities are told how to behave."""

    running: Installation
    control: str
    addresses: dict[str, str]
    keys: dict[str, SoftwarePasskey] = field(default_factory=dict)
    company: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Person:
        return self.running.cast[kind]

    def behave(self, name: str, how: str) -> None:
        """Tell a stand-in to be slow, down, contradictory, duplicate, or well."""
        httpx.put(f"{self.control}/{name}/{how}", trust_env=False).raise_for_status()

    def register(self, **fields: str) -> None:
        """What the company registry has from now on."""
        self.company |= fields
        address = f"{self.addresses['registry']}/companies/{USCC}"
        httpx.put(address, json=self.company, trust_env=False).raise_for_status()

    def proof(self, kind: str, act: str, subject: str) -> str:
        """A confirmation with a passkey, of which there can be many in a minute."""
        person = self[kind]
        asked = {"act": act, "subject": subject}
        key = self._key(kind)
        code = key.sign(person.post_json("/auth/step-up/passkey-options", asked)["options"])
        return str(person.post_json("/auth/step-up", {**asked, "method": "passkey", "code": code})["proof"])

    def _key(self, kind: str) -> SoftwarePasskey:
        if kind not in self.keys:
            person = self[kind]
            key = SoftwarePasskey(origin=self.running.server.base_url)
            body = {"proof": person.step_up("people.add_passkey", person.id)}
            options = person.post_json("/me/passkeys/options", body)["options"]
            person.post_json("/me/passkeys", {"name": "办公电脑", "answer": key.make(options)})
            self.keys[kind] = key
        return self.keys[kind]

    def papers(self, seal_id: str, act: str) -> list[str]:
        """The evidence that a step needs, uploaded."""
        found = []
        for kind in PAPERS.get(act, ()):
            picture = png(shade=secrets.randbelow(256))
            path = f"/seals/{seal_id}/evidence"
            added = self["administrator"].upload(path, "paper.png", picture, "image/png", kind=kind)
            found.append(added["id"])
        return found

    def step(self, seal_id: str, act: str, **details: Any) -> dict[str, Any]:
        """What is sent to ask for a step."""
        if details.get("maker_filing_no") == MAKER["maker_filing_no"]:
            self._know_engraver()
        ids = self.papers(seal_id, act)
        return {"act": act, "details": details, "evidence_ids": ids, "reason": "按规定办理"}

    def _know_engraver(self) -> None:
        """The engraver of these stories is registered once."""
        admin = self["administrator"]
        known = admin.get("/engravers")["items"]
        if MAKER["maker_filing_no"] not in {one["filing_no"] for one in known}:
            admin.post_json(
                "/engravers", {"name": MAKER["maker_name"], "filing_no": MAKER["maker_filing_no"]}
            )

    def do(self, seal_id: str, act: str, **details: Any) -> dict[str, Any]:
        """A step with its evidence, approved by the head of the organization where it asks for that."""
        asked = self["administrator"].post_json(f"/seals/{seal_id}/steps", self.step(seal_id, act, **details))
        if asked["waiting"] is not None and asked["waiting"]["status"] == "waiting":
            self.approve_steps()
        return self.life(seal_id)

    def approve_steps(self, kind: str = "legal_representative") -> None:
        """The head approves every step of a seal that waits for him."""
        head = self[kind]
        for item in head.get("/approvals", state="todo")["items"]:
            if item["subject_type"] == "seal_step":
                subject = f"{item['step_id']}:{item['binding']}"
                body = {
                    "decision": "approve",
                    "binding": item["binding"],
                    "proof": self.proof(kind, "approvals.decide", subject),
                }
                head.post_json(f"/approvals/steps/{item['step_id']}/decisions", body)

    def check_all(self, seal_id: str) -> None:
        """Registry, legal representative and agent are checked with the systems outside."""
        path = f"/seals/{seal_id}/checks"
        head = self.company["legal_representative"]
        for body in (
            {"kind": "registry"},
            {"kind": "representative", "name": head, "id_number": ID_NUMBER},
            {"kind": "agent", "name": "林一", "id_number": ID_NUMBER},
        ):
            assert self["administrator"].post_json(path, body)["good"], body

    def made_new(self, **fields: Any) -> str:
        """A physical seal applied for, accepted and made; its filing is under way."""
        body = {"medium": "physical", "keeper_person_id": self["custodian"].id, **fields}
        seal_id = str(self["administrator"].post_json("/seals/applications", body)["id"])
        self.check_all(seal_id)
        self.do(seal_id, "accept")
        self.do(seal_id, "make", **MAKER)
        return seal_id

    def life(self, seal_id: str) -> dict[str, Any]:
        return dict(self["administrator"].get(f"/seals/{seal_id}/life"))

    def seal(self, seal_id: str) -> dict[str, Any]:
        return dict(self["administrator"].get(f"/seals/{seal_id}"))

    def tasks(self, seal_id: str) -> list[str]:
        return [task["kind"] for task in self.life(seal_id)["tasks"]]

    def report(self, seal_id: str) -> dict[str, Any]:
        """The newest report about a seal to its authority."""
        return dict(self.life(seal_id)["filings"][0])

    def send_again(self, seal_id: str) -> None:
        self["administrator"].post_json(f"/seals/filings/{self.report(seal_id)['id']}/send")

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait for what the platform's own jobs do."""
        deadline = time.monotonic() + _PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, what
            time.sleep(0.2)


@contextmanager
def authorities() -> Iterator[tuple[str, dict[str, str]]]:
    """`shuangyin standins` as a process; the control address and where each authority answers."""
    port = free_port()
    command = [sys.executable, "-m", "shuangyin", "standins", *AUTHORITIES, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    control = f"http://127.0.0.1:{port}"
    try:
        yield control, _addresses(control, process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _addresses(control: str, process: subprocess.Popen[bytes]) -> dict[str, str]:
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            state = httpx.get(control, timeout=2, trust_env=False).json()
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        return {one["name"]: one["address"] for one in state}
    message = "the stand-ins did not start"
    raise AssertionError(message)


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """An organization with everybody signed in, known to the registry under its name and its head's."""
    with authorities() as (control, addresses):
        joined = {AUTHORITIES[name]: {"url": url, "timeout_seconds": 1} for name, url in addresses.items()}
        with installation(folder, {"SHUANGYIN_AUTHORITIES": json.dumps(joined)}) as running:
            found = House(running, control, addresses)
            found.register(name=ORGANIZATION, legal_representative=running["legal_representative"].name)
            yield found
