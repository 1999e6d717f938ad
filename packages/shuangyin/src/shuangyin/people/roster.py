"""A roster (花名册) row by row: what it would add, and everything that is wrong with it. Pure decisions on plain values.

Who is asked after somebody follows from the departments: their heads, upwards. So a roster is looked at for parents that
are nowhere, for departments that go round in a circle, and for new departments that nobody heads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shuangyin.core.errors import ShuangyinError
from shuangyin.core.named_tables import CellFault, NamedColumns
from shuangyin.core.text import Text
from shuangyin.organization.rules import checked_name
from shuangyin.people.rules import checked_account

COLUMNS: Mapping[str, Text] = {
    "name": Text("姓名", "Name"),
    "account": Text("账号", "Account"),
    "department": Text("部门", "Department"),
    "parent": Text("上级部门", "Parent department"),
    "post": Text("岗位", "Post"),
}
MOST_ROWS = 300
"""Each row makes a password, which is slow on purpose; a larger roster is uploaded in parts."""
FORM = NamedColumns("ROSTER", COLUMNS, ("name", "account"), MOST_ROWS)
NAME_LIMIT = 50


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person of a roster, with the number of his row in the spreadsheet; empty where nothing was said."""

    number: int
    name: str
    account: str
    department: str
    parent: str
    post: str


@dataclass(frozen=True, slots=True)
class House:
    """What is there already: departments with their parents (by name), posts (name → whether one person alone holds it,
    and whether it heads a department), which of those offices are held, departments with a head."""

    departments: Mapping[str, str | None]
    offices: Mapping[str, bool]
    heading: frozenset[str]
    held: frozenset[str]
    headed: frozenset[str]
    accounts: frozenset[str]


def parents_of(rows: Iterable[RosterRow], house: House) -> dict[str, str | None]:
    """Every department, of house and roster, with its parent; what is there keeps its place."""
    parents: dict[str, str | None] = {}
    for row in rows:
        if row.department and row.department not in house.departments:
            parents[row.department] = parents.get(row.department) or row.parent or None
    return {**parents, **house.departments}


def faults_of(rows: Sequence[RosterRow], house: House) -> list[CellFault]:
    """Everything that is wrong, in the order of the rows."""
    found = [
        *_faults_of_persons(rows, house),
        *_faults_of_departments(rows, house),
        *_faults_of_posts(rows, house),
    ]
    return sorted(found, key=lambda fault: fault.row)


def _faults_of_persons(rows: Sequence[RosterRow], house: House) -> Iterable[CellFault]:
    times = Counter(row.account.strip().lower() for row in rows if row.account.strip())
    for row in rows:
        try:
            checked_name(row.name, limit=NAME_LIMIT)
        except ShuangyinError as error:
            yield CellFault(row.number, "name", error.code, error.text)
        try:
            account = checked_account(row.account)
        except ShuangyinError as error:
            yield CellFault(row.number, "account", error.code, error.text)
            continue
        if times[row.account.strip().lower()] > 1:
            yield _fault(
                row,
                "account",
                "ACCOUNT_TWICE",
                "此账号在表中出现多次。",
                "This account stands in several rows.",
            )
        elif account in house.accounts:
            yield _fault(
                row, "account", "ACCOUNT_TAKEN", "账号已被使用，请换一个。", "The account is in use already."
            )


def _faults_of_departments(rows: Sequence[RosterRow], house: House) -> Iterable[CellFault]:
    parents = parents_of(rows, house)
    headed = {row.department for row in rows if row.post in house.heading} | house.headed
    said: dict[str, str] = {}
    for row in rows:
        name, parent = row.department, row.parent
        if not name:
            if parent:
                yield _fault(
                    row, "department", "DEPARTMENT_MISSING", "填写了上级部门而没有部门。", "A parent without a department."
                )  # fmt: skip
            continue
        if parent and parent not in parents:
            yield _fault(
                row, "parent", "PARENT_MISSING", "上级部门既不在本单位，也不在表中。", "The parent is neither here nor in the table."
            )  # fmt: skip
        if parent and (
            said.setdefault(name, parent) != parent or house.departments.get(name, parent) != parent
        ):
            yield _fault(
                row, "parent", "PARENT_CONTRADICTS", "同一部门的上级部门前后不一，或与现有部门不同。", "The department has another parent elsewhere."
            )  # fmt: skip
        if name in house.departments:
            continue
        if _goes_round(name, parents):
            yield _fault(
                row, "parent", "DEPARTMENT_CYCLE", "部门的上下级关系成环。", "The departments go round in a circle."
            )  # fmt: skip
        if name not in headed:
            yield _fault(
                row, "department", "HEAD_MISSING", "新设部门没有负责人，请在表中为其填写一名部门负责人。", "Nobody heads this new department. Name its head in the table."
            )  # fmt: skip


def _faults_of_posts(rows: Sequence[RosterRow], house: House) -> Iterable[CellFault]:
    held = Counter(row.post for row in rows if house.offices.get(row.post))
    for row in rows:
        if row.post and row.post not in house.offices:
            yield _fault(
                row, "post", "POST_UNKNOWN", "本单位没有此岗位，请先设立或更正名称。", "There is no such post here."
            )  # fmt: skip
        elif held[row.post] > 1 or row.post in house.held:
            yield _fault(
                row, "post", "OFFICE_HELD", "该岗位只能由一人担任。", "Only one person can hold this office."
            )  # fmt: skip


def _goes_round(name: str, parents: Mapping[str, str | None]) -> bool:
    seen, at = set(), parents.get(name)
    while at is not None and at not in seen:
        if at == name:
            return True
        seen.add(at)
        at = parents.get(at)
    return at is not None


def _fault(row: RosterRow, column: str, code: str, zh: str, en: str) -> CellFault:
    return CellFault(row.number, column, code, Text(zh, en))
