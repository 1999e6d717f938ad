"""The two trees over the same entries: the log with SHA-256, and its twin with SM3 under an origin of its own.

C2SP fixes SHA-256 for a log. Who must show an all-SM chain gets the twin, and an ordinary entry of the log
binds it: it holds the twin's size and root, so that whoever checks the log can recompute the twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import CursorResult, select, update

from evidencelog.hashing import HASH_SIZE, SHA256, TreeHash, sm3
from evidencelog.log import Integration, LogState
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.errors import log_moved
from shuangyin.evidence.models import (
    MAIN_LOG,
    TWIN_LOG,
    CheckpointRow,
    LogCheckpoint,
    LogHead,
    LogTile,
    LogTwinCheckpoint,
    LogTwinTile,
    TileRow,
)

TWIN_SUFFIX: Final = "/sm3"


@dataclass(frozen=True, slots=True)
class Tree:
    """One of the two: its row in `log_head`, its tables, its hash."""

    id: int
    tiles: type[TileRow]
    checkpoints: type[CheckpointRow]

    @property
    def algorithm(self) -> TreeHash:
        return SHA256 if self.id == MAIN_LOG else sm3()


MAIN: Final = Tree(MAIN_LOG, LogTile, LogCheckpoint)
TWIN: Final = Tree(TWIN_LOG, LogTwinTile, LogTwinCheckpoint)


class DatabaseTiles:
    """Reads tiles from the database; a narrower tile is cut from the stored one, since tiles only grow."""

    def __init__(self, work: UnitOfWork, tree: Tree = MAIN) -> None:
        self._work = work
        self._tiles = tree.tiles

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        tiles = self._tiles
        data = self._work.session.scalar(
            select(tiles.data).where(tiles.level == level, tiles.tile_index == index)
        )
        return (data or b"")[: width * HASH_SIZE]


def head_of(work: UnitOfWork, tree: Tree, origin: str) -> LogHead:
    """The committed state of a tree, made empty when it is new."""
    head = work.session.get(LogHead, tree.id)
    if head is None:
        state = LogState.empty(tree.algorithm)
        head = LogHead(
            id=tree.id,
            origin=origin,
            size=0,
            edge=state.to_bytes(),
            root=state.root().hex(),
            advanced_at=work.now,
        )
        work.session.add(head)
        work.session.flush()
    return head


def advance(work: UnitOfWork, tree: Tree, head: LogHead, result: Integration) -> None:
    """Move a head by a conditional update from the size that was read, and store its tiles."""
    moved = work.session.execute(
        update(LogHead)
        .where(LogHead.id == tree.id, LogHead.size == result.first_index)
        .values(
            size=result.new_state.size,
            edge=result.new_state.to_bytes(),
            root=result.root.hex(),
            advanced_at=work.now,
        )
        .execution_options(synchronize_session=False)
    )
    work.session.expire(head)
    if not isinstance(moved, CursorResult) or moved.rowcount != 1:
        raise log_moved()
    for tile in result.tiles:
        row = work.session.get(tree.tiles, (tile.level, tile.index))
        if row is None:
            row = tree.tiles(level=tile.level, tile_index=tile.index, width=0, data=b"")
            work.session.add(row)
        if tile.width > row.width:
            row.width, row.data = tile.width, tile.data
