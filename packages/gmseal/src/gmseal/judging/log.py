"""The log that a procedure of verification writes: checks in order, under one clause."""

from collections.abc import Iterable
from datetime import datetime

from gmseal.checks import Check, CheckResult, Group, group_check, step

Sentence = tuple[str, str]
"""The same sentence in Chinese and in English."""


class CheckLog:
    """Collects checks under one clause of a standard."""

    def __init__(self, clause: str) -> None:
        self._clause = clause
        self._checks: list[Check] = []

    def add(
        self, code: str, result: CheckResult, at: datetime | None, says: Sentence, clause: str | None = None
    ) -> None:
        """One check with its result; ``clause`` when it comes from another text than the log's."""
        self._checks.append(step(code, result, at, says, clause or self._clause))

    def decide(self, code: str, good: bool, at: datetime | None, yes: Sentence, no: Sentence) -> None:  # noqa: FBT001 - the condition is the point of the call
        """Passed with ``yes`` when ``good``, failed with ``no`` otherwise."""
        result, says = (CheckResult.PASS, yes) if good else (CheckResult.FAIL, no)
        self._checks.append(step(code, result, at, says, self._clause))

    def group(self, group: Group) -> "_Inside":
        """What is written inside a ``with`` goes under this group; a group that stays empty is left out."""
        return _Inside(self, group)

    def extend(self, checks: Iterable[Check]) -> None:
        """Checks that another procedure made."""
        self._checks.extend(checks)

    def checks(self) -> tuple[Check, ...]:
        """What was written so far."""
        return tuple(self._checks)


class _Inside:
    """A log inside a group. Not a generator's context, which costs three times as much in every judgement."""

    __slots__ = ("_group", "_log", "_outer")

    def __init__(self, log: CheckLog, group: Group) -> None:
        self._log, self._group = log, group
        self._outer: list[Check] = []

    def __enter__(self) -> None:
        self._outer, self._log._checks = self._log._checks, []  # noqa: SLF001 - a part of the log

    def __exit__(self, *_: object) -> None:
        inner, self._log._checks = self._log._checks, self._outer  # noqa: SLF001 - as above
        if inner:
            self._outer.append(group_check(self._group, inner))
