"""Commands against a running platform: a person leaves, a draft is discarded, a use is voided; refusals with reasons."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from asked_by_command import fleet, token_of
from running_installation import Installation

CONTRACT = Path(__file__).parents[2] / "samples" / "contract.pdf"
PLACE = {"page": 3, "x_mm": 40.0, "y_mm": 150.0}


def command(running: Installation, token: str, *arguments: str, code: str = "") -> tuple[int, str]:
    """Exit code and what was told."""
    environment = {**os.environ, "SHUANGYIN_TOKEN": token, "COLUMNS": "160", "SHUANGYIN_SECOND_FACTOR": code}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "shuangyin",
            *(arguments if arguments[0] in ("request", "device", "use") else ("person", "leave", *arguments)),
            "--server",
            running.server.base_url,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_person_leaves_by_command(running: Installation, tmp_path: Path) -> None:
    admin = running["administrator"]
    token = token_of(admin, ["people.manage", "people.read"])
    account = f"clerk-{secrets.token_hex(4)}"
    admin.post_json("/persons", {"name": "何静", "account": account})
    exit_code, told = command(running, token, account, "--preview")
    assert (exit_code, "登录密码" in told) == (0, True)
    keeper = running["custodian"].account
    exit_code, told = command(running, token, keeper)
    assert (exit_code, "须先处理" in told) == (1, True)
    exit_code, told = command(running, token, account, code="000000")
    assert (exit_code, "SECOND_FACTOR_WRONG" in told) == (2, True)
    sheet = tmp_path / "sheet.pdf"
    exit_code, told = command(running, token, account, "--sheet", str(sheet), code=admin.code())
    assert (exit_code, "离职-" in told) == (0, True), told
    assert sheet.read_bytes().startswith(b"%PDF-")
    exit_code, told = command(running, token, account, code=admin.code())
    assert (exit_code, account in told) == (2, True)
    exit_code, told = command(running, "wrong", account)
    assert (exit_code, "UNAUTHENTICATED" in told) == (2, True)


def test_the_head_lets_a_person_leave_at_once_by_command(running: Installation) -> None:
    admin, head = running["administrator"], running["legal_representative"]
    name = f"何{secrets.token_hex(4)}"
    person = admin.post_json("/persons", {"name": name, "account": f"gone-{secrets.token_hex(4)}"})["person"]
    [keeping] = [post for post in admin.get("/posts")["items"] if post["kind"] == "custodian"]
    admin.post_json(f"/persons/{person['id']}/posts", {"post_id": keeping["id"]})
    seal = {"category": "other", "face_words": "样品专用章", "keeper_person_id": person["id"]}
    admin.post_json("/seals/physical", seal)
    # Accounts are shown to few; the head names the person.
    at_once = (name, "--at-once", "--reason", "失联")
    exit_code, told = command(running, token_of(running["employee"], ["people.read"]), *at_once)
    assert (exit_code, "HEAD_ONLY" in told) == (2, True), told
    token = token_of(head, ["people.read"])
    exit_code, told = command(running, token, name)
    assert (exit_code, "NOT_PERMITTED" in told) == (2, True), told
    exit_code, told = command(running, token, *at_once, code=head.code())
    assert (exit_code, "遗留待处理" in told, "离职-" in told) == (0, True, True), told
    assert admin.get(f"/persons/{person['id']}")["status"] == "left"


def test_a_draft_is_discarded_by_command_and_only_ones_own(running: Installation) -> None:
    employee = running["employee"]
    token = token_of(employee, ["requests.apply"])
    draft = employee.post_json("/requests", {"title": "误建的草稿", "document_kind": "letter"})
    others = token_of(running["custodian"], ["requests.apply"])
    discard = ("request", "discard", draft["number"])
    exit_code, told = command(running, others, *discard)
    assert (exit_code, "没有编号为" in told) == (2, True)
    exit_code, told = command(running, token, *discard)
    assert (exit_code, draft["number"] in told) == (0, True), told
    assert employee.get(f"/requests/{draft['id']}")["status"] == "discarded"
    exit_code, told = command(running, token, *discard)
    assert (exit_code, draft["number"] in told) == (2, True)


def test_a_fleet_of_devices_is_registered_from_a_table_and_looked_at(
    running: Installation, tmp_path: Path
) -> None:
    admin = running["administrator"]
    token = token_of(admin, ["devices.manage", "devices.read"])
    mark = secrets.token_hex(4)
    table, codes = tmp_path / "fleet.csv", tmp_path / "codes.csv"
    table.write_text(f"name,maker\n甲 {mark},试验厂商\n乙 {mark},\n", encoding="utf-8")
    add = ("device", "register", str(table), "--codes", str(codes))
    exit_code, told = command(running, token, *add)
    assert (exit_code, "第 3 行" in told, codes.exists()) == (2, True, False)
    table.write_text(f"name,maker\n甲 {mark},试验厂商\n乙 {mark},试验厂商\n", encoding="utf-8")
    exit_code, told = command(running, token, *add)
    assert (exit_code, "已添加 2 台" in told) == (0, True), told
    assert codes.stat().st_mode & 0o077 == 0
    assert [line.split(",")[0] for line in codes.read_text("utf-8").splitlines()] == [
        f"甲 {mark}",
        f"乙 {mark}",
    ]
    there = {one["name"]: one["status"] for one in admin.get("/devices", limit=200)["items"]}
    assert {name: there[name] for name in (f"甲 {mark}", f"乙 {mark}")} == {
        f"甲 {mark}": "awaiting",
        f"乙 {mark}": "awaiting",
    }
    exit_code, told = command(running, token, "device", "lock", f"甲 {mark}", "--reason", "试验")
    assert (exit_code, "DEVICE_NOT_ACTIVE" in told) == (2, True)
    exit_code, told = fleet(running, token, "list", "--status", "awaiting")
    assert (exit_code, f"甲 {mark}" in told, f"乙 {mark}" in told) == (0, True, True), told
    exit_code, told = fleet(running, token, "list", "--status", "revoked")
    assert (exit_code, mark in told) == (0, False)
    exit_code, told = fleet(running, token, "list", "--status", "broken")
    assert (exit_code, "INVALID_INPUT" in told) == (2, True), told
    exit_code, told = fleet(running, token, "state", f"乙 {mark}")
    assert (exit_code, "状态：awaiting" in told, "锁定：未锁定" in told) == (0, True, True), told
    exit_code, told = fleet(running, token, "state", f"丙 {mark}")
    assert (exit_code, "没有名为" in told) == (2, True)
    assert fleet(running, "wrong", "firmware")[0] == 2


def test_every_seal_is_frozen_by_command_with_a_second_factor_only(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = running["legal_representative"]
    token = token_of(head, ["seals.freeze"])
    monkeypatch.setenv("SHUANGYIN_SECOND_FACTOR", "000000")
    exit_code, told = fleet(running, token, "freeze", "--reason", "怀疑失控")
    assert (exit_code, "SECOND_FACTOR_WRONG" in told) == (2, True), told
    assert head.get("/seals/freeze")["frozen"] is False
    others = token_of(running["employee"], ["requests.apply"])
    monkeypatch.setenv("SHUANGYIN_SECOND_FACTOR", running["employee"].code())
    assert fleet(running, others, "freeze", "--reason", "怀疑失控")[0] == 2
    assert head.get("/seals/freeze")["frozen"] is False
    monkeypatch.setenv("SHUANGYIN_SECOND_FACTOR", head.code())
    try:
        exit_code, told = fleet(running, token, "freeze", "--reason", "怀疑失控")
        assert (exit_code, "全部印章已冻结" in told) == (0, True), told
        assert head.get("/seals/freeze")["frozen"] is True
    finally:
        # Whatever happens here, the seals are needed by the tests after this one.
        current = head.get("/seals/freeze")["current"]
        if current is not None:
            proof = head.step_up("seals.lift_freeze", current["id"])
            head.post_json("/seals/freeze/lift", {"reason": "演练结束", "proof": proof})


def test_a_use_is_voided_by_command_and_its_bundle_says_so(running: Installation, tmp_path: Path) -> None:
    """Judge: `evidencelog verify`, on the bundle that anybody with the QR code gets afterwards."""
    version = running.upload("contract.pdf", CONTRACT.read_bytes(), "供货合同（误盖）")["versions"][0]
    request = running.apply(version, title="供货合同（误盖）", placements=[PLACE])
    running.approve(request)
    use = running.sealed(request)["uses"][0]
    auditor = running["auditor"]
    token = token_of(auditor, ["requests.read_all", "sealing.void"])
    exit_code, told = command(running, token, "use", "reasons")
    assert (exit_code, "wrong_document" in told) == (0, True), told
    words = ("--code", "wrong_document", "--reason", "合同对方名称有误")
    exit_code, told = command(running, token, "use", "void", "印-1999-000001", *words)
    assert (exit_code, "没有编号为" in told) == (2, True), told
    exit_code, told = command(running, token, "use", "void", use["number"], *words, code="000000")
    assert (exit_code, "SECOND_FACTOR_WRONG" in told) == (2, True), told
    applicants = token_of(running["employee"], ["requests.apply"])
    exit_code, told = command(
        running, applicants, "use", "void", use["number"], *words, code=running["employee"].code()
    )
    assert (exit_code, "NOT_PERMITTED" in told) == (2, True), told
    exit_code, told = command(running, token, "use", "void", use["number"], *words, code=auditor.code())
    assert (exit_code, use["number"] in told) == (0, True), told
    exit_code, told = command(running, token, "use", "void", use["number"], *words, code=auditor.code())
    assert (exit_code, "USE_ALREADY_VOIDED" in told) == (2, True), told
    said = _verified(running, use["verification_url"], tmp_path / "bundle.zip")
    assert "the use stands no more" in said
    assert "合同对方名称有误" not in said, "the words are not for outsiders"


def _verified(running: Installation, url: str, bundle: Path) -> str:
    """What the verifier says of the bundle behind a QR code, once a signed head holds all that it states."""
    address = f"{running.server.base_url}{urlsplit(url).path}/evidence-bundle"
    answer = httpx.get(address)
    patience = time.monotonic() + 20
    while answer.status_code == 409 and time.monotonic() < patience:
        time.sleep(0.5)
        answer = httpx.get(address)
    assert answer.status_code == 200, answer.text
    bundle.write_bytes(answer.content)
    keys = [f"--vkey={one}" for one in httpx.get(f"{running.server.base_url}/log/vkeys").text.split()]
    done = subprocess.run(
        [Path(sys.executable).with_name("evidencelog"), "verify", bundle, *keys],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
