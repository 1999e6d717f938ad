"""`shuangyin original`: originals that lie beside the seals and their loans, through the public API of a running platform."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from shuangyin.api_caller import Caller, Server, TokenFile, console, moment, refused, token_from
from shuangyin.core.clock import BEIJING, beijing_time

app = typer.Typer(
    no_args_is_help=True,
    help="原件借阅：台账、申请、取出、查验、归还、逾期。 Originals: register, borrow, take out, check, return, overdue.",
)

Number = Annotated[str, typer.Argument(help="Number of the loan, such as 借阅-2026-000007.")]
_STATES = {
    "asked": "审批中 being approved",
    "approved": "待取出 to be taken out",
    "rejected": "未批准 rejected",
    "sent_back": "已退回 sent back",
    "out": "待归还 to be returned",
    "overdue": "逾期 overdue",
    "returned": "已归还 returned",
    "cancelled": "已取消 called off",
}
_PLACES = {
    "kept": "在库 in its safe",
    "lent": "借出 lent",
    "missing": "缺失 missing",
    "withdrawn": "已移出 taken out of the register",
}


@app.command("list")
def list_originals(
    state: Annotated[
        str | None, typer.Option(help="kept, lent, missing or withdrawn; every state without it.")
    ] = None,
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Show the register of originals, newest first. Exit 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        for one in caller.all("/originals", {"state": state} if state else {}):
            console.print(
                f"{one['number']}  {_PLACES[one['state']]}  {one['name']}  {one['safe_name']} {one['slot']}",
                highlight=False,
                soft_wrap=True,
            )


@app.command()
def borrow(
    numbers: Annotated[list[str], typer.Argument(help="Numbers of the originals, all of one safe.")],
    purpose: Annotated[str, typer.Option(help="What for.")],
    place: Annotated[str, typer.Option(help="Where they are taken to.")],
    until: Annotated[str, typer.Option(help="When they are back, Beijing time: 2026-05-20T18:00.")],
    begins: Annotated[
        str | None, typer.Option("--from", help="When the loan begins, Beijing time; now without it.")
    ] = None,
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Ask to borrow originals; whom their route names has to approve. Exit 0: asked; 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        there = {one["number"]: one["id"] for one in caller.all("/originals")}
        unknown = [one for one in numbers if one not in there]
        if unknown:
            raise refused(f"没有原件 {unknown[0]}。 There is no original {unknown[0]}.")
        body = {
            "original_ids": [there[one] for one in numbers],
            "purpose": purpose,
            "place": place,
            "from_at": moment(begins) if begins else int(datetime.now(BEIJING).timestamp() * 1000),
            "due_at": moment(until),
        }
        _show(caller.call("POST", "/original-loans", json=body))


@app.command("take-out")
def take_out(number: Number, server: Server = "http://localhost:8600", token_file: TokenFile = None) -> None:
    """Confirm with one's own second factor that the originals go out, as borrower or keeper of the safe.

    Exit 0: done; 2: refused or not reached.
    """
    _confirm(number, ("approved",), server, token_from(token_file))


@app.command()
def check(
    number: Number,
    damaged: Annotated[
        list[str] | None,
        typer.Option(help="NUMBER=WHAT IS WRONG of an original that is not intact; repeatable."),
    ] = None,
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Enter in which condition the originals of a loan came back, as keeper of the safe: intact unless named.

    The photo of them in their slot is taken on the page of the loan. Exit 0: entered; 2: refused or not reached.
    """
    wrong = dict(_parted(one) for one in damaged or [])
    with Caller(server, token_from(token_file)) as caller:
        loan = _loan(caller, number)
        strange = wrong.keys() - {one["number"] for one in loan["items"]}
        if strange:
            raise refused(f"{number} 中没有原件 {min(strange)}。 No such original is on this loan.")
        items = [
            {
                "original_id": one["original_id"],
                "intact": one["number"] not in wrong,
                "note": wrong.get(one["number"]),
            }
            for one in loan["items"]
        ]
        _show(caller.call("POST", f"/original-loans/{loan['id']}/checks", json={"items": items}))


@app.command("return")
def bring_back(
    number: Number, server: Server = "http://localhost:8600", token_file: TokenFile = None
) -> None:
    """Confirm with one's own second factor that the originals are back; they are once borrower and keeper both have.

    Exit 0: done; 2: refused or not reached.
    """
    _confirm(number, ("out", "overdue"), server, token_from(token_file))


@app.command()
def loans(
    state: Annotated[
        str | None, typer.Option(help="asked, approved, out, overdue, returned, rejected or cancelled.")
    ] = None,
    server: Server = "http://localhost:8600",
    token_file: TokenFile = None,
) -> None:
    """Show loans of originals, newest first: one's own, or all for who may read custody. Exit 2: refused."""
    with Caller(server, token_from(token_file)) as caller:
        for one in _loans(caller, state):
            _show(one)


@app.command()
def overdue(server: Server = "http://localhost:8600", token_file: TokenFile = None) -> None:
    """Show loans past their time. Exit 0: there is none; 1: there are some; 2: refused or not reached."""
    with Caller(server, token_from(token_file)) as caller:
        late = _loans(caller, "overdue")
    for one in late:
        _show(one)
    if late:
        raise typer.Exit(1)
    console.print("没有逾期的借阅。 No loan of originals is overdue.", highlight=False)


def _confirm(number: str, states: tuple[str, ...], server: str, token: str) -> None:
    with Caller(server, token) as caller:
        loan = _loan(caller, number)
        if loan["state"] not in states:
            raise refused(
                f"{number} 现为{_STATES[loan['state']]}。 Nothing of the kind is to be confirmed now."
            )
        _show(caller.confirm(f"/original-loans/{loan['id']}/confirm"))


def _loan(caller: Caller, number: str) -> dict[str, Any]:
    for one in _loans(caller, None):
        if one["number"] == number:
            return one
    raise refused(f"没有您可见的借阅 {number}。 You see no loan of originals {number}.")


def _loans(caller: Caller, state: str | None) -> list[dict[str, Any]]:
    return caller.all("/original-loans", {"state": state} if state else {})


def _parted(text: str) -> tuple[str, str]:
    number, between, wrong = text.partition("=")
    if not between or not wrong.strip():
        raise refused("不完好的原件请写作 编号=情况。 Write a damaged original as NUMBER=WHAT IS WRONG.")
    return number.strip(), wrong.strip()


def _show(loan: dict[str, Any]) -> None:
    names = "、".join(one["name"] for one in loan["items"])
    due = beijing_time(loan["due_at"]).strftime("%Y-%m-%d %H:%M")
    console.print(
        f"{loan['number']}  {_STATES[loan['state']]}  {names}  {loan['place']}  "
        f"{loan['custodian']['name']} / {loan['borrower']['name']}  归还期限 due {due}",
        highlight=False,
        soft_wrap=True,
    )
