"""Files in memory that can be mapped like files on disk: documents may be confidential, nothing is written out."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast


@contextmanager
def memory_file(data: bytes | bytearray | memoryview) -> Iterator[BinaryIO]:
    """An open file with these bytes, gone at the end.

    Without anonymous files in memory (only Linux has them) an unnamed temporary file stands in.
    """
    if hasattr(os, "memfd_create"):
        opened: BinaryIO = os.fdopen(os.memfd_create("document"), "w+b")
    else:
        opened = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - closed by the with below
    with opened as file:
        file.write(data)
        file.flush()
        file.seek(0)
        yield file
