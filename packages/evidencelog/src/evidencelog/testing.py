"""A log held in memory, for the tests of whoever builds on this package.

It behaves as a database or a folder must: it answers only for tiles that were really written, of exactly the
width that was asked for, so that a reader which asks for anything else is found out.
"""

from collections.abc import Sequence

from evidencelog.errors import Code, StoreError
from evidencelog.hashing import SHA256, TreeHash
from evidencelog.log import Integration, LogState, integrate


class MemoryLog:
    """Entries, tiles and state of one log."""

    def __init__(self, algorithm: TreeHash = SHA256) -> None:
        self.state = LogState.empty(algorithm)
        self.entries: list[bytes] = []
        self.tiles: dict[tuple[int, int, int], bytes] = {}

    def add(self, entries: Sequence[bytes]) -> Integration:
        """Integrate entries and keep everything."""
        result = integrate(self.state, entries)
        self.state = result.new_state
        self.entries.extend(entries)
        for tile in result.tiles:
            self.tiles[tile.level, tile.index, tile.width] = tile.data
        return result

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return a tile that was written with exactly this width; raises :class:`StoreError`."""
        try:
            return self.tiles[level, index, width]
        except KeyError as error:
            raise StoreError(Code.STORE_MISSING, f"tile {index} of level {level}, width {width}") from error
