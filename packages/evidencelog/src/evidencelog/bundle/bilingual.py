"""Words in both languages, and how values are put in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

_UTC8: Final = timezone(timedelta(hours=8))
MAX_TIME_MS: Final = 253_402_214_400_000
"""The year 9999, beyond which no date is written."""


@dataclass(frozen=True)
class Bilingual:
    """The same words in both languages."""

    zh: str
    en: str

    @classmethod
    def same(cls, text: str) -> "Bilingual":
        """What is written alike in both."""
        return cls(text, text)


def shown_time(milliseconds: int) -> str:
    """UTC milliseconds as a statement shows them."""
    if not 0 <= milliseconds < MAX_TIME_MS:
        return str(milliseconds)
    return datetime.fromtimestamp(milliseconds // 1000, _UTC8).strftime("%Y-%m-%d %H:%M:%S UTC+8")
