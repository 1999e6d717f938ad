"""Checks as a tree: steps of a procedure with stable codes, under groups in the standard's order.

A step is a leaf; it says what was looked at and with which result. A group says nothing of its own: its result
follows from what lies under it. So a step's code never depends on where in a tree it stands, and whoever wants
a flat list takes ``walk``.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple


class CheckResult(StrEnum):
    """What one check came to."""

    # As that of the text it equals; the enumeration's own is Python code, and every report hashes hundreds.
    __hash__ = str.__hash__

    PASS = "pass"  # noqa: S105 - a result, not a password
    WARN = "warn"
    FAIL = "fail"
    NOT_CHECKED = "not_checked"


class Check(NamedTuple):
    """One step of a procedure and its result, or a group of them.

    A named tuple, because every report makes some fifty and a frozen dataclass takes four times as long to make.
    ``code`` is stable and names the step (facts: GB/T 38540 wants the reason of a failure back);
    ``at`` is the instant the check speaks of, in UTC; ``clause`` cites the standard. Only a group has
    ``children``; its code is a ``Group``.
    """

    code: str
    result: CheckResult
    at: datetime | None
    zh: str
    en: str
    clause: str | None = None
    children: tuple["Check", ...] = ()


_made: Final = tuple.__new__
"""Makes what ``Check(...)`` makes, from all seven values, without the step through Python that fills in what is left
out: a third of the cost, fifty times in every report. Only this module uses it."""


def step(
    code: str, result: CheckResult, at: datetime | None, says: tuple[str, str], clause: str | None
) -> Check:
    """One step; ``says`` is its sentence in Chinese and in English."""
    zh, en = says
    return _made(Check, (code, result, at, zh, en, clause, ()))


class Group(StrEnum):
    """The groups of one signature, in the order of GB/T 38540-2020, 7.3, with 6.3 inside ``SEAL``."""

    __hash__ = str.__hash__

    FORM = "FORM"
    VALUE = "VALUE"
    SIGNER = "SIGNER"
    TIME = "TIME"
    DOCUMENT = "DOCUMENT"
    SEAL = "SEAL"
    SEAL_FORM = "SEAL_FORM"
    SEAL_VALUE = "SEAL_VALUE"
    MAKER = "MAKER"
    SEAL_PERIOD = "SEAL_PERIOD"
    SEAL_STAMP = "SEAL_STAMP"
    STAMP = "STAMP"
    PROTECTION = "PROTECTION"


TITLES: Final = {
    Group.FORM: ("签章数据格式", "Form of the signature."),
    Group.VALUE: ("签章值", "Signature value."),
    Group.SIGNER: ("签章人证书", "Signer's certificate."),
    Group.TIME: ("签章时间", "Signing time."),
    Group.DOCUMENT: ("原文", "Document."),
    Group.SEAL: ("电子印章", "Electronic seal."),
    Group.SEAL_FORM: ("印章数据格式", "Form of the seal."),
    Group.SEAL_VALUE: ("制章人签名", "Maker's signature."),
    Group.MAKER: ("制章人证书", "Maker's certificate."),
    Group.SEAL_PERIOD: ("印章有效期", "Validity of the seal."),
    Group.SEAL_STAMP: ("印章时间戳", "Time stamp of the seal."),
    Group.STAMP: ("签章时间戳", "Time stamp of the signature."),
    Group.PROTECTION: ("保护范围", "Coverage."),
}
"""The heading of each group in Chinese and English."""
_HEADINGS: Final = {group: (str(group), *titles) for group, titles in TITLES.items()}

_INSIDE_SEAL: Final = frozenset(
    {Group.SEAL_FORM, Group.SEAL_VALUE, Group.MAKER, Group.SEAL_PERIOD, Group.SEAL_STAMP}
)
_ORDER: Final = {group: place for place, group in enumerate(Group)}
_BY_CODE: Final = {group.value: group for group in Group}
_PLACES: Final = {
    "BYTE_RANGE": Group.DOCUMENT,
    "CONTENTS_PADDING": Group.FORM,
    "FOREIGN_SIGNATURE": Group.FORM,
    "FORMAT_SIGNATURE": Group.FORM,
    "FORMAT_SEAL": Group.SEAL_FORM,
    "VERSION_UNSUPPORTED": Group.FORM,
    "SIGNATURE_VALUE": Group.VALUE,
    "DATA_HASH": Group.DOCUMENT,
    "PICTURE_SHOWN": Group.DOCUMENT,
    "ALTERED_AFTER_SEALING": Group.PROTECTION,
    "ADDED_LATER_ALLOWED": Group.PROTECTION,
    "UNTRUSTED_APPEARANCE": Group.PROTECTION,
    "COVERAGE": Group.PROTECTION,
    "SIGNATURE_REUSED": Group.PROTECTION,
}
"""Where the steps that a container adds belong; a step that is not named here stays outside the groups."""

_WEIGHT: Final = {
    CheckResult.PASS: 0,
    CheckResult.WARN: 1,
    CheckResult.NOT_CHECKED: 2,
    CheckResult.FAIL: 3,
}


def group_result(children: Iterable[Check]) -> CheckResult:
    """A group is as good as the weakest thing under it: fail, then not_checked, then warn, then pass."""
    worst = CheckResult.PASS
    for child in children:
        if child.result is not worst and _WEIGHT[child.result] > _WEIGHT[worst]:
            worst = child.result
    return worst


def group_check(group: Group, children: Iterable[Check]) -> Check:
    """A group with these children, titled in both languages."""
    under = tuple(children)
    code, zh, en = _HEADINGS[group]
    clause = None
    for child in under:
        if child.clause:
            clause = child.clause
            break
    return _made(Check, (code, group_result(under), None, zh, en, clause, under))


def walk(checks: Iterable[Check]) -> Iterator[Check]:
    """Every step of a tree in its order; groups are left out, as they only repeat what their steps say."""
    waiting = [iter(checks)]
    while waiting:
        for check in waiting[-1]:
            if check.children:
                waiting.append(iter(check.children))
                break
            yield check
        else:
            waiting.pop()


def remaining(checks: Iterable[Check]) -> list[Check]:
    """Every step of a tree that has not passed, in its order. A group that has passed is not looked into."""
    found: list[Check] = []
    for check in checks:
        if check.result is not CheckResult.PASS:
            if check.children:
                found += remaining(check.children)
            else:
                found.append(check)
    return found


def failed_codes(checks: Iterable[Check]) -> list[str]:
    """The codes of all failed steps, in the order of the procedure, each once."""
    return list(dict.fromkeys(check.code for check in remaining(checks) if check.result is CheckResult.FAIL))


def arrange(checks: Iterable[Check], places: dict[str, Group] | None = None) -> tuple[Check, ...]:
    """The checks of one signature as the tree that a report shows.

    Takes trees and loose steps in any mixture, as a container adds its own to those of the seal signature. Groups
    of one name become one; loose steps go under the group that ``places`` (a container's own table) or this module
    names for their code; what is left stays on top, behind the groups. Arranging twice changes nothing.
    """
    known = _PLACES | places if places else _PLACES
    grouped: dict[Group, list[Check]] = {}
    loose: list[Check] = []
    _sort_in(checks, known, grouped, loose)
    seal = [
        group_check(group, steps)
        for group, steps in sorted(grouped.items(), key=lambda item: _ORDER[item[0]])
        if group in _INSIDE_SEAL
    ]
    own = grouped.get(Group.SEAL, [])
    if seal or own:
        grouped[Group.SEAL] = [*seal, *own]
    outer = sorted((group for group in grouped if group not in _INSIDE_SEAL), key=lambda group: _ORDER[group])
    return (*(group_check(group, grouped[group]) for group in outer), *loose)


def _sort_in(
    checks: Iterable[Check], places: dict[str, Group], grouped: dict[Group, list[Check]], loose: list[Check]
) -> None:
    for check in checks:
        group = _group_of(check)
        if group is not None:
            for child in check.children:
                if _group_of(child) is not None:
                    _sort_in((child,), places, grouped, loose)
                else:
                    grouped.setdefault(group, []).append(child)
        elif (place := places.get(check.code)) is not None:
            grouped.setdefault(place, []).append(check)
        else:
            loose.append(check)


def _group_of(check: Check) -> Group | None:
    return _BY_CODE.get(check.code) if check.children else None
