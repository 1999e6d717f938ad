"""Typeset the register sheet (实体印章使用登记表) as a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from shuangyin.custody.typesetting import typeset_form


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the sheet, every value as it is to be read."""

    number: str
    pressed_at: str
    seal_name: str
    seal_code: str
    title: str
    request_number: str
    reason: str
    copies: str
    applied: str
    normal: str
    seam: str
    cover: str
    spoiled: str
    applicant: str
    department: str
    approvers: tuple[str, ...]
    presser: str
    reviewer: str
    photo_count: str
    photo_digest: str
    returned_at: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole sheet: whose, of which period, printed when, and its lines with their sums."""

    organization: str
    period: str
    printed_at: str
    total_good: int
    total_spoiled: int
    rows: Sequence[SheetRow]


def typeset(sheet: Sheet) -> bytes:
    """The sheet as PDF, A4 landscape. Raises Unavailable when typesetting fails."""
    return typeset_form("register.typ", asdict(sheet))
