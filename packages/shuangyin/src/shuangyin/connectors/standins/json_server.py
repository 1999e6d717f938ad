"""A small JSON server on loopback that fails on demand; the stand-ins of authorities are made of it."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar, Self
from urllib.parse import parse_qsl

from shuangyin.connectors.standins.faults import Fault

Reply = tuple[HTTPStatus, Mapping[str, object]]
_MAX_BODY = 1_000_000


class JsonStandIn:
    """One stand-in. A subclass answers in `reply`; PUT sets what it knows, which no real system offers."""

    slow_s: ClassVar[float] = 15.0

    def __init__(self, port: int = 0, *, slow_s: float | None = None) -> None:
        self.fault: Fault | None = None
        self._wait_s = self.slow_s if slow_s is None else slow_s
        self._over = threading.Event()
        self._lock = threading.Lock()
        standin = self

        class Handler(_Handler):
            pass

        Handler.standin = standin
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def misbehave(self, fault: Fault | None) -> None:
        self.fault = fault

    def reply(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply:
        """The answer to one request."""
        raise NotImplementedError

    def answer(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply | None:
        """The answer under the present fault; None hangs up."""
        if method == "PUT":
            with self._lock:
                return self.reply(method, path, body)
        if self.fault is Fault.DOWN:
            return None
        with self._lock:
            found = self.reply(method, path, body)
        if self.fault is Fault.SLOW:
            # The work is done; the answer comes when nobody waits for it any more.
            self._over.wait(self._wait_s)
        return found

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    standin: JsonStandIn
    timeout = 30
    server_version = "shuangyin-standin"
    sys_version = ""

    def do_GET(self) -> None:
        """Ask."""
        self._serve("GET")

    def do_POST(self) -> None:
        """Tell."""
        self._serve("POST")

    def do_PUT(self) -> None:
        """Set what the stand-in knows."""
        self._serve("PUT")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives
        """Says nothing: what is asked for may hold names and numbers of persons."""

    def _serve(self, method: str) -> None:
        if self.headers.get("Origin") is not None:
            self._send(HTTPStatus.FORBIDDEN, {})
            return
        body = self._body()
        if body is None:
            self._send(HTTPStatus.BAD_REQUEST, {})
            return
        path = [part for part in self.path.split("?")[0].split("/") if part]
        found = self.standin.answer(method, path, body)
        if found is None:
            self.close_connection = True
            return
        self._send(*found)

    def _body(self) -> Mapping[str, object] | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MAX_BODY:
            return None
        data = self.rfile.read(int(length))
        if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            body = json.loads(data) if data else {}
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None

    def _send(self, status: HTTPStatus, answer: Mapping[str, object]) -> None:
        data = json.dumps(answer, ensure_ascii=False).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # nobody waits any more
