"""The log that a procedure of verification writes: checks in order, under one clause."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from gmseal.checks import Check, CheckResult, Group, group_check

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
        self._checks.append(Check(code, result, at, says[0], says[1], clause or self._clause))

    def decide(self, code: str, good: bool, at: datetime | None, yes: Sentence, no: Sentence) -> None:  # noqa: FBT001 - the condition is the point of the call
        """Passed with ``yes`` when ``good``, failed with ``no`` otherwise."""
        self.add(code, CheckResult.PASS if good else CheckResult.FAIL, at, yes if good else no)

    @contextmanager
    def group(self, group: Group) -> Iterator[None]:
        """What is written inside goes under this group; a group that stays empty is left out."""
        outer, self._checks = self._checks, []
        try:
            yield
        finally:
            inner, self._checks = self._checks, outer
            if inner:
                self._checks.append(group_check(group, inner))

    def extend(self, checks: Iterable[Check]) -> None:
        """Checks that another procedure made."""
        self._checks.extend(checks)

    def checks(self) -> tuple[Check, ...]:
        """What was written so far."""
        return tuple(self._checks)
