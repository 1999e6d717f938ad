"""Reading JSON from strangers: exact types, no number that two languages read differently, nothing left over.

The bytes of a record are signed as they are, so that no canonical spelling is needed; what is needed is that everybody
reads the same out of them. Hence: UTF-8, one object, keys once, integers within 53 bits and no other numbers, at most
eight levels deep, and a key that the contract does not know is refused (a later version has another number).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NoReturn, TypeAlias, TypeVar

from sealdevice.errors import Code, MalformedRecord

MAX_BYTES: Final = 32_768
MAX_DEPTH: Final = 8
MAX_BRACKETS: Final = 2_000
MAX_INTEGER: Final = 2**53 - 1

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

_E = TypeVar("_E", bound=StrEnum)


class _UnusableError(ValueError):
    """The parser met something that the contract does not allow. Never leaves this module."""


def read_object(data: bytes, *, most: int = MAX_BYTES) -> dict[str, Json]:
    """The JSON object in ``data``. Raises :class:`MalformedRecord` for anything else, however absurd."""
    if len(data) > most:
        raise MalformedRecord(Code.RECORD_TOO_LARGE, f"at most {most} bytes are read")
    # Brackets are counted before the parser goes down one call for each of them. Those within texts are counted as
    # well: no message of the contract comes near the limit.
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise malformed("it is nested or repeated beyond all need")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise malformed("it is not one JSON object in UTF-8 with integers as its only numbers") from error
    if not isinstance(value, dict):
        raise malformed("it is not a JSON object")
    _check_depth(value, 1)
    return value


def write_object(value: Mapping[str, Json]) -> bytes:
    """The bytes of an object: sorted keys, no white space, so that equal objects give equal bytes."""
    return _ENCODER.encode(value).encode()


def malformed(why: str) -> MalformedRecord:
    """The error for bytes that break the contract."""
    return MalformedRecord(Code.RECORD_MALFORMED, f"this is no record of the contract: {why}")


def one_of(kinds: type[_E], value: Json, what: str) -> _E:
    """The member of ``kinds`` that a value names. Raises :class:`MalformedRecord`."""
    if not isinstance(value, str):
        raise malformed(f"{value!r} is not {what}")
    try:
        return kinds(value)
    except ValueError as error:
        raise malformed(f"{value!r} is not {what}") from error


class Fields:
    """The fields of one object, each taken once with its type; :meth:`finish` refuses what nobody took."""

    def __init__(self, value: Json, what: str) -> None:
        if not isinstance(value, dict):
            raise malformed(f"{what} is not an object")
        self._left = dict(value)
        self._what = what

    def __contains__(self, name: str) -> bool:
        """Whether a field is there and was not taken yet."""
        return name in self._left

    def text(self, name: str, *, longest: int = 200) -> str:
        """A text of 1 to ``longest`` characters without control characters."""
        value = self._take(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
            raise self._wrong(name, f"a printable text of 1 to {longest} characters")
        return value

    def integer(self, name: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
        """An integer between ``low`` and ``high``."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(name, f"an integer from {low} to {high}")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def digest(self, name: str) -> str:
        """A digest of 32 bytes in lower-case hexadecimal."""
        value = self._take(name)
        if not isinstance(value, str) or len(value) != 64 or value.strip("0123456789abcdef"):
            raise self._wrong(name, "64 lower-case hexadecimal digits")
        return value

    def rows(self, name: str, *, most: int) -> list[Json]:
        """A list of at most ``most`` items."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"a list of at most {most} items")
        return value

    def object(self, name: str) -> Fields:
        """An object, to be read in turn."""
        return Fields(self._take(name), f"{self._what}.{name}")

    def absent(self, name: str) -> bool:
        """Whether a field is null; if so it is taken."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return True
        return False

    def finish(self) -> None:
        """Raises :class:`MalformedRecord` when a field was not asked for."""
        if self._left:
            raise malformed(
                f"{self._what} has a field {sorted(self._left)[0]!r} that this version does not know"
            )

    def _take(self, name: str) -> Json:
        if name not in self._left:
            raise malformed(f"{self._what} lacks the field {name!r}")
        return self._left.pop(name)

    def _wrong(self, name: str, wanted: str) -> MalformedRecord:
        return malformed(f"{self._what}.{name} is not {wanted}")


def _check_depth(value: Json, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise malformed(f"it is nested more than {MAX_DEPTH} deep")
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inside:
        if isinstance(item, str):
            # Nearly every text is ASCII, and a signature is not looked through letter by letter.
            if not item.isascii() and any("\ud800" <= character <= "\udfff" for character in item):
                raise malformed("a text is not valid Unicode")
        elif isinstance(item, (dict, list)):
            _check_depth(item, depth + 1)
        elif depth == MAX_DEPTH:
            raise malformed(f"it is nested more than {MAX_DEPTH} deep")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _UnusableError("a key stands twice")
    return found


def _integer(text: str) -> int:
    if len(text) > 17 or abs(value := int(text)) > MAX_INTEGER:
        raise _UnusableError("an integer has more than 53 bits")
    return value


def _no_number(_: str) -> NoReturn:
    raise _UnusableError("a number is not an integer")


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number
)
