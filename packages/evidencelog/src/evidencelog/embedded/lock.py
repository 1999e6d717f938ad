"""One process at a time: a second one on the same folder is refused before it reads anything."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidencelog.durable import make_directory
from evidencelog.errors import Code, StoreError


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made when it is missing.

    The lock goes with the process, however that ends. Raises :class:`StoreError` (``log.busy``,
    ``store.io``).
    """
    try:
        make_directory(folder)
        descriptor = os.open(folder / "process.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(Code.STORE_IO, f"{folder} cannot be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(Code.LOG_BUSY, f"another process runs the log in {folder}") from error
        yield
    finally:
        os.close(descriptor)
