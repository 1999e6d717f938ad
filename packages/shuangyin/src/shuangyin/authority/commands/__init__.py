"""Use cases of authority. What other areas call is here; the rest is imported by this area's own routes."""

from shuangyin.authority.commands.counts import consume, release, reserve, take
from shuangyin.authority.commands.duties import note_merged

__all__ = ["consume", "note_merged", "release", "reserve", "take"]
