"""`shuangyin person`: a person leaves, through the public API of a running platform.

The embedded database belongs to the process that serves it, so the command asks that process, as whoever holds the
token, and confirms with that person's own second factor.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="人员：办理离职。 People: let somebody leave.")
console = Console()

TOKEN_VARIABLE = "SHUANGYIN_TOKEN"  # noqa: S105  # the name of a variable
CODE_VARIABLE = "SHUANGYIN_SECOND_FACTOR"
_PATIENCE_S = 120

Server = Annotated[str, typer.Option(help="Address of the running platform.")]
TokenFile = Annotated[
    Path | None, typer.Option(help=f"File with a bearer token that may manage people; or ${TOKEN_VARIABLE}.")
]


@app.command()
def leave(
    account: Annotated[str, typer.Argument(help="Account of the person who leaves.")],
    successor: Annotated[str | None, typer.Option(help="Account of who takes over.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would happen.")] = False,  # noqa: FBT002  # the option's name
    sheet: Annotated[Path | None, typer.Option(help="Write the proof sheet (PDF) here.")] = None,
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Show everything a person has in hand and, unless --preview, end it or hand it over at one instant.

    Exit 0: done; 1: something must be settled first; 2: refused or not reached.
    """
    with _Caller(server, _token(token_file)) as caller:
        person = caller.person(account)
        choices: dict[str, Any] = {"reason": reason}
        if successor is not None:
            choices["successor_id"] = caller.person(successor)["id"]
        path = f"/persons/{person['id']}/leave"
        shown = caller.call("POST", f"{path}/preview", json=choices)
        console.print(_table(person["name"], shown))
        if shown["blocked"]:
            console.print(
                f"有 {shown['blocked']} 项须先处理。 {shown['blocked']} things must be settled first."
            )
            raise typer.Exit(1)
        if preview:
            return
        code = os.environ.get(CODE_VARIABLE) or typer.prompt("动态口令 Second factor", hide_input=True)
        asked = {"act": "people.leave", "subject": person["id"], "method": "totp", "code": code}
        proof = caller.call("POST", "/auth/step-up", json=asked)["proof"]
        done = caller.call("POST", path, json={**choices, "proof": proof, "seen": shown["digest"]})
        made = done["transition"]
        console.print(f"已办理 {made['number']}，共 {made['items']} 项。 Done: {made['items']} things.")
        if sheet is not None:
            sheet.write_bytes(caller.content(f"/person-transitions/{made['id']}/sheet.pdf"))


class _Caller:
    """The public API with a bearer token. Ends the command with a sentence when it refuses or is not there."""

    def __init__(self, server: str, token: str) -> None:
        import httpx  # noqa: PLC0415  # heavy imports only where they are needed

        self._errors = httpx.HTTPError
        self._client = httpx.Client(
            base_url=f"{server.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_PATIENCE_S,
            trust_env=False,
        )

    def __enter__(self) -> _Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return dict(self._send(method, path, **arguments).json())

    def content(self, path: str) -> bytes:
        return bytes(self._send("GET", path).content)

    def person(self, account: str) -> dict[str, Any]:
        """The active person of an account."""
        cursor: str | None = None
        while True:
            query = {"status": "active", "limit": 200, **({"cursor": cursor} if cursor else {})}
            page = self.call("GET", "/persons", params=query)
            for one in page["items"]:
                if one["account"] == account:
                    return dict(one)
            cursor = page["next_cursor"]
            if cursor is None:
                raise _refused(f"没有在职人员使用账号 {account}。 Nobody here has the account {account}.")

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            answer = self._client.request(method, path, **arguments)
        except self._errors as error:
            raise _refused("连接不上平台，请核对 --server。 The platform is not reached.") from error
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
            told = f"{problem['detail']} [{problem['code']}]"
        except (ValueError, KeyError, TypeError):
            told = f"HTTP {answer.status_code}"
        raise _refused(told)


def _token(token_file: Path | None) -> str:
    try:
        token = token_file.read_text(encoding="utf-8") if token_file else os.environ.get(TOKEN_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused("读不到令牌文件。 The token file cannot be read.") from error
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise _refused(f"请给出令牌：--token-file 或 {TOKEN_VARIABLE}。 Give a bearer token.")
    return token


def _refused(told: str) -> typer.Exit:
    console.print(told, highlight=False)
    return typer.Exit(2)


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
