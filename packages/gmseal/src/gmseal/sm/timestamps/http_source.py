"""Asking a time-stamp server over HTTP (RFC 3161, 3.4), suspiciously.

One request, one answer within a deadline, nothing followed, nothing larger than a token may be;
then the answer is compared with the question. Whether the authority is to be believed is decided
by whoever verifies, not here.
"""

import http.client
import secrets
import socket
import ssl
import time
from typing import Final
from urllib.parse import SplitResult, urlsplit

from gmseal.errors import MalformedInput, Refused, ServiceUnavailable
from gmseal.sm.timestamps.messages import build_request, read_response
from gmseal.sm.timestamps.token import MAX_TOKEN_BYTES, read_token

DEFAULT_TOKEN_SIZE: Final = 16 * 1024
DEFAULT_TIMEOUT: Final = 15.0
"""Seconds for the whole exchange."""
_NONCE_BITS: Final = 64
_CHUNK: Final = 8192


class HttpTimestampSource:
    """A ``TimestampSource`` that asks the server at ``url`` anew for each stamp. Shared between threads."""

    def __init__(
        self,
        url: str,
        *,
        digest: str = "sm3",
        policy: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        token_size: int = DEFAULT_TOKEN_SIZE,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``timeout`` is in seconds and covers the whole exchange. Raises ``Refused`` (TIMESTAMP_URL)."""
        self._parts = _address(url)
        self._digest = digest
        self._policy = policy
        self._timeout = timeout
        self._tls = tls
        self.token_size = token_size

    def stamp(self, message: bytes) -> bytes:
        """A token over ``message``.

        1. The server answers in time, with status 200 and the media type of a time-stamp reply.
        2. The reply grants a token.
        3. The token's imprint is that of the message, its nonce that of the request, its policy
           the one asked for.

        Raises ``ServiceUnavailable`` (step 1), ``Refused`` with TIMESTAMP_REJECTED (2) or
        TIMESTAMP_MISMATCH (3), and ``MalformedInput`` for an answer that cannot be read.
        """
        nonce = secrets.randbits(_NONCE_BITS) | 1 << (_NONCE_BITS - 1)
        request = build_request(message, digest=self._digest, policy=self._policy, nonce=nonce)
        # 1.
        response = read_response(self._exchange(request))
        # 2.
        if response.token is None:
            said = " ".join(response.texts)[:200] or "no reason given"
            raise Refused("TIMESTAMP_REJECTED", f"The time-stamp server refused the request: {said}")
        # 3.
        info = read_token(response.token).info
        if not info.imprint.matches(message) or info.nonce != nonce:
            raise Refused("TIMESTAMP_MISMATCH", "The time stamp answers another request.")
        if self._policy is not None and info.policy != self._policy:
            raise Refused("TIMESTAMP_MISMATCH", "The time stamp follows another policy than was asked for.")
        if len(response.token) > self.token_size:
            raise Refused("TIMESTAMP_TOO_LARGE", "The time stamp is larger than the room kept for it.")
        return response.token

    def _exchange(self, request: bytes) -> bytes:
        deadline = time.monotonic() + self._timeout
        connection = self._connection()
        try:
            headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
            connection.request("POST", _target(self._parts), request, headers)
            answer = connection.getresponse()
            return self._body(connection, answer, deadline)
        except (OSError, http.client.HTTPException) as error:
            said = "it did not answer in time" if isinstance(error, TimeoutError) else type(error).__name__
            raise ServiceUnavailable(f"The time-stamp server cannot be used: {said}.") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = self._tls or ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _body(
        self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, deadline: float
    ) -> bytes:
        if answer.status != http.client.OK:
            raise ServiceUnavailable(f"The time-stamp server answered with HTTP status {answer.status}.")
        media_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        if media_type != "application/timestamp-reply":
            raise MalformedInput("The server's answer is not a time-stamp reply.")
        body = bytearray()
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                # A timeout of the socket is for each piece; drop by drop they would last for ever.
                raise TimeoutError
            if isinstance(connection.sock, socket.socket):
                connection.sock.settimeout(left)
            piece = answer.read1(_CHUNK)
            body += piece
            if len(body) > MAX_TOKEN_BYTES:
                raise MalformedInput("The server's answer is larger than a time stamp can be.")
            if not piece:
                return bytes(body)


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url or "@" in parts.netloc:
        raise Refused("TIMESTAMP_URL", "The address of a time-stamp server is an http or https URL.")
    return parts


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
