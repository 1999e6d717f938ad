"""The ports through which a request learns what was done for it; areas above requests implement them."""

from __future__ import annotations

from typing import Any, Protocol

from shuangyin.core.unit_of_work import UnitOfWork


class RequestUses(Protocol):
    """Port: the seal uses of a request."""

    def uses_of(self, work: UnitOfWork, request_id: str) -> list[dict[str, Any]]:
        """The uses in order, each with the fields of `requests.schemas.RequestUseOut`."""
        ...


class BegunUses(Protocol):
    """Port: whether somebody has begun to use a request, at a safe, on a loan, under a permit or electronically."""

    def begun(self, work: UnitOfWork, request_id: str) -> bool:
        """True from the opening that serves it, the permit or the sealing job on, and for good once a seal was put on."""
        ...


def begun_uses(work: UnitOfWork) -> BegunUses:
    """The port as this platform is composed."""
    return work.port(BegunUses)  # type: ignore[type-abstract]  # a port is looked up by its protocol
