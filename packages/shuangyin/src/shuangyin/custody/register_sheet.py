"""Typeset the register sheet (实体印章使用登记表) as a PDF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from shuangyin.core.errors import Unavailable


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
    template = Path(str(resources.files("shuangyin.custody"))) / "templates" / "register.typ"
    fonts = Path(pylopdf_fonts_zh_cn.__file__).parent
    folders = sorted({font.parent for font in fonts.rglob("*.[ot]tf")})
    try:
        content: bytes = typst.compile(
            template,
            format="pdf",
            font_paths=folders,
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(asdict(sheet), ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise Unavailable(
            "SHEET_NOT_TYPESET",
            "登记表暂时无法排版，请稍后重试。",
            "The sheet could not be typeset; try again later.",
        ) from error
    return content
