"""`shuangyin request`: a draft is thrown away, through the public API of a running platform."""

from __future__ import annotations

from typing import Annotated

import typer

from shuangyin.api_caller import Caller, Server, TokenFile, console, refused, token_from

app = typer.Typer(no_args_is_help=True, help="用印申请：丢弃草稿。 Applications: discard a draft.")


@app.callback()
def requests() -> None:
    """用印申请。 Applications."""


@app.command()
def discard(
    number: Annotated[str, typer.Argument(help="Number of the application, such as 用印-2026-000123.")],
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Throw away one's own draft, or an application that came back. Its number and record stay.

    Exit 0: done; 2: refused or not reached.
    """
    with Caller(server, token_from(token_file)) as caller:
        found = caller.call("GET", "/requests", params={"scope": "mine", "q": number})
        mine = [one for one in found["items"] if one["number"] == number]
        if not mine:
            raise refused(f"您没有编号为 {number} 的申请。 You have no application {number}.")
        headers = {"If-Match": f'"{mine[0]["version"]}"'}
        done = caller.call("POST", f"/requests/{mine[0]['id']}/discard", json={}, headers=headers)
        console.print(f"已丢弃 {done['number']}。 Discarded.", highlight=False)
