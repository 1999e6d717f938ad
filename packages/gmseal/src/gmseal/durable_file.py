"""Writing a file so that it appears whole or not at all, and survives a power cut."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gmseal.named_paths import not_written


@contextmanager
def replacing(target: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file that takes the place of ``target`` at the end, durable, or leaves no trace.

    Without ``durable`` nothing waits for the disk: for results that can be made again. Raises
    ``Refused`` when the operating system says no: ``NO_FOLDER``, ``CANNOT_WRITE``.
    """
    temporary = target.with_name(f".{target.name[:80]}.{secrets.token_hex(6)}")
    try:
        with temporary.open("xb") as out:
            yield out
            if durable:
                out.flush()
                os.fsync(out.fileno())
        temporary.replace(target)
        if not durable:
            return
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise not_written(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)
