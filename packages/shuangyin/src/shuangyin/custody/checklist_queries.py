"""Reads of checks before a press."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.checklist_rules import POINTS
from shuangyin.custody.checklist_schemas import PressCheckOut
from shuangyin.custody.occasions import Occasion
from shuangyin.people.queries import display


def checks_of(work: UnitOfWork, occasion: Occasion) -> list[PressCheck]:
    """The checks of an occasion, oldest first."""
    query = select(PressCheck).where(occasion.of(PressCheck)).order_by(PressCheck.id)
    return list(work.session.scalars(query))


def latest_check(work: UnitOfWork, occasion: Occasion, request_id: str) -> PressCheck | None:
    """The check of a request's paper that counts."""
    found = [one for one in checks_of(work, occasion) if one.request_id == request_id]
    return found[-1] if found else None


def checks_out(work: UnitOfWork, checks: list[PressCheck]) -> list[PressCheckOut]:
    """Checks as they are shown."""
    ids = {one.checked_by for one in checks} | {one.supervisor_id for one in checks if one.supervisor_id}
    people = display(work, sorted(ids))
    return [
        PressCheckOut(
            id=one.id,
            request_id=one.request_id,
            text_matches=one.text_matches,
            date_filled=one.date_filled,
            no_blank=one.no_blank,
            signature_line=one.signature_line,
            passed=all(getattr(one, point) for point in POINTS),
            checked_by=people[one.checked_by],
            checked_at=one.checked_at,
            supervisor=None if one.supervisor_id is None else people[one.supervisor_id],
            supervised_at=one.supervised_at,
        )
        for one in checks
    ]
