"""The few pieces of PDF syntax we write ourselves (ISO 32000-1, 7.3)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pikepdf

_PLACEHOLDER = "/GmsealValueToReplace"


def number(value: float) -> bytes:
    """A number with at most four decimals: a ten-thousandth of a point is 35 nm."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return (text if text not in {"-0", ""} else "0").encode("ascii")


def numbers(values: Iterable[float]) -> bytes:
    """An array of numbers."""
    return b"[" + b" ".join(number(value) for value in values) + b"]"


def name(text: str) -> bytes:
    """A name; ``text`` without the slash. Everything but plain letters and digits is escaped."""
    safe = "".join(
        character
        if character.isascii() and (character.isalnum() or character in "._-+")
        else _escaped(character)
        for character in text
    )
    return b"/" + safe.encode("ascii")


def _escaped(character: str) -> str:
    return "".join(f"#{byte:02X}" for byte in character.encode("utf-8"))


def text_string(text: str) -> bytes:
    """A text string: ASCII as it is, anything else in UTF-16 with a mark, as hex."""
    if text.isascii() and text.isprintable():
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        return b"(" + escaped.encode("ascii") + b")"
    return b"<FEFF" + text.encode("utf-16-be").hex().upper().encode("ascii") + b">"


def date_string(at: datetime) -> bytes:
    """A date (7.9.4) in UTC."""
    return b"(D:" + at.astimezone(UTC).strftime("%Y%m%d%H%M%S").encode("ascii") + b"+00'00')"


def reference(number_: int, generation: int = 0) -> bytes:
    """An indirect reference."""
    return b"%d %d R" % (number_, generation)


def stream(entries: bytes, data: bytes) -> bytes:
    """A stream object's value; ``entries`` are the dictionary's entries without Length."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)


def dictionary_with(original: pikepdf.Object, changes: Mapping[str, bytes]) -> bytes:
    """The dictionary's own text with some values replaced or added, the rest and all references kept.

    qpdf writes the rest, so that names, strings and numbers come out exactly as they were read.
    """
    copy = original.copy()
    for index, key in enumerate(changes):
        copy[key] = pikepdf.Name(f"{_PLACEHOLDER}{index}X")
    text = bytes(copy.unparse(resolved=True))
    for index, value in enumerate(changes.values()):
        mark = f"{_PLACEHOLDER}{index}X".encode("ascii")
        if text.count(mark) != 1:
            raise ValueError("The dictionary already holds a name of the writer.")
        text = text.replace(mark, value)
    return text


def array_with(original: pikepdf.Object | None, additions: Iterable[bytes]) -> bytes:
    """The array's elements as they are, followed by more."""
    added = b" ".join(additions)
    if original is None:
        return b"[" + added + b"]"
    text = bytes(original.unparse(resolved=True)).rstrip()
    return text[:-1] + b" " + added + b"]"
