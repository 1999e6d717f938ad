"""A table of engravers row by row: what is wrong with a cell, and what a row does. Pure decisions on plain values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shuangyin.core.errors import ShuangyinError
from shuangyin.core.free_text import checked_line
from shuangyin.core.named_tables import CellFault, NamedColumns, NamedRow
from shuangyin.core.text import Text

COLUMNS: Mapping[str, Text] = {
    "name": Text("刻制单位", "Engraver"),
    "filing_no": Text("备案编号", "Filing number"),
    "valid_until": Text("备案有效期至", "Filed until"),
}
FORM = NamedColumns("ENGRAVERS", COLUMNS, ("name", "filing_no"), most_rows=1_000)
LIMITS = {"name": 100, "filing_no": 64}
_DAY = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?(?:[ T]00:00:00)?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.0+)?", re.ASCII)
_DAY_ZERO = date(1899, 12, 30).toordinal()
"""A date cell of a spreadsheet is a number of days since then (ISO/IEC 29500-1 18.17.4.1, the 1900 system)."""


@dataclass(frozen=True, slots=True)
class EngraverRow:
    """An engraver that a row names. `valid_until` is None without a term."""

    row: int
    name: str
    filing_no: str
    valid_until: date | None


def engravers_in(
    rows: Sequence[NamedRow], known: Mapping[str, str]
) -> tuple[list[EngraverRow], list[CellFault]]:
    """What the rows name, and everything that is wrong, in the order of the rows.

    `known` has the registered names by filing number: one that is registered is not registered a second time.
    """
    times = Counter(row.cells["filing_no"] for row in rows if row.cells["filing_no"])
    read, faults = [], []
    for row in rows:
        wrong = list(_faults(row, times, known))
        faults += wrong
        if not wrong:
            cells = row.cells
            read.append(
                EngraverRow(row.number, cells["name"], cells["filing_no"], day_of(cells["valid_until"]))
            )
    return read, faults


def _faults(row: NamedRow, times: Mapping[str, int], known: Mapping[str, str]) -> Iterable[CellFault]:
    for column, limit in LIMITS.items():
        said = row.cells[column]
        if not 1 <= len(said) <= limit:
            yield _fault(
                row, column, "CELL_LENGTH",
                f"应为 1 至 {limit} 个字。", f"1 to {limit} characters are needed.",
            )  # fmt: skip
        try:
            checked_line(said)
        except ShuangyinError as error:
            yield CellFault(row.number, column, error.code, error.text)
    number = row.cells["filing_no"]
    if times.get(number, 0) > 1:
        yield _fault(
            row, "filing_no", "ENGRAVER_TWICE", "此备案编号在表中出现多次。", "This filing number stands in several rows."
        )  # fmt: skip
    elif number in known:
        yield _fault(
            row, "filing_no", "ENGRAVER_TAKEN",
            f"该备案编号的刻制单位已登记（{known[number]}），请从表中删除此行，或在名录中修改。",
            f"An engraver of this filing number is registered ({known[number]}). Delete the row, or change him in the list.",
        )  # fmt: skip
    if row.cells["valid_until"] and day_of(row.cells["valid_until"]) is None:
        yield _fault(
            row, "valid_until", "DAY_FORM",
            "请填写日期，如 2030-12-31；没有期限的留空。", "Write a day such as 2030-12-31, or nothing where there is no term.",
        )  # fmt: skip


def day_of(said: str) -> date | None:
    """The day of a cell: as people write it, or as a spreadsheet keeps it. None when there is none."""
    try:
        if _SERIAL.fullmatch(said):
            return date.fromordinal(_DAY_ZERO + int(said.partition(".")[0]))
        found = _DAY.fullmatch(said)
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _fault(row: NamedRow, column: str, code: str, zh: str, en: str) -> CellFault:
    return CellFault(row.number, column, code, Text(zh, en))
