"""Writes docs/settings.md from the settings themselves, so that the document cannot be wrong."""

from __future__ import annotations

from shuangyin.core.settings import Settings

HEAD = """# Settings

From the environment with the prefix `SHUANGYIN_`, or a `.env` file in the working folder. This page is made by
`shuangyin settings-document`; a test compares it.

| name | default | meaning |
|---|---|---|
"""


def settings_document() -> str:
    """The document as Markdown."""
    rows = [
        f"| `SHUANGYIN_{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


def _shown(value: object) -> str:
    return "–" if value is None else f"`{value}`"
