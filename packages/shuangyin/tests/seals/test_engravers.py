"""The register of engravers: who makes a physical seal or takes it back, entered one by one or as a table."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import World, ok, problem
from seal_desk import SealDesk
from tampering import Altered, require_named, require_untouched

from shuangyin.core.spreadsheets import write_xlsx

pytestmark = pytest.mark.database_full


@pytest.fixture
def desk(world: World) -> SealDesk:
    return SealDesk(world)


@pytest.mark.database
def test_a_seal_is_made_and_taken_back_only_by_an_engraver_in_the_register(desk: SealDesk) -> None:
    admin = desk.world.client("administrator")
    other: dict[str, Any] = {"maker_name": "北京云篆刻字店", "maker_filing_no": "京刻备2026000099"}
    entry = {"name": other["maker_name"], "filing_no": other["maker_filing_no"]}
    seal_id = desk.taken_in()
    problem(desk.ask(seal_id, "surrender", **other), 409, "ENGRAVER_UNKNOWN")
    problem(desk.world.client("custodian").post("/api/v1/engravers", json=entry), 403, "NOT_PERMITTED")
    engraver = ok(admin.post("/api/v1/engravers", json={**entry, "valid_until": "2030-12-31"}), 201)
    problem(admin.post("/api/v1/engravers", json=entry), 409, "ENGRAVER_TAKEN")
    problem(desk.ask(seal_id, "surrender", **{**other, "maker_name": "别的店"}), 409, "ENGRAVER_UNKNOWN")
    path = f"/api/v1/engravers/{engraver['id']}"
    stale = {"If-Match": '"7"'}
    problem(admin.put(path, json={**entry, "active": True}, headers=stale), 412, "STALE_VERSION")
    ok(admin.put(path, json={**entry, "active": False}))
    problem(desk.ask(seal_id, "surrender", **other), 409, "ENGRAVER_ENDED")
    ok(admin.put(path, json={**entry, "active": True, "valid_until": "2020-01-01"}))
    problem(desk.ask(seal_id, "surrender", **other), 409, "ENGRAVER_EXPIRED")
    [listed] = ok(admin.get("/api/v1/engravers"))["items"]
    assert (listed["usable"], listed["valid_until"]) == (False, "2020-01-01")
    ok(admin.put(path, json={**entry, "active": True}))
    # Who was right when the step was asked for and ended before its approval gets no seal either. Until then both the
    # step and the register say what would come of it, which is also how a step waits that an upgrade found.
    ok(desk.ask(seal_id, "surrender", **other), 201)
    assert (desk.life(seal_id)["waiting"]["obstacle"], ok(admin.get("/api/v1/engravers"))["wanted"]) == (
        None,
        [],
    )
    ok(admin.put(path, json={**entry, "active": False}))
    waiting = desk.life(seal_id)["waiting"]
    [wanted] = ok(admin.get("/api/v1/engravers"))["wanted"]
    assert (wanted["step_id"], wanted["filing_no"]) == (waiting["id"], other["maker_filing_no"])
    assert waiting["obstacle"] == wanted["text"]
    assert "停用" in wanted["text"]["zh"]
    desk.decide()
    assert ok(admin.get("/api/v1/engravers"))["wanted"] == []
    [step] = desk.life(seal_id)["steps"]
    assert (desk.status(seal_id), step["status"], step["ended_because"]) == (
        "in_force", "void", "ENGRAVER_ENDED",
    )  # fmt: skip
    ok(admin.put(path, json={**entry, "active": True}))
    desk.do(seal_id, "surrender", **other)
    assert desk.status(seal_id) == "surrendered"
    require_untouched(desk.world.platform)
    changes = [
        Altered("engraver", "name", "别的店", "Engraver.name"),
        Altered("engraver", "filing_no", "京刻备1", "Engraver.filing_no"),
        Altered("engraver", "valid_until", "2040-01-01", "Engraver.valid_until"),
        Altered("engraver", "active", False, "Engraver.active"),
        Altered("engraver", "created_at", 9, "Engraver.created_at"),
    ]
    require_named(desk.world.platform, "seals.", changes)


@pytest.mark.database
def test_a_table_of_engravers_is_judged_row_by_row_and_taken_whole(desk: SealDesk) -> None:
    def upload(
        lines: list[list[str]], *, dry_run: bool, kind: str = "administrator", head: str = "刻制单位"
    ) -> Any:
        content = write_xlsx([[head, "备案编号", "备案有效期至"], *lines], title="名录")
        files = {"file": ("engravers.xlsx", content, "application/zip")}
        return desk.world.client(kind).post(
            f"/api/v1/engravers/import?dry_run={str(dry_run).lower()}", files=files
        )

    def listed() -> list[tuple[str, str | None]]:
        items = ok(desk.world.client("administrator").get("/api/v1/engravers"))["items"]
        return [(one["filing_no"], one["valid_until"]) for one in items]

    good = [
        ["京华刻章", "京刻备1", "2030-12-31"],
        ["京华刻章二店", "京刻备2", ""],
        ["云篆", "京刻备3", "47848"],
    ]
    assert ok(upload(good, dry_run=True)) == {"rows": 3, "faults": [], "added": 0}
    assert listed() == []
    faulty = [*good, ["", "京刻备4", ""], ["丙", "京刻备1", "2030-02-30"], ["丁\u202e", "9" * 65, "明年"]]
    seen = ok(upload(faulty, dry_run=False))
    assert [(one["row"], one["code"]) for one in seen["faults"]] == [
        (2, "ENGRAVER_TWICE"), (5, "CELL_LENGTH"), (6, "ENGRAVER_TWICE"), (6, "DAY_FORM"),
        (7, "TEXT_UNSEEN_CHARACTERS"), (7, "CELL_LENGTH"), (7, "DAY_FORM"),
    ]  # fmt: skip
    assert (seen["added"], listed()) == (0, [])
    assert ok(upload(good, dry_run=False))["added"] == 3
    # The last was a date of the spreadsheet's own kind: days since the end of 1899.
    assert sorted(listed()) == [("京刻备1", "2030-12-31"), ("京刻备2", None), ("京刻备3", "2030-12-31")]
    again = ok(upload(good, dry_run=False))
    assert ({one["code"] for one in again["faults"]}, again["added"]) == ({"ENGRAVER_TAKEN"}, 0)
    problem(upload(good, dry_run=True, kind="custodian"), 403, "NOT_PERMITTED")
    problem(upload(good, dry_run=True, head="店名"), 422, "ENGRAVERS_COLUMNS")
    problem(upload([], dry_run=True), 422, "ENGRAVERS_EMPTY")
    template = desk.world.client("administrator").get("/api/v1/engravers/template")
    files = {"file": ("engravers.xlsx", template.content, "application/zip")}
    read = ok(desk.world.client("administrator").post("/api/v1/engravers/import", files=files))
    assert (read["rows"], read["faults"]) == (1, [])
    require_untouched(desk.world.platform)
