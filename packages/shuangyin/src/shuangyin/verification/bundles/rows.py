"""Rows of a statement, each with the recorded value that it rests on."""

from __future__ import annotations

from typing import Any

from evidencelog.bundle import Basis, BasisKind, Bilingual, Row, Section, shown_time
from shuangyin.verification.bundles.entries import Recorded
from shuangyin.verification.texts import text_of


class Rows:
    """Gathers the rows of one section; `label` is a key of the texts. Rows without a value are left out."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._rows: list[Row] = []

    def section(self) -> Section:
        """What was gathered."""
        return Section(words(self._title), tuple(self._rows))

    @property
    def is_empty(self) -> bool:
        return not self._rows

    def stated(self, label: str, value: str | Bilingual | None, *, code: bool = False) -> None:
        """What the platform says and no entry records."""
        if value:
            self._add(label, value if isinstance(value, Bilingual) else Bilingual(value, value), None, code)

    def same(self, label: str, source: Recorded | None, *path: str) -> None:
        """A value exactly as it is recorded."""
        value = _at(source, path)
        if source is None or value is None or isinstance(value, bool) or not isinstance(value, str | int):
            return
        shown = Bilingual(str(value), str(value))
        self._add(
            label, shown, Basis(source.number, path, BasisKind.SAME, value), code=isinstance(value, str)
        )

    def time(self, label: str, source: Recorded | None, *path: str) -> None:
        """Recorded milliseconds as date and time."""
        value = _at(source, path)
        if source is not None and isinstance(value, int):
            shown = Bilingual(shown_time(value), shown_time(value))
            self._add(label, shown, Basis(source.number, path, BasisKind.TIME, value), code=False)

    def worded(self, label: str, source: Recorded | None, shown: str | Bilingual | None, *path: str) -> None:
        """Words for a code or id that is recorded."""
        value = _at(source, path)
        if source is None or not shown or not isinstance(value, str | int | bool):
            return
        text = shown if isinstance(shown, Bilingual) else Bilingual(shown, shown)
        self._add(label, text, Basis(source.number, path, BasisKind.WORDED, value), code=False)

    def text(self, label: str, source: Recorded | None, shown: str | None, *path: str) -> None:
        """A free text whose salted digest is recorded."""
        if source is not None and shown and isinstance(_at(source, path), dict):
            basis = Basis(source.number, path, BasisKind.TEXT, shown)
            self._add(label, Bilingual(shown, shown), basis, code=False)

    def _add(self, label: str, shown: Bilingual, basis: Basis | None, code: bool) -> None:  # noqa: FBT001  # private
        self._rows.append(Row(words(label), shown, basis, code))


def words(key: str) -> Bilingual:
    """The words of a key of the public texts."""
    text = text_of(key)
    return Bilingual(text.zh, text.en)


def _at(source: Recorded | None, path: tuple[str, ...]) -> Any:
    value: Any = source.content if source is not None else None
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value
