"""What the values look like that an update may bring: names, numbers and lists where the standard says so.

A stream or a font in such a place has no meaning there, and would be drawn when the object that holds it is
something of a page as well.
"""

from typing import Any

import pikepdf

_MAX_DEPTH = 4
_APPEARANCES = frozenset({"/N", "/R", "/D"})


def fits(key: str, value: Any) -> bool:
    """Whether a value is what this entry of the catalog, the form or the validation data may hold.

    An entry that is not there fits; one that nothing is known of, too.
    """
    judge = _SHAPES.get(key)
    return value is None or judge is None or bool(judge(value))


def is_appearance(value: Any) -> bool:
    """An appearance dictionary (12.5.5), and nothing else at the same time."""
    return value is None or (isinstance(value, pikepdf.Dictionary) and set(value.keys()) <= _APPEARANCES)


def is_undrawn(value: Any) -> bool:
    """Nothing that a page could draw or write with: no form, no picture, no font (the entry /Subtype tells)."""
    return not (isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)) and "/Subtype" in value)


def _is_name(value: Any) -> bool:
    return isinstance(value, pikepdf.Name)


def _is_flags(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_extensions(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary) and all(_is_plain(item, 0) for item in value.values())


def _is_plain(value: Any, depth: int) -> bool:
    """Extensions are direct: dictionaries (or lists of them, ISO 32000-2) of names, numbers and texts (7.12)."""
    if isinstance(value, pikepdf.Stream) or depth > _MAX_DEPTH:
        return False
    if isinstance(value, pikepdf.Object) and value.is_indirect:
        return False
    if isinstance(value, pikepdf.Dictionary):
        return all(_is_plain(item, depth + 1) for item in value.values())
    if isinstance(value, pikepdf.Array):
        return all(_is_plain(item, depth + 1) for item in value)
    return True


def _is_metadata(value: Any) -> bool:
    return isinstance(value, pikepdf.Stream) and value.get("/Type") == "/Metadata"


def _is_validation_data(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary) and all(
        fits(key, value.get(key)) for key in ("/VRI", "/Certs", "/CRLs", "/OCSPs")
    )


def _is_dictionary(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary) and is_undrawn(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, pikepdf.Array)


_SHAPES = {
    "/Version": _is_name,
    "/Extensions": _is_extensions,
    "/Metadata": _is_metadata,
    "/DSS": _is_validation_data,
    "/SigFlags": _is_flags,
    "/VRI": _is_dictionary,
    "/Certs": _is_list,
    "/CRLs": _is_list,
    "/OCSPs": _is_list,
}
