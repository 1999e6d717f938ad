"""Routes of the weekly statements, for who answers for the seals and who reads every application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Page
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.organization.queries import get as organization_of
from shuangyin.workbench import statements
from shuangyin.workbench.models import WeeklyStatement
from shuangyin.workbench.statement_sheet import sheet_of, typeset

router = Routes(prefix="/statements", tags=["workbench"])

Reader = Annotated[Actor, access("requests.read_all")]


class StatementLineOut(BaseModel):
    """What one seal of one medium was used for. Amounts in the smallest unit, by currency."""

    seal_id: str
    seal_name: str
    medium: str
    uses: int
    voided: int
    presses: int
    requests: int
    amounts: dict[str, int]
    unknown_amounts: int


class StatementOut(BaseModel):
    """One week's statement."""

    id: str
    week: str
    from_at: int
    until_at: int
    made_at: int
    read_at: int | None
    sm3: str
    entry_id: str
    lines: list[StatementLineOut]


class RunningWeekOut(BaseModel):
    """What was sealed in the present week up to now; its statement is made when it is over."""

    week: str
    until_at: int
    lines: list[StatementLineOut]


@router.get("/running", response_model=RunningWeekOut)
def running_week(platform: PlatformOf, actor: Reader) -> RunningWeekOut:
    """What was sealed since Monday, per seal, medium and amount."""

    def query(work: UnitOfWork) -> RunningWeekOut:
        monday, lines = statements.running_week(work, actor)
        return RunningWeekOut(week=monday.isoformat(), until_at=work.now, lines=_lines(lines))

    return platform.view(query)


@router.get("", response_model=Page[StatementOut])
def list_statements(platform: PlatformOf, actor: Reader) -> Page[StatementOut]:
    """The weekly statements, the newest first."""

    def query(work: UnitOfWork) -> Page[StatementOut]:
        return Page(items=[_out(one) for one in statements.statements(work, actor)], next_cursor=None)

    return platform.view(query)


@router.post("/{statement_id}/read", response_model=StatementOut)
def mark_read(statement_id: IdInPath, actor: Reader, write: Write) -> StatementOut | Response:
    """Note that who answers for the seals has read it."""
    return write.run(actor, lambda work: _out(statements.mark_read(work, actor, statement_id)))


@router.get("/{statement_id}/sheet.pdf", response_class=Response)
def print_statement(statement_id: IdInPath, platform: PlatformOf, actor: Reader) -> Response:
    """The statement as a page to be printed."""

    def query(work: UnitOfWork) -> dict[str, object]:
        found = statements.statement(work, actor, statement_id)
        name = organization_of(work, actor.organization_id).name
        return sheet_of(found, organization=name, printed_at=work.now)

    content = typeset(platform.view(query))
    headers = {"Content-Disposition": 'inline; filename="statement.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _out(found: WeeklyStatement) -> StatementOut:
    return StatementOut(
        id=found.id,
        week=found.week,
        from_at=found.from_at,
        until_at=found.until_at,
        made_at=found.made_at,
        read_at=found.read_at,
        sm3=found.digest,
        entry_id=found.entry_id,
        lines=_lines(statements.lines_of(found)),
    )


def _lines(lines: Sequence[statements.StatementLine]) -> list[StatementLineOut]:
    return [StatementLineOut.model_validate(one, from_attributes=True) for one in lines]
