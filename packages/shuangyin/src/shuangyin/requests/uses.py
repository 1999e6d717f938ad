"""The port through which a request's page shows what was sealed; sealing stands above requests and implements it."""

from __future__ import annotations

from typing import Any, Protocol

from shuangyin.core.unit_of_work import UnitOfWork


class RequestUses(Protocol):
    """Port: the seal uses of a request."""

    def uses_of(self, work: UnitOfWork, request_id: str) -> list[dict[str, Any]]:
        """The uses in order, each with the fields of `requests.schemas.RequestUseOut`."""
        ...
