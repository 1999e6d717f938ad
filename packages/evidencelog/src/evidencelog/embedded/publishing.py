"""Signing the head that became durable, and writing the static files under it.

The order is what keeps promises: fence, signature, stored head, tiles and entry bundles, checkpoint file.
A crash after any of them leaves nothing wrong, and the next round goes on from there:

1. Read the durable state. 2. Move the fence to it, or refuse. 3. Sign; keep the signed head.
4. Write the tiles and entry bundles that the last published checkpoint did not need. 5. Replace
``checkpoint``: whoever sees it finds everything under it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from evidencelog.checkpoint import parse_checkpoint
from evidencelog.embedded.database import LogDatabase
from evidencelog.embedded.fence import FenceMark, HeadFence
from evidencelog.keys import NoteSigner
from evidencelog.log import LogState, sign_checkpoint
from evidencelog.store import FileTileStore
from evidencelog.tiles import TILE_WIDTH, changed_places, encode_entry_bundle, entries_path, tile_path
from evidencelog.tree import TileProver

FILES_TOGETHER: Final = 256
"""Files that are made durable together."""


class PublishedFiles(Protocol):
    """Where published files go; :class:`~evidencelog.store.FileTileStore` is one."""

    def write_files(self, files: Sequence[tuple[str, bytes]]) -> None: ...

    def read_checkpoint(self) -> bytes | None: ...

    def write_checkpoint(self, data: bytes) -> None: ...


class Publisher:
    """Signs and publishes the heads of one log. One thread at a time calls :meth:`publish`."""

    def __init__(
        self,
        database: LogDatabase,
        fence: HeadFence,
        signers: Sequence[NoteSigner],
        files: PublishedFiles,
    ) -> None:
        self._database = database
        self._fence = fence
        self._signers = tuple(signers)
        self._files = files

    @classmethod
    def in_folder(
        cls, database: LogDatabase, fence: HeadFence, signers: Sequence[NoteSigner], folder: Path
    ) -> "Publisher":
        """A publisher whose files lie in a folder that any web server may serve."""
        return cls(database, fence, signers, FileTileStore(folder))

    def verify_start(self) -> None:
        """Refuse to go on with a log that contradicts its fence, or that lost its fence.

        Raises :class:`FenceError`: ``fence.behind`` or ``fence.split`` for a restored or altered log,
        ``fence.missing`` when heads were signed but the fence is gone (a new fence would bless any copy).
        """
        self._fence.require_known(self._database.origin, before=self._database.head() is not None)
        if self._fence.mark(self._database.origin) is None:
            return
        state = self._database.read_state()
        head = FenceMark(state.size, state.root())
        self._fence.advance(self._database.origin, head, self._root_at)

    def publish(self) -> int:
        """Sign the durable head and publish everything under it. Returns its size.

        Raises :class:`FenceError`, :class:`~evidencelog.errors.StoreError`; whatever is raised, the next
        call goes on where this one stopped.
        """
        state = self._database.read_state()  # 1.
        note = self._signed(state)
        last = self._files.read_checkpoint()
        published = 0 if last is None else parse_checkpoint(last).size
        if last is None or published < state.size:
            self._write_files(published, state.size)  # 4.
            self._files.write_checkpoint(note)  # 5.
        return state.size

    def _signed(self, state: LogState) -> bytes:
        known = self._database.head()
        if known is not None and known[0] == state.size:
            return known[1]
        origin = self._database.origin
        self._fence.advance(origin, FenceMark(state.size, state.root()), self._root_at)  # 2.
        note = sign_checkpoint(origin, state, self._signers)  # 3.
        self._database.add_head(state.size, note)
        return note

    def _root_at(self, size: int) -> bytes:
        return TileProver(self._database, size, self._database.algorithm).root()

    def _write_files(self, start: int, end: int) -> None:
        waiting: list[tuple[str, bytes]] = []
        for level, index, width in changed_places(start, end):
            waiting.append((tile_path(level, index, width), self._database.read_tile(level, index, width)))
            if level == 0:
                entries = self._database.entries(index * TILE_WIDTH, width)
                waiting.append((entries_path(index, width), encode_entry_bundle(entries)))
            if len(waiting) >= FILES_TOGETHER:
                self._files.write_files(waiting)
                waiting = []
        self._files.write_files(waiting)
