"""The log as static files in folders, for any web server: tiles and checkpoints of both trees for everybody, and the
bundles of entries in a folder of their own for those who may read all of them (docs/adr/0002).

The order is that of evidencelog.embedded.publishing: whoever sees a checkpoint finds everything under it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from evidencelog.checkpoint import parse_checkpoint
from evidencelog.embedded.publishing import FILES_TOGETHER
from evidencelog.errors import Code, StoreError
from evidencelog.store import FileTileStore
from evidencelog.tiles import TILE_WIDTH, changed_places, encode_entry_bundle, entries_path, tile_path
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry, LogLeaf
from shuangyin.evidence.queries import cosigned_note, newest_checkpoint
from shuangyin.evidence.trees import MAIN, TWIN, DatabaseTiles, Tree


def publish(platform: Platform) -> None:
    """Bring the folders up to the newest signed heads; does nothing without one. Raises StoreError."""
    settings = platform.settings
    if settings.log_entries_dir is not None:
        folder = settings.log_entries_dir
        platform.view(lambda work: _publish_entries(work, folder))
    if settings.log_publish_dir is None:
        return
    for tree, place in ((MAIN, settings.log_publish_dir), (TWIN, settings.log_publish_dir / "sm3")):
        platform.view(lambda work, tree=tree, place=place: _publish_tree(work, tree, place))  # type: ignore[misc]  # the defaults bind the loop's values


def _publish_tree(work: UnitOfWork, tree: Tree, folder: Path) -> None:
    head = newest_checkpoint(work, tree)
    if head is None:
        return
    note = cosigned_note(work, head) if tree is MAIN else head.note.encode()
    tiles = DatabaseTiles(work, tree)
    _bring_up(
        FileTileStore(folder),
        note,
        head.size,
        lambda level, index, width: (tile_path(level, index, width), tiles.read_tile(level, index, width)),
    )


def _publish_entries(work: UnitOfWork, folder: Path) -> None:
    """The entries under the newest head, with that head, so that whoever has them can recompute its root."""
    head = newest_checkpoint(work, MAIN)
    if head is None:
        return
    try:
        # Entries name persons and organizations by id: nobody but the operator reads them unless he lets them.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(Code.STORE_IO, f"{folder} could not be made: {error.strerror}") from error

    def bundle(level: int, index: int, width: int) -> tuple[str, bytes] | None:
        if level > 0:
            return None
        return entries_path(index, width), encode_entry_bundle(_entries(work, index * TILE_WIDTH, width))

    _bring_up(FileTileStore(folder), cosigned_note(work, head), head.size, bundle)


def _entries(work: UnitOfWork, first: int, count: int) -> list[bytes]:
    query = (
        select(EvidenceEntry.body)
        .join(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(LogLeaf.log_index >= first, LogLeaf.log_index < first + count)
        .order_by(LogLeaf.log_index)
    )
    return [body.encode() for body in work.session.scalars(query)]


def _bring_up(
    files: FileTileStore,
    note: bytes,
    size: int,
    file_at: Callable[[int, int, int], tuple[str, bytes] | None],
) -> None:
    """Write what the last published head did not need, then the head."""
    last = files.read_checkpoint()
    waiting: list[tuple[str, bytes]] = []
    for level, index, width in changed_places(0 if last is None else parse_checkpoint(last).size, size):
        file = file_at(level, index, width)
        waiting += [] if file is None else [file]
        if len(waiting) >= FILES_TOGETHER:
            files.write_files(waiting)
            waiting = []
    files.write_files(waiting)
    if note != last:
        files.write_checkpoint(note)
