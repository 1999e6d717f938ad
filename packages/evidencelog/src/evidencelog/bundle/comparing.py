"""Comparing what a bundle says of itself with what its proven entries record."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from evidencelog.bundle.bilingual import Bilingual, shown_time
from evidencelog.bundle.deriving import DerivedStatement, Ground, ProvenEntry, is_text
from evidencelog.bundle.report import Check, CheckCode, CheckResult, check, check_in_both, group
from evidencelog.bundle.statement import Basis, BasisKind, Row, Statement
from evidencelog.bundle.supplement import Supplement
from evidencelog.entry import JsonValue

_PASS, _WARN, _FAIL = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL
_DIGEST: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])", re.ASCII)
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)


def compare_statement(
    statement: Statement, proven: Mapping[int, ProvenEntry], recorded: Mapping[str, int]
) -> Check:
    """Compare each row of a statement of version 1 with its basis.

    ``proven`` are proven entries by their number in the manifest, ``recorded`` all texts in them.

    1. A row with a basis: its entry is proven, records the value that the row names, and is shown as that value.
    2. Every digest that is shown stands in a proven entry, or in a text that one records.
    3. What rests on the platform's word alone is counted, and said; so is that all labels are.
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
            failures.append(_about(found, row.label))
    results = {CheckCode.STATEMENT_PROVEN: _PASS}
    children = [check(code, results.get(code, _WARN), count=count) for code, count in counts.items() if count]
    children.append(check(CheckCode.STATEMENT_LABELS, _WARN))
    return _titled(statement.title, [*children, *failures])


def check_derived(statement: DerivedStatement, supplement: Supplement, recorded: Mapping[str, int]) -> Check:
    """Check what the maker of a bundle added to the entries, by the statement that was derived with it.

    1. The entry that the bundle is about is proven, and of a kind that a bundle can be about.
    2. Each text that is given is the one whose salted digest the entry records.
    3. A digest in a name or a stated fact stands in a proven entry.
    4. A masked bundle brings no text.
    5. What rests on the maker's word is counted, and said; so is that the use was voided.
    """
    failures = [] if statement.has_main else [check(CheckCode.STATEMENT_NO_MAIN, _FAIL)]  # 1
    for row in statement.rows():
        if row.ground is Ground.CONTRADICTED:  # 2
            failures.append(_about(CheckCode.STATEMENT_CONTRADICTED, row.label))
        elif row.ground in (Ground.NAMED, Ground.STATED) and not _digests_of(row.shown) <= set(recorded):  # 3
            failures.append(_about(CheckCode.STATEMENT_DIGEST_NOT_RECORDED, row.label))
    if supplement.masked and supplement.texts:  # 4
        failures.append(check(CheckCode.STATEMENT_NOT_MASKED, _FAIL))
    grounds = Counter(row.ground for row in statement.rows())  # 5
    unrelated = sum(not section.related for section in statement.sections)
    counted = (
        (CheckCode.STATEMENT_DERIVED, _PASS, grounds[Ground.RECORDED] + grounds[Ground.TEXT]),
        (CheckCode.STATEMENT_NAMED, _WARN, grounds[Ground.NAMED]),
        (CheckCode.STATEMENT_STATED, _WARN, grounds[Ground.STATED]),
        (CheckCode.STATEMENT_UNRELATED, _WARN, unrelated),
    )
    children = [check(code, result, count=count) for code, result, count in counted if count]
    children += [check(CheckCode.STATEMENT_VOIDED, _WARN)] if statement.voided else []
    return _titled(statement.title, [*children, *failures])


def _about(code: CheckCode, label: Bilingual) -> Check:
    return check_in_both(code, _FAIL, {"label": label})


def _titled(title: Bilingual, children: list[Check]) -> Check:
    whole = [group(CheckCode.STATEMENT, children, title=text) for text in (title.zh, title.en)]
    return Check(CheckCode.STATEMENT, whole[0].result, whole[0].zh, whole[1].en, whole[0].children)


def _digests_of(shown: Bilingual) -> set[str]:
    return {*_DIGEST.findall(shown.zh), *_DIGEST.findall(shown.en)}


def _row(row: Row, proven: Mapping[int, ProvenEntry], recorded: Mapping[str, int]) -> CheckCode:
    basis = row.basis
    if basis is not None:
        entry = proven.get(basis.entry)
        if entry is None:
            return CheckCode.STATEMENT_NOT_PROVEN
        if not _holds(row, basis, _at(entry.content, basis.path)):
            return CheckCode.STATEMENT_CONTRADICTED
    if basis is not None and basis.kind is BasisKind.TEXT:
        return CheckCode.STATEMENT_PROVEN
    if not _digests_of(row.shown) <= set(recorded):
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
        return (
            isinstance(says, str)
            and _is_shown(row, says)
            and isinstance(value, Mapping)
            and is_text(value, says)
        )
    if type(value) is not type(says) or value != says:
        return False
    if basis.kind is BasisKind.SAME:
        return isinstance(says, str | int) and not isinstance(says, bool) and _is_shown(row, str(says))
    if basis.kind is BasisKind.TIME:
        return isinstance(says, int) and not isinstance(says, bool) and _is_shown(row, shown_time(says))
    return True


def _is_shown(row: Row, text: str) -> bool:
    return row.shown.zh == text == row.shown.en
