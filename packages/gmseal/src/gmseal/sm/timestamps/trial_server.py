"""A trial time-stamp server over HTTP (RFC 3161, 3.4), for trials and for testing clients.

It is a development server with a trial certificate: nothing it stamps is evidence of anything.
On demand it misbehaves, so that a client can be shown to notice.
"""

import http.server
import threading
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.sm.timestamps import messages
from gmseal.sm.timestamps.authority import TrialTimestampAuthority
from gmseal.sm.timestamps.messages import MAX_REQUEST_BYTES, Failure, PkiStatus, TimestampRequest
from gmseal.sm.timestamps.token import Imprint

QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"
_CLIENT_SECONDS: Final = 10
_DRIP_SECONDS: Final = 0.2


class Misbehaviour(StrEnum):
    """What a server may do wrong, for tests of clients."""

    SLOW = "slow"
    """Sends its answer drop by drop."""
    WRONG_NONCE = "wrong-nonce"
    WRONG_IMPRINT = "wrong-imprint"
    REJECTION = "rejection"
    GARBAGE = "garbage"
    ENDLESS = "endless"
    """Never stops sending."""
    REDIRECT = "redirect"
    HTTP_ERROR = "http-error"
    WRONG_TYPE = "wrong-type"
    HANG_UP = "hang-up"


class TrialTimestampServer:
    """Serves one authority on one address; ``with`` starts and stops it in a thread of its own."""

    def __init__(
        self,
        authority: TrialTimestampAuthority,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        """Binds at once; port 0 takes a free one. Raises ``OSError`` when the address is taken."""

        class Handler(_Handler):
            pass

        Handler.authority = authority
        Handler.misbehaviour = misbehaviour
        self._handler = Handler
        self._server = http.server.ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._server.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}/"

    @property
    def misbehaviour(self) -> Misbehaviour | None:
        """What it does wrong now; it may be set while the server runs."""
        return self._handler.misbehaviour

    @misbehaviour.setter
    def misbehaviour(self, how: Misbehaviour | None) -> None:
        self._handler.misbehaviour = how

    def serve(self) -> None:
        """Answer until interrupted."""
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self._server.server_close()

    def __enter__(self) -> "TrialTimestampServer":
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        if self._thread is not None:
            self._thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request: a query in the body of a POST."""

    authority: TrialTimestampAuthority
    misbehaviour: Misbehaviour | None
    timeout = _CLIENT_SECONDS
    server_version = "gmseal-trial-tsa"
    sys_version = ""

    def do_POST(self) -> None:
        """Answer a query."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 9 or int(length) > MAX_REQUEST_BYTES:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        if self.headers.get_content_type() != QUERY:
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return
        request = self.rfile.read(int(length))
        if self.misbehaviour is None:
            self._reply(self.authority.respond(request))
        else:
            self._misbehave(self.misbehaviour, request)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives
        """Says nothing: a trial server is run in a terminal beside others."""

    def _reply(self, body: bytes, media_type: str = REPLY) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _misbehave(self, how: Misbehaviour, request: bytes) -> None:
        ways: dict[Misbehaviour, Callable[[], None]] = {
            Misbehaviour.WRONG_NONCE: lambda: self._reply(
                _answer_to_another(self.authority, request, nonce=True)
            ),
            Misbehaviour.WRONG_IMPRINT: lambda: self._reply(_answer_to_another(self.authority, request)),
            Misbehaviour.REJECTION: lambda: self._reply(_rejection()),
            Misbehaviour.GARBAGE: lambda: self._reply(b"\x30\x82garbage"),
            Misbehaviour.WRONG_TYPE: lambda: self._reply(self.authority.respond(request), "text/html"),
            Misbehaviour.HTTP_ERROR: lambda: self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR),
            Misbehaviour.REDIRECT: self._redirect,
            Misbehaviour.SLOW: lambda: self._drip(self.authority.respond(request)),
            Misbehaviour.ENDLESS: self._flood,
            Misbehaviour.HANG_UP: lambda: None,
        }
        try:
            ways[how]()
        except OSError:
            # The client has had enough, which is what it is tested for.
            self.close_connection = True

    def _redirect(self) -> None:
        self.send_response(HTTPStatus.TEMPORARY_REDIRECT)
        self.send_header("Location", f"http://{self.headers.get('Host', '')}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self, body: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", REPLY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        pause = threading.Event()
        for octet in body:
            self.wfile.write(bytes((octet,)))
            self.wfile.flush()
            pause.wait(_DRIP_SECONDS)

    def _flood(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", REPLY)
        self.end_headers()
        while True:
            self.wfile.write(bytes(64 * 1024))


def _answer_to_another(authority: TrialTimestampAuthority, request: bytes, *, nonce: bool = False) -> bytes:
    """A granted answer that differs from the question in its nonce or in its imprint."""
    try:
        asked: TimestampRequest = messages.read_request(request)
    except MalformedInput:
        return _rejection()
    if nonce:
        return authority.grant(asked.imprint, (asked.nonce or 0) ^ 1)
    changed = Imprint(asked.imprint.algorithm, bytes(len(asked.imprint.value)))
    return authority.grant(changed, asked.nonce)


def _rejection() -> bytes:
    return messages.build_response(
        PkiStatus.REJECTION, text="No time stamps today.", failure=Failure.TIME_NOT_AVAILABLE
    )
