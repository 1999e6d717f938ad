"""Secret numbers in memory that can be wiped: Python's own bytes and integers cannot."""

import ctypes
from collections.abc import Callable
from ctypes import c_char, c_size_t, c_ssize_t, c_uint, c_void_p
from functools import cache
from typing import Final, Literal

from gmseal.errors import GmsealError
from gmseal.sm import curve

NUMBER_BYTES: Final = 32
ByteOrder = Literal["big", "little"]
Buffer = ctypes.Array[c_char]

_ZERO: Final = bytes(NUMBER_BYTES)
# n begins with FFFFFFFE: only numbers that begin with this word or the next must be compared.
_TOP_WORDS: Final[dict[ByteOrder, tuple[bytes, bytes]]] = {
    "big": (b"\xff\xff\xff\xfe", b"\xff\xff\xff\xff"),
    "little": (b"\xfe\xff\xff\xff", b"\xff\xff\xff\xff"),
}
_MOST_DRAWS: Final = 100
"""A draw is out of range once in four thousand million; a hundred in a row is a broken generator."""


class SecretNumber:
    """A private number of 32 octets, wiped when the last reference goes; never shows itself."""

    __slots__ = ("buffer",)

    def __init__(self, value: bytes | None = None) -> None:
        """``value``, or a fresh private key within [1, n-2] from the operating system."""
        self.buffer = new_buffer()
        if value is None:
            _draw(self.buffer, curve.N - 1, "big")
        else:
            ctypes.memmove(self.buffer, value, NUMBER_BYTES)

    def __del__(self, memset: Callable[..., object] = ctypes.memset, size: int = NUMBER_BYTES) -> None:
        # Bound as defaults: when the interpreter ends, names of modules and even of built-in functions
        # may be gone before keys are.
        memset(self.buffer, 0, size)

    def write_reversed(self, rows: Buffer, at: int) -> None:
        """Write the number at ``at``, the last octet first."""
        target = memoryview(rows).cast("B")[at : at + NUMBER_BYTES]
        target[:] = memoryview(self.buffer).cast("B")[::-1]

    def __repr__(self) -> str:
        return "SecretNumber(…)"


def new_buffer() -> Buffer:
    """32 octets that can be overwritten."""
    return (c_char * NUMBER_BYTES)()


def draw_nonces(rows: Buffer, order: ByteOrder) -> None:
    """Fill with numbers within [1, n-1], each as likely as any other (GB/T 32918.2, 6.1 A3).

    Octets come from the operating system and are drawn again when out of range: a remainder
    modulo n would prefer small numbers, and signatures with such nonces give the key away.
    """
    _draw(rows, curve.N, order)


def wipe(buffer: Buffer) -> None:
    """Overwrite with zeros."""
    ctypes.memset(buffer, 0, len(buffer))


def _draw(rows: Buffer, beyond: int, order: ByteOrder) -> None:
    """Fill every row of 32 octets with a number within [1, ``beyond``)."""
    _fill(rows)
    view = memoryview(rows).cast("B")
    for at in range(0, len(rows), NUMBER_BYTES):
        for _ in range(_MOST_DRAWS):
            if _within(view[at : at + NUMBER_BYTES], beyond, order):
                break
            _fill((c_char * NUMBER_BYTES).from_buffer(rows, at))
        else:
            wipe(rows)
            raise GmsealError("The operating system's random number generator repeats itself.")


def _within(row: memoryview, beyond: int, order: ByteOrder) -> bool:
    """Views are compared in place: a number almost never becomes an object that cannot be wiped."""
    top = row[:4] if order == "big" else row[-4:]
    if top in _TOP_WORDS[order]:
        return int.from_bytes(row, order) < beyond
    return row != _ZERO


def _fill(buffer: Buffer) -> None:
    if _libc().getrandom(buffer, len(buffer), 0) != len(buffer):
        wipe(buffer)
        raise GmsealError("The operating system's random number generator does not answer.")


@cache
def _libc() -> ctypes.CDLL:
    """The C library: the engines that need wiped numbers exist for Linux only."""
    libc = ctypes.CDLL(None)
    libc.getrandom.argtypes, libc.getrandom.restype = (c_void_p, c_size_t, c_uint), c_ssize_t
    return libc
