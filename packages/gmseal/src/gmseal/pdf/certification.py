"""What signatures that are there permit, and what a new first one lays down (ISO 32000-2, 12.8.2 and 12.7.5.5).

A certification (DocMDP) says once for the whole file which changes leave it certified: none (1), filling in
forms and signing (2), annotations too (3). An approval signature may say the same through the lock dictionary
of its field, and either may lock form fields by name (FieldMDP).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import pikepdf

from gmseal.pdf import syntax
from gmseal.pdf.entries import rare_entry


class Permission(IntEnum):
    """What may still be done to a file; every level includes those below it."""

    NOTHING = 1
    """No change, except validation data and document time stamps."""
    SIGNING = 2
    """Forms are filled in and signatures put that show nothing on pages beyond their field."""
    ANNOTATING = 3
    """Annotations as well: the marks of seals."""


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Form fields that must not change: ``all``, only those named (``include``), or all others (``exclude``)."""

    action: str
    names: frozenset[str]

    def covers(self, name: str) -> bool:
        """Whether a field of this full name, or one above it, is locked."""
        parts = name.split(".")
        listed = any(".".join(parts[:count]) in self.names for count in range(1, len(parts) + 1))
        return self.action == "all" or (listed if self.action == "include" else not listed)


_ASSUMED = Permission.SIGNING
"""DocMDP permission when none is given (12.8.2.2)."""
_ACTIONS = {"/All": "all", "/Include": "include", "/Exclude": "exclude"}


def permission_of(field: pikepdf.Object, value: pikepdf.Object) -> Permission | None:
    """The level that one signature lays down: by certification, or by the lock of its field; ``None``: no say."""
    stated = [_level(entry) for entry in _references(value, "/DocMDP")]
    lock = rare_entry(field, "/Lock")
    if isinstance(lock, pikepdf.Dictionary) and lock.get("/P") is not None:
        stated.append(_permission(lock.get("/P")))
    return min(stated, default=None)


def certifies(value: pikepdf.Object) -> bool:
    """Whether a signature dictionary is a certification."""
    return next(_references(value, "/DocMDP"), None) is not None


def locks_of(field: pikepdf.Object, value: pikepdf.Object) -> tuple[FieldLock, ...]:
    """The form fields that one signature locks."""
    found = [entry.get("/TransformParams") for entry in _references(value, "/FieldMDP")]
    lock = field.get("/Lock")
    return tuple(_lock(item) for item in [*found, lock] if isinstance(item, pikepdf.Dictionary))


def lock_of(field: pikepdf.Object) -> FieldLock | None:
    """What an empty signature field says its signature is to lock (12.7.5.5); ``None``: nothing."""
    lock = field.get("/Lock")
    return _lock(lock) if isinstance(lock, pikepdf.Dictionary) else None


def reference_entries(level: Permission | None, lock: FieldLock | None, catalog: bytes) -> bytes:
    """The entry of a signature dictionary that makes it a certification, or repeats the lock of its field.

    ``catalog`` is the reference to the root of the document, over which locked fields are judged (12.8.2.4).
    """
    found = b""
    if level is not None:
        found += (
            b"<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P %d/V/1.2>>>>"
            % level
        )
    if lock is not None:
        names = b"".join(syntax.text_string(name) for name in sorted(lock.names))
        fields = b"" if lock.action == "all" else b"/Fields[%s]" % names
        found += (
            b"<</Type/SigRef/TransformMethod/FieldMDP/Data %s/TransformParams"
            b"<</Type/TransformParams/Action/%s%s/V/1.2>>>>"
            % (catalog, lock.action.capitalize().encode("ascii"), fields)
        )
    return b"/Reference[%s]" % found if found else b""


def _references(value: pikepdf.Object, method: str) -> Iterator[pikepdf.Object]:
    entries = rare_entry(value, "/Reference")
    items: Iterable[object] = entries if isinstance(entries, pikepdf.Array) else ()
    for entry in items:
        if isinstance(entry, pikepdf.Dictionary) and entry.get("/TransformMethod") == method:
            yield entry


def _level(reference: pikepdf.Object) -> Permission:
    parameters = reference.get("/TransformParams")
    stated = parameters.get("/P") if isinstance(parameters, pikepdf.Dictionary) else None
    return _ASSUMED if stated is None else _permission(stated)


def _permission(stated: object) -> Permission:
    """A level as written; one that does not exist permits nothing."""
    known = isinstance(stated, int) and stated in set(Permission)
    return Permission(stated) if known else Permission.NOTHING  # type: ignore[arg-type]  # known says it is an int


def _lock(item: pikepdf.Object) -> FieldLock:
    listed = item.get("/Fields")
    names: Iterable[object] = listed if isinstance(listed, pikepdf.Array) else ()
    # An action that nobody knows locks everything.
    action = _ACTIONS.get(str(item.get("/Action")), "all")
    return FieldLock(action, frozenset(str(name) for name in names if isinstance(name, pikepdf.String)))
