"""What the tests of custody begin with: a safe that holds the official seal, and an approved physical request."""

from __future__ import annotations

from custody_desk import Desk, desk, desk_begun

__all__ = ["Desk", "desk", "desk_begun"]
