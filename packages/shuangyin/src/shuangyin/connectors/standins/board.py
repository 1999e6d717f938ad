"""Running stand-ins together, and the address at which they are told to fail and to be well again.

``GET /`` lists them as JSON, ``PUT /{name}/{fault}`` makes one fail, ``PUT /{name}/well`` ends that. Only loopback is
listened on, and a request with an Origin is refused: no web page may set off faults.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from http import HTTPStatus

from shuangyin.connectors.standins.faults import Fault, Offer, StandIn

WELL = "well"


class StandInBoard:
    """The chosen stand-ins and their control server; ``with`` starts and stops all of them.

    `port` is that of the control server, the stand-ins take those behind it; a port that is taken is replaced by a free
    one, and so are all with port 0.
    """

    def __init__(self, offers: Sequence[Offer], port: int = 0) -> None:
        self._offers = tuple(offers)
        self._faults: dict[str, Fault | None] = dict.fromkeys((offer.name for offer in offers), None)
        self._standins = {
            offer.name: _made(offer, port + place if port else 0) for place, offer in enumerate(offers, 1)
        }
        board = self

        class Handler(_Handler):
            pass

        Handler.board = board
        self._server = _control_server(Handler, port)
        self._running = ExitStack()

    @property
    def address(self) -> str:
        """Where faults are ordered."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def address_of(self, name: str) -> str:
        """Where a stand-in answers."""
        return self._standins[name].address

    def misbehave(self, name: str, fault: Fault | None) -> None:
        """Make one fail, or be well again."""
        self._standins[name].misbehave(fault)
        self._faults[name] = fault

    def state(self) -> list[dict[str, str]]:
        """What runs where, and how each fails now."""
        return [
            {
                "name": offer.name,
                "stands_for": offer.text.en,
                "address": self.address_of(offer.name),
                "fault": str(self._faults[offer.name] or WELL),
            }
            for offer in self._offers
        ]

    def knows(self, name: str) -> bool:
        """Whether a stand-in of this name runs."""
        return name in self._standins

    def __enter__(self) -> StandInBoard:
        with ExitStack() as starting:
            for standin in self._standins.values():
                starting.enter_context(standin)
            thread = threading.Thread(
                target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
            )
            thread.start()
            starting.callback(thread.join)
            starting.callback(self._server.server_close)
            starting.callback(self._server.shutdown)
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()


def _made(offer: Offer, port: int) -> StandIn:
    try:
        return offer.make(port)
    except OSError:
        return offer.make(0)


def _control_server(handler: type[http.server.BaseHTTPRequestHandler], port: int) -> http.server.HTTPServer:
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError:
        return http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    """One order."""

    board: StandInBoard
    timeout = 10
    server_version = "shuangyin-standins"
    sys_version = ""

    def do_GET(self) -> None:
        """What runs."""
        self._answer(HTTPStatus.OK if self.path == "/" else HTTPStatus.NOT_FOUND)

    def do_PUT(self) -> None:
        """A fault, or the end of one."""
        if self.headers.get("Origin") is not None:
            self._answer(HTTPStatus.FORBIDDEN)
            return
        name, _, wanted = self.path.strip("/").partition("/")
        if not self.board.knows(name) or wanted not in (WELL, *Fault):
            self._answer(HTTPStatus.NOT_FOUND)
            return
        self.board.misbehave(name, None if wanted == WELL else Fault(wanted))
        self._answer(HTTPStatus.OK)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives
        """Says nothing: the command shows what is asked for."""

    def _answer(self, status: HTTPStatus) -> None:
        body = json.dumps(self.board.state(), indent=1).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
