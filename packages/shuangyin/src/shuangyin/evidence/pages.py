"""The log as static files for anybody (C2SP tlog-tiles): checkpoint, tiles, public keys.

Entry bundles are not served to the public: entries name organizations and persons by id, and only who may read a
subject gets its entries. An outsider gets the entries that concern him inside an evidence file.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from evidencelog.errors import EvidenceLogError
from evidencelog.hashing import HASH_SIZE
from evidencelog.tiles import parse_path
from shuangyin.core.errors import not_found
from shuangyin.core.http.access import PlatformOf, PublicRoute
from shuangyin.evidence import queries
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.sequencer import DatabaseTiles

router = APIRouter(prefix="/log", tags=["log"])


@router.get("/checkpoint", dependencies=[PublicRoute], response_class=Response)
def checkpoint(platform: PlatformOf) -> Response:
    """The newest signed head."""
    head = platform.view(queries.newest_checkpoint)
    if head is None:
        raise not_found("检查点", "checkpoint")
    return Response(head.note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.get("/vkeys", dependencies=[PublicRoute], response_class=Response)
def vkeys(platform: PlatformOf) -> Response:
    """The log's public keys, one a line."""
    keys = platform.view(public_keys)
    return Response("".join(f"{key}\n" for key in keys), media_type="text/plain; charset=utf-8")


@router.get("/tile/{path:path}", dependencies=[PublicRoute], response_class=Response)
def tile(path: str, platform: PlatformOf) -> Response:
    """One tile of hashes, never changed once it is served."""
    try:
        coordinates = parse_path(f"tile/{path}")
    except EvidenceLogError as error:
        raise not_found("这个日志文件", "log file") from error
    if coordinates.level is None:
        raise not_found("这个日志文件", "log file")
    level, index, width = coordinates.level, coordinates.index, coordinates.width
    data = platform.view(lambda work: DatabaseTiles(work).read_tile(level, index, width))
    if len(data) != width * HASH_SIZE:
        raise not_found("这个日志文件", "log file")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(data, media_type="application/octet-stream", headers=headers)
