"""`shuangyin person`: a person leaves, through the public API of a running platform.

The embedded database belongs to the process that serves it, so the command asks that process, as whoever holds the
token, and confirms with that person's own second factor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from shuangyin.api_caller import Caller, Server, TokenFile, console, token_from

app = typer.Typer(no_args_is_help=True, help="人员：办理离职。 People: let somebody leave.")


@app.command()
def leave(
    account: Annotated[str, typer.Argument(help="Account, id, or name where only one has it.")],
    successor: Annotated[str | None, typer.Option(help="Who takes over, named alike.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would happen.")] = False,  # noqa: FBT002  # the option's name
    at_once: Annotated[bool, typer.Option("--at-once", help="The head orders it over the rest.")] = False,  # noqa: FBT002  # the option's name
    sheet: Annotated[Path | None, typer.Option(help="Write the proof sheet (PDF) here.")] = None,
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Show everything a person has in hand and, unless --preview, end it or hand it over at one instant.

    With --at-once the head of the organization orders it although something is not settled: that stays as a task, and a
    seal of it is suspended. Exit 0: done; 1: something must be settled first; 2: refused or not reached.
    """
    with Caller(server, token_from(token_file)) as caller:
        person = caller.person(account)
        choices: dict[str, Any] = {"reason": reason}
        if successor is not None:
            choices["successor_id"] = caller.person(successor)["id"]
        path, act = f"/persons/{person['id']}/leave", "people.leave"
        if at_once:
            path, act = f"{path}/forced", f"{act}_forced"
        shown = caller.call("POST", f"{path}/preview", json=choices)
        console.print(_table(person["name"], shown))
        if shown["blocked"]:
            console.print(
                f"有 {shown['blocked']} 项须先处理。 {shown['blocked']} things must be settled first."
            )
            raise typer.Exit(1)
        if preview:
            return
        proof = caller.proof(act, person["id"])
        done = caller.call("POST", path, json={**choices, "proof": proof, "seen": shown["digest"]})
        made = done["transition"]
        console.print(f"已办理 {made['number']}，共 {made['items']} 项。 Done: {made['items']} things.")
        if sheet is not None:
            sheet.write_bytes(caller.content(f"/person-transitions/{made['id']}/sheet.pdf"))


def _table(name: str, shown: dict[str, Any]) -> Table:
    table = Table(title=f"{name}：{shown['total']} 项")
    for column in ("类别", "事项", "结果", "接任", "说明"):
        table.add_column(column)
    for part in shown["parts"]:
        for item in part["items"]:
            to = item["to"]["name"] if item["to"] else ""
            what = f"{item['kind_text']} {item['label']}".strip()
            table.add_row(part["text"], what, item["outcome_text"], to, item["why_text"] or "")
        if part["total"] > len(part["items"]):
            table.add_row(part["text"], f"… {part['total'] - len(part['items'])}", "", "", "")
    return table
