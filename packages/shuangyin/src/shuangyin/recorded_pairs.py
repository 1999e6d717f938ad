"""Whether a seal and its counterpart of the other medium belong together as the entries of both say.

A pair is linked when one of the two is entered and names the other; a seal that was made to replace one of them takes its
place, of which no entry of its own speaks. So what may stand in the column follows from both entries and those replacements.
"""

from __future__ import annotations

from sqlalchemy import exists, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.recorded_comparing import past_of
from shuangyin.seals.models import Seal

_ENTERING = ("seals.registered", "seals.made", "seals.imported", "seals.applied")
_MOST_REPLACEMENTS = 50


def counterpart_differs(work: UnitOfWork, seal: Seal, entered_with: object) -> str | None:
    """What is wrong with the counterpart of a seal that was entered with the one named; None when nothing is."""
    if seal.counterpart_id is None:
        alone = entered_with is None or _was_replaced(work, seal.id) or _was_replaced(work, entered_with)
        return None if alone else "Seal.counterpart_id is not what was recorded"
    partner = work.session.get(Seal, seal.counterpart_id)
    if partner is None:
        return "Seal.counterpart_id names a seal that is gone"
    # Who was entered later names the other, which was told of it where it had no counterpart yet.
    told = work.session.get(Seal, entered_with) if isinstance(entered_with, str) else None
    if told is not None and told.counterpart_id is None and not _was_replaced(work, seal.id):
        return "Seal.counterpart_id of the seal it was entered with is not what was recorded"
    mine, theirs = _line(work, seal), _line(work, partner)
    linked = any(_entered_with(work, one) in theirs for one in mine) or any(
        _entered_with(work, one) in mine for one in theirs
    )
    return None if linked else "Seal.counterpart_id is not what was recorded"


def _line(work: UnitOfWork, seal: Seal) -> list[str]:
    """A seal and those that it replaced, one after the other."""
    found, at = [seal.id], seal
    while at.replaces_id is not None and at.replaces_id not in found and len(found) < _MOST_REPLACEMENTS:
        at = work.session.get_one(Seal, at.replaces_id)
        found.append(at.id)
    return found


def _entered_with(work: UnitOfWork, seal_id: str) -> object:
    return next((one.facts.get("counterpart") for one in past_of(work, "seal", seal_id, *_ENTERING)), None)


def _was_replaced(work: UnitOfWork, seal_id: object) -> bool:
    return bool(work.session.scalar(select(exists().where(Seal.replaces_id == str(seal_id)))))
