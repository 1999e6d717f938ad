"""Which pages of one version are not those of another: what an approver looks at first when a file was replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from threading import BoundedSemaphore

from shuangyin.core.actor import Actor
from shuangyin.core.objects import StoredObject
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import errors, page_digests, queries
from shuangyin.documents.drawing import pages_as_pdf
from shuangyin.documents.own_programs import answer_of

MOST_PAGES = 200
"""So many pages of either version are looked at; what lies behind is told as not compared."""
SECONDS = 60
_at_once = BoundedSemaphore(2)

Page = tuple[str, str]
"""SM3 of what a page says, and of how it looks."""


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """A page that is not what it was; numbers count from 1. `text`: what it says differs, not only how it looks."""

    before: int
    after: int
    text: bool


@dataclass(frozen=True, slots=True)
class PageChanges:
    """The pages that were changed, added and removed. Not `complete`: there are more pages than were compared."""

    pages_before: int
    pages_after: int
    changed: tuple[ChangedPage, ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]
    complete: bool


def compare(platform: Platform, actor: Actor, before_id: str, after_id: str) -> PageChanges:
    """Compare two versions that the actor may read. Raises NotFound, Invalid (PAGES_UNREADABLE), Unavailable."""
    old, pages_before = platform.view(lambda work: _source(work, actor, before_id))
    new, pages_after = platform.view(lambda work: _source(work, actor, after_id))
    return changes_between(
        _digests(platform, old),
        _digests(platform, new),
        pages_before,
        pages_after,
        complete=max(pages_before, pages_after) <= MOST_PAGES,
    )


def changes_between(
    before: Sequence[Page], after: Sequence[Page], pages_before: int, pages_after: int, *, complete: bool
) -> PageChanges:
    """What became of the pages. Pages that stand between the same neighbours are taken for the same page. Pure."""
    changed: list[ChangedPage] = []
    added: list[int] = []
    removed: list[int] = []
    matcher = SequenceMatcher(None, list(before), list(after), autojunk=False)
    for what, first, last, begin, end in matcher.get_opcodes():
        if what == "equal":
            continue
        both = min(last - first, end - begin)
        changed += [
            ChangedPage(
                first + step + 1, begin + step + 1, text=before[first + step][0] != after[begin + step][0]
            )
            for step in range(both)
        ]
        removed += range(first + both + 1, last + 1)
        added += range(begin + both + 1, end + 1)
    return PageChanges(pages_before, pages_after, tuple(changed), tuple(added), tuple(removed), complete)


def _source(work: UnitOfWork, actor: Actor, version_id: str) -> tuple[StoredObject, int]:
    version = queries.readable_version(work, actor, version_id)
    stored = queries.stored(work, version)
    work.session.expunge_all()
    return stored, version.pages


def _digests(platform: Platform, stored: StoredObject) -> tuple[Page, ...]:
    """The digests of a version, whose bytes never change; those asked for lately are remembered."""
    remembered = _remembered(stored.sm3)
    if not remembered:
        remembered.extend(_look_at(platform, stored))
    return tuple(remembered)


@lru_cache(maxsize=64)
def _remembered(_sm3: str) -> list[Page]:
    return []


def _look_at(platform: Platform, stored: StoredObject) -> list[Page]:
    try:
        with pages_as_pdf(platform.objects, stored) as path, _at_once:
            _, said = answer_of(
                page_digests.__file__, str(path), str(MOST_PAGES),
                seconds=SECONDS, unreadable=errors.pages_unreadable(), refusals={},
            )  # fmt: skip
        return [(str(text), str(picture)) for text, picture in said]
    except OSError as error:  # No room for the work file.
        raise errors.inspection_unavailable() from error
    except ValueError as error:
        raise errors.pages_unreadable() from error
