"""A sentence in the two languages the product speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in Chinese and in English."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def to_dict(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


def preferred_language(accept_language: str | None) -> Language:
    """Choose zh or en from an Accept-Language header; Chinese when nothing else is asked for."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary not in ("zh", "en"):
            continue
        quality = _quality(parameters)
        if quality > best[0]:
            best = (quality, "zh" if primary == "zh" else "en")
    return best[1]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
