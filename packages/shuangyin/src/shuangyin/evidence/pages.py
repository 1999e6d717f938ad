"""The log as static files for anybody (C2SP tlog-tiles): checkpoint, tiles, public keys.

Entry bundles are not served to the public: entries name organizations and persons by id, and only who may read a
subject gets its entries. An outsider gets the entries that concern him inside an evidence file.
"""

from __future__ import annotations

from fastapi import Response

from evidencelog.errors import EvidenceLogError
from evidencelog.hashing import HASH_SIZE
from evidencelog.tiles import parse_path
from shuangyin.core.errors import not_found
from shuangyin.core.http.access import PlatformOf, PublicRoute
from shuangyin.core.http.routes import Routes
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import queries
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.models import TWIN_LOG
from shuangyin.evidence.trees import MAIN, TWIN, DatabaseTiles, Tree

router = Routes(prefix="/log", tags=["log"])


@router.get("/checkpoint", dependencies=[PublicRoute], response_class=Response)
def checkpoint(platform: PlatformOf) -> Response:
    """The newest signed head, with the lines of the witnesses that cosigned it."""
    return _checkpoint(platform, MAIN)


@router.get("/sm3/checkpoint", dependencies=[PublicRoute], response_class=Response)
def twin_checkpoint(platform: PlatformOf) -> Response:
    """The newest signed head of the twin tree (SM3)."""
    return _checkpoint(platform, TWIN)


@router.get("/vkeys", dependencies=[PublicRoute], response_class=Response)
def vkeys(platform: PlatformOf) -> Response:
    """The log's public keys, one a line."""
    return _text("".join(f"{key}\n" for key in platform.view(public_keys)))


@router.get("/sm3/vkeys", dependencies=[PublicRoute], response_class=Response)
def twin_vkeys(platform: PlatformOf) -> Response:
    """The public keys of the twin, one a line."""
    return _text("".join(f"{key}\n" for key in platform.view(lambda work: public_keys(work, TWIN_LOG))))


@router.get("/tile/{path:path}", dependencies=[PublicRoute], response_class=Response)
def tile(path: str, platform: PlatformOf) -> Response:
    """One tile of hashes, never changed once it is served."""
    return _tile(path, platform, MAIN)


@router.get("/sm3/tile/{path:path}", dependencies=[PublicRoute], response_class=Response)
def twin_tile(path: str, platform: PlatformOf) -> Response:
    """One tile of the twin tree."""
    return _tile(path, platform, TWIN)


def _checkpoint(platform: Platform, tree: Tree) -> Response:
    def query(work: UnitOfWork) -> bytes | None:
        head = queries.newest_checkpoint(work, tree)
        if head is None:
            return None
        return queries.cosigned_note(work, head) if tree is MAIN else head.note.encode()

    note = platform.view(query)
    if note is None:
        raise not_found("检查点", "checkpoint")
    return _text(note.decode(), {"Cache-Control": "no-cache"})


def _tile(path: str, platform: Platform, tree: Tree) -> Response:
    try:
        coordinates = parse_path(f"tile/{path}")
    except EvidenceLogError as error:
        raise not_found("这个日志文件", "log file") from error
    if coordinates.level is None:
        raise not_found("这个日志文件", "log file")
    level, index, width = coordinates.level, coordinates.index, coordinates.width
    data = platform.view(lambda work: DatabaseTiles(work, tree).read_tile(level, index, width))
    if len(data) != width * HASH_SIZE:
        raise not_found("这个日志文件", "log file")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _text(body: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body, media_type="text/plain; charset=utf-8", headers=headers)
