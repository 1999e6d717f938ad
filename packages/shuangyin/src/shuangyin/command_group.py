"""The group of all commands of `shuangyin`: whatever ends one ends it with a sentence and status 2.

A command raises what it meets; nobody at a terminal is to read a traceback because a folder may not be written or the
database is not there. What is not foreseen here is a fault of the program, and keeps its traceback.
"""

from __future__ import annotations

import errno
import sys
from typing import Any, Final

import typer
from typer.core import TyperGroup

from shuangyin.core.errors import Conflict, ShuangyinError, Unavailable
from shuangyin.core.storage_full import is_storage_full, storage_full

_NO_TABLE: Final = ("no such table", "no such column", "UndefinedTable", "UndefinedColumn")
_WHY: Final = {
    errno.EACCES: ("没有权限", "permission denied"),
    errno.EPERM: ("没有权限", "permission denied"),
    errno.EROFS: ("所在位置只读", "it lies where nothing can be written"),
    errno.ENOENT: ("它或其所在的文件夹不存在", "it, or the folder it lies in, is not there"),
    errno.ENOTDIR: ("其中一级是文件，不是文件夹", "a part of it is a file, not a folder"),
    errno.EEXIST: ("已有同名文件，需要的是文件夹", "it is a file, where a folder is needed"),
    errno.EISDIR: ("是文件夹，需要的是文件", "it is a folder, where a file is needed"),
}


class TellingGroup(TyperGroup):
    """Says in Chinese and English what ended a command, on standard error, with its stable code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises typer.Exit with status 2 for what can be told."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            told = told_of(error)
            if told is None:
                raise
            typer.echo(f"{told.text.zh}\n{told.text.en} [{told.code}]", err=True)
            raise typer.Exit(2) from error


def told_of(error: Exception) -> ShuangyinError | None:
    """What is said of an error that ended a command; None for one that is a fault of the program itself."""
    if isinstance(error, ShuangyinError):
        return error
    if is_storage_full(error):
        return storage_full()
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        return _of_the_system(error)
    for module, name, tell in _LIBRARIES:
        if _is(error, module, name):
            return tell(error)
    return None


def _is(error: Exception, module: str, name: str) -> bool:
    """Whether it is an error of a library, without importing one that a command did not need."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(error, kind)


def _of_the_system(error: OSError) -> Unavailable:
    zh, en = _WHY.get(
        error.errno or 0, (error.strerror or "系统拒绝", error.strerror or "the system refused")
    )
    if error.filename is None:
        return Unavailable(
            "SYSTEM_REFUSED",
            f"系统拒绝了所需的操作：{zh}。请核对地址、端口与权限后重试。",
            f"The system refused what is needed: {en}. Check address, port and rights, then try again.",
        )
    return Unavailable(
        "PATH_UNUSABLE",
        f"{error.filename} 不可用：{zh}。请核对路径与权限后重试。",
        f"{error.filename} cannot be used: {en}. Check the path and its rights, then try again.",
    )


def _of_the_database(error: Exception) -> ShuangyinError:
    cause = getattr(error, "orig", None)
    said = f"{type(cause).__name__}: {cause}"
    if any(word in said for word in _NO_TABLE):
        return Conflict(
            "DATABASE_SCHEMA",
            "数据库还没有建立，或其结构不是最新。请核对数据目录，再执行 shuangyin migrate。",
            "The database has not been made yet, or its schema is not the newest. Check the data folder, then run "
            "shuangyin migrate.",
        )
    # The driver's own first line names server and user, never the password; of an address that is malformed nothing
    # is repeated, since it may hold one.
    why = str(cause).splitlines()[0] if cause is not None and str(cause) else type(error).__name__
    return Unavailable(
        "DATABASE_UNUSABLE",
        f"数据库不可用（{why}）。请核对 SHUANGYIN_DATABASE_URL 或数据目录，以及数据库是否在运行。",
        f"The database cannot be used ({why}). Check SHUANGYIN_DATABASE_URL or the data folder, and that it runs.",
    )


def _of_the_log(error: Exception) -> Unavailable:
    return Unavailable(
        "LOG_REFUSED",
        f"存证日志不能使用所给的内容（{error}）。请核对 SHUANGYIN_LOG_ 开头的设置，以及命令中给出的文件。",
        f"The evidence log cannot use what it was given ({error}). Check the settings that begin with SHUANGYIN_LOG_ "
        "and the files of the command.",
    )


def _of_the_schema(_error: Exception) -> Conflict:
    return Conflict(
        "DATABASE_NEWER",
        "数据库的结构不是本版本所知的，可能由更新的版本建立。请用那个版本，或恢复备份。",
        "This version does not know the schema of the database; a newer one may have made it. Use that version, or a "
        "backup.",
    )


_LIBRARIES: Final = (
    ("sqlalchemy.exc", "SQLAlchemyError", _of_the_database),
    ("evidencelog.errors", "EvidenceLogError", _of_the_log),
    ("alembic.util.exc", "CommandError", _of_the_schema),
)
