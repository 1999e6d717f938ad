"""What a change of the subject undoes: which parts differ, and which decisions were made on them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shuangyin.approvals.rules.definitions import FactPart

Happened = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is approved: which part of the facts it belongs to, its digest, and how it is named.

    `reference` is what it says or points to (a document version, an amount), for showing the difference.
    """

    kind: FactPart
    digest: str
    zh: str
    en: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that is not what it was."""

    key: str
    kind: FactPart
    happened: Happened
    zh: str
    en: str
    before: str
    after: str


def differences(before: Mapping[str, Part], after: Mapping[str, Part]) -> list[Difference]:
    """What was added, removed and changed, in the order of the keys."""
    found = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old is not None and new is not None and old.digest == new.digest:
            continue
        named = new or old
        if named is None:
            continue
        happened: Happened = "changed" if old and new else "added" if new else "removed"
        found.append(
            Difference(
                key,
                named.kind,
                happened,
                named.zh,
                named.en,
                old.reference if old else "",
                new.reference if new else "",
            )
        )
    return found


def concerns(looks_at: Sequence[FactPart], changed: Sequence[Difference]) -> bool:
    """Whether somebody who looks at these parts has to decide again. Empty `looks_at`: at everything."""
    if not looks_at:
        return bool(changed)
    return any(one.kind in looks_at for one in changed)
