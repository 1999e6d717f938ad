"""The front of one simulated device in a browser: a person presses it by hand. On loopback only, and named as simulated.

The device does one thing at a time in its own thread: the panel hands it lines, and shows what it last said of itself.
"""

from __future__ import annotations

import json
import queue
import secrets
import threading
from collections import deque
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from shuangyin.core.errors import Unavailable
from shuangyin.device_sim.misbehaving import WORDS, Misbehaviour
from shuangyin.device_sim.seal import FIRMWARE, SimulatedSeal
from shuangyin.device_sim.wire import lock_words

MOST_BYTES = 500
SAID = 12
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Panel:
    """Serves the page, and puts what is asked there into `typed` as lines for the operator."""

    def __init__(self, typed: queue.Queue[str], port: int) -> None:
        self._typed = typed
        self._token = secrets.token_urlsafe(24)
        self._said: deque[str] = deque(maxlen=SAID)
        self._state: dict[str, Any] = {}
        panel = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                panel._get(self)

            def do_POST(self) -> None:
                panel._post(self)

            def log_message(self, *_: object) -> None:
                """The device itself says what it does."""

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise Unavailable(
                "PORT_BUSY", f"端口 {port} 不可用，请换一个。", f"Port {port} cannot be used; take another."
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"http://localhost:{self._server.server_port}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def said(self, zh: str, en: str) -> None:
        """Keep a line that the device said."""
        self._said.append(f"{zh} / {en}")

    def show(self, seal: SimulatedSeal, *, online: bool) -> None:
        """What the device is now; called by the device's own thread."""
        state = seal.device.state
        permits = [
            {
                "id": held.permit.id,
                "request": held.permit.request,
                "counts": {kind.value: count for kind, count in held.permit.counts.items()},
                "pressed": {kind.value: count for kind, count in held.use.pressed.items()},
                "spare": held.permit.spare,
                "revoked": held.use.revoked,
            }
            for held in state.permits.values()
        ]
        self._state = {
            "device": seal.id,
            "firmware": FIRMWARE,
            "lock": " / ".join(lock_words(seal)),
            "locked": state.locked is not None,
            "online": online,
            "events": state.seq,
            "receipted": state.acknowledged,
            "presses": state.presses,
            "photos": len(seal.photos),
            "battery": seal.battery,
            "permits": permits,
        }

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        if not self._ours(request):
            return
        if request.path == "/state":
            body = json.dumps({**self._state, "said": list(self._said)}).encode()
            self._answer(request, body, "application/json")
        elif request.path == "/":
            nonce = secrets.token_urlsafe(12)
            page = resources.files("shuangyin.device_sim").joinpath("panel.html").read_text(encoding="utf-8")
            kinds = "".join(
                f'<option value="{one.value}">{WORDS[one]} {one.value}</option>' for one in Misbehaviour
            )
            for name, value in (("NONCE", nonce), ("TOKEN", self._token), ("KINDS", kinds)):
                page = page.replace(f"{{{{{name}}}}}", value)
            self._answer(request, page.encode(), "text/html; charset=utf-8", nonce)
        else:
            request.send_error(HTTPStatus.NOT_FOUND)

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        size = request.headers.get("Content-Length", "")
        given = request.headers.get("X-Panel-Token", "")
        good = request.path == "/do" and size.isdecimal() and int(size) <= MOST_BYTES
        if not self._ours(request):
            return
        if not good or not secrets.compare_digest(given.encode(), self._token.encode()):
            request.send_error(HTTPStatus.FORBIDDEN)
            return
        line = request.rfile.read(int(size)).decode("utf-8", "replace")
        self._typed.put(line.splitlines()[0] if line.strip() else "")
        self._answer(request, b"{}", "application/json")

    def _ours(self, request: BaseHTTPRequestHandler) -> bool:
        """Whether the page was asked for by its own name: another name that leads here is somebody else's page."""
        host = request.headers.get("Host", "").rsplit(":", 1)[0]
        if host in ("localhost", "127.0.0.1"):
            return True
        request.send_error(HTTPStatus.FORBIDDEN)
        return False

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, body: bytes, media_type: str, nonce: str = "") -> None:
        request.send_response(HTTPStatus.OK)
        request.send_header("Content-Type", media_type)
        request.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            request.send_header(name, value.format(nonce=nonce))
        request.end_headers()
        request.wfile.write(body)
