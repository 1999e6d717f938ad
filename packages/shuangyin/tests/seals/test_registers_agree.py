"""An e-seal from its application to its being in force, and the round that finds registers out of step: the outside
systems are stand-ins in a process of their own that are told to fail."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from issued_seal import Issued
from platform_world import NAMES, ORGANIZATION, USCC, World, ok, problem
from seal_desk import SealDesk, join

from shuangyin.connectors.authorities import configured_authorities
from shuangyin.core.settings import Settings
from shuangyin.seals.commands.reconciling import run_round

DAY_MS = 24 * 3_600_000
NAMED = ("police", "eseal-unit", "registry", "identity")
SETTING = {
    "police": "police",
    "eseal-unit": "management_unit",
    "registry": "registry",
    "identity": "identity",
}


@dataclass(frozen=True)
class Outside:
    """The process: where each stand-in answers, and where faults are ordered."""

    control: str
    addresses: dict[str, str]

    def fault(self, name: str, fault: str) -> None:
        httpx.put(f"{self.control}/{name}/{fault}", trust_env=False).raise_for_status()

    def put(self, standin: str, path: str, **said: str) -> None:
        httpx.put(f"{self.addresses[standin]}{path}", json=said, trust_env=False).raise_for_status()


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """`shuangyin standins` as its user starts it, until it is told to stop."""
    command = [sys.executable, "-m", "shuangyin", "standins", *NAMED, "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as process:
        assert process.stdout is not None
        control = ""
        for line in process.stdout:
            found = re.match(r"curl -X PUT (http://127\.0\.0\.1:[0-9]+)/", line)
            if found is not None:
                control = found[1]
                break
        state = httpx.get(control, trust_env=False).json()
        yield Outside(control, {one["name"]: one["address"] for one in state})
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


@pytest.fixture
def desk(world: World, outside: Outside) -> SealDesk:
    """Connected by the settings that the command itself prints."""
    wanted = {
        SETTING[name]: {"url": address, "timeout_seconds": 2} for name, address in outside.addresses.items()
    }
    settings = Settings(authorities=json.loads(json.dumps(wanted)), _env_file=None)
    join(world.platform, configured_authorities(settings))
    company = {"name": ORGANIZATION, "legal_representative": NAMES["legal_representative"]}
    outside.put("registry", f"/companies/{USCC}", **company)
    return SealDesk(world)


def reconcile(desk: SealDesk) -> list[str]:
    """A round now; the kinds of what is out of step."""
    organization_id = ok(desk.world.client("administrator").get("/api/v1/me"))["organization"]["id"]
    run_round(desk.world.platform, organization_id)
    return [one["what"] for one in desk.board()["discrepancies"]]


def test_an_e_seal_is_made_filed_within_a_day_and_found_out_of_step(desk: SealDesk, outside: Outside) -> None:
    world = desk.world
    seal_id = desk.apply(medium="electronic", category="legal_name")
    desk.check_all(seal_id)
    desk.do(seal_id, "accept")
    outside.fault("eseal-unit", "down")
    issued = Issued(world)
    other = Issued(world, name="北京别家有限公司")
    assert other.hand_over(world.client("administrator"), seal_id).status_code in (409, 422)
    ok(issued.hand_over(world.client("administrator"), seal_id))
    desk.settle()
    [waiting] = desk.board()["filings"]
    assert (waiting["status"], waiting["authority"]) == ("waiting", "management_unit")
    assert waiting["due_at"] - waiting["created_at"] == DAY_MS
    problem(desk.ask(seal_id, "deliver"), 409, "SEAL_STATUS")
    outside.fault("eseal-unit", "well")
    desk.wait(hours=1)
    desk.settle()
    assert desk.status(seal_id) == "filed"
    papers = desk.papers(seal_id, ("agent_id", "agent_photo", "making_certificate"))
    ok(desk.step(seal_id, "deliver", papers), 201)
    desk.do(seal_id, "enable")
    assert desk.status(seal_id) == "in_force"

    assert reconcile(desk) == []
    filing_no = desk.seal(seal_id)["filing_no"]
    outside.put("eseal-unit", f"/seals/{filing_no}", status="cancelled")
    # While it does not answer nothing is known, and nothing is said.
    outside.fault("eseal-unit", "down")
    assert reconcile(desk) == []
    outside.fault("eseal-unit", "well")
    assert len(reconcile(desk)) == 1
    assert len(reconcile(desk)) == 1, "it is shown once"
    outside.put("eseal-unit", f"/seals/{filing_no}", status="filed")
    assert reconcile(desk) == []


def test_the_registry_stops_the_seals_of_what_it_says_has_ended(desk: SealDesk, outside: Outside) -> None:
    company = {"name": ORGANIZATION, "legal_representative": "别人"}
    contract = desk.taken_in()
    name = desk.taken_in(category="legal_rep_name", face_text="某某印", filing_no="备案-0457")
    outside.put("registry", f"/companies/{USCC}", **company)
    for how in ("down", "slow"):
        outside.fault("registry", how)
        assert set(reconcile(desk)) == {"unknown"}, "the police know neither seal, the registry was not heard"
    assert desk.status(name) == "in_force", "no answer stops nothing"
    outside.fault("registry", "well")
    assert "representative_differs" in reconcile(desk)
    assert [desk.status(one) for one in (name, contract)] == ["suspended", "in_force"]
    problem(desk.post("administrator", f"/{name}/resume"), 409, "SEAL_HELD")
    outside.put("registry", f"/companies/{USCC}", **company, status="cancelled")
    assert "licence_ended" in reconcile(desk)
    assert desk.status(contract) == "suspended"
    found = {one["what"]: (one["ours"], one["theirs"]) for one in desk.board()["discrepancies"]}
    assert found["licence_ended"] == ("active", "cancelled")
    assert {"representative_differs", "licence_ended"} <= {one["kind"] for one in desk.board()["tasks"]}
    # The registry comes back: it is in step again, and the seals stay stopped until somebody ends them.
    company["legal_representative"] = NAMES["legal_representative"]
    outside.put("registry", f"/companies/{USCC}", **company)
    assert "licence_ended" not in reconcile(desk)
    problem(desk.post("administrator", f"/{contract}/resume"), 409, "SEAL_HELD")
