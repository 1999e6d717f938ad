"""`shuangyin use`: void a seal use, through the public API of a running platform."""

from __future__ import annotations

from typing import Annotated

import typer

from shuangyin.api_caller import Caller, Server, TokenFile, console, refused, token_from

app = typer.Typer(no_args_is_help=True, help="用印：作废。 Seal uses: void one.")


@app.command()
def reasons(server: Server = "http://localhost:8600", token_file: TokenFile = None) -> None:
    """Show the codes of the reasons that a use may be voided for. Exit 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        for one in caller.call_list("GET", "/seal-uses/void-reasons"):
            console.print(f"{one['code']}  {one['zh']}  {one['en']}", highlight=False)


@app.command()
def void(
    number: Annotated[str, typer.Argument(help="Number of the use, such as 印-2026-000009.")],
    code: Annotated[
        str, typer.Option(help="Code of the reason, see `shuangyin use reasons`; outsiders are told it.")
    ],
    reason: Annotated[str, typer.Option(help="Why, in words; outsiders are not told them.")],
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Void a use that must not stand. It is kept with its file; whoever checks it is told. Cannot be taken back.

    Exit 0: done; 2: refused or not reached.
    """
    with Caller(server, token_from(token_file)) as caller:
        found = caller.call("GET", "/seal-uses", params={"number": number})["items"]
        if not found:
            raise refused(f"没有编号为 {number} 的用印。 There is no use {number}.")
        use = found[0]
        body = {"code": code, "reason": reason, "proof": caller.proof("sealing.void", use["id"])}
        done = caller.call("POST", f"/seal-uses/{use['id']}/void", json=body)
        console.print(f"已作废 {done['number']}（{done['seal_name']}）。 Voided.", highlight=False)
