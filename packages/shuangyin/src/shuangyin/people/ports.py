"""What the people area implements for the areas around it."""

from __future__ import annotations

from typing import Any

from shuangyin.core.http.access import Authenticator
from shuangyin.people.authenticator import SessionAuthenticator


def implementations() -> dict[type[Any], object]:
    """The port that finds the caller of a request."""
    return {Authenticator: SessionAuthenticator()}
