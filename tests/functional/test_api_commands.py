"""Commands against a running platform: a person leaves, a draft is discarded; refusals with reasons."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from running_installation import Installation

from shuangyin.demo.person import Person


def command(running: Installation, token: str, *arguments: str, code: str = "") -> tuple[int, str]:
    """Exit code and what was told."""
    environment = {**os.environ, "SHUANGYIN_TOKEN": token, "COLUMNS": "160", "SHUANGYIN_SECOND_FACTOR": code}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "shuangyin",
            *(arguments if arguments[0] in ("request", "device") else ("person", "leave", *arguments)),
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


def token_of(admin: Person, scopes: list[str]) -> str:
    name = f"人事 {secrets.token_hex(4)}"
    proof = admin.step_up("people.create_token", name)
    body = {"name": name, "scopes": scopes, "days": 1, "proof": proof}
    return str(admin.post_json("/me/tokens", body)["secret"])


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
