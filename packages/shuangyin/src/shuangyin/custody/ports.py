"""What custody asks of areas above it."""

from __future__ import annotations

from typing import Any, Protocol

from shuangyin.core.unit_of_work import UnitOfWork


class SmartKeeping(Protocol):
    """Port: whether a device sees to a control that people at a safe cannot see to by themselves."""

    def sees_to(self, work: UnitOfWork, organization_id: str, seal_id: str, control: str) -> bool:
        """Whether the seal is in a device that enforces the control (`face_check` or `fence`) at each press."""
        ...


class PressTally(Protocol):
    """Port: what devices counted of a seal by themselves."""

    def counted(self, work: UnitOfWork, organization_id: str, seal_id: str) -> tuple[int, int]:
        """Presses that devices counted for a seal, and how many of them are in the register; settled permits only."""
        ...


class PlainKeeping:
    """A safe with a lock: nobody's face is compared and nothing knows where the seal is."""

    def sees_to(self, work: UnitOfWork, organization_id: str, seal_id: str, control: str) -> bool:
        return False


class NoTally:
    """Nothing counts but the people who press."""

    def counted(self, work: UnitOfWork, organization_id: str, seal_id: str) -> tuple[int, int]:
        return 0, 0


def implementations() -> dict[type[Any], object]:
    """Custody without devices; the composition root puts others in their place where there are some."""
    return {SmartKeeping: PlainKeeping(), PressTally: NoTally()}
