"""A folder with the files of a log, laid out as any web server may serve them (C2SP tlog-tiles)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from evidencelog.durable import replacing, write_durably
from evidencelog.errors import ArgumentError, Code, StoreError
from evidencelog.hashing import HASH_SIZE
from evidencelog.tiles import TILE_WIDTH, TileWrite, entries_path, tile_path


class TileWriter(Protocol):
    """Where integration puts the tiles it made."""

    def write_tiles(self, tiles: Iterable[TileWrite]) -> None:
        """Store tiles durably. Storing the same tile again is fine, another one under its name is refused.

        Raises :class:`StoreError` (``store.conflict``, ``store.io``).
        """
        ...


class FileTileStore:
    """Tiles, entry bundles and the checkpoint as files below one folder.

    Tiles and entry bundles are immutable; only ``checkpoint`` is replaced. Publish in the order tiles, entry
    bundles, checkpoint: whoever sees a checkpoint must find everything under it. One writer at a time.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return a tile; a partial one is cut from the full tile when it is no longer there.

        Raises :class:`StoreError` (``store.missing``, ``tile.malformed`` when the file has a wrong length).
        """
        data = self._read_wide(tile_path(level, index, width), tile_path(level, index, TILE_WIDTH))
        if len(data) not in (width * HASH_SIZE, TILE_WIDTH * HASH_SIZE):
            raise StoreError(Code.TILE_MALFORMED, f"{tile_path(level, index, width)} has a wrong length")
        return data[: width * HASH_SIZE]

    def write_tiles(self, tiles: Iterable[TileWrite]) -> None:
        """Store tiles; see :class:`TileWriter`."""
        self.write_files([(checked_path(tile), tile.data) for tile in tiles])

    def write_files(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Store any number of tiles and entry bundles by their paths, durably and together.

        Storing the same file again is fine. Raises :class:`StoreError` (``store.conflict``, ``store.io``).
        """
        new = [(path, data) for path, data in files if not self._is_stored(path, data)]
        write_durably([(self._root / path, data) for path, data in new])

    def read_entries(self, index: int, width: int) -> bytes:
        """Return the bytes of an entry bundle, of ``width`` entries or of the full 256; raises :class:`StoreError`."""
        return self._read_wide(entries_path(index, width), entries_path(index, TILE_WIDTH))

    def write_entries(self, index: int, width: int, data: bytes) -> None:
        """Store the bytes of an entry bundle; raises :class:`StoreError`."""
        self.write_files([(entries_path(index, width), data)])

    def read_checkpoint(self) -> bytes | None:
        """Return the last published checkpoint, None before the first; raises :class:`StoreError`."""
        try:
            return self._read("checkpoint")
        except StoreError as error:
            if error.code == Code.STORE_MISSING:
                return None
            raise

    def write_checkpoint(self, data: bytes) -> None:
        """Publish a signed checkpoint in place of the last one; raises :class:`StoreError`."""
        with replacing(self._root / "checkpoint") as stream:
            stream.write(data)

    def _read(self, path: str) -> bytes:
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(Code.STORE_MISSING, f"{path} is not stored") from error
        except OSError as error:
            raise StoreError(Code.STORE_IO, f"{path} could not be read: {error.strerror}") from error

    def _read_wide(self, path: str, full_path: str) -> bytes:
        try:
            return self._read(path)
        except StoreError as error:
            if error.code != Code.STORE_MISSING or path == full_path:
                raise
        return self._read(full_path)

    def _is_stored(self, path: str, data: bytes) -> bool:
        if not (self._root / path).exists():
            return False
        if self._read(path) != data:
            raise StoreError(Code.STORE_CONFLICT, f"{path} is already stored with other bytes")
        return True


def checked_path(tile: TileWrite) -> str:
    """The path of a tile whose data has its width. Raises :class:`ArgumentError` (``tile.malformed``)."""
    if len(tile.data) != tile.width * HASH_SIZE:
        raise ArgumentError(Code.TILE_MALFORMED, f"{tile.path} does not have the data of its width")
    return tile.path
