"""What sealing implements for areas below it."""

from __future__ import annotations

from typing import Any

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests.commands import seal_by_itself
from shuangyin.requests.ports import RequestUses
from shuangyin.requests.stopped import stopped_by
from shuangyin.requests.stops import FROZEN
from shuangyin.sealing import queries
from shuangyin.seals.ports import AfterFreeze


class UsesOfRequests:
    """The uses that a request's page shows; who may read the request may see them."""

    def uses_of(self, work: UnitOfWork, request_id: str) -> list[dict[str, Any]]:
        uses = queries.of_request(work, request_id)
        return [use.model_dump() for use in queries.uses_out(work, uses)]


class SealingAfterFreeze:
    """Automatic sealing that was refused because all seals were frozen is put in again when they no longer are."""

    def lifted(self, work: UnitOfWork, organization_id: str) -> None:
        for request_id in stopped_by(work, organization_id, FROZEN):
            seal_by_itself(work, organization_id, request_id)


def implementations() -> dict[type[Any], object]:
    """The port of requests for the uses of a request, and of seals for what a freeze has held up."""
    return {RequestUses: UsesOfRequests(), AfterFreeze: SealingAfterFreeze()}
