"""The story that the tests of sealing begin with."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from platform_fixtures import Founded, carry_on

STORY = Path(__file__).parent / "story.py"


@pytest.fixture(scope="session")
def story_begun(tmp_path_factory: pytest.TempPathFactory, founded: Founded) -> Iterator[Founded]:
    """Seals, scenario list and counterparty of an organization (`story.Story`)."""
    spec = importlib.util.spec_from_file_location("sealing_story", STORY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while they are made.
    sys.modules["sealing_story"] = module
    spec.loader.exec_module(module)
    with carry_on(founded, tmp_path_factory.mktemp("sealing"), module.begin) as begun:
        yield begun
