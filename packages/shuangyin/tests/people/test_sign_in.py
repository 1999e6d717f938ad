"""Signing in over HTTP: what opens a session and what does not."""

from __future__ import annotations

import pytest
from platform_world import World, ok, problem, totp

pytestmark = pytest.mark.database


def test_world_signs_in(world: World) -> None:
    for kind in world.members:
        me = ok(world.client(kind).get("/api/v1/me"))
        assert me["permissions"]
