"""The statement of bundles of versions 2 and 3: rows in the words of their maker, and the value each rests on.

From version 4 a bundle brings no words for what is recorded, see :mod:`supplement`. Reports were made from this one, and verifiers compare it with the proven entries. It is not signed, and a row
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
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from evidencelog.bundle.bilingual import Bilingual
from evidencelog.bundle.manifest import strict_json
from evidencelog.bundle.statement_form import (
    FORMAT,
    flag_of,
    list_of,
    malformed,
    number_of,
    object_of,
    path_of,
    text_of,
)
from evidencelog.errors import Code, MalformedError

STATEMENT_VERSION: Final = 1
MAX_STATEMENT_BYTES: Final = 4 << 20
_MAX_ROWS: Final = 2_000


class BasisKind(StrEnum):
    """How a row follows from what an entry records."""

    SAME = "same"
    TIME = "time"
    TEXT = "text"
    WORDED = "worded"


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


def _bilingual(value: object) -> Bilingual:
    item = object_of(value, {"zh", "en"})
    return Bilingual(text_of(item["zh"]), text_of(item["en"]))


def _says(value: object) -> str | int | bool | None:
    if isinstance(value, str):
        return text_of(value)
    if value is None or (isinstance(value, int) and abs(value) < 2**53):
        return value
    raise malformed("a value is neither text, number, flag nor nothing")


def _basis(value: object) -> Basis | None:
    if value is None:
        return None
    item = object_of(value, {"entry", "path", "as", "says"})
    kind = item["as"]
    if kind not in list(BasisKind):
        raise malformed("a basis is of an unknown kind")
    return Basis(number_of(item["entry"]), path_of(item["path"]), BasisKind(kind), _says(item["says"]))


def _row(value: object) -> Row:
    item = object_of(value, {"label", "shown", "code", "basis"})
    return Row(
        _bilingual(item["label"]), _bilingual(item["shown"]), _basis(item["basis"]), flag_of(item["code"])
    )


def parse_statement(data: bytes) -> Statement:
    """Read a statement. Raises :class:`MalformedError`: ``bundle.malformed``, ``bundle.unknown_version``."""
    content = strict_json(data, "the statement")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise malformed("it is not a statement")
    if content.get("version") != STATEMENT_VERSION or isinstance(content["version"], bool):
        raise MalformedError(
            Code.BUNDLE_UNKNOWN_VERSION, "the statement is of a version that is not known here"
        )
    item = object_of(content, {"format", "version", "title", "lead", "masked", "sections"})
    sections = [object_of(one, {"title", "rows"}) for one in list_of(item["sections"], _MAX_ROWS)]
    return Statement(
        title=_bilingual(item["title"]),
        lead=_bilingual(item["lead"]),
        masked=flag_of(item["masked"]),
        sections=tuple(
            Section(_bilingual(one["title"]), tuple(_row(row) for row in list_of(one["rows"], _MAX_ROWS)))
            for one in sections
        ),
    )
