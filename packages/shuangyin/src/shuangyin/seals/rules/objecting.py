"""How a rule of the register says no."""

from __future__ import annotations

from dataclasses import dataclass

from shuangyin.core.text import Text


@dataclass(frozen=True, slots=True)
class Objection:
    """Why something may not be: a stable code and a sentence that says what to do."""

    code: str
    text: Text
