"""Stand-ins for the company registry (登记机关) and for an identity service. They know what they are told and no more."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.json_server import JsonStandIn, Reply


class StandInRegistry(JsonStandIn):
    """Companies by their code. `PUT /companies/{code}` enters one; ``with`` starts and stops it."""

    def __init__(self, port: int = 0, *, slow_s: float | None = None) -> None:
        super().__init__(port, slow_s=slow_s)
        self._companies: dict[str, dict[str, object]] = {}

    def reply(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply:
        if len(path) != 2 or path[0] != "companies":  # the word and the code
            return HTTPStatus.NOT_FOUND, {}
        code = path[1]
        if method == "PUT":
            self._companies[code] = {"status": "active", **body, "uscc": code}
        found = self._companies.get(code)
        if found is None:
            return HTTPStatus.NOT_FOUND, {}
        if self.fault is Fault.DUPLICATE:
            return HTTPStatus.OK, next(iter(self._companies.values()))
        if self.fault is Fault.CONTRADICTORY:
            return HTTPStatus.OK, {**found, "uscc": "91110108MA00TE02XL", "name": "北京别家有限公司"}
        return HTTPStatus.OK, found


class StandInIdentity(JsonStandIn):
    """Finds that every name and number belong together, unless the number was entered with another name."""

    def __init__(self, port: int = 0, *, slow_s: float | None = None) -> None:
        super().__init__(port, slow_s=slow_s)
        self._names: dict[str, str] = {}

    def reply(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply:
        name, number = str(body.get("name", "")), str(body.get("id_number", ""))
        if method == "PUT" and path == ["persons"]:
            self._names[number] = name
            return HTTPStatus.OK, {}
        if method != "POST" or path != ["checks"]:
            return HTTPStatus.NOT_FOUND, {}
        match = self._names.get(number, name) == name
        return HTTPStatus.OK, {"match": match is not (self.fault is Fault.CONTRADICTORY)}
