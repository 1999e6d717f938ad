"""Tiles and entry bundles: the static files of a log (C2SP tlog-tiles).

A tile holds up to 256 consecutive hashes of one height: level 0 the leaf hashes, level L the roots of full
tiles of level L-1. Coordinates become paths ``tile/<L>/<N>[.p/<W>]``, the number N in groups of three digits
with an ``x`` before all but the last (1234067 is ``x001/x234/067``). An entry bundle holds the entries under
one tile of level 0, each after its length as a big-endian uint16.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from evidencelog.errors import ArgumentError, Code, MalformedError
from evidencelog.hashing import HASH_SIZE

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
FULL_TILE_BYTES: Final = TILE_WIDTH * HASH_SIZE
MAX_LEVEL: Final = 63
MAX_SIZE: Final = 2**63 - 1
"""Largest tree size: sizes and indexes fit a signed 64-bit integer, which is what readers in Go use."""
MAX_ENTRY_BYTES: Final = 65_535
"""Largest entry: its length is a uint16 in the entry bundle."""

_GROUPS = re.compile(r"(?:x[0-9]{3}/){0,6}[0-9]{3}", re.ASCII)
_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


class TileReader(Protocol):
    """Where proofs read tiles from: a folder, a database, an HTTP server."""

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return exactly ``width`` hashes (``width * 32`` bytes) of the tile at ``level`` and ``index``.

        ``width`` is 256 for a full tile. A reader may answer a partial request from a wider tile by cutting
        it, since a tile only ever grows. Raises :class:`~evidencelog.errors.StoreError` when it is missing.
        """
        ...


@dataclass(frozen=True)
class TileWrite:
    """One tile that integration creates or widens: ``data`` is ``width`` hashes, full when ``width`` is 256."""

    level: int
    index: int
    width: int
    data: bytes

    @property
    def path(self) -> str:
        """Where the tile is served, relative to the prefix of the log."""
        return tile_path(self.level, self.index, self.width)


@dataclass(frozen=True)
class TileCoordinates:
    """What a path names; ``level`` is None for an entry bundle."""

    level: int | None
    index: int
    width: int


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes the tile at ``level`` and ``index`` has in a tree of ``size`` leaves (0 to 256)."""
    hashes = size >> (TILE_HEIGHT * level)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def index_path(index: int) -> str:
    """Return the grouped form of a tile number, ``x001/x234/067`` for 1234067."""
    groups = [f"{index % 1000:03d}"]
    index //= 1000
    while index:
        groups.append(f"x{index % 1000:03d}")
        index //= 1000
    return "/".join(reversed(groups))


def _suffix(width: int) -> str:
    if not 1 <= width <= TILE_WIDTH:
        raise ArgumentError(Code.TILE_PATH, f"a tile is 1 to {TILE_WIDTH} wide, not {width}")
    return "" if width == TILE_WIDTH else f".p/{width}"


def tile_path(level: int, index: int, width: int) -> str:
    """Return the path of a tile; raises :class:`ArgumentError` for coordinates that cannot exist."""
    if not 0 <= level <= MAX_LEVEL or not 0 <= index <= MAX_SIZE:
        raise ArgumentError(Code.TILE_PATH, f"no tile has level {level} and index {index}")
    return f"tile/{level}/{index_path(index)}{_suffix(width)}"


def entries_path(index: int, width: int) -> str:
    """Return the path of an entry bundle; raises :class:`ArgumentError` for coordinates that cannot exist."""
    if not 0 <= index <= MAX_SIZE:
        raise ArgumentError(Code.TILE_PATH, f"no entry bundle has index {index}")
    return f"tile/entries/{index_path(index)}{_suffix(width)}"


def parse_path(path: str) -> TileCoordinates:
    """Read a tile or entry bundle path; only the one canonical form is accepted.

    Raises :class:`MalformedError` (``tile.path``).
    """
    match = _PATH.fullmatch(path)
    if match is None or _GROUPS.fullmatch(match[2]) is None:
        raise MalformedError(Code.TILE_PATH, "this is not the path of a tile or an entry bundle")
    index = int(match[2].replace("x", "").replace("/", ""))
    width = TILE_WIDTH if match[3] is None else int(match[3])
    level = None if match[1] == "entries" else int(match[1])
    canonical = index_path(index) == match[2]
    in_range = index <= MAX_SIZE and (level is None or level <= MAX_LEVEL)
    partial_width_is_partial = match[3] is None or width < TILE_WIDTH
    if not (canonical and in_range and partial_width_is_partial):
        raise MalformedError(Code.TILE_PATH, "this path of a tile is not in its canonical form")
    return TileCoordinates(level, index, width)


def changed_tiles(
    size: int, tails: Sequence[bytes], new_hashes: Sequence[Sequence[bytes]]
) -> tuple[tuple[TileWrite, ...], tuple[bytes, ...]]:
    """Return the tiles that new hashes create or widen, and the partial tiles that are then the last ones.

    ``size`` is the tree size before, ``tails[L]`` the hashes of the partial tile at level L before (empty
    when there is none), ``new_hashes[L]`` the hashes that level L gains, as
    :meth:`evidencelog.tree.RightEdge.grow` returns them.
    """
    writes: list[TileWrite] = []
    new_tails: list[bytes] = []
    for level in range(max(len(tails), len(new_hashes))):
        tail = tails[level] if level < len(tails) else b""
        added = new_hashes[level] if level < len(new_hashes) else ()
        if not added:
            new_tails.append(tail)
            continue
        first = (size >> (TILE_HEIGHT * level)) // TILE_WIDTH
        data = tail + b"".join(added)
        for number, start in enumerate(range(0, len(data), FULL_TILE_BYTES)):
            piece = data[start : start + FULL_TILE_BYTES]
            writes.append(TileWrite(level, first + number, len(piece) // HASH_SIZE, piece))
        new_tails.append(data[len(data) - len(data) % FULL_TILE_BYTES :])
    return tuple(writes), tuple(new_tails)


def changed_places(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, index and width of every tile that a head of ``end`` leaves needs beyond one of ``start``."""
    level = 0
    while end >> (TILE_HEIGHT * level):
        first = (start >> (TILE_HEIGHT * level)) // TILE_WIDTH
        last = ((end >> (TILE_HEIGHT * level)) - 1) // TILE_WIDTH
        for index in range(first, last + 1):
            yield level, index, tile_width(level, index, end)
        level += 1


def check_entry_size(entry: bytes) -> None:
    """Refuse an entry that does not fit an entry bundle; raises :class:`ArgumentError` (``entry.too_large``)."""
    if len(entry) > MAX_ENTRY_BYTES:
        raise ArgumentError(
            Code.ENTRY_TOO_LARGE, f"an entry has at most {MAX_ENTRY_BYTES} bytes, this one has {len(entry)}"
        )


def encode_entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the bytes of an entry bundle of 1 to 256 entries.

    Raises :class:`ArgumentError` when an entry is too large or the number of entries is not 1 to 256.
    """
    parts: list[bytes] = []
    for entry in entries:
        check_entry_size(entry)
        parts.append(len(entry).to_bytes(2, "big"))
        parts.append(entry)
    if not 1 <= len(parts) // 2 <= TILE_WIDTH:
        raise ArgumentError(Code.TILE_MALFORMED, f"an entry bundle holds 1 to {TILE_WIDTH} entries")
    return b"".join(parts)


def decode_entry_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the ``width`` entries of an entry bundle.

    Raises :class:`MalformedError` (``tile.malformed``) when bytes are missing or left over.
    """
    entries: list[bytes] = []
    position = 0
    for _ in range(width):
        start = position + 2
        end = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or end > len(data):
            raise MalformedError(Code.TILE_MALFORMED, "the entry bundle ends inside an entry")
        entries.append(data[start:end])
        position = end
    if position != len(data):
        raise MalformedError(Code.TILE_MALFORMED, "the entry bundle holds more than its entries")
    return tuple(entries)
