"""Canonical entry bytes, version 1.

An entry is a JSON object in exactly one spelling: UTF-8, no white space, keys sorted, no floating point
numbers, only the escapes JSON demands. It is RFC 8785 (JCS) restricted to what every language reads alike: keys
are printable ASCII, integers fit 53 bits. The key ``v`` holds the version of this form, the number 1.

What is hashed is what was stored, never an object written out again; the single spelling lets an outsider who
knows the contents make the same bytes. Entries cannot be deleted, so they hold digests and ids, no personal data.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

from evidencelog.errors import ArgumentError, Code, MalformedError
from evidencelog.tiles import MAX_ENTRY_BYTES, check_entry_size

ENTRY_VERSION: Final = 1
MAX_DEPTH: Final = 16
MAX_INTEGER: Final = 2**53 - 1

JsonValue: TypeAlias = "bool | int | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

_KEY = re.compile(r"[!-~]{1,64}", re.ASCII)


class _NotCanonicalError(Exception):
    """A value has no canonical form; the message says why. Never leaves this module."""


def _plain(value: object, depth: int) -> object:
    """Return ``value`` as plain lists and dicts, refusing what version 1 does not allow."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise _NotCanonicalError("an integer has more than 53 bits")
        return int(value)
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _NotCanonicalError("a text is not valid Unicode")
        return str(value)
    if depth >= MAX_DEPTH:
        raise _NotCanonicalError(f"values are nested more than {MAX_DEPTH} deep")
    if isinstance(value, Mapping):
        return {_plain_key(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(item, depth + 1) for item in value]
    raise _NotCanonicalError(f"values of the type {type(value).__name__} are not allowed")


def _plain_key(key: object) -> str:
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        raise _NotCanonicalError("a key is not 1 to 64 printable ASCII characters without spaces")
    return str(key)


def _dump(plain: object) -> bytes:
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def _is_version(value: object) -> bool:
    return value == ENTRY_VERSION and not isinstance(value, bool | float)


def encode_entry(content: Mapping[str, JsonValue]) -> bytes:
    """Return the canonical bytes of an entry; ``v`` is added, or must be 1 where it is given.

    Raises :class:`ArgumentError`: ``entry.not_canonical`` for floats, bytes, large integers, odd keys and deep
    nesting, ``entry.unknown_version``, ``entry.too_large`` beyond 65,535 bytes.
    """
    if not _is_version(content.get("v", ENTRY_VERSION)):
        raise ArgumentError(
            Code.ENTRY_UNKNOWN_VERSION, "the key v is reserved for the version of the form, 1"
        )
    try:
        entry = _dump(_plain({**content, "v": ENTRY_VERSION}, 0))
    except _NotCanonicalError as error:
        raise ArgumentError(Code.ENTRY_NOT_CANONICAL, f"this entry has no canonical form: {error}") from error
    check_entry_size(entry)
    return entry


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _NotCanonicalError("a key occurs twice")
    return result


def _no_float(_: str) -> NoReturn:
    raise _NotCanonicalError("it holds a number that is not an integer")


def decode_entry(data: bytes) -> dict[str, JsonValue]:
    """Read an entry, ``v`` included; ``encode_entry(decode_entry(data)) == data`` always holds.

    Raises :class:`MalformedError`: ``entry.malformed``, ``entry.not_canonical`` for any other spelling,
    ``entry.unknown_version``, ``entry.too_large``.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise MalformedError(Code.ENTRY_TOO_LARGE, f"an entry has at most {MAX_ENTRY_BYTES} bytes")
    try:
        content = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float
        )
        if not isinstance(content, dict):
            raise MalformedError(Code.ENTRY_MALFORMED, "an entry is a JSON object")
        canonical = _dump(_plain(content, 0))
    except _NotCanonicalError as error:
        raise MalformedError(Code.ENTRY_NOT_CANONICAL, f"the entry is not canonical: {error}") from error
    except (ValueError, RecursionError) as error:
        raise MalformedError(Code.ENTRY_MALFORMED, "the entry is not JSON in UTF-8") from error
    if canonical != data:
        raise MalformedError(Code.ENTRY_NOT_CANONICAL, "the entry is not in its canonical spelling")
    if not _is_version(content.get("v")):
        raise MalformedError(Code.ENTRY_UNKNOWN_VERSION, "the entry is of a version that is not known here")
    return content
