"""Decisions about documents on plain values: names that are taken, and marks of classified papers."""

from __future__ import annotations

import re
import unicodedata

MAX_TITLE = 200
MAX_FILE_NAME = 200

_LEVELS = "绝密|机密|秘密"
_MARKS = (
    re.compile(rf"(?:{_LEVELS})[★☆]"),
    re.compile(rf"密级[::](?:{_LEVELS})"),
    re.compile(rf"^[\[【〔(]?(?:{_LEVELS})[\]】〕)]"),
)
"""How a classified paper says so: 「机密★」 with its term, a line 「密级:机密」, or a name that begins with 【机密】.

A mere 「商业秘密」 or 「保密」 in running text is no mark.
"""
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_STAR_LIKE = str.maketrans({"✩": "★", "✪": "★", "⭐": "★", "✮": "★", "⋆": "★"})


def classified_mark(text: str) -> str | None:
    """The mark of a classified paper in a text, None when there is none. Spacing and width do not hide it."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_STAR_LIKE))
    for mark in _MARKS:
        found = mark.search(plain)
        if found is not None:
            return found.group()
    return None


def is_plain(text: str) -> bool:
    """Whether a name has no control or invisible characters, which would make it show as something else."""
    return bool(text.strip()) and _INVISIBLE.search(text) is None


def base_name(file_name: str) -> str:
    """The last part of a file name as some browsers send it, without folders."""
    return file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()


def sealed_name(file_name: str) -> str:
    """The file name of a sealed version: 合同.pdf becomes 合同(已盖章).pdf."""
    stem = file_name[:-4] if file_name.lower().endswith(".pdf") else file_name
    stem = stem.removesuffix("（已盖章）")
    return f"{stem[: MAX_FILE_NAME - 10]}（已盖章）.pdf"
