"""What a browser keeps for us between two steps of a sign-in: sealed, so that it can be neither read nor made up.

Nothing of it is in the database, so that whoever is not signed in cannot fill it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from shuangyin.core.actor import SYSTEM_PERSON_ID
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.platform import Platform

NOBODY = SYSTEM_PERSON_ID


def seal_state(platform: Platform, purpose: str, state: Mapping[str, str], life_ms: int) -> str:
    """The state as ASCII text, good for so long."""
    content = json.dumps({**state, "until": platform.clock.now_ms() + life_ms}).encode()
    wrapped = platform.keyring.wrap(NOBODY, f"state:{purpose}", content)
    return base64.urlsafe_b64encode(wrapped).decode().rstrip("=")


def open_state(platform: Platform, purpose: str, text: str) -> dict[str, str] | None:
    """The state again; None when it is not ours, was made for another purpose, or has run out."""
    try:
        wrapped = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        state = json.loads(platform.keyring.unwrap(NOBODY, f"state:{purpose}", wrapped))
    except (binascii.Error, ValueError, ShuangyinError):
        return None
    if state.pop("until") <= platform.clock.now_ms():
        return None
    return dict(state)
