"""What a signature of a package protects, what it does not, and what of that the document shows."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gmseal.ofd.package import ENTRY

MAX_NAMED: Final = 200
"""Names of one kind in a report; a report stays readable whatever the package."""


class OwnFiles(NamedTuple):
    """The files that make up one signature: protected by themselves, as far as it is good."""

    path: str
    value_path: str | None
    seal_path: str | None

    def names(self) -> set[str]:
        return {name for name in (self.path, self.value_path, self.seal_path) if name is not None}


@dataclass(frozen=True, slots=True)
class Coverage:
    """The files of a package as one signature sees them.

    ``protected``: with a digest in Signature.xml, and there. ``missing``: with a digest, but gone.
    ``own``: the signature itself. ``lists``: lists of signatures that are not protected, so that others can
    sign. ``added_later``: of signatures that come after this one. ``unprotected``: all others, of which
    ``reachable`` are those that the document leads to.
    """

    protected: tuple[str, ...]
    missing: tuple[str, ...]
    own: tuple[str, ...]
    lists: tuple[str, ...]
    added_later: tuple[str, ...]
    unprotected: tuple[str, ...]
    reachable: tuple[str, ...]

    @property
    def entry_protected(self) -> bool:
        """Whether OFD.xml, which says what the document is, is protected."""
        return ENTRY not in self.unprotected

    @property
    def whole(self) -> bool:
        """Nothing that the document shows is left unprotected."""
        return not self.reachable and not self.missing

    def to_dict(self) -> dict[str, Any]:
        """For reports. Long lists are cut and counted."""
        plain: dict[str, Any] = {"entry_protected": self.entry_protected, "whole": self.whole}
        for kind in (
            "protected",
            "missing",
            "own",
            "lists",
            "added_later",
            "unprotected",
            "reachable",
        ):
            names: tuple[str, ...] = getattr(self, kind)
            key = "unprotected_reachable" if kind == "reachable" else kind
            plain[key] = list(names[:MAX_NAMED])
            plain[f"{key}_count"] = len(names)
        return plain


def cover(
    entries: list[str],
    referenced: set[str],
    own: OwnFiles,
    later: list[OwnFiles],
    lists: set[str],
    reached: set[str] | None,
) -> Coverage:
    """Sorts the entries of a package.

    ``reached`` may be None when everything is protected but the signature itself and the lists. A file of a later
    signature that the document shows is not excused by that.
    """
    there = set(entries)
    its_own = own.names()
    shown = reached or set()
    of_later = {name for one in later for name in one.names() if name not in shown}
    left = [name for name in entries if name not in referenced]
    unprotected = [
        name for name in left if name not in its_own and name not in lists and name not in of_later
    ]
    return Coverage(
        protected=tuple(name for name in entries if name in referenced),
        missing=tuple(sorted(referenced - there)),
        own=tuple(name for name in left if name in its_own),
        lists=tuple(name for name in left if name in lists and name not in its_own),
        added_later=tuple(
            name for name in left if name in of_later and name not in its_own and name not in lists
        ),
        unprotected=tuple(unprotected),
        reachable=tuple(name for name in unprotected if name in shown),
    )
