"""The register of engravers (刻制单位名录): who may be given a physical seal to make or to destroy."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Conflict, not_found, stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.seals.models import Engraver
from shuangyin.seals.rules.engravers import RegisteredEngraver


def engravers(work: UnitOfWork, organization_id: str) -> list[Engraver]:
    """All engravers of the organization: those in use first, by name."""
    query = select(Engraver).where(Engraver.organization_id == organization_id)
    return list(work.session.scalars(query.order_by(Engraver.active.desc(), Engraver.name, Engraver.id)))


def registered(work: UnitOfWork, organization_id: str, filing_no: str | None) -> RegisteredEngraver | None:
    """The engraver of a filing number, for the rules; None when there is none."""
    found = work.session.scalar(
        select(Engraver).where(Engraver.organization_id == organization_id, Engraver.filing_no == filing_no)
    )
    if found is None:
        return None
    return RegisteredEngraver(found.name, found.filing_no, found.valid_until, found.active)


def today(work: UnitOfWork) -> str:
    """The day in Beijing, as terms are compared with it."""
    return beijing_time(work.now).date().isoformat()


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
    _flush(work)
    _note(work, actor, engraver, "seals.engraver_registered")
    return engraver


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
    _flush(work)
    _note(work, actor, engraver, "seals.engraver_changed")
    return engraver


def _require_free(work: UnitOfWork, engraver: Engraver) -> None:
    with work.session.no_autoflush:
        taken = work.session.scalar(
            select(Engraver.id).where(
                Engraver.organization_id == engraver.organization_id,
                Engraver.filing_no == engraver.filing_no,
                Engraver.id != engraver.id,
            )
        )
    if taken is not None:
        raise _taken()


def _flush(work: UnitOfWork) -> None:
    try:
        work.session.flush()
    except IntegrityError as error:
        raise _taken() from error


def _taken() -> Conflict:
    return Conflict(
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
