"""Register engravers, one or a table of them; change them, end their use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict, not_found, stale_version
from shuangyin.core.named_tables import CellFault, NamedRow
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.seals.engravers import engravers, of_filing_no
from shuangyin.seals.models import Engraver
from shuangyin.seals.rules.engraver_table import EngraverRow, engravers_in


def register(
    work: UnitOfWork, actor: Actor, *, name: str, filing_no: str, valid_until: date | None
) -> Engraver:
    """Register an engraver with the filing number that the police gave him.

    Raises Forbidden, Conflict (ENGRAVER_TAKEN) when the filing number is registered already.
    """
    actor.require("seals.manage")
    engraver = Engraver(
        id=work.new_id(),
        organization_id=actor.organization_id,
        name=name,
        filing_no=filing_no,
        valid_until=valid_until.isoformat() if valid_until else None,
        active=True,
        created_at=work.now,
    )
    _require_free(work, engraver)
    work.session.add(engraver)
    work.session.flush()
    _note(work, actor, engraver, "seals.engraver_registered")
    return engraver


def look(
    work: UnitOfWork, actor: Actor, rows: Sequence[NamedRow]
) -> tuple[list[EngraverRow], list[CellFault]]:
    """What a table of engravers would register, and what is wrong with it. Changes nothing."""
    actor.require("seals.manage")
    known = {one.filing_no: one.name for one in engravers(work, actor.organization_id)}
    return engravers_in(rows, known)


def take(work: UnitOfWork, actor: Actor, rows: Sequence[NamedRow]) -> tuple[list[Engraver], list[CellFault]]:
    """Register every engraver of a table; with one fault nobody is registered. Raises Forbidden."""
    read, faults = look(work, actor, rows)
    if faults:
        return [], faults
    return [
        register(work, actor, name=one.name, filing_no=one.filing_no, valid_until=one.valid_until)
        for one in read
    ], []


def change(
    work: UnitOfWork,
    actor: Actor,
    engraver_id: str,
    *,
    name: str,
    filing_no: str,
    valid_until: date | None,
    active: bool,
    expected: int | None,
) -> Engraver:
    """Change an engraver or end his use. Steps that name him keep what was stated then.

    Raises Forbidden, NotFound, Stale, Conflict (ENGRAVER_TAKEN).
    """
    actor.require("seals.manage")
    engraver = work.session.scalar(
        select(Engraver).where(Engraver.id == engraver_id, Engraver.organization_id == actor.organization_id)
    )
    if engraver is None:
        raise not_found("该刻制单位", "engraver")
    if expected is not None and expected != engraver.version:
        raise stale_version()
    engraver.name, engraver.filing_no, engraver.active = name, filing_no, active
    engraver.valid_until = valid_until.isoformat() if valid_until else None
    _require_free(work, engraver)
    work.session.flush()
    _note(work, actor, engraver, "seals.engraver_changed")
    return engraver


def _require_free(work: UnitOfWork, engraver: Engraver) -> None:
    with work.session.no_autoflush:
        holder = of_filing_no(work, engraver.organization_id, engraver.filing_no)
    if holder is not None and holder is not engraver:
        raise Conflict(
            "ENGRAVER_TAKEN",
            "该备案编号的刻制单位已登记。",
            "An engraver of this filing number is registered already.",
        )


def _note(work: UnitOfWork, actor: Actor, engraver: Engraver, kind: str) -> None:
    record(
        work,
        actor,
        kind=kind,
        subject_type="engraver",
        subject_id=engraver.id,
        facts={
            "name": dict(digest_of(engraver.name)),
            "filing_no": engraver.filing_no,
            "valid_until": engraver.valid_until,
            "active": engraver.active,
        },
    )
