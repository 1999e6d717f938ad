"""What the evidence area asks of areas above it."""

from __future__ import annotations

from typing import Protocol

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork


class SubjectReaders(Protocol):
    """Port: who may read a subject may read its evidence. The composition root joins it to the areas."""

    def require_readable(self, work: UnitOfWork, actor: Actor, subject_type: str, subject_id: str) -> None:
        """Return when the actor may read the subject; raises NotFound otherwise."""
        ...
