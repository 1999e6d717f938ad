"""The register sheet (实体印章使用登记表) as a PDF for paper, and as a table for other programs."""

from __future__ import annotations

import csv
import io
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
    supervisor: str
    place: str
    checked: str
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


_COLUMNS = {
    "number": "登记编号",
    "pressed_at": "用印时间",
    "seal_name": "印章",
    "seal_code": "印章编码",
    "title": "文件名称",
    "request_number": "申请编号",
    "reason": "事由",
    "copies": "份数",
    "applied": "申请次数",
    "normal": "常规",
    "seam": "骑缝",
    "cover": "封标",
    "spoiled": "废印",
    "applicant": "申请人",
    "department": "部门",
    "approvers": "审批人",
    "presser": "盖章人",
    "reviewer": "复核人",
    "supervisor": "监印人",
    "place": "用印地点",
    "checked": "盖前核对",
    "photo_count": "照片张数",
    "photo_digest": "首张照片摘要",
    "returned_at": "归位时间",
}
_COUNTS = frozenset({"copies", "applied", "normal", "seam", "cover", "spoiled", "photo_count"})


def tabulate(sheet: Sheet) -> bytes:
    """The lines as CSV in UTF-8 with a mark, as office programs open it.

    A text that such a program would take for a formula is preceded by an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS.values())
    for row in sheet.rows:
        values = asdict(row) | {"approvers": "；".join(row.approvers)}
        writer.writerow(values[name] if name in _COUNTS else _no_formula(values[name]) for name in _COLUMNS)
    return out.getvalue().encode("utf-8-sig")


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
