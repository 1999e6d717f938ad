"""What the tests of audits begin with: a device that holds the official seal of the custody desk."""

from __future__ import annotations

import pytest
from custody_desk import Desk, desk, desk_begun
from seal_house import House, furnish

__all__ = ["desk", "desk_begun"]


@pytest.fixture
def house(desk: Desk) -> House:
    return furnish(desk)
