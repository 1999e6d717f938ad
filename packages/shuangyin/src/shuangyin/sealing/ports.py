"""What sealing implements for areas below it."""

from __future__ import annotations

from typing import Any

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests.ports import RequestUses
from shuangyin.sealing import queries


class UsesOfRequests:
    """The uses that a request's page shows; who may read the request may see them."""

    def uses_of(self, work: UnitOfWork, request_id: str) -> list[dict[str, Any]]:
        uses = queries.of_request(work, request_id)
        return [use.model_dump() for use in queries.uses_out(work, uses)]


def implementations() -> dict[type[Any], object]:
    """The port of requests for the uses of a request."""
    return {RequestUses: UsesOfRequests()}
