"""What the documents area asks of areas above it."""

from __future__ import annotations

from typing import Protocol

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork


class DocumentReaders(Protocol):
    """Port: who works on a request may read the documents it names. The requests area implements it."""

    def may_read(self, work: UnitOfWork, actor: Actor, document_id: str) -> bool:
        """True when a request that the actor may read names a version of this document."""
        ...


def implementations() -> dict[type, object]:
    """This area declares a port and implements none."""
    return {}
