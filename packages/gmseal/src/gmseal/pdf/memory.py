"""Files in memory that can be mapped like files on disk: documents may be confidential, nothing is written out.

A small one is kept for the next document, with the bytes of the last one in it until then: making one, and giving its
memory back, costs as much as qpdf needs to open a small document. Every byte is written anew before it is used again.
"""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

_KEPT_BYTES: Final = 1 << 20
"""A larger file is not kept."""
_KEPT_FILES: Final = 4
"""As many are kept as threads open documents at the same time, at most so many."""
_ZEROS: Final = bytes(1 << 16)
_PARTS: Final = 1000
"""The system takes 1,024 pieces at once."""

_kept: list[io.FileIO] = []
if hasattr(os, "register_at_fork"):  # A file that two processes share is no place for the document of either.
    os.register_at_fork(after_in_child=_kept.clear)


@contextmanager
def memory_file(*pieces: tuple[int, bytes | memoryview]) -> Iterator[BinaryIO]:
    """An open file with these bytes at these places, in their order, and zeros between them.

    At the end nothing may have it mapped any more. Without anonymous files in memory (only Linux has them) an unnamed
    temporary file stands in.
    """
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryFile(buffering=0) as stand_in:
            _write(stand_in.fileno(), pieces)
            yield cast("BinaryIO", stand_in)
        return
    try:
        file = _kept.pop()
    except IndexError:
        # Without a buffer: the file is there to be mapped.
        file = io.FileIO(os.memfd_create("document"), "r+")
    try:
        size = _write(file.fileno(), pieces)
        file.seek(0)
        yield cast("BinaryIO", file)
    except BaseException:
        # Who failed may still hold something of it.
        file.close()
        raise
    if size <= _KEPT_BYTES and len(_kept) < _KEPT_FILES:
        _kept.append(file)
    else:
        file.close()


def _write(number: int, pieces: tuple[tuple[int, bytes | memoryview], ...]) -> int:
    """Makes an open file these pieces with zeros between them, whatever it was before; its size."""
    end = 0
    parts: list[bytes | memoryview] = []
    for place, data in pieces:
        gap = place - end
        parts += [_ZEROS] * (gap // len(_ZEROS))
        parts += [memoryview(_ZEROS)[: gap % len(_ZEROS)], data]
        end = place + len(data)
    os.ftruncate(number, end)
    at = 0
    while at < end:
        written = os.pwritev(number, parts[:_PARTS], at)
        at += written
        if at == end:
            break
        while written >= len(parts[0]):
            written -= len(parts.pop(0))
        parts[0] = memoryview(parts[0])[written:]
    return end
