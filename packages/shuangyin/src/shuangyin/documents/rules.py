"""Decisions about documents on plain values: the names they are taken and sealed under."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from shuangyin.documents.formats import Format

MAX_TITLE = 200
MAX_FILE_NAME = 200
_OTHER_LETTERS = frozenset({"FONT_SUBSTITUTED", "GLYPH_SUBSTITUTED"})


def base_name(file_name: str) -> str:
    """The last part of a file name as some browsers send it, without folders."""
    return file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()


def stem(file_name: str) -> str:
    """A file name without the ending of a format that is sealed here."""
    for suffix in (kind.suffix for kind in Format):
        if file_name.lower().endswith(suffix):
            return file_name[: -len(suffix)]
    return file_name


def sealed_name(file_name: str, kind: Format = Format.PDF) -> str:
    """The file name of a sealed version: 合同.pdf becomes 合同（已盖章）.pdf."""
    plain = stem(file_name).removesuffix("（已盖章）")
    return f"{plain[: MAX_FILE_NAME - 10]}（已盖章）{kind.suffix}"


def faithfulness(codes: Collection[str]) -> Literal["exact", "fonts", "incomplete"]:
    """How well a drawing shows an OFD, by the codes of what it does not show as the file says it.

    `fonts`: everything is there, in letters of another design. `incomplete`: something may be missing or differ.
    """
    if not codes:
        return "exact"
    return "fonts" if set(codes) <= _OTHER_LETTERS else "incomplete"


def most_codes(kind: Format, *, signed: bool) -> int | None:
    """How many QR codes may be added to a file that is `signed` already, or not; None for any number.

    In an OFD a code changes the annotations of a page, which every signature protects.
    """
    if kind is Format.PDF:
        return None
    return 0 if signed else 1
