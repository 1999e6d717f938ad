"""Stand-ins for the police filing system (公安备案) and for the e-seal management unit (电子印章制作管理单位).

They keep what they are told while they run, recognise a repeated report by its number, and fail on demand. They file
nothing and prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import unquote

from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.json_server import JsonStandIn, Reply

_OTHER = {"seal_ref": "0" * 32, "uscc": "91110108MA00TE02XL"}
"""Another organization's seal, for answers that are about something else."""


class StandInFiling(JsonStandIn):
    """One authority; `prefix` begins its filing numbers. ``with`` starts and stops it."""

    def __init__(self, port: int = 0, *, prefix: str = "替身公备", slow_s: float | None = None) -> None:
        super().__init__(port, slow_s=slow_s)
        self._prefix = prefix
        self._answers: dict[str, dict[str, object]] = {}
        self._seals: dict[str, dict[str, object]] = {}

    def reply(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply:
        if method == "POST" and path == ["reports"]:
            return self._report(body)
        if len(path) == 2 and path[0] == "seals":  # the word and the number
            return self._seal(method, unquote(path[1]), body)
        if method == "GET" and path == ["reports"]:
            return HTTPStatus.OK, {"reports": list(self._answers)}
        return HTTPStatus.NOT_FOUND, {}

    def _report(self, body: Mapping[str, object]) -> Reply:
        number = str(body.get("request_id", ""))
        if not number:
            return HTTPStatus.BAD_REQUEST, {}
        if self.fault is Fault.DUPLICATE and self._answers:
            # It mixes two reports up: the answer is the first one it ever gave.
            return HTTPStatus.OK, next(iter(self._answers.values()))
        answer = self._answers.get(number)
        if answer is None:
            answer = self._answers[number] = self._new_answer(number, body)
        if self.fault is Fault.CONTRADICTORY:
            return HTTPStatus.OK, {**answer, **_OTHER}
        return HTTPStatus.OK, answer

    def _new_answer(self, number: str, body: Mapping[str, object]) -> dict[str, object]:
        filing_no = body.get("filing_no") or f"{self._prefix}{len(self._seals) + 1:06d}"
        said = {"new": "filed", "cancel": "cancelled"}.get(str(body.get("telling")), body.get("status"))
        code = body.get("seal_code") or f"{body.get('region', '110101')}{len(self._seals) + 1:07d}"
        self._seals[str(filing_no)] = {
            "filing_no": filing_no,
            "uscc": body.get("uscc"),
            "seal_code": code,
            "status": said,
        }
        return {
            "request_id": number,
            "seal_ref": body.get("seal_ref"),
            "uscc": body.get("uscc"),
            "seal_code": code,
            "result": "accepted",
            "filing_no": filing_no,
            "filed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "reason": "",
        }

    def _seal(self, method: str, filing_no: str, body: Mapping[str, object]) -> Reply:
        if method == "PUT":
            self._seals[filing_no] = {"filing_no": filing_no, **self._seals.get(filing_no, {}), **body}
        found = self._seals.get(filing_no)
        if found is None:
            return HTTPStatus.NOT_FOUND, {}
        return HTTPStatus.OK, {**found, **(_OTHER if self.fault is Fault.CONTRADICTORY else {})}
