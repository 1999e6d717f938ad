"""`shuangyin loan` and `shuangyin original` at a custody desk: asked for, taken out and brought back by two, what is overdue
told by the exit code."""

from __future__ import annotations

from typing import Any

import pytest
from custody_desk import POINTS, Desk
from platform_world import NAMES, ok
from request_story import SAMPLES
from typer.testing import CliRunner

from shuangyin import api_caller, loan_commands, original_commands
from shuangyin.core.clock import beijing_time

pytestmark = pytest.mark.database_full


@pytest.fixture
def said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command as somebody of the desk; exit code and what was told, on one line."""

    class Signed(api_caller.Caller):
        """The commands' caller over a client of the tests that is signed in: the token is the kind of person."""

        def __init__(self, server: str, token: str) -> None:
            super().__init__(server, token)
            self._client.close()
            self._client = Joined(desk.world.client(token))  # type: ignore[assignment]  # what it sends is the same

    class Joined:
        def __init__(self, client: Any) -> None:
            self._client = client

        def request(self, method: str, path: str, **arguments: Any) -> Any:
            return self._client.request(method, f"/api/v1{path}", **arguments)

        def close(self) -> None:
            """The client stays signed in."""

    def run(kind: str, *arguments: str, code: bool = False) -> tuple[int, str]:
        monkeypatch.setenv("SHUANGYIN_TOKEN", kind)
        monkeypatch.setenv("SHUANGYIN_SECOND_FACTOR", desk.world.code(kind) if code else "000000")
        app = original_commands.app if arguments[0] == "original" else loan_commands.app
        done = CliRunner().invoke(app, [one for one in arguments if one != "original"])
        return done.exit_code, done.output.replace("\n", " ")

    monkeypatch.setattr(loan_commands, "Caller", Signed)
    monkeypatch.setattr(original_commands, "Caller", Signed)
    monkeypatch.setattr(api_caller.console, "_width", 300)
    return run


def test_a_loan_is_agreed_taken_out_and_returned_by_command(desk: Desk, said: Any) -> None:
    number = desk.request["number"]
    escort = NAMES["reviewer"]
    terms = ("--escort", escort, "--place", "澄湖银行", "--until", "2099-01-01T18:00")
    assert said("custodian", "agree", number, *terms) == (2, said("custodian", "agree", number, *terms)[1])
    assert "LOAN_TOO_LONG" in said("custodian", "agree", number, *terms)[1]
    assert "没有待用印的申请" in said("custodian", "agree", "用印-2000-000001", *terms)[1]
    assert "2026-05-20T18:00" in said("custodian", "agree", number, *terms[:-1], "tomorrow")[1]
    begin = desk.world.clock.now_ms() + 60_000
    stamps = [beijing_time(one).isoformat() for one in (begin, begin + 4 * 3_600_000)]
    exit_code, told = said("custodian", "agree", number, *terms[:-1], stamps[1], "--from", stamps[0])
    assert (exit_code, "待取出" in told) == (0, True), told
    loan = told.split()[0]
    assert said("employee", "overdue") == (0, "没有逾期的外带。 No loan is overdue. ")
    assert "Nothing of the kind" in said("custodian", "return", loan, code=True)[1]
    desk.world.clock.advance(seconds=120)
    assert said("custodian", "take-out", loan)[0] == 2, "a wrong code confirms nothing"
    assert said("custodian", "take-out", loan, code=True)[0] == 0
    exit_code, told = said("reviewer", "take-out", loan, code=True)
    assert (exit_code, "待归还" in told) == (0, True), told
    pressed(desk, desk.story.get("custodian", "/loans")["items"][0]["id"])
    desk.world.clock.advance(seconds=5 * 3600)
    desk.again("custodian", "reviewer")
    exit_code, told = said("custodian", "overdue")
    assert (exit_code, loan in told) == (1, True)
    for kind in ("custodian", "reviewer"):
        exit_code, told = said(kind, "return", loan, code=True)
        assert exit_code == 0, told
    assert "已归还" in said("custodian", "list", "--state", "returned")[1]


def test_an_original_is_borrowed_and_returned_by_command(desk: Desk, said: Any) -> None:
    body = {
        "kind": "title_deed",
        "name": "不动产权证书",
        "condition": "完好",
        "safe_id": desk.safe_id,
        "slot": "9",
    }
    deed = ok(desk.story.post("custodian", "/originals", body), 201)
    assert deed["number"] in said("employee", "original", "list", "--state", "kept")[1]
    begin = desk.world.clock.now_ms()
    stamps = [beijing_time(one).isoformat() for one in (begin, begin + 4 * 3_600_000)]
    terms = ("--purpose", "办理抵押", "--place", "登记中心", "--from", stamps[0], "--until", stamps[1])
    assert "没有原件" in said("employee", "original", "borrow", "原件-1999-000001", *terms)[1]
    exit_code, told = said("employee", "original", "borrow", deed["number"], *terms)
    assert (exit_code, "审批中" in told) == (0, True), told
    loan = told.split()[0]
    assert "Nothing of the kind" in said("employee", "original", "take-out", loan, code=True)[1]
    (item,) = [one for one in desk.story.todo("department_head") if one["number"] == loan]
    ok(desk.story.decide("department_head", item, proof=True))
    assert said("employee", "original", "take-out", loan)[0] == 2, "a wrong code confirms nothing"
    assert said("employee", "original", "take-out", loan, code=True)[0] == 0
    assert "待归还" in said("custodian", "original", "take-out", loan, code=True)[1]
    desk.world.clock.advance(seconds=5 * 3600)
    desk.again("custodian", "employee")
    assert said("employee", "original", "overdue")[0] == 1
    assert "编号=情况" in said("custodian", "original", "check", loan, "--damaged", deed["number"])[1]
    assert "没有原件 X" in said("custodian", "original", "check", loan, "--damaged", "X=水渍")[1]
    wrong = f"{deed['number']}=封皮有水渍"
    assert said("custodian", "original", "check", loan, "--damaged", wrong)[0] == 0
    exit_code, told = said("custodian", "original", "return", loan, code=True)
    assert (exit_code, "PHOTO_RETURNED_MISSING" in told) == (2, True), told
    (row,) = desk.story.get("custodian", "/original-loans")["items"]
    files = {"file": ("photo.jpg", (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
    ok(desk.world.client("custodian").post(f"/api/v1/original-loans/{row['id']}/photos", files=files), 201)
    for kind in ("custodian", "employee"):
        desk.world.clock.advance(seconds=60)
        exit_code, told = said(kind, "original", "return", loan, code=True)
        assert exit_code == 0, told
    assert "已归还" in said("custodian", "original", "loans", "--state", "returned")[1]
    assert said("employee", "original", "overdue")[0] == 0
    assert "您可见的借阅" in said("employee", "original", "return", "借阅-1999-000001")[1]


def pressed(desk: Desk, loan_id: str) -> None:
    check = {"request_id": desk.request["id"], **dict.fromkeys(POINTS, True)}
    ok(desk.story.post("reviewer", f"/loans/{loan_id}/checks", check), 201)
    press = {"request_id": desk.request["id"], "seal_id": desk.seal_id, "copies": 1, "normal": 1}
    use = ok(desk.story.post("reviewer", f"/loans/{loan_id}/presses", press), 201)
    files = {"file": ("photo.jpg", (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
    client = desk.world.client("reviewer")
    ok(client.post(f"/api/v1/loans/{loan_id}/photos", files=files, data={"use_id": use["id"]}), 201)
