"""Run the demonstration from beginning to end."""

from __future__ import annotations

import shutil
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from shuangyin.demo.altered import show_altered_history
from shuangyin.demo.broker import Broker
from shuangyin.demo.cast import Cast, establish
from shuangyin.demo.electronic import seal_electronically
from shuangyin.demo.outsider import check_electronic, check_records
from shuangyin.demo.physical import seal_physically
from shuangyin.demo.report import Report, StepFailed
from shuangyin.demo.server import Server, sweep_old_runs
from shuangyin.devices.broker.process import find_mosquitto

RESULTS = ("evidence", "trust")


def run(folder: Path, console: Console, *, keep_serving: bool) -> bool:
    """Do the main job on the samples; True when every step came out. Results and `summary.json` go to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in RESULTS:
        shutil.rmtree(folder / name, ignore_errors=True)
    sweep_old_runs(folder)
    report = Report(folder, console)
    server = Server(folder, {})
    mosquitto = find_mosquitto()
    if mosquitto is not None:
        server.join_broker(Broker(mosquitto, server.data_dir / "broker"))
    console.print("[bold]双印 Shuangyin[/bold]:电子印章与实体印章，一份清单、一条审批、一本存证")
    try:
        cast = establish(server, report)
        electronic = seal_electronically(cast, report)
        check_electronic(cast, report, electronic)
        physical = seal_physically(cast, report)
        check_records(cast, report, electronic, physical)
        show_altered_history(cast, report)
        report.facts = _facts(cast, electronic, physical)
        report.write()
        _conclude(cast, report, console, keep_serving=keep_serving)
        if keep_serving:
            typer.echo(f"\n{server.wait()}", err=True)
            return False
    except StepFailed as error:
        report.write()
        console.print(f"\n[red]演示未能完成：[/red]{error}", highlight=False)
        return False
    except KeyboardInterrupt:
        console.print("\n已停止。 Stopped.")
    finally:
        server.stop()
    return report.ok


def _facts(cast: Cast, electronic: dict[str, object], physical: dict[str, object]) -> dict[str, object]:
    return {
        "address": cast.server.base_url,
        "data_dir": str(cast.server.data_dir),
        "requests": {
            name: {"id": request["id"], "number": request["number"], "status": request["status"]}
            for name, request in (("electronic", electronic), ("physical", physical))
        },
    }


def _conclude(cast: Cast, report: Report, console: Console, *, keep_serving: bool) -> None:
    table = Table(title="账号 Accounts", title_justify="left")
    for column in ("姓名", "岗位", "账号", "密码", "动态口令密钥 (TOTP)"):
        table.add_column(column, overflow="fold")
    for person in cast.people.values():
        table.add_row(person.name, person.post, person.account, person.password, person.secret)
    console.print()
    console.print(table)
    if keep_serving:
        console.print(f"地址 Address: {cast.server.base_url}/app/", highlight=False)
    console.print("动态口令 Code now: .venv/bin/shuangyin demo-code ACCOUNT", highlight=False)
    console.print(
        f"结果 Results: {report.folder}/ (summary.json, sealed-contract.pdf, use-register.pdf, evidence/, trust/)",
        highlight=False,
    )
    if keep_serving:
        console.print("\n平台继续运行，按 Ctrl+C 结束。 Serving; press Ctrl+C to stop.")
    again = f".venv/bin/shuangyin serve --data-dir {cast.server.data_dir} --port {cast.server.port}"
    typer.echo(f"以后再次启动同一数据 To start again on the same data: {again}")
