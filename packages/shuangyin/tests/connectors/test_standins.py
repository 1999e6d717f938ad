"""The stand-ins that `shuangyin standins` runs: each fails on demand, and the platform's connectors notice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evidencelog.checkpoint import Checkpoint
from gmseal.sm.keys import PrivateKey
from shuangyin.connectors.anchors import configured_anchors
from shuangyin.connectors.sms import configured_sms
from shuangyin.connectors.standins.board import StandInBoard
from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.offers import OFFERS
from shuangyin.core.clock import ManualClock
from shuangyin.core.settings import Settings
from shuangyin.evidence.ports import Anchor, AnchorProblem, Fate
from shuangyin.people.sms_port import SmsProblem

HEAD = Checkpoint("log.example/stand-ins", 12, bytes(range(32)))


@pytest.fixture
def board() -> Iterator[StandInBoard]:
    with StandInBoard(OFFERS) as board:
        yield board


def anchors_on(board: StandInBoard, folder: Path) -> dict[str, Anchor]:
    (folder / "member.key").write_bytes(PrivateKey.generate().to_pkcs8_pem())
    chain, stamps = board.address_of("chainmaker"), board.address_of("timestamps")
    found = configured_anchors(
        [
            {
                "name": "chainmaker", "kind": "chainmaker", "target": chain, "chain_id": "chain1",
                "organization": "wx-org1", "key_file": str(folder / "member.key"), "timeout_seconds": 1,
            },
            {"name": "timestamps", "kind": "rfc3161", "url": stamps, "timeout_seconds": 1},
        ],
        ManualClock(),
    )  # fmt: skip
    return {anchor.name: anchor for anchor in found.members}


def confirmed(anchor: Anchor, head: Checkpoint) -> bool:
    """Whether a head is anchored now, as far as the platform would believe it."""
    try:
        signed = anchor.sign(head, anchor.next_number(), ())
        anchor.send(signed)
        return anchor.look(head, None, [signed]).fate is Fate.CONFIRMED
    except AnchorProblem:
        return False


def test_each_fails_on_demand_and_is_well_again(board: StandInBoard, tmp_path: Path) -> None:
    assert {one.name for one in OFFERS} == {one["name"] for one in httpx.get(board.address).json()}
    for name, anchor in anchors_on(board, tmp_path).items():
        for fault in Fault:
            answer = httpx.put(f"{board.address}/{name}/{fault}")
            assert {one["name"]: one["fault"] for one in answer.json()}[name] == fault
            # A node that had the same request before has done what was asked: the head is anchored all the same.
            harmless = name == "chainmaker" and fault is Fault.DUPLICATE
            assert confirmed(anchor, HEAD) == harmless, (name, fault)
        httpx.put(f"{board.address}/{name}/well")
        assert confirmed(anchor, HEAD), name


def test_only_orders_that_make_sense_are_taken_and_none_from_a_web_page(board: StandInBoard) -> None:
    for path in ("nobody/slow", "chainmaker/angry", "chainmaker", ""):
        assert httpx.put(f"{board.address}/{path}").status_code == 404
    page = {"Origin": "http://evil.example"}
    assert httpx.put(f"{board.address}/chainmaker/down", headers=page).status_code == 403
    assert {one["fault"] for one in board.state()} == {"well"}


def test_a_taken_port_is_replaced_by_a_free_one(board: StandInBoard) -> None:
    port = int(board.address.rpartition(":")[2])
    with StandInBoard(OFFERS, port) as other:
        taken = {one["address"] for one in board.state()} | {board.address}
        assert taken.isdisjoint({one["address"] for one in other.state()} | {other.address})


def test_the_command_shows_addresses_serves_the_sms_client_and_ends_when_told(tmp_path: Path) -> None:
    """The stand-ins as processes, joined by the very lines they print; one is told to fail while it runs."""
    command = [sys.executable, "-m", "shuangyin", "standins", "timestamps", "sms", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as process:
        assert process.stdout is not None
        # The last line shows how one is told to fail; without it the command has ended.
        lines = [""]
        while "curl" not in lines[-1] and (line := process.stdout.readline()):
            lines.append(line)
        try:
            sms_client_against(lines)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert any(
        'SHUANGYIN_LOG_ANCHORS=[{"name": "tsa", "kind": "rfc3161", "url": "http://127.0.0.1' in line
        for line in lines
    )
    assert "chainmaker" not in "".join(lines)
    unknown = subprocess.run(
        [*command[:4], "nobody"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (unknown.returncode, "chainmaker" in unknown.stderr) == (2, True)


def sms_client_against(lines: list[str]) -> None:
    """The platform's client, signing as the gateway wants it; whatever the gateway does wrong is told as such."""
    [setting] = [
        json.loads(one.partition("SHUANGYIN_SMS_GATEWAY=")[2]) for one in lines if "SMS_GATEWAY" in one
    ]
    [control] = re.findall(r"curl -X PUT (\S+)/timestamps", lines[-1])

    wanted = {**setting, "timeout_seconds": 1}
    client = configured_sms(Settings(sms_gateway=wanted, _env_file=None), ManualClock())
    assert client.send("13800000123", {"code": "123456"}, out_id="a1").startswith("standin-")
    sent = httpx.get(f"{setting['url']}/messages", trust_env=False).json()["messages"]
    assert [(one["phone"], json.loads(one["text"]), one["out_id"]) for one in sent] == [
        ("13800000123", {"code": "123456"}, "a1")
    ]
    for fault in Fault:
        httpx.put(f"{control}/sms/{fault}", trust_env=False).raise_for_status()
        with pytest.raises(SmsProblem):
            client.send("13800000123", {"code": "1"}, out_id="a3")
    httpx.put(f"{control}/sms/well", trust_env=False).raise_for_status()
    client.send("13800000123", {"code": "654321"}, out_id="a4")
    assert len(httpx.get(f"{setting['url']}/messages", trust_env=False).json()["messages"]) >= 2
