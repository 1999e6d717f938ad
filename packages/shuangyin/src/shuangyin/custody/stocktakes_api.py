"""Routes of stocktakes (盘点)."""

from __future__ import annotations

from typing import Literal

from fastapi import Request, Response

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import stocktake_queries as queries
from shuangyin.custody.commands import stocktakes
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.schemas import OpeningConfirmation
from shuangyin.custody.stocktake_queries import stocktake_out
from shuangyin.custody.stocktake_schemas import CountedSeals, NewStocktake, StocktakeOut
from shuangyin.custody.stocktake_sheet import stocktake_sheet, typeset_stocktake

router = Routes(tags=["custody"])


@router.post("/stocktakes", status_code=201, response_model=StocktakeOut)
def begin_stocktake(body: NewStocktake, actor: SignedIn, write: Write) -> StocktakeOut | Response:
    """Begin to count a safe; it stays shut until the count is over."""
    return write.run(
        actor, lambda work: stocktake_out(work, stocktakes.begin_stocktake(work, actor, body)), status=201
    )


@router.get("/stocktakes", response_model=Page[StocktakeOut])
def list_stocktakes(
    platform: PlatformOf,
    actor: SignedIn,
    status: Literal["pending", "done", "cancelled"] | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[StocktakeOut]:
    """Stocktakes, newest first: one's own, or all for those who may read custody or manage seals."""

    def query(work: UnitOfWork) -> Page[StocktakeOut]:
        rows = queries.stocktakes(work, actor, status=status, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: stocktake_out(work, row))

    return platform.view(query)


@router.get("/stocktakes/{stocktake_id}", response_model=StocktakeOut)
def read_stocktake(stocktake_id: str, platform: PlatformOf, actor: SignedIn) -> StocktakeOut:
    """One stocktake."""
    return platform.view(lambda work: stocktake_out(work, queries.get(work, actor, stocktake_id)))


@router.get("/stocktakes/{stocktake_id}/sheet.pdf", response_class=Response)
def stocktake_pdf(stocktake_id: str, platform: PlatformOf, actor: SignedIn) -> Response:
    """The sheet for paper (印章盘点表)."""
    data = platform.view(lambda work: stocktake_sheet(work, queries.get(work, actor, stocktake_id)))
    headers = {"Content-Disposition": 'inline; filename="stocktake.pdf"'}
    return Response(typeset_stocktake(data), media_type="application/pdf", headers=headers)


@router.post("/stocktakes/{stocktake_id}/lines", response_model=StocktakeOut)
def count_seals(
    stocktake_id: str, body: CountedSeals, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> StocktakeOut | Response:
    """Enter what was found of seals."""
    return write.run(
        actor,
        lambda work: stocktake_out(
            work, stocktakes.count_seals(work, actor, stocktake_id, body.lines, expected=expected)
        ),
    )


@router.post("/stocktakes/{stocktake_id}/confirm", response_model=StocktakeOut)
def confirm_stocktake(
    stocktake_id: str, body: OpeningConfirmation, request: Request, actor: SignedIn, platform: PlatformOf
) -> StocktakeOut:
    """Confirm with one's own second factor; with account and password, as the other person on this device."""
    platform.view(lambda work: queries.get(work, actor, stocktake_id))
    shown = shown_by(platform, actor, request, body, stocktake_id)
    return platform.transact(
        lambda work: stocktake_out(work, stocktakes.confirm_stocktake(work, actor, stocktake_id, shown))
    )


@router.post("/stocktakes/{stocktake_id}/cancel", response_model=StocktakeOut)
def cancel_stocktake(
    stocktake_id: str, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> StocktakeOut | Response:
    """Call off a stocktake that not both have confirmed."""
    return write.run(
        actor,
        lambda work: stocktake_out(
            work, stocktakes.cancel_stocktake(work, actor, stocktake_id, expected=expected)
        ),
    )
