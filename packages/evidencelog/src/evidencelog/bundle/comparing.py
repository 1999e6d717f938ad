"""Comparing the statement of a bundle with what its proven entries record."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from evidencelog.bundle.report import Check, CheckCode, CheckResult, check, group
from evidencelog.bundle.statement import Basis, BasisKind, Row, Statement, shown_time
from evidencelog.entry import JsonValue

_PASS, _WARN, _FAIL = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL
_DIGEST: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])", re.ASCII)
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_SALT: Final = re.compile(r"(?:[0-9a-f]{2}){1,64}", re.ASCII)


def compare_statement(
    statement: Statement, proven: Mapping[int, Mapping[str, JsonValue]], recorded: Mapping[str, int]
) -> Check:
    """Compare each row with its basis.

    ``proven`` are the contents of proven entries by their number in the manifest, ``recorded`` all texts in them.

    1. A row with a basis: its entry is proven, records the value that the row names, and is shown as that value.
    2. Every digest that is shown stands in a proven entry, or in a text that one records.
    3. What rests on the platform's word alone is counted, and said.
    """
    counts = dict.fromkeys(
        (CheckCode.STATEMENT_PROVEN, CheckCode.STATEMENT_WORDED, CheckCode.STATEMENT_STATED), 0
    )
    failures: list[Check] = []
    for row in (row for section in statement.sections for row in section.rows):
        found = _row(row, proven, recorded)
        if found in counts:
            counts[found] += 1
        else:
            zh, en = (check(found, _FAIL, label=label) for label in (row.label.zh, row.label.en))
            failures.append(Check(found, _FAIL, zh.zh, en.en))
    results = {CheckCode.STATEMENT_PROVEN: _PASS}
    children = [check(code, results.get(code, _WARN), count=count) for code, count in counts.items() if count]
    title = statement.title
    whole = [group(CheckCode.STATEMENT, [*children, *failures], title=text) for text in (title.zh, title.en)]
    return Check(CheckCode.STATEMENT, whole[0].result, whole[0].zh, whole[1].en, whole[0].children)


def _row(row: Row, proven: Mapping[int, Mapping[str, JsonValue]], recorded: Mapping[str, int]) -> CheckCode:
    basis = row.basis
    if basis is not None:
        content = proven.get(basis.entry)
        if content is None:
            return CheckCode.STATEMENT_NOT_PROVEN
        if not _holds(row, basis, _at(content, basis.path)):
            return CheckCode.STATEMENT_CONTRADICTED
    if basis is not None and basis.kind is BasisKind.TEXT:
        return CheckCode.STATEMENT_PROVEN
    digests = {*_DIGEST.findall(row.shown.zh), *_DIGEST.findall(row.shown.en)}
    if not all(digest in recorded for digest in digests):
        return CheckCode.STATEMENT_DIGEST_NOT_RECORDED
    if basis is None:
        return CheckCode.STATEMENT_STATED
    return CheckCode.STATEMENT_WORDED if basis.kind is BasisKind.WORDED else CheckCode.STATEMENT_PROVEN


_NOTHING: Final = object()


def _at(content: Mapping[str, JsonValue], path: tuple[str, ...]) -> object:
    value: object = content
    for part in path:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and _NUMBER.fullmatch(part) is not None and int(part) < len(value):
            value = value[int(part)]
        else:
            return _NOTHING
    return value


def _holds(row: Row, basis: Basis, value: object) -> bool:
    says = basis.says
    if basis.kind is BasisKind.TEXT:
        return isinstance(says, str) and _is_shown(row, says) and _is_text(value, says)
    if type(value) is not type(says) or value != says:
        return False
    if basis.kind is BasisKind.SAME:
        return isinstance(says, str | int) and not isinstance(says, bool) and _is_shown(row, str(says))
    if basis.kind is BasisKind.TIME:
        return isinstance(says, int) and not isinstance(says, bool) and _is_shown(row, shown_time(says))
    return True


def _is_shown(row: Row, text: str) -> bool:
    return row.shown.zh == text == row.shown.en


def _is_text(value: object, text: str) -> bool:
    if not isinstance(value, Mapping):
        return False
    salt, digest = value.get("salt"), value.get("sm3")
    if not isinstance(salt, str) or _SALT.fullmatch(salt) is None:
        return False
    return hashlib.new("sm3", bytes.fromhex(salt) + text.encode()).hexdigest() == digest
