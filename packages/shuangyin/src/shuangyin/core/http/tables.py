"""Tables that are uploaded and handed out over HTTP, and what is wrong with their cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from shuangyin.core.errors import TooLarge
from shuangyin.core.named_tables import CellFault
from shuangyin.core.spreadsheets import write_xlsx
from shuangyin.core.text import Text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 2 * 1024 * 1024


class BothLanguages(BaseModel):
    """Words in both languages."""

    model_config = ConfigDict(from_attributes=True)

    zh: str
    en: str


class CellFaultOut(BaseModel):
    """What is wrong with one cell of an uploaded table."""

    row: int = Field(description="As the spreadsheet numbers it.")
    column: BothLanguages
    code: str
    text: BothLanguages


def uploaded_table(file: UploadFile, *, code: str) -> bytes:
    """The bytes of an uploaded table. Raises TooLarge (`code`) beyond 2 MB."""
    content = file.file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TooLarge(code, "文件不得超过 2 MB。", "The file may have 2 MB at most.")
    return content


def faults_out(faults: Sequence[CellFault], columns: Mapping[str, Text]) -> list[CellFaultOut]:
    """The faults with the names of their columns."""
    return [
        CellFaultOut(
            row=one.row,
            column=BothLanguages.model_validate(columns[one.column]),
            code=one.code,
            text=BothLanguages.model_validate(one.text),
        )
        for one in faults
    ]


def table_response(rows: Sequence[Sequence[str]], *, title: str, file_name: str) -> Response:
    """A workbook of one sheet to download."""
    return Response(
        write_xlsx(rows, title=title),
        media_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
