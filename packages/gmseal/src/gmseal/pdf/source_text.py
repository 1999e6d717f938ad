"""The text of objects as it stands in the file, for changing one entry and keeping every other byte.

qpdf can print objects too, but loads everything they refer to first (milliseconds for a page with
fonts), and leaves out what it cannot read: a page whose content has a wrong length, which every reader
shows, would come out empty. So dictionaries are cut out of the file, or of the object stream that holds
them, and qpdf's reading is the check. When the keys do not agree with it, qpdf prints the dictionary
after all, provided that nothing troubled it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import pikepdf

from gmseal.pdf import syntax
from gmseal.pdf.document import Document

_LONGEST = 65536
"""Bytes of a dictionary that is cut out; page dictionaries have a few hundred."""
_HEAD = re.compile(rb"[\x00\t\n\f\r ]*([0-9]+)[\x00\t\n\f\r ]+([0-9]+)[\x00\t\n\f\r ]+obj(?=[^0-9A-Za-z])")
_TOKEN = re.compile(
    rb"[\x00\t\n\f\r ]+|%[^\r\n]*|(<<|>>|\[|\]|\(|<[0-9A-Fa-f\x00\t\n\f\r ]*>|/[^\x00\t\n\f\r ()<>\[\]{}/%]*"
    rb"|[^\x00\t\n\f\r ()<>\[\]{}/%]+)"
)
_ENDS = frozenset({b"stream", b"endobj"})
_WHOLE = re.compile(rb"\+?[0-9]{1,10}")
_OPEN = frozenset({b"<<", b"["})
_CLOSE = frozenset({b">>", b"]"})
_NOTHING = re.compile(rb"null|[0-9]+[\x00\t\n\f\r ]+[0-9]+[\x00\t\n\f\r ]+R")
_IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cut:
    """The text of a value and, for a dictionary, where each entry begins, its value begins and ends."""

    text: bytes
    entries: dict[bytes, tuple[int, int, int]]


def changed_dictionary(document: Document, original: pikepdf.Object, changes: Mapping[str, bytes]) -> bytes:
    """The dictionary's text with some values replaced or added, all else as it is in the file."""
    cut = _cut_dictionary(document, original)
    if cut is None:
        text = syntax.dictionary_with(original, changes)
        document.check_certain()
        return text
    text = cut.text
    spans = [cut.entries[key.encode("ascii")] for key in changes if key.encode("ascii") in cut.entries]
    for begin, _, end in sorted(spans, reverse=True):
        text = text[:begin] + text[end:]
    added = b"".join(b"\n" + key.encode("ascii") + b" " + value for key, value in changes.items())
    return text[:-2] + added + b">>"


def extended_array(document: Document, owner: pikepdf.Object, key: str, additions: Iterable[bytes]) -> bytes:
    """The array under ``key`` of ``owner``, with more elements, as a direct array."""
    present = owner.get(key)
    if present is None:
        return syntax.array_with(None, additions)
    text = _array_text(document, owner, key, present)
    if text is None:
        text = syntax.array_with(present, additions)
        document.check_certain()
        return text
    return text[:-1] + b" " + b" ".join(additions) + b"]"


def _array_text(document: Document, owner: pikepdf.Object, key: str, present: pikepdf.Object) -> bytes | None:
    if present.is_indirect:
        cut = _cut(document, present.objgen)
        text = cut.text if cut is not None else b""
    else:
        whole = _cut_dictionary(document, owner)
        span = whole.entries.get(key.encode("ascii")) if whole is not None else None
        text = whole.text[span[1] : span[2]] if whole is not None and span is not None else b""
    return text if text.startswith(b"[") and text.endswith(b"]") else None


def _cut_dictionary(document: Document, original: pikepdf.Object) -> Cut | None:
    cut = _cut(document, original.objgen)
    if cut is None:
        return None
    hidden = {key.decode("latin-1"): span for key, span in cut.entries.items()}
    for key in set(original.keys()):
        if hidden.pop(key, None) is None:
            return None
    # qpdf hides entries whose value is null, or an object that is missing or that it cannot read.
    unread = all(_NOTHING.fullmatch(cut.text, begin, end) for _, begin, end in hidden.values())
    return cut if unread else None


def _cut(document: Document, place: tuple[int, int]) -> Cut | None:
    offset = document.offset_of(place)
    if offset is not None:
        return cut_at(document.file, offset, place)
    packed = document.packed_text(place)
    return None if packed is None else _scan(*packed)


def cut_at(file: BinaryIO, offset: int, place: tuple[int, int]) -> Cut | None:
    """The array or dictionary that is the object ``place``; ``None`` when it is not there or odd."""
    file.seek(offset)
    data = file.read(_LONGEST)
    head = _HEAD.match(data)
    if head is None or (int(head[1]), int(head[2])) != place:
        return None
    return _scan(data, head.end())


def cut_text(data: bytes) -> Cut | None:
    """The array or dictionary that ``data`` begins with."""
    return _scan(data, 0)


def references_in(data: bytes) -> Iterator[tuple[int, int]]:
    """Every reference in a value, as number and generation; strings and comments are no references.

    Ends where a stream's data or the end of the object begins.
    """
    before: tuple[bytes, bytes] = (b"", b"")
    for word, _, _ in _words(data, 0):
        if word in _ENDS:
            return
        if word == b"R" and all(_WHOLE.fullmatch(part) for part in before):
            yield int(before[0]), int(before[1])
        before = (before[1], word)


def _scan(data: bytes, position: int) -> Cut | None:
    """One array or dictionary from ``position`` on: brackets are counted, strings skipped, entries noted."""
    depth = 0
    begin = -1
    marks: list[tuple[bytes, int, int]] = []
    for word, at, end in _words(data, position):
        opens, closes = word in _OPEN, word in _CLOSE
        if begin < 0:
            begin = at
            if not opens:
                return None
        depth += opens - closes
        if closes and depth == 0:
            return _entries(data, begin, end, marks)
        if depth == 1 or (opens and depth == 2):
            kind = b"[" if opens and depth == 2 else b"]" if closes else word
            if begin != at:
                marks.append((kind, at, end))
    return None


def _words(data: bytes, position: int) -> Iterator[tuple[bytes, int, int]]:
    """Tokens with their places; a literal string is one token, blanks and comments are none."""
    while token := _TOKEN.match(data, position):
        at, position = token.span()
        word: bytes | None = token[1]
        if word == b"(":
            position = _string_end(data, position)
            if position < 0:
                return
        if word is not None:
            yield word, at, position


def _entries(data: bytes, begin: int, end: int, marks: list[tuple[bytes, int, int]]) -> Cut | None:
    """Pairs the marks of a dictionary's first level; ``None`` when a key is doubled or escaped."""
    text = data[begin:end]
    entries: dict[bytes, tuple[int, int, int]] = {}
    if not text.startswith(b"<<"):
        return Cut(text, entries)
    index = 0
    while index < len(marks):
        key, at, _ = marks[index]
        following = index + 1
        if not key.startswith(b"/") or b"#" in key or key in entries or following >= len(marks):
            return None
        last = _value_end(marks, following)
        entries[key] = (at - begin, marks[following][1] - begin, marks[last][2] - begin)
        index = last + 1
    return Cut(text, entries)


def _value_end(marks: list[tuple[bytes, int, int]], first: int) -> int:
    """The index of the last mark of the value that begins at ``first``."""
    if marks[first][0] == b"[":
        return next(index for index in range(first, len(marks)) if marks[index][0] == b"]")
    reference = first + 2 < len(marks) and marks[first + 2][0] == b"R"
    return first + 2 if reference else first


def _string_end(data: bytes, position: int) -> int:
    """The position after the parenthesis that closes a literal string, or -1."""
    depth = 1
    for found in _IN_STRING.finditer(data, position):
        if found[0] == b"(":
            depth += 1
        elif found[0] == b")":
            depth -= 1
            if depth == 0:
                return found.end()
    return -1
