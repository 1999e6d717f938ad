"""Tables whose first row names the columns, in either language: which cell is which, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from shuangyin.core.errors import Invalid
from shuangyin.core.spreadsheets import TableRow, read_xlsx
from shuangyin.core.text import Text


@dataclass(frozen=True, slots=True)
class NamedColumns:
    """The columns that such a table may have, by key; `needed` are those it must have. `code` begins its refusals."""

    code: str
    columns: Mapping[str, Text]
    needed: tuple[str, ...]
    most_rows: int


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row with its number in the spreadsheet and a text for every column, empty where nothing was said."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell. `row` as the spreadsheet numbers it, `column` by key."""

    row: int
    column: str
    code: str
    text: Text


def named_rows(content: bytes, form: NamedColumns) -> list[NamedRow]:
    """The rows of an uploaded workbook. Raises Invalid (…_COLUMNS, …_EMPTY, XLSX_…), TooLarge."""
    table = read_xlsx(BytesIO(content), most_rows=form.most_rows + 1)
    places = _places(next(table, None), form)
    rows = [NamedRow(row.number, {one: _cell(row, places.get(one)) for one in form.columns}) for row in table]
    if not rows:
        raise Invalid(
            f"{form.code}_EMPTY",
            "表中除首行列名外没有内容。",
            "The table holds nothing below the row that names its columns.",
        )
    return rows


def _places(header: TableRow | None, form: NamedColumns) -> dict[str, int]:
    """Column → its place in the table."""
    titles = [] if header is None else [cell.strip().lower() for cell in header.cells]
    places = {}
    for column, text in form.columns.items():
        for title in (text.zh, text.en.lower()):
            if title in titles:
                places[column] = titles.index(title)
    if not set(form.needed) <= set(places):
        needed = [form.columns[one] for one in form.needed]
        others = [text for one, text in form.columns.items() if one not in form.needed]
        raise Invalid(
            f"{form.code}_COLUMNS",
            f"首行须有列名{_quoted(needed)}，另可有{_quoted(others)}。",
            f"The first row needs the columns {', '.join(one.en for one in needed)};"
            f" {', '.join(one.en for one in others)} may follow.",
        )
    return places


def _quoted(columns: list[Text]) -> str:
    return "".join(f"“{one.zh}”" for one in columns)


def _cell(row: TableRow, place: int | None) -> str:
    return row.cells[place].strip() if place is not None and place < len(row.cells) else ""
