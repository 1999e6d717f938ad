"""Asking a time-stamp server over HTTP (RFC 3161, 3.4), suspiciously.

One request, one answer within a deadline, nothing followed, nothing larger than a token may be;
then the answer is compared with the question. Whether the authority is to be believed is decided
by whoever verifies, not here.
"""

import contextlib
import http.client
import secrets
import socket
import ssl
import threading
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from gmseal.errors import MalformedInput, Refused, ServiceUnavailable
from gmseal.sm.timestamps.messages import build_request, read_response
from gmseal.sm.timestamps.token import MAX_TOKEN_BYTES, read_token

DEFAULT_TOKEN_SIZE: Final = 16 * 1024
DEFAULT_TIMEOUT: Final = 15.0
"""Seconds for the whole exchange."""
_NONCE_BITS: Final = 64


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
        authorization: str | None = None,
    ) -> None:
        """``timeout`` is in seconds and covers the whole exchange.

        ``authorization`` is the value of that header, for servers that know their customers; it is
        sent to this server only and appears in no message. Raises ``Refused`` (TIMESTAMP_URL,
        TIMESTAMP_AUTHORIZATION).
        """
        self._parts = _address(url)
        self._headers = _headers(authorization)
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
        response = read_response(self.respond(request))
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

    def respond(self, request: bytes) -> bytes:
        """The server's answer to a TimeStampReq as it came, for callers that make and judge their own.

        Raises ``ServiceUnavailable`` and ``MalformedInput`` as ``stamp``.
        """
        connection = self._connection()
        with _Deadline(connection, self._timeout) as deadline:
            try:
                connection.connect()
                deadline.watch(connection.sock)
                connection.request("POST", _target(self._parts), request, self._headers)
                body = _body(connection.getresponse())
                if deadline.passed:
                    # What was ended looks to the reader like an answer that is complete.
                    raise TimeoutError
            except (OSError, http.client.HTTPException, UnicodeError) as error:
                late = deadline.passed or isinstance(error, TimeoutError)
                said = "it did not answer in time" if late else type(error).__name__
                raise ServiceUnavailable(f"The time-stamp server cannot be used: {said}.") from error
            return body

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = self._tls or ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)


class _Deadline:
    """Ends an exchange after so many seconds, whatever it is doing.

    The timeout of a socket is for each piece it receives: drop by drop an answer would last for ever.
    """

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self.passed = False
        self._connection = connection
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._connection.close()

    def watch(self, connected: socket.socket) -> None:
        """The socket to end; the connection itself forgets it while an answer is still being read."""
        self._socket = connected

    def _end(self) -> None:
        self.passed = True
        waiting = self._socket or self._connection.sock
        if waiting is not None:
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)


def _body(answer: http.client.HTTPResponse) -> bytes:
    if answer.status != http.client.OK:
        raise ServiceUnavailable(f"The time-stamp server answered with HTTP status {answer.status}.")
    media_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type != "application/timestamp-reply":
        raise MalformedInput("The server's answer is not a time-stamp reply.")
    body = answer.read(MAX_TOKEN_BYTES + 1)
    if len(body) > MAX_TOKEN_BYTES:
        raise MalformedInput("The server's answer is larger than a time stamp can be.")
    return body


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url or "@" in parts.netloc:
        raise Refused("TIMESTAMP_URL", "The address of a time-stamp server is an http or https URL.")
    return parts


def _headers(authorization: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    if authorization is not None:
        if not (authorization.isascii() and authorization.isprintable()):
            raise Refused("TIMESTAMP_AUTHORIZATION", "The authorization is one line of ASCII.")
        headers["Authorization"] = authorization
    return headers


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
