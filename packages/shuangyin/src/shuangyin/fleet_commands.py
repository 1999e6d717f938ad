"""`shuangyin device`: the fleet of smart seals, through the public API of a running platform."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from shuangyin.api_caller import Caller, Server, TokenFile, console, refused, token_from

app = typer.Typer(
    no_args_is_help=True,
    help="智能印章：列表、批量登记、状态、锁定、全部冻结、固件。 Smart seals: list, register many, state, lock, freeze, "
    "firmware.",
)
COLUMNS = ("name", "maker")
MOST_ROWS = 1_000

Status = Annotated[str | None, typer.Option(help="awaiting, active or revoked; all of them by default.")]


@app.command("list")
def list_devices(
    status: Status = None, server: Server = "http://localhost:8600", token_file: TokenFile = None
) -> None:
    """List the devices. Exit 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        table = Table()
        for column in ("名称", "厂商", "状态", "印章", "在线", "锁定", "电量", "固件", "未处理预警"):
            table.add_column(column)
        for one in _devices(caller, status):
            seal = one["seal"]["name"] if one["seal"] else ""
            battery = "" if one["battery"] is None else f"{one['battery']}%"
            online = "在线" if one["online"] else ""
            table.add_row(
                one["name"], one["maker"], one["status"], seal, online, _lock(one), battery,
                one["firmware"] or "", str(one["open_alarms"] or ""),
            )  # fmt: skip
        console.print(table)


@app.command()
def register(
    table: Annotated[Path, typer.Argument(help="CSV with the columns name and maker, 1,000 rows at most.")],
    codes: Annotated[
        Path, typer.Option(help="Write names and one-time codes here; nobody else may read it.")
    ],
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Add many devices, and write the one-time code of each into a file. A device that is there already is left out.

    Exit 0: all rows are there; 2: the table cannot be used, refused or not reached. Running it again goes on.
    """
    rows = _rows(table)
    with Caller(server, token_from(token_file)) as caller:
        there = {one["name"] for one in _devices(caller, None)}
        descriptor = os.open(codes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            added = 0
            for row in rows:
                if row["name"] in there:
                    continue
                made = caller.call("POST", "/devices", json=row)
                writer.writerow([made["device"]["name"], made["device"]["id"], made["code"]])
                out.flush()
                added += 1
    console.print(
        f"已添加 {added} 台，{len(rows) - added} 台已有；登记码在 {codes}。 Added {added}.", highlight=False
    )


@app.command()
def state(
    name: Annotated[str, typer.Argument(help="Name of the device.")],
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Show how a device stands: lock, chain, counts, permits, alarms. Exit 2: refused, unknown or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        found = caller.call("GET", f"/devices/{_named(caller, name)['id']}")
        device, balance = found["device"], found["balance"]
        lines = {
            "编号": device["id"],
            "状态": device["status"],
            "印章": device["seal"]["name"] if device["seal"] else "—",
            "锁定": _lock(device) or "未锁定",
            "固件": device["firmware"] or "—",
            "证书序列号": found["certificate_serial"] or "—",
            "事件链": f"{device['seq']} 条，链头 {device['head']}",
            "账目": f"设备计数 {balance['counted']}，许可内 {balance['under_permits']}，"
            f"无许可 {balance['without_permit']}，登记 {balance['registered']}",
            "未处理预警": device["open_alarms"],
        }
        for label, text in lines.items():
            console.print(f"{label}：{text}", highlight=False)


@app.command()
def lock(
    name: Annotated[str, typer.Argument(help="Name of the device.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Lock a device at once; it stays locked until somebody unlocks it after review. Exit 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        device = _named(caller, name)
        caller.call("POST", f"/devices/{device['id']}/lock", json={"reason": reason})
        console.print(f"已发出锁定指令：{name}。 The lock is on its way.", highlight=False)


@app.command()
def freeze(
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Freeze every seal of the organization, in devices and without. Asks for a second factor. Exit 2: refused."""
    with Caller(server, token_from(token_file)) as caller:
        organization = caller.call("GET", "/me")["organization"]["id"]
        proof = caller.proof("seals.freeze_all", organization)
        caller.call("POST", "/seals/freeze", json={"reason": reason, "proof": proof})
        console.print("全部印章已冻结。 Every seal is frozen.")


@app.command()
def firmware(server: Server = "http://localhost:8600", token_file: TokenFile = None) -> None:
    """Count the active devices by maker and firmware. Exit 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        counts = Counter((one["maker"], one["firmware"] or "—") for one in _devices(caller, "active"))
    for (maker, version), count in sorted(counts.items()):
        console.print(f"{count:6d}  {maker}  {version}", highlight=False)


def _devices(caller: Caller, status: str | None) -> list[dict[str, Any]]:
    return caller.all("/devices", {"status": status} if status else {})


def _named(caller: Caller, name: str) -> dict[str, Any]:
    for one in _devices(caller, None):
        if one["name"] == name:
            return one
    raise refused(f"没有名为 {name} 的设备。 There is no device {name}.")


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table, each with every column. Ends the command with a sentence that names the row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            read = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise refused(f"读不到表格 {path}。 The table cannot be read.") from error
    if not 1 <= len(read) <= MOST_ROWS:
        raise refused(f"表格须有 1 至 {MOST_ROWS} 行。 The table has 1 to {MOST_ROWS} rows.")
    rows: list[dict[str, str]] = []
    for number, row in enumerate(read, start=2):
        kept = {column: (row.get(column) or "").strip() for column in COLUMNS}
        if not all(kept.values()):
            raise refused(f"第 {number} 行缺少 name 或 maker。 Line {number} lacks name or maker.")
        rows.append(kept)
    names = Counter(row["name"] for row in rows)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise refused(f"名称重复：{twice[0]}。 The name stands twice.")
    return rows


def _lock(device: dict[str, Any]) -> str:
    if device["locked_by"] is not None:
        return f"已锁定（{device['locked_by']}）"
    return "正在锁定" if device["lock_wanted"] else ""
