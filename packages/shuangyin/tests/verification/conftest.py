"""The story that the tests of the public check begin with."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from platform_world import World

STORY = Path(__file__).parents[1] / "sealing" / "story.py"


@pytest.fixture
def story(world: World) -> Any:
    """Seals, scenario list and counterparty of an organization (`story.Story`)."""
    spec = importlib.util.spec_from_file_location("sealing_story", STORY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while they are made.
    sys.modules["sealing_story"] = module
    spec.loader.exec_module(module)
    return module.begin(world)
