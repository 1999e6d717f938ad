"""A witness over HTTP, as an ASGI application: ``POST add-checkpoint`` and, for monitors, the cosigned heads.

``GET /<hex of SHA-256 of the origin>/checkpoint`` gives the newest head of a log that was cosigned here.
"""

import asyncio
import hashlib
import sys
from functools import partial

from evidencelog.errors import ArgumentError, EvidenceLogError
from evidencelog.serving.asgi import Message, Receive, Send, read_body, respond
from evidencelog.witness.service import MAX_REQUEST_BYTES, TEXT_TYPE, Witness


class WitnessApplication:
    """One witness. Decisions run one at a time in a thread, since each waits for the disk."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._turn = asyncio.Lock()
        self._origins = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in witness.origins}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                await self._route(scope, receive, send)
            except EvidenceLogError as error:
                status = 413 if isinstance(error, ArgumentError) else 503
                await respond(send, status, f"{error}\n".encode(), TEXT_TYPE.encode())

    async def _route(self, scope: Message, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == "/add-checkpoint":
            if scope["method"] != "POST":
                await respond(send, 405, b"", TEXT_TYPE.encode(), (b"allow", b"POST"))
                return
            await self._add(await read_body(receive, MAX_REQUEST_BYTES), send)
            return
        folder, _, name = path.removeprefix("/").partition("/")
        origin = self._origins.get(folder) if name == "checkpoint" else None
        head = None if origin is None else await asyncio.to_thread(self._witness.newest, origin)
        if head is None:
            await respond(send, 404, b"There is nothing here.\n", TEXT_TYPE.encode())
        else:
            await respond(send, 200, head.note, TEXT_TYPE.encode(), (b"cache-control", b"no-cache"))

    async def _add(self, body: bytes, send: Send) -> None:
        async with self._turn:
            answer = await asyncio.to_thread(partial(self._witness.add_checkpoint, body))
        if answer.alarm is not None:
            sys.stderr.write(f"ALARM {answer.alarm}\n")
        await respond(send, answer.status, answer.body, answer.media_type.encode())


async def _no_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        kind = message["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
