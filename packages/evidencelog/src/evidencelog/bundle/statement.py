"""The statement of a bundle: what happened, row by row, and the recorded value that each row rests on.

Reports for people are made from it, and verifiers compare it with the proven entries. It is not signed, and a row
is believed only as far as its basis goes:

==========  =====================================================================================
``same``    the entry records this very value, and it is shown as it is
``time``    the entry records these milliseconds, shown as date and time in UTC+8
``text``    the entry records the salted SM3 of this text, which is shown as it is
``worded``  the entry records this code or id; the words shown for it are those of who made the bundle
(none)      the log says nothing about it
==========  =====================================================================================

A digest is never shown without an entry that records it, whatever the basis.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Final

from evidencelog.bundle.manifest import strict_json
from evidencelog.errors import Code, MalformedError
from evidencelog.text import is_clean

FORMAT: Final = "evidencelog-statement"
STATEMENT_VERSION: Final = 1
MAX_STATEMENT_BYTES: Final = 4 << 20
_MAX_ROWS: Final = 2_000
_MAX_TEXT: Final = 4_000
_MAX_PATH: Final = 8
_UTC8: Final = timezone(timedelta(hours=8))
_MAX_TIME_MS: Final = 253_402_214_400_000
"""The year 9999, beyond which no date is written."""


class BasisKind(StrEnum):
    """How a row follows from what an entry records."""

    SAME = "same"
    TIME = "time"
    TEXT = "text"
    WORDED = "worded"


@dataclass(frozen=True)
class Bilingual:
    """The same words in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Basis:
    """``entry`` is its number in the manifest, from 1; ``path`` leads to the value; ``says`` is that value.

    For a text, ``says`` is the text and the value at the path is ``{"salt", "sm3"}``.
    """

    entry: int
    path: tuple[str, ...]
    kind: BasisKind
    says: str | int | bool | None


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    label: Bilingual
    shown: Bilingual
    basis: Basis | None = None
    is_code: bool = False
    """Whether it is set in fixed width: digests, numbers."""


@dataclass(frozen=True)
class Section:
    """Rows under one heading."""

    title: Bilingual
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Statement:
    """The whole statement. ``masked``: names of persons are left out, as for outsiders."""

    title: Bilingual
    lead: Bilingual
    masked: bool
    sections: tuple[Section, ...]

    def to_bytes(self) -> bytes:
        """The JSON text; :func:`parse_statement` gives back the same object."""
        content = {
            "format": FORMAT,
            "version": STATEMENT_VERSION,
            "title": _pair(self.title),
            "lead": _pair(self.lead),
            "masked": self.masked,
            "sections": [
                {"title": _pair(section.title), "rows": [_row_content(row) for row in section.rows]}
                for section in self.sections
            ],
        }
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def shown_time(milliseconds: int) -> str:
    """UTC milliseconds as a statement shows them."""
    if not 0 <= milliseconds < _MAX_TIME_MS:
        return str(milliseconds)
    return datetime.fromtimestamp(milliseconds // 1000, _UTC8).strftime("%Y-%m-%d %H:%M:%S UTC+8")


def _pair(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _row_content(row: Row) -> dict[str, Any]:
    basis = row.basis
    return {
        "label": _pair(row.label),
        "shown": _pair(row.shown),
        "code": row.is_code,
        "basis": None
        if basis is None
        else {
            "entry": basis.entry,
            "path": list(basis.path),
            "as": basis.kind.value,
            "says": basis.says,
        },
    }


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.BUNDLE_MALFORMED, f"the statement of the bundle is malformed: {reason}")


def _object(value: object, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise _malformed(f"an object does not have exactly the keys {', '.join(sorted(keys))}")
    return value


def _list(value: object, limit: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > limit:
        raise _malformed("a list is missing or too long")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not is_clean(value.replace("\n", "")):
        raise _malformed("a text is missing, too long, or holds a control character")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _malformed("a flag is neither true nor false")
    return value


def _bilingual(value: object) -> Bilingual:
    item = _object(value, {"zh", "en"})
    return Bilingual(_text(item["zh"]), _text(item["en"]))


def _says(value: object) -> str | int | bool | None:
    if isinstance(value, str):
        return _text(value)
    if value is None or (isinstance(value, int) and abs(value) < 2**53):
        return value
    raise _malformed("a value is neither text, number, flag nor nothing")


def _basis(value: object) -> Basis | None:
    if value is None:
        return None
    item = _object(value, {"entry", "path", "as", "says"})
    number, kind = item["entry"], item["as"]
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number < 2**31:
        raise _malformed("a basis names no entry")
    if kind not in list(BasisKind):
        raise _malformed("a basis is of an unknown kind")
    path = tuple(_text(part) for part in _list(item["path"], _MAX_PATH))
    return Basis(number, path, BasisKind(kind), _says(item["says"]))


def _row(value: object) -> Row:
    item = _object(value, {"label", "shown", "code", "basis"})
    return Row(
        _bilingual(item["label"]), _bilingual(item["shown"]), _basis(item["basis"]), _flag(item["code"])
    )


def parse_statement(data: bytes) -> Statement:
    """Read a statement. Raises :class:`MalformedError`: ``bundle.malformed``, ``bundle.unknown_version``."""
    content = strict_json(data, "the statement")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _malformed("it is not a statement")
    if content.get("version") != STATEMENT_VERSION or isinstance(content["version"], bool):
        raise MalformedError(
            Code.BUNDLE_UNKNOWN_VERSION, "the statement is of a version that is not known here"
        )
    item = _object(content, {"format", "version", "title", "lead", "masked", "sections"})
    sections = [_object(one, {"title", "rows"}) for one in _list(item["sections"], _MAX_ROWS)]
    return Statement(
        title=_bilingual(item["title"]),
        lead=_bilingual(item["lead"]),
        masked=_flag(item["masked"]),
        sections=tuple(
            Section(_bilingual(one["title"]), tuple(_row(row) for row in _list(one["rows"], _MAX_ROWS)))
            for one in sections
        ),
    )
