"""What custody asks of areas above it."""

from __future__ import annotations

from typing import Any, Protocol

from shuangyin.core.unit_of_work import UnitOfWork


class SmartKeeping(Protocol):
    """Port: whether a device sees to a control that people at a safe cannot see to by themselves."""

    def sees_to(self, work: UnitOfWork, organization_id: str, seal_id: str, control: str) -> bool:
        """Whether the seal is in a device that enforces the control (`face_check` or `fence`) at each press."""
        ...


class PlainKeeping:
    """A safe with a lock: nobody's face is compared and nothing knows where the seal is."""

    def sees_to(self, work: UnitOfWork, organization_id: str, seal_id: str, control: str) -> bool:
        return False


def implementations() -> dict[type[Any], object]:
    """Custody without devices; the composition root puts another in its place where there are some."""
    return {SmartKeeping: PlainKeeping()}
