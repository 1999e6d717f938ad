"""The log's own server, as an ASGI application without a framework.

``POST /add`` takes the exact bytes of one entry in its canonical form and answers with its index after the entry is durable
and integrated. ``GET /proof/<index>`` gives the ``.tlog-proof`` against the newest signed head. The other
addresses are the static files of C2SP tlog-tiles: ``checkpoint``, ``tile/<L>/<N>``, ``tile/entries/<N>``;
any web server may serve the published folder instead.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Final

from evidencelog.embedded.database import LogDatabase
from evidencelog.embedded.sequencer import Placed, Sequencer, Submission
from evidencelog.embedded.witnessing import Witnessing
from evidencelog.entry import decode_entry
from evidencelog.errors import (
    ArgumentError,
    Code,
    EvidenceLogError,
    FenceError,
    MalformedError,
    StoreError,
)
from evidencelog.proof import make_proof
from evidencelog.serving.asgi import Message, Receive, Send, read_body, respond
from evidencelog.store import FileTileStore
from evidencelog.tiles import MAX_ENTRY_BYTES, parse_path
from evidencelog.tree import TileProver

KEY_HEADER: Final = b"idempotency-key"
_JSON: Final = b"application/json"
_TEXT: Final = b"text/plain; charset=utf-8"
_OCTETS: Final = b"application/octet-stream"
_FOREVER: Final = b"public, max-age=31536000, immutable"

_STATUS: Final = {
    Code.ENTRY_TOO_LARGE: 413,
    Code.ENTRY_CONFLICT: 409,
    Code.LOG_BUSY: 503,
    Code.LOG_STOPPED: 503,
    Code.LOG_MOVED: 503,
    Code.STORE_MISSING: 404,
    Code.STORE_IO: 503,
}


class LogApplication:
    """One log. ``start`` and ``stop`` belong to the lifespan of the server."""

    def __init__(
        self,
        database: LogDatabase,
        sequencer: Sequencer,
        files: FileTileStore,
        witnessing: Witnessing | None = None,
    ) -> None:
        self._database = database
        self._witnessing = witnessing or Witnessing(database, files, ())
        self._sequencer = sequencer
        self._files = files
        self._answers = _Answers()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                await self._route(scope, receive, send)
            except EvidenceLogError as error:
                await _problem(send, error)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await asyncio.to_thread(self._sequencer.start)
                except EvidenceLogError as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                self._witnessing.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await asyncio.to_thread(self._sequencer.stop)
                await asyncio.to_thread(self._witnessing.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _route(self, scope: Message, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == "/add":
            if scope["method"] != "POST":
                await respond(send, 405, b"", _TEXT, (b"allow", b"POST"))
                return
            await self._add(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await respond(send, 405, b"", _TEXT, (b"allow", b"GET, HEAD"))
        elif path == "/checkpoint":
            await self._checkpoint(send)
        elif path.startswith("/proof/"):
            await self._proof(path.removeprefix("/proof/"), send)
        elif path == "/healthz":
            await self._health(send)
        else:
            await self._static(path.removeprefix("/"), send)

    async def _add(self, scope: Message, receive: Receive, send: Send) -> None:
        entry = await read_body(receive, MAX_ENTRY_BYTES)
        decode_entry(entry)  # what is hashed is what was sent; only its form is looked at
        key = next((value for name, value in scope["headers"] if name == KEY_HEADER), None)
        future: asyncio.Future[Placed | EvidenceLogError] = asyncio.get_running_loop().create_future()
        self._sequencer.submit([Submission(entry, self._answers.for_(future), key)])
        result = await future
        if isinstance(result, EvidenceLogError):
            raise result
        status = 200 if result.repeated else 201
        await respond(send, status, b'{"index":%d}' % result.index, _JSON)

    async def _checkpoint(self, send: Send) -> None:
        note = self._files.read_checkpoint()
        if note is None:
            raise StoreError(Code.STORE_MISSING, "no checkpoint was published yet")
        await respond(send, 200, note, _TEXT, (b"cache-control", b"no-cache"))

    async def _proof(self, number: str, send: Send) -> None:
        if not number.isascii() or not number.isdecimal() or len(number) > 19:
            raise MalformedError(Code.TILE_PATH, "the number of an entry is a plain decimal")
        head = self._database.head()
        index = int(number)
        if head is None or index >= head[0]:
            known = index < self._database.size()
            body = b"This entry has no signed head yet; ask again in a second.\n"
            if known:
                await respond(send, 404, body, _TEXT, (b"retry-after", b"1"))
                return
            raise StoreError(Code.STORE_MISSING, f"there is no entry {index}")
        prover = TileProver(self._database, head[0], self._database.algorithm)
        await respond(send, 200, make_proof(prover, index, head[1]).to_bytes(), _TEXT)

    async def _static(self, path: str, send: Send) -> None:
        place = parse_path(path)
        if place.level is None:
            data = self._files.read_entries(place.index, place.width)
        else:
            data = self._files.read_tile(place.level, place.index, place.width)
        await respond(send, 200, data, _OCTETS, (b"cache-control", _FOREVER))

    async def _health(self, send: Send) -> None:
        error = self._sequencer.last_error
        last = self._witnessing.last
        outcomes = () if last is None else last.outcomes
        state = {
            "witnessed": self._witnessing.witnessed_size,
            "witnesses": {item.name: None if item.error is None else str(item.error) for item in outcomes},
            "origin": self._database.origin,
            "size": self._database.size(),
            "published": self._sequencer.published_size,
            "problem": None if error is None else {"code": error.code.value, "detail": str(error)},
        }
        await respond(send, 200 if error is None else 503, json.dumps(state).encode(), _JSON)


class _Answers:
    """Carries answers from the sequencer's thread into the event loop, a whole commit in one call."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[Placed | EvidenceLogError], Placed | EvidenceLogError]] = (
            deque()
        )

    def for_(
        self, future: asyncio.Future[Placed | EvidenceLogError]
    ) -> Callable[[Placed | EvidenceLogError], None]:
        loop = future.get_loop()

        def answer(result: Placed | EvidenceLogError) -> None:
            self._waiting.append((future, result))
            # Only the first of a burst wakes the loop; a wake-up writes to a pipe.
            if len(self._waiting) == 1:
                loop.call_soon_threadsafe(self._settle)

        return answer

    def _settle(self) -> None:
        while self._waiting:
            future, result = self._waiting.popleft()
            if not future.done():  # the client may have gone away
                future.set_result(result)


async def _problem(send: Send, error: EvidenceLogError) -> None:
    default = 400 if isinstance(error, ArgumentError | MalformedError) else 500
    status = 503 if isinstance(error, FenceError) else _STATUS.get(error.code, default)
    body = json.dumps({"code": error.code.value, "status": status, "detail": str(error)}).encode()
    headers = ((b"retry-after", b"1"),) if status == 503 else ()
    await respond(send, status, body, b"application/problem+json", *headers)
