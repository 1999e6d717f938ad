"""A stand-in for the service of the electronic business licence: codes are scanned by ``PUT /sessions/{id}``."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus

from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.json_server import JsonStandIn, Reply

_LIFE_MS = 3 * 60_000


class StandInLicence(JsonStandIn):
    """Knows the codes it gave out. ``PUT /sessions/{id}`` with `uscc`, `holder` and `name` is the scan that confirms
    one; with `status` another end of it. `GET /sessions` shows all."""

    def __init__(self, port: int = 0, *, slow_s: float | None = None) -> None:
        super().__init__(port, slow_s=slow_s)
        self.sessions: dict[str, dict[str, object]] = {}

    def reply(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply:
        if method == "POST" and path == ["sessions"]:
            return self._begin(body)
        if path == ["sessions"] and method == "GET":
            return HTTPStatus.OK, {"sessions": list(self.sessions.values())}
        if len(path) != 2 or path[0] != "sessions" or path[1] not in self.sessions:  # the word and the id
            return HTTPStatus.NOT_FOUND, {}
        session = self.sessions[path[1]]
        if method == "PUT":
            session.update({"status": "confirmed", "licence_status": "active", **body, "id": path[1]})
        if self.fault is Fault.DUPLICATE:
            # It mixes two codes up: the answer is that of the first one it ever gave.
            return HTTPStatus.OK, next(iter(self.sessions.values()))
        if self.fault is Fault.CONTRADICTORY:
            return HTTPStatus.OK, {**session, "uscc": "91110108MA00TE02XL"}
        return HTTPStatus.OK, session

    def _begin(self, body: Mapping[str, object]) -> Reply:
        if self.fault is Fault.DUPLICATE and self.sessions:
            return HTTPStatus.OK, next(iter(self.sessions.values()))
        own = secrets.token_urlsafe(18)
        self.sessions[own] = {
            "id": own,
            "code": f"https://licence.example/scan/{own}",
            "expires_at": time.time_ns() // 1_000_000 + _LIFE_MS,
            "purpose": body.get("purpose"),
            "status": "waiting",
        }
        return HTTPStatus.OK, self.sessions[own]
