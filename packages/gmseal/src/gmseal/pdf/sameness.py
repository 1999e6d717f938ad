"""Whether objects of two revisions say the same, and whether they stand at the same place."""

from typing import Any

import pikepdf


def same(before: Any, after: Any) -> bool:
    """Whether two objects of two revisions say the same, references taken as they are."""
    if isinstance(before, pikepdf.Stream) or isinstance(after, pikepdf.Stream):
        return (
            isinstance(before, pikepdf.Stream)
            and isinstance(after, pikepdf.Stream)
            and before.stream_dict.unparse(resolved=True) == after.stream_dict.unparse(resolved=True)
            and before.read_raw_bytes() == after.read_raw_bytes()
        )
    if isinstance(before, pikepdf.Object) and isinstance(after, pikepdf.Object):
        return before.unparse(resolved=True) == after.unparse(resolved=True)
    return type(before) is type(after) and bool(before == after)


def same_entry(before: Any, after: Any, key: str) -> bool:
    """Whether two dictionaries say the same under a key."""
    return same_value(before.get(key), after.get(key))


def same_value(before: Any, after: Any) -> bool:
    """Equal as written: two references are equal when they name the same object."""
    if isinstance(before, pikepdf.Object) and isinstance(after, pikepdf.Object):
        return bytes(before.unparse()) == bytes(after.unparse())
    return type(before) is type(after) and bool(before == after)


def place_of(value: Any) -> tuple[int, int] | None:
    """The object number and generation of an indirect object."""
    return value.objgen if isinstance(value, pikepdf.Object) and value.is_indirect else None


def is_moved(before: Any, after: Any) -> bool:
    """Whether two entries of cross-references lead to different places."""
    if before.type != after.type:
        return True
    if before.type == 2:
        return (before.obj_stream_number, before.obj_stream_index) != (
            after.obj_stream_number,
            after.obj_stream_index,
        )
    return bool(before.offset != after.offset)
