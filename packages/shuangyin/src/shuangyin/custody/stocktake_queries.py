"""Reads of stocktakes."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm.attributes import flag_modified

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries, views
from shuangyin.custody.accounting import account_of
from shuangyin.custody.loan_views import parties_out
from shuangyin.custody.original_models import Original
from shuangyin.custody.stocktake_models import (
    Stocktake,
    StocktakeLine,
    StocktakeOriginal,
    StocktakeStatus,
)
from shuangyin.custody.stocktake_rules import NOTHING_YET, Account
from shuangyin.custody.stocktake_schemas import (
    AccountOut,
    StocktakeLineOut,
    StocktakeOriginalOut,
    StocktakeOut,
)
from shuangyin.seals.models import Seal

RIGHTS = ("custody.read", "seals.manage")


def parties(stocktake: Stocktake) -> dict[str, str]:
    """Who confirms: role → person."""
    return {"counter": stocktake.counter_id, "witness": stocktake.witness_id}


def get(work: UnitOfWork, actor: Actor, stocktake_id: str) -> Stocktake:
    """One stocktake, for its two persons and for those who may read custody or manage seals. Raises NotFound."""
    found = work.session.scalar(
        select(Stocktake).where(
            Stocktake.id == stocktake_id, Stocktake.organization_id == actor.organization_id
        )
    )
    if found is None or not (
        any(actor.may(one) for one in RIGHTS) or actor.person_id in parties(found).values()
    ):
        raise not_found("该盘点", "stocktake")
    return found


def stocktakes(
    work: UnitOfWork, actor: Actor, *, status: str | None, before: str | None, limit: int
) -> list[Stocktake]:
    """Stocktakes, newest first: one's own, or all for those who may read custody or manage seals."""
    query = select(Stocktake).where(Stocktake.organization_id == actor.organization_id)
    if not any(actor.may(one) for one in RIGHTS):
        own = actor.person_id
        query = query.where(or_(Stocktake.counter_id == own, Stocktake.witness_id == own))
    if status is not None:
        query = query.where(Stocktake.status == status)
    if before is not None:
        query = query.where(Stocktake.id < before)
    return list(work.session.scalars(query.order_by(Stocktake.id.desc()).limit(limit)))


def of_safe(work: UnitOfWork, safe_id: str) -> Stocktake | None:
    """The stocktake of a safe that is neither done nor called off."""
    return work.session.scalar(select(Stocktake).where(Stocktake.safe_slot == safe_id))


def lines(work: UnitOfWork, stocktake_id: str) -> list[StocktakeLine]:
    """The seals of a stocktake, in order."""
    query = select(StocktakeLine).where(StocktakeLine.stocktake_id == stocktake_id)
    return list(work.session.scalars(query.order_by(StocktakeLine.position)))


def originals(work: UnitOfWork, stocktake_id: str) -> list[tuple[StocktakeOriginal, Original]]:
    """The originals of a stocktake, by slot."""
    query = (
        select(StocktakeOriginal, Original)
        .join(Original, Original.id == StocktakeOriginal.original_id)
        .where(StocktakeOriginal.stocktake_id == stocktake_id)
        .order_by(StocktakeOriginal.slot, Original.number)
    )
    return list(work.session.execute(query).tuples())


def touch(stocktake: Stocktake) -> None:
    """The count is another one with other findings: its version rises although its own columns stay."""
    flag_modified(stocktake, "number")


def stocktake_out(work: UnitOfWork, stocktake: Stocktake) -> StocktakeOut:
    """A stocktake as it is shown."""
    roles = parties(stocktake)
    people = views.People(work, roles.values())
    safe = queries.safe(work, stocktake.organization_id, stocktake.safe_id)
    pending = stocktake.status == StocktakeStatus.PENDING
    return StocktakeOut.model_validate(
        {
            "id": stocktake.id,
            "number": stocktake.number,
            "status": stocktake.status,
            "over": pending and work.now >= stocktake.ends_at,
            "safe_id": safe.id,
            "safe_name": safe.name,
            "safe_place": safe.place,
            "counter": people(stocktake.counter_id),
            "witness": people(stocktake.witness_id),
            "begun_at": stocktake.begun_at,
            "ends_at": stocktake.ends_at,
            "done_at": stocktake.done_at,
            "lines": [_line_out(work, stocktake, one) for one in lines(work, stocktake.id)],
            "originals": [_original_out(line, of) for line, of in originals(work, stocktake.id)],
            "parties": parties_out(work, people, stocktake.id, "stocktake", roles),
            "version": stocktake.version,
        }
    )


def _original_out(line: StocktakeOriginal, of: Original) -> StocktakeOriginalOut:
    return StocktakeOriginalOut(
        id=line.id,
        original_id=of.id,
        number=of.number,
        name=of.name,
        slot=line.slot,
        state=line.state,
        expected=line.expected,
        found=line.found,
        discrepancy=line.discrepancy,
    )


def _line_out(work: UnitOfWork, stocktake: Stocktake, line: StocktakeLine) -> StocktakeLineOut:
    kept = kept_account(line)
    account = kept or account_of(work, stocktake.organization_id, line.seal_id)
    last = _last(work, line)
    since = account if last is None else account.since(kept_account(last[1]) or NOTHING_YET)
    return StocktakeLineOut(
        id=line.id,
        position=line.position,
        seal_id=line.seal_id,
        name=work.session.get_one(Seal, line.seal_id).name,
        slot=line.slot,
        whereabouts=line.whereabouts,
        expected=line.expected,
        found=line.found,
        discrepancy=line.discrepancy,
        account=AccountOut(
            since=None if last is None else last[0].done_at,
            permitted=since.permitted,
            spare=since.spare,
            pressed=since.pressed,
            good=since.good,
            spoiled=since.spoiled,
            balanced=account.balanced,
        ),
    )


def kept_account(line: StocktakeLine) -> Account | None:
    """The account as it was drawn up; None until the stocktake is done."""
    found = (line.permitted, line.spare, line.pressed, line.good, line.spoiled)
    numbers = [one for one in found if one is not None]
    return Account(*numbers) if len(numbers) == len(found) else None


def _last(work: UnitOfWork, line: StocktakeLine) -> tuple[Stocktake, StocktakeLine] | None:
    """The stocktake of the same seal that was done before this one was begun."""
    query = (
        select(Stocktake, StocktakeLine)
        .join(StocktakeLine, StocktakeLine.stocktake_id == Stocktake.id)
        .where(
            StocktakeLine.seal_id == line.seal_id,
            StocktakeLine.id < line.id,
            Stocktake.status == StocktakeStatus.DONE,
        )
        .order_by(StocktakeLine.id.desc())
        .limit(1)
    )
    found = work.session.execute(query).tuples().first()
    return None if found is None else (found[0], found[1])
