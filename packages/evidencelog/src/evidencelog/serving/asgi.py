"""The little of ASGI that the servers of this package need: a bounded body, a whole answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from evidencelog.errors import ArgumentError, Code, StoreError

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


async def read_body(receive: Receive, limit: int) -> bytes:
    """The body of a request, refused as soon as it is larger than ``limit`` bytes.

    Raises :class:`ArgumentError` (``entry.too_large``), :class:`StoreError` when the client goes away.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise StoreError(Code.LOG_STOPPED, "the client went away")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise ArgumentError(Code.ENTRY_TOO_LARGE, f"at most {limit} bytes are taken")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def respond(
    send: Send, status: int, body: bytes, media_type: bytes, *headers: tuple[bytes, bytes]
) -> None:
    """A whole answer."""
    length = str(len(body)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", media_type), (b"content-length", length), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})
