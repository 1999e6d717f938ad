"""`shuangyin loan`: seals that leave their safe, through the public API of a running platform."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from shuangyin.api_caller import Caller, Server, TokenFile, console, moment, refused, token_from
from shuangyin.core.clock import BEIJING, beijing_time

app = typer.Typer(
    no_args_is_help=True,
    help="印章外带：约定、取出、归还、查看。 Loans of seals: agree, take out, return, list.",
)

Number = Annotated[str, typer.Argument(help="Number of the loan, such as 外带-2026-000007.")]
States = Annotated[
    str | None, typer.Option(help="pending, out, overdue, returned or cancelled; every state without it.")
]
_STATES = {
    "pending": "待取出 to be taken out",
    "out": "待归还 to be returned",
    "overdue": "逾期 overdue",
    "returned": "已归还 returned",
    "cancelled": "已取消 called off",
}


@app.command()
def agree(
    request: Annotated[str, typer.Argument(help="Number of the approved application.")],
    escort: Annotated[str, typer.Option(help="Name of who takes the seals along and presses.")],
    place: Annotated[str, typer.Option(help="Where the seals are taken to.")],
    until: Annotated[str, typer.Option(help="When they are back, Beijing time: 2026-05-20T18:00.")],
    begins: Annotated[
        str | None, typer.Option("--from", help="When the loan begins, Beijing time; now without it.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="What for; the reason of the application otherwise.")
    ] = None,
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Agree on a loan of all seals of an approved application; the caller is their custodian.

    Exit 0: done; 2: refused or not reached.
    """
    with Caller(server, token_from(token_file)) as caller:
        waiting = [one for one in caller.call_list("GET", "/custody/waiting") if one["number"] == request]
        if not waiting:
            raise refused(f"没有待用印的申请 {request}。 No application {request} waits for a physical seal.")
        asked, due_at = waiting[0], moment(until)
        body = {
            "request_id": asked["id"],
            "seal_ids": [one["seal_id"] for one in asked["seals"]],
            "escort_id": _named(caller, escort),
            "place": place,
            "purpose": purpose or asked["reason"],
            "from_at": moment(begins) if begins else int(datetime.now(BEIJING).timestamp() * 1000),
            "due_at": due_at,
        }
        _show(caller.call("POST", "/loans", json=body))


@app.command("take-out")
def take_out(number: Number, server: Server = "http://localhost:8600", token_file: TokenFile = None) -> None:
    """Confirm with one's own second factor that the seals go out; they are out once custodian and escort both have.

    Exit 0: done; 2: refused or not reached.
    """
    _confirm(number, ("pending",), server, token_from(token_file))


@app.command("return")
def bring_back(
    number: Number, server: Server = "http://localhost:8600", token_file: TokenFile = None
) -> None:
    """Confirm with one's own second factor that the seals are back; they are once custodian and escort both have.

    Exit 0: done; 2: refused or not reached.
    """
    _confirm(number, ("out", "overdue"), server, token_from(token_file))


@app.command("list")
def list_loans(
    state: States = None, server: Server = "http://localhost:8600", token_file: TokenFile = None
) -> None:
    """Show loans, newest first: one's own, or all for who may read custody. Exit 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        for one in _loans(caller, state):
            _show(one)


@app.command()
def overdue(server: Server = "http://localhost:8600", token_file: TokenFile = None) -> None:
    """Show loans past their time. Exit 0: there is none; 1: there are some; 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        late = list(_loans(caller, "overdue"))
    for one in late:
        _show(one)
    if late:
        raise typer.Exit(1)
    console.print("没有逾期的外带。 No loan is overdue.", highlight=False)


def _named(caller: Caller, name: str) -> str:
    """The id of the one active person of this name. Ends the command when there is none, or more than one."""
    active = caller.all("/persons", {"status": "active"})
    found = [str(one["id"]) for one in active if one["name"] == name]
    if len(found) != 1:
        raise refused(
            f"在职人员中「{name}」有 {len(found)} 人，须恰为一人。 Not exactly one person is called so."
        )
    return found[0]


def _confirm(number: str, states: tuple[str, ...], server: str, token: str) -> None:
    with Caller(server, token) as caller:
        loan = next((one for one in _loans(caller, None) if one["number"] == number), None)
        if loan is None:
            raise refused(f"没有您可见的外带 {number}。 You see no loan {number}.")
        if loan["state"] not in states:
            raise refused(
                f"{number} 现为{_STATES[loan['state']]}。 Nothing of the kind is to be confirmed now."
            )
        _show(caller.confirm(f"/loans/{loan['id']}/confirm"))


def _loans(caller: Caller, state: str | None) -> list[dict[str, Any]]:
    """All loans that the caller sees."""
    return caller.all("/loans", {"state": state} if state else {})


def _show(loan: dict[str, Any]) -> None:
    seals = "、".join(one["name"] for one in loan["seals"])
    due = beijing_time(loan["due_at"]).strftime("%Y-%m-%d %H:%M")
    console.print(
        f"{loan['number']}  {_STATES[loan['state']]}  {seals}  {loan['place']}  "
        f"{loan['custodian']['name']} / {loan['escort']['name']}  归还期限 due {due}",
        highlight=False,
        soft_wrap=True,
    )
