"""Canonical entry bytes, version 1.

An entry is a JSON object in exactly one spelling: UTF-8, no white space, keys sorted, no floating point
numbers, only the escapes JSON demands. It is RFC 8785 (JCS) restricted to what every language reads alike: keys
are printable ASCII, integers fit 53 bits. The key ``v`` holds the version of this form, the number 1.

What is hashed is what was stored, never an object written out again; the single spelling lets an outsider who
knows the contents make the same bytes. Entries cannot be deleted, so they hold digests and ids, no personal data.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias

from evidencelog.errors import ArgumentError, Code, MalformedError
from evidencelog.tiles import MAX_ENTRY_BYTES, check_entry_size

ENTRY_VERSION: Final = 1
MAX_DEPTH: Final = 16
MAX_INTEGER: Final = 2**53 - 1

JsonValue: TypeAlias = "bool | int | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

_KEY = re.compile(r"[!-~]{1,64}", re.ASCII)
_ODD_KEY: Final = "a key is not 1 to 64 printable ASCII characters without spaces"
_GOOD_KEYS: Final[set[object]] = set()
"""Keys that were found good before, so that the usual ones are not matched again; bounded."""
_MAX_GOOD_KEYS: Final = 4096
_SURROGATE = re.compile("[\ud800-\udfff]")


class _NotCanonicalError(Exception):
    """A value has no canonical form; the message says why. Never leaves this module."""


def _is_plain(value: dict[object, object] | list[object], depth: int) -> bool:
    """Whether nothing but plain JSON values with usual keys is in here, so that it can be written as it is.

    False says only that `_plain` has to look. Texts are not looked into: what is not valid Unicode has no UTF-8.
    """
    if depth >= MAX_DEPTH:
        return False
    if type(value) is dict:
        if not _are_good_keys(value):
            return False
        inside: Iterable[object] = value.values()
    else:
        inside = value
    for item in inside:
        kind = type(item)
        if kind is dict or kind is list:
            if not _is_plain(item, depth + 1):  # type: ignore[arg-type]  # mypy does not follow the kind
                return False
        elif kind is int:
            if not -MAX_INTEGER <= item <= MAX_INTEGER:  # type: ignore[operator]  # as above
                return False
        elif kind is not str and item is not None and kind is not bool:
            return False
    return True


def _plain(value: object, depth: int) -> object:
    """Return ``value`` as plain lists and dicts, refusing what version 1 does not allow."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise _NotCanonicalError("an integer has more than 53 bits")
        return int(value)
    if isinstance(value, str):
        if not value.isascii() and _SURROGATE.search(value):
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
        raise _NotCanonicalError(_ODD_KEY)
    return str(key)


def _are_good_keys(value: dict[object, object]) -> bool:
    """Whether all keys are plain strings that may stand in an entry."""
    if _GOOD_KEYS.issuperset(value):
        return True
    for key in value:
        if type(key) is not str or _KEY.fullmatch(key) is None:
            return False
    if len(_GOOD_KEYS) < _MAX_GOOD_KEYS:
        _GOOD_KEYS.update(value)
    return True


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _dump(plain: object) -> bytes:
    return _ENCODER.encode(plain).encode("utf-8")


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
        whole: dict[Any, Any] = {**content, "v": ENTRY_VERSION}
        entry = _dump(whole if _is_plain(whole, 0) else _plain(whole, 0))
    except UnicodeEncodeError as error:
        raise ArgumentError(
            Code.ENTRY_NOT_CANONICAL, "this entry has no canonical form: a text is not valid Unicode"
        ) from error
    except _NotCanonicalError as error:
        raise ArgumentError(Code.ENTRY_NOT_CANONICAL, f"this entry has no canonical form: {error}") from error
    check_entry_size(entry)
    return entry


def _no_float(_: str) -> NoReturn:
    raise _NotCanonicalError("it holds a number that is not an integer")


_DECODER: Final = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)
_MAYBE_LARGE: Final = re.compile(rb"[:,\[]-?[0-9]{16}")
"""Where a number of more than 53 bits may stand in canonical JSON, or a text looks like that."""
_TEXTS: Final = re.compile(rb'"(?:[^"\\\\]|\\\\.)*"?', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[\]{}]")


def _check_parts(value: object, depth: int) -> None:
    """Refuse odd keys and deep nesting; large numbers are looked for only where one may be."""
    if depth >= MAX_DEPTH:
        raise _NotCanonicalError(f"values are nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        if not _are_good_keys(value):
            raise _NotCanonicalError(_ODD_KEY)
        inside: Iterable[object] = value.values()
    else:
        inside = value if isinstance(value, list) else ()
    for item in inside:
        if isinstance(item, dict | list):
            _check_parts(item, depth + 1)


def _refuse_deep(data: bytes) -> None:
    """Refuse deep nesting before the parser meets it, which goes down one call for each level.

    An entry with few brackets cannot be deep, which is nearly every one; of the others the brackets outside of
    texts are counted.
    """
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKETS.finditer(_TEXTS.sub(b"", data)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise MalformedError(
                Code.ENTRY_NOT_CANONICAL,
                f"the entry is not canonical: values are nested more than {MAX_DEPTH} deep",
            )


def decode_entry(data: bytes) -> dict[str, JsonValue]:
    """Read an entry, ``v`` included; ``encode_entry(decode_entry(data)) == data`` always holds.

    That it is written out again to the same bytes shows nearly everything: order and uniqueness of keys, white
    space, escapes. Raises :class:`MalformedError`: ``entry.malformed``, ``entry.not_canonical`` for any other
    spelling, ``entry.unknown_version``, ``entry.too_large``.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise MalformedError(Code.ENTRY_TOO_LARGE, f"an entry has at most {MAX_ENTRY_BYTES} bytes")
    _refuse_deep(data)
    try:
        content = _DECODER.decode(data.decode("utf-8"))
        if not isinstance(content, dict):
            raise MalformedError(Code.ENTRY_MALFORMED, "an entry is a JSON object")
        _check_parts(content, 0)
        if _MAYBE_LARGE.search(data):
            _plain(content, 0)
        canonical = _dump(content)
    except _NotCanonicalError as error:
        raise MalformedError(Code.ENTRY_NOT_CANONICAL, f"the entry is not canonical: {error}") from error
    except UnicodeEncodeError as error:
        raise MalformedError(
            Code.ENTRY_NOT_CANONICAL, "the entry is not canonical: a text is not valid Unicode"
        ) from error
    except (ValueError, RecursionError) as error:
        raise MalformedError(Code.ENTRY_MALFORMED, "the entry is not JSON in UTF-8") from error
    if canonical != data:
        raise MalformedError(Code.ENTRY_NOT_CANONICAL, "the entry is not in its canonical spelling")
    if not _is_version(content.get("v")):
        raise MalformedError(Code.ENTRY_UNKNOWN_VERSION, "the entry is of a version that is not known here")
    return content
