"""Uses in an uploaded table, for a simulation: one a row, what is known of each in its columns."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import TextIOWrapper
from typing import BinaryIO

from shuangyin.core.errors import Invalid
from shuangyin.core.spreadsheets import TableRow, column_name
from shuangyin.core.text import Text
from shuangyin.scenarios.rules import Facts
from shuangyin.scenarios.rules.amounts import units

MOST_ROWS = 200_000
COLUMNS = (
    *("reference", "document_kind", "matter", "channel", "platform", "region"),
    *("amount", "currency", "counterparty", "department"),
)
_STATES = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that cannot be taken, and why."""

    row: int
    column: str
    text: Text


@dataclass(frozen=True, slots=True)
class Named:
    """A use under the name that the table gives it."""

    reference: str
    facts: Facts


def read_csv(source: BinaryIO) -> Iterator[TableRow]:
    """The rows of a CSV in UTF-8 that are not empty. Raises Invalid (CSV_UNREADABLE), TooLarge."""
    text = TextIOWrapper(source, encoding="utf-8-sig", newline="")
    try:
        for number, cells in enumerate(csv.reader(text, strict=True), start=1):
            if any(cells):
                yield TableRow(number, tuple(cells))
    except (csv.Error, UnicodeDecodeError) as error:
        raise Invalid(
            "CSV_UNREADABLE",
            "无法读取该 CSV。请以 UTF-8 编码、逗号分隔保存后再上传。",
            "The CSV cannot be read. Save it as UTF-8 with commas.",
        ) from error


def uses_in(
    rows: Iterable[TableRow], *, kinds: Collection[str], departments: Mapping[str, str]
) -> Iterator[Named | Unread]:
    """Each row as a use, or why it is none. Raises Invalid (TABLE_HEADINGS) for a table of something else."""
    iterator = iter(rows)
    head = next(iterator, None)
    places = _places(head.cells if head else ())
    for row in iterator:
        cells = {
            name: row.cells[index].strip() if index < len(row.cells) else "" for name, index in places.items()
        }
        yield _use(row.number, cells, places, kinds, departments)


def _places(cells: Sequence[str]) -> dict[str, int]:
    names = [cell.strip().removesuffix("]").rpartition("[")[2].strip().lower() for cell in cells]
    unknown = [cell for cell, name in zip(cells, names, strict=True) if name and name not in COLUMNS]
    places = {name: names.index(name) for name in COLUMNS if name in names}
    if "document_kind" not in places or unknown or len(places) != len([name for name in names if name]):
        raise Invalid(
            "TABLE_HEADINGS",
            f"表头须为 {', '.join(COLUMNS)} 中的若干列，至少有 document_kind。",
            f"The first row holds some of {', '.join(COLUMNS)}, document_kind at least.",
            details={"unknown": [one[:80] for one in unknown[:20]]},
        )
    return places


def _use(
    number: int,
    cells: Mapping[str, str],
    places: Mapping[str, int],
    kinds: Collection[str],
    departments: Mapping[str, str],
) -> Named | Unread:
    currency = cells.get("currency") or "CNY"
    amount, fits = _amount(cells.get("amount", ""), currency)
    department = cells.get("department", "")
    checks = {
        "document_kind": (
            cells["document_kind"] in kinds,
            Text("没有这种文件类型。", "There is no such kind of document."),
        ),
        "amount": (fits, Text("金额不是数字。", "The amount is no number.")),
        "counterparty": (
            cells.get("counterparty", "") in ("", *_STATES),
            Text("须为 yes、no 或 unknown。", "It must be yes, no or unknown."),
        ),
        "department": (
            department == "" or department in departments,
            Text("没有这个部门。", "There is no such department."),
        ),
    }
    for name, (holds, said) in checks.items():
        if not holds:
            return Unread(number, column_name(places[name]), said)
    facts = Facts(
        document_kind=cells["document_kind"],
        matter=cells.get("matter") or None,
        channel=cells.get("channel") or None,
        amount_minor=amount,
        currency=currency,
        counterparty=cells.get("counterparty") or None,
        department_id=departments.get(department),
        platform=cells.get("platform") or None,
        region=cells.get("region") or None,
    )
    return Named(cells.get("reference") or str(number), facts)


def _amount(text: str, currency: str) -> tuple[int | None, bool]:
    """The amount in the smallest unit, None when it is not known, and whether the text was one at all."""
    if not text:
        return None, True
    try:
        minor = Decimal(text.replace(",", "")) * units(currency)
        if not minor.is_finite() or not 0 <= minor <= 10**17:
            return None, False
        return int(minor.to_integral_value()), True
    except (InvalidOperation, ValueError):
        return None, False
