"""What people write in their own words: one rule for every field that takes it.

1. No character that cannot be seen: controls, marks that turn the direction of writing, joiners, private-use
   characters. They make a text show as something else than it is, on screen and on paper that is sealed.
2. No mark of a classified paper (密级): such papers are not handled here, and their titles are not kept either.

A paragraph may have line breaks and tabs; a line may not.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from shuangyin.core.errors import Invalid, Refused

_LEVELS = "绝密|机密|秘密"
_OPEN, _SHUT = r"[\[【〔(〈<《]", r"[\]】〕)〉>》]"
_STAR = "[★☆]"
_TERM = r"(?:(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3}|半)(?:年|个?月|日|天)|长期|永久|启用前|公开前|解密前)"
_MARKS = (
    re.compile(rf"(?:{_LEVELS}){_STAR}"),
    re.compile(rf"{_STAR}(?:{_LEVELS})(?:{_STAR}|{_TERM}|$)"),
    re.compile(rf"密级:{_OPEN}?(?:{_LEVELS})"),
    re.compile(rf"^{_OPEN}(?:{_LEVELS}){_TERM}?{_SHUT}"),
    re.compile(rf"{_OPEN}(?:{_LEVELS}){_TERM}?{_SHUT}$"),
)
"""How a classified paper says so anywhere: 「机密★」 with its term, 「密级:机密」, a name that begins or ends with 【机密】.

A mere 「商业秘密」 or 「保密」 in running text is no mark.
"""
_BARE = re.compile(rf"(?:密级:?)?{_OPEN}?(?:{_LEVELS}){_SHUT}?[:·.]?{_OPEN}?{_TERM}?{_SHUT}?")
"""A level that stands by itself, with its term or without: 「秘密」, 「机密 长期」, 「秘密 5年」."""
_STAR_LIKE = str.maketrans(dict.fromkeys("✩✪⭐✮⋆✭✯✰⭑🌟⚝✦", "★"))

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Fillers that count as letters and show as nothing."""
_HAN_PLANES = range(0x20000, 0x3FFFE)
"""Rare Han characters are added there faster than Python's tables learn of them."""


def classified_mark(text: str) -> str | None:
    """The mark of a classified paper in a text, None when there is none. Spacing and width do not hide it."""
    plain = _squeezed(text)
    for mark in _MARKS:
        found = mark.search(plain)
        if found is not None:
            return found.group()
    return plain if is_bare_level(text) else None


def is_bare_level(text: str) -> bool:
    """Whether a text is nothing but a level of secrecy, with its term or without."""
    return _BARE.fullmatch(_squeezed(text)) is not None


def has_unseen(text: str, *, breaks: bool = False) -> bool:
    """Whether a text has a character that cannot be seen; `breaks` allows line feeds and tabs."""
    allowed = "\n\t" if breaks else ""
    return any(_is_unseen(character) and character not in allowed for character in text)


def unseen_named(text: str, *, breaks: bool = False) -> str:
    """The first few characters of a text that cannot be seen, by their code points: U+200D."""
    allowed = "\n\t" if breaks else ""
    found = dict.fromkeys(one for one in text if _is_unseen(one) and one not in allowed)
    return ", ".join(f"U+{ord(one):04X}" for one in list(found)[:3])


def unseen_refused(text: str, field: str | None, *, breaks: bool = False) -> Invalid:
    """A text with characters that cannot be seen; they are named by their code points."""
    named = unseen_named(text, breaks=breaks)
    return Invalid(
        "TEXT_UNSEEN_CHARACTERS",
        f"文字中含有不可见、改变书写方向或无法显示的字符（{named}），请删除后重新输入。组合表情符号含有 U+200D。",
        f"The text holds characters that cannot be seen or that turn its direction ({named}). "
        "Remove them and type it again. Joined emoji hold U+200D.",
        details={"field": field} if field else None,
    )


def classified_refused(field: str | None) -> Refused:
    """A text with the mark of a classified paper."""
    return Refused(
        "CLASSIFIED_REFUSED",
        "文字带有国家秘密标志，涉密事项不得在本平台处理，未保存任何内容。请按保密规定办理。",
        "The text bears the mark of a classified paper. Such matters must not be handled here; nothing was kept. Follow the rules on secrets.",
        details={"field": field} if field else None,
    )


def checked_line(text: str, field: str | None = None) -> str:
    """A line as it was given. Raises Invalid (TEXT_UNSEEN_CHARACTERS), Refused (CLASSIFIED_REFUSED)."""
    if has_unseen(text):
        raise unseen_refused(text, field)
    if classified_mark(text) is not None:
        raise classified_refused(field)
    return text


def checked_paragraph(text: str, field: str | None = None) -> str:
    """A text of several lines, with line feeds as its only breaks. Raises as `checked_line`."""
    text = checked_regulation(text, field)
    if any(classified_mark(line) is not None for line in (text, *text.split("\n"))):
        raise classified_refused(field)
    return text


def checked_regulation(text: str, field: str | None = None) -> str:
    """The wording of a rule, which may name marks of secrecy without bearing one. Raises Invalid."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if has_unseen(text, breaks=True):
        raise unseen_refused(text, field, breaks=True)
    return text


def _line_of(text: str, info: ValidationInfo) -> str:
    return checked_line(text, info.field_name)


def _paragraph_of(text: str, info: ValidationInfo) -> str:
    return checked_paragraph(text, info.field_name)


def _regulation_of(text: str, info: ValidationInfo) -> str:
    return checked_regulation(text, info.field_name)


def _is_unseen(character: str) -> bool:
    if character in _UNSEEN_LETTERS:
        return True
    category = unicodedata.category(character)
    if category == "Cn":
        return ord(character) not in _HAN_PLANES
    return category in _UNSEEN


def _squeezed(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_STAR_LIKE)
    return "".join(one for one in plain if not one.isspace() and unicodedata.category(one) != "Cf")


NO_NUL = r"^[^\x00]*$"
"""For what is only searched for or compared: PostgreSQL takes no NUL in a text."""

# The descriptions of the interface name the characters that no field takes; the check itself is wider.
_LINE_PATTERN = {"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
_PARAGRAPH_PATTERN = {"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_line_of),
    Field(json_schema_extra=_LINE_PATTERN),
]
"""One line of free text, without outer spaces. Give it its length with `Field(max_length=…)`."""
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_paragraph_of),
    Field(json_schema_extra=_PARAGRAPH_PATTERN),
]
"""Free text of several lines, without outer spaces."""
Regulation = Annotated[str, AfterValidator(_regulation_of), Field(json_schema_extra=_PARAGRAPH_PATTERN)]
"""The wording of a regulation of the organization."""
