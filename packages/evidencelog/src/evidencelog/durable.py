"""Writing files so that a crash leaves either the whole new file or none of it."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from evidencelog.errors import Code, StoreError


def make_directory(path: Path) -> None:
    """Create a folder and its parents durably; an existing folder is fine. Raises ``OSError``."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync_directory(folder.parent)  # else a crash could forget the new name


def sync_directory(path: Path) -> None:
    """Make the names in a folder durable; raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(target: Path, *, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``target`` that takes its place when the block ends without an error.

    A crash before the rename leaves a file with a name that begins with ``.new-`` and nothing else; it may be
    removed at any time. Raises :class:`StoreError` (``store.io``).
    """
    temporary: Path | None = None
    try:
        make_directory(target.parent)
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "w+b") as stream:
            yield stream
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        temporary.replace(target)
        temporary = None
        sync_directory(target.parent)
    except OSError as error:
        raise StoreError(Code.STORE_IO, f"{target.name} could not be written: {error.strerror}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_durably(files: Sequence[tuple[Path, bytes]], *, mode: int = 0o644) -> None:
    """Write many new files so that after a crash each is whole or absent, and all are there on return.

    All are written first and made durable together, which costs a fraction of doing so one by one. Raises
    :class:`StoreError` (``store.io``).
    """
    temporary: list[tuple[Path, Path]] = []
    try:
        for target, data in files:
            make_directory(target.parent)
            new = target.with_name(f".new-{target.name}-{secrets.token_hex(4)}")
            temporary.append((new, target))
            new.write_bytes(data)
            new.chmod(mode)
        for new, _ in temporary:
            descriptor = os.open(new, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        for new, target in temporary:
            new.replace(target)
        for folder in {target.parent for _, target in temporary}:
            sync_directory(folder)
    except OSError as error:
        for new, _ in temporary:
            new.unlink(missing_ok=True)
        raise StoreError(Code.STORE_IO, f"files could not be written: {error.strerror}") from error
