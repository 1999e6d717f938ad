"""The forms of values that statements of every version are read by; each reader raises ``bundle.malformed`` for another form."""

from collections.abc import Mapping
from typing import Any, Final

from evidencelog.errors import Code, MalformedError
from evidencelog.text import is_clean

FORMAT: Final = "evidencelog-statement"
_MAX_TEXT: Final = 4_000
_MAX_PATH: Final = 8


def malformed(reason: str) -> MalformedError:
    """The error for a statement that does not have the right form."""
    return MalformedError(Code.BUNDLE_MALFORMED, f"the statement of the bundle is malformed: {reason}")


def object_of(value: object, keys: set[str]) -> Mapping[str, Any]:
    """An object with exactly these keys."""
    if not isinstance(value, dict) or set(value) != keys:
        raise malformed(f"an object does not have exactly the keys {', '.join(sorted(keys))}")
    return value


def list_of(value: object, limit: int) -> list[Any]:
    """A list of at most ``limit`` items."""
    if not isinstance(value, list) or len(value) > limit:
        raise malformed("a list is missing or too long")
    return value


def text_of(value: object) -> str:
    """A text without control characters; it may have several lines."""
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not is_clean(value.replace("\n", "")):
        raise malformed("a text is missing, too long, or holds a control character")
    return value


def flag_of(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise malformed("a flag is neither true nor false")
    return value


def number_of(value: object) -> int:
    """The number of an entry, from 1, or of a version."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise malformed("a number is not one of an entry")
    return value


def path_of(value: object) -> tuple[str, ...]:
    """A path to a value in an entry."""
    return tuple(text_of(part) for part in list_of(value, _MAX_PATH))
