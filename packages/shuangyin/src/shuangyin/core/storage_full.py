"""Whether something failed because there is no room: on the disk, in a quota, or in the database."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from shuangyin.core.errors import Unavailable

_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DISK_FULL: Final = "53100"
"""The SQLSTATE of PostgreSQL for a full disk."""


def is_storage_full(error: BaseException | None) -> bool:
    """Look at an error and at what it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in _ERRNOS:
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == _DISK_FULL:
            return True
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return False


def storage_full() -> Unavailable:
    """The answer to whoever asked for it: nothing was done, and who can help."""
    return Unavailable(
        "STORAGE_FULL",
        "服务器的存储空间已满，您的操作没有生效。请联系管理员腾出空间后重试。",
        "The server has no room left and nothing was changed. Ask the administrator to make room, then try again.",
    )
