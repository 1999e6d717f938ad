"""The lock of an embedded installation. Imports little, so that a second process is told at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from shuangyin.core.errors import Conflict, Invalid
from shuangyin.core.settings import Settings


@contextmanager
def only_process(settings: Settings) -> Iterator[None]:
    """Hold the lock of an embedded installation. Raises Conflict when another process serves it.

    SQLite is for one process; PostgreSQL may serve several, and then nothing is locked here. Raises Invalid for a folder that
    holds the keys or the fence of another installation, whose names begin like that of its data.
    """
    _not_beside_the_data(settings)
    if settings.database_url is not None:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(settings.data_dir / "process.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Conflict(
            "ALREADY_RUNNING",
            f"{settings.data_dir} 已有一个进程在使用。嵌入式数据库只供一个进程，请先停止它，或改用 PostgreSQL。",
            f"Another process uses {settings.data_dir}. SQLite is for one process: stop it, or use PostgreSQL.",
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)


def _not_beside_the_data(settings: Settings) -> None:
    folder = settings.data_dir
    own = {"kek.hex": settings.effective_kek_file, "fence.sqlite3": settings.effective_fence_file}
    if any((folder / name).exists() and path.parent != folder for name, path in own.items()):
        data = str(folder).removesuffix("-keys").removesuffix("-fence")
        raise Invalid(
            "NOT_A_DATA_FOLDER",
            f"{folder} 存放的是另一套安装的密钥或日志水位，不是数据目录。请改用那套安装的数据目录，例如 {data}。",
            f"{folder} holds the keys or the fence of another installation and is no data folder. "
            f"Name the data folder of that installation, perhaps {data}.",
        )
