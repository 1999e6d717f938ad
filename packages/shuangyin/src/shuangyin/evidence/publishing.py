"""The log as static files in a folder: tiles and checkpoints of both trees, for any web server.

Entry bodies are not among them (docs/adr/0002). The order is that of evidencelog.embedded.publishing: whoever
sees a checkpoint finds every tile under it.
"""

from __future__ import annotations

from pathlib import Path

from evidencelog.checkpoint import parse_checkpoint
from evidencelog.embedded.publishing import FILES_TOGETHER
from evidencelog.store import FileTileStore
from evidencelog.tiles import changed_places, tile_path
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.queries import cosigned_note, newest_checkpoint
from shuangyin.evidence.trees import MAIN, TWIN, DatabaseTiles, Tree


def publish(platform: Platform) -> None:
    """Bring the folder up to the newest signed heads; does nothing without a folder. Raises StoreError."""
    folder = platform.settings.log_publish_dir
    if folder is None:
        return
    for tree, place in ((MAIN, folder), (TWIN, folder / "sm3")):
        platform.view(lambda work, tree=tree, place=place: _publish_tree(work, tree, place))  # type: ignore[misc]  # the defaults bind the loop's values


def _publish_tree(work: UnitOfWork, tree: Tree, folder: Path) -> None:
    head = newest_checkpoint(work, tree)
    if head is None:
        return
    files = FileTileStore(folder)
    last = files.read_checkpoint()
    note = cosigned_note(work, head) if tree is MAIN else head.note.encode()
    published = 0 if last is None else parse_checkpoint(last).size
    tiles = DatabaseTiles(work, tree)
    waiting: list[tuple[str, bytes]] = []
    for level, index, width in changed_places(published, head.size):
        waiting.append((tile_path(level, index, width), tiles.read_tile(level, index, width)))
        if len(waiting) >= FILES_TOGETHER:
            files.write_files(waiting)
            waiting = []
    files.write_files(waiting)
    if note != last:
        files.write_checkpoint(note)
