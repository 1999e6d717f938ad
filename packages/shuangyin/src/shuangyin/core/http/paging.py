"""Cursor paging: a list answers at most a page and an opaque cursor to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from shuangyin.core.errors import Invalid

Item = TypeVar("Item")
Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=200, description="Most items of a page.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(None, description="Ask with it for the next page; null on the last one.")


def cursor_after(value: str) -> str:
    """An opaque cursor for the last item's sort key."""
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """The sort key inside a cursor. Raises Invalid when it is not one of ours."""
    if cursor is None:
        return None
    try:
        value = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if not value.isprintable():
        raise _bad_cursor()
    return value


def _bad_cursor() -> Invalid:
    return Invalid(
        "CURSOR", "翻页参数无效，请从第一页重新打开。", "The cursor is not valid; start at the first page."
    )


def page_of(
    rows: Sequence[Row], limit: int, key: Callable[[Row], str], item: Callable[[Row], Item]
) -> Page[Item]:
    """A page from up to `limit` + 1 rows: the extra row only says that there is a next page."""
    shown = rows[:limit]
    following = cursor_after(key(shown[-1])) if len(rows) > limit else None
    return Page(items=[item(row) for row in shown], next_cursor=following)
