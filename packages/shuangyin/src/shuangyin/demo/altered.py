"""History altered by hand: in a copy of the installation, past the platform, and how it is found out.

The original is never touched. The copy is served for a moment by a process of its own, so that the audit and the
alarm are those that the people of the organization would see.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shuangyin.demo.cast import Cast
from shuangyin.demo.person import Person
from shuangyin.demo.report import Report, demand
from shuangyin.demo.server import Server

WAIT_SECONDS = 30
REWRITTEN = "同意（事后改写）"


@dataclass(frozen=True, slots=True)
class Alteration:
    """What was changed: the entries whose own bytes, and whose approval, are not what they were."""

    entry_index: int
    approval_index: int


def show_altered_history(cast: Cast, report: Report) -> None:
    """Alter a copy, audit it, and show the alarm as the auditor finds it at home."""
    report.chapter("六、绕过平台改动历史：被发现并指明", "History altered past the platform: found and named")
    copy = report.folder / "altered"
    _remove(copy)
    try:
        with report.step(
            "altered_copy", "复制一份数据库，拆掉其保护规则，手工改动一条存证和一次审批"
        ) as found:
            server = copy_installation(cast.server, copy)
            change = alter(copy / "data" / "shuangyin.sqlite3")
            found["entry"], found["approval"] = change.entry_index, change.approval_index
            found["say"] = f"第 {change.entry_index} 条存证、第 {change.approval_index} 条所记的审批"
        try:
            server.start()
            with cast["auditor"].at(server.base_url) as auditor:
                _audit(report, auditor, change)
                _alarm(report, auditor)
        finally:
            server.stop()
    finally:
        _remove(copy)


def copy_installation(original: Server, folder: Path) -> Server:
    """A copy of an installation under a folder of its own, not started yet.

    Its stored files are further links to the same ones: nothing ever changes a stored file, and no room is needed.
    """
    data = original.data_dir
    (folder / "data").mkdir(parents=True, mode=0o700)
    with (
        closing(sqlite3.connect(data / "shuangyin.sqlite3")) as source,
        closing(sqlite3.connect(folder / "data" / "shuangyin.sqlite3")) as target,
    ):
        source.backup(target)
    unfinished = shutil.ignore_patterns(".*")
    shutil.copytree(data / "objects", folder / "data" / "objects", ignore=unfinished, copy_function=os.link)
    for kind in ("keys", "fence"):
        shutil.copytree(data.with_name(f"{data.name}-{kind}"), folder / f"data-{kind}")
    # Anchors and witnesses belong to the original; the copy must not speak to them in its name.
    settings = {
        "SHUANGYIN_LOG_WITNESSES": "[]",
        "SHUANGYIN_LOG_AUDIT_HOURS": "0",
        "SHUANGYIN_PORT_SEARCH": "true",
    }
    return original.elsewhere(folder / "data", folder / "server.log", settings)


def alter(database: Path) -> Alteration:
    """Change one entry and one approval with a plain database tool, as somebody with the owner's rights could."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TRIGGER evidence_entry_no_update")
        place = "SELECT l.log_index, e.id FROM log_leaf l JOIN evidence_entry e ON e.id = l.entry_id"
        index, entry_id = connection.execute(
            f"{place} WHERE e.kind = 'requests.submitted' ORDER BY l.log_index LIMIT 1"
        ).fetchone()
        connection.execute(
            "UPDATE evidence_entry SET body = replace(body, '\"v\":1', '\"v\":2') WHERE id = ?", (entry_id,)
        )
        approval, decision_id = connection.execute(
            "SELECT l.log_index, d.id FROM approval_decision d JOIN log_leaf l ON l.entry_id = d.entry_id "
            "ORDER BY l.log_index DESC LIMIT 1"
        ).fetchone()
        connection.execute("UPDATE approval_decision SET comment = ? WHERE id = ?", (REWRITTEN, decision_id))
    return Alteration(index, approval)


def _audit(report: Report, auditor: Person, change: Alteration) -> None:
    with report.step("altered_audit", "审计人员在副本上运行全量审计：发现并指明") as found:
        run = auditor.post_json("/evidence/audits")
        deadline = time.monotonic() + WAIT_SECONDS
        while run["state"] in ("waiting", "running") and time.monotonic() < deadline:
            time.sleep(0.2)
            run = auditor.get(f"/evidence/audits/runs/{run['id']}")
        demand(run["state"] == "done", f"the audit did not end: {run}")
        outcome: dict[str, Any] = auditor.get("/evidence/audits")["items"][0]
        named = {(one["what"], one["index"]) for one in outcome["findings"]}
        demand(("fact", change.approval_index) in named, f"the approval was not named: {outcome}")
        demand(
            ("columns", change.entry_index) in named or ("entry", change.entry_index) in named, f"{outcome}"
        )
        found["findings"] = [one["zh"] for one in outcome["findings"]]
        by_name = [one for one in outcome["findings"] if one["what"] in ("entry", "tile", "columns", "fact")]
        after = [one for one in outcome["findings"] if one["what"] in ("head", "state", "fence")]
        demand(len(by_name) + len(after) == len(outcome["findings"]), f"found what nobody altered: {outcome}")
        found["say"] = f"{len(by_name)} 处不符"
    for one in by_name:
        report.console.print(f"      [red]{one['zh']}[/red] [dim]{one['en']}[/dim]", highlight=False)
    report.console.print(
        f"      其后 {len(after)} 个签署的检查点和状态因此不符 "
        f"[dim]and so {len(after)} signed heads and states after it[/dim]",
        highlight=False,
    )


def _alarm(report: Report, auditor: Person) -> None:
    with report.step("altered_alarm", "审计人员的工作台出现告警") as found:
        alerts = auditor.get("/workbench")["seals"]
        first = next((one for one in alerts if one["link"] == "/evidence/state"), None)
        demand(first is not None and first["level"] == "danger", f"there is no alarm: {alerts}")
        assert first is not None  # noqa: S101  # just demanded
        found["alarm"] = first["zh"]
    report.console.print(
        f"      [bold red]告警[/bold red] {first['zh']}\n      [dim]{first['en']}[/dim]", highlight=False
    )


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
