"""What a paper says by the code of a controlled print: which request it was printed for, and whether that still is its text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors
from shuangyin.custody.models import PrintCopy
from shuangyin.custody.schemas import PrintMatchOut
from shuangyin.custody.views import prints_out
from shuangyin.requests import queries as requests
from shuangyin.requests.authorizing import readable
from shuangyin.requests.models import UseRequest

LONGEST = 200
_CODE = re.compile(r"(?P<number>\S{1,40})(?:\s+SM3:(?P<sm3>[0-9a-fA-F]{64}))?")


@dataclass(frozen=True, slots=True)
class PrintCode:
    """Number of a print, and the digest of the approved file where the whole code was read."""

    number: str
    sm3: str | None


def read_code(text: str) -> PrintCode | None:
    """What the two-dimensional code holds, or the number as somebody types it; None for anything else."""
    found = _CODE.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        return None
    sm3 = found["sm3"]
    return PrintCode(found["number"], None if sm3 is None else sm3.lower())


def verdict_of(code: PrintCode, *, printed: str, approved: frozenset[str]) -> str:
    """`matches`: the print shows a file that the request has now. `other_code`: number and digest are not of one
    print, so the code was altered. `replaced`: the file was exchanged since."""
    if code.sm3 not in (None, printed):
        return "other_code"
    return "matches" if printed in approved else "replaced"


def match_print(work: UnitOfWork, actor: Actor, text: str) -> PrintMatchOut:
    """The print that a code names, for who may read its request. Raises Invalid (PRINT_CODE), NotFound (PRINT_UNKNOWN)."""
    code = read_code(text)
    if code is None:
        raise errors.no_print_code()
    found = work.session.scalar(
        select(PrintCopy).where(
            PrintCopy.organization_id == actor.organization_id, PrintCopy.number == code.number
        )
    )
    if found is None:
        raise errors.print_unknown(code.number)
    request: UseRequest = readable(work, actor, found.request_id)
    approved = frozenset(one.sm3 for one in requests.documents_of(work, request.id))
    return PrintMatchOut.model_validate(
        {
            "verdict": verdict_of(code, printed=found.source_sm3, approved=approved),
            "print": prints_out(work, [found])[0],
            "request_number": request.number,
            "request_status": request.status,
            "title": request.title,
        }
    )
