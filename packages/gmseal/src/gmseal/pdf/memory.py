"""Files in memory that can be mapped like files on disk: documents may be confidential, nothing is written out."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast


@contextmanager
def memory_file(*pieces: tuple[int, bytes | memoryview]) -> Iterator[BinaryIO]:
    """An open file with these bytes at these places, and zeros between them, gone at the end.

    Without anonymous files in memory (only Linux has them) an unnamed temporary file stands in.
    """
    # Without a buffer: the file is there to be mapped.
    if hasattr(os, "memfd_create"):
        opened = cast("BinaryIO", io.FileIO(os.memfd_create("document"), "r+"))
    else:
        opened = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - closed by the with below
    with opened as file:
        for place, data in pieces:
            if place:
                file.seek(place)
            written = file.write(data)
            if written != len(data):
                left = memoryview(data)[written:]
                while left:
                    left = left[file.write(left) :]
        file.seek(0)
        yield file
