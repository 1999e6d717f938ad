"""Writes docs/settings.md from the settings themselves, so that the document cannot be wrong."""

from __future__ import annotations

from shuangyin.core.settings import Settings

HEAD = """# Settings

From the environment with the prefix `SHUANGYIN_`, or a `.env` file in the working folder. This page is made by
`shuangyin settings-document`; a test compares it.

| name | default | meaning |
|---|---|---|
"""

LIBRARIES = """
## The libraries

`gmseal` reads these itself, in the platform as on its own command line.

| name | default | meaning |
|---|---|---|
| `GMSEAL_ENGINE` | – | Forces an engine of SM2: `portable`, `fast` or `batch`; the best that works when absent (packages/gmseal/docs/cryptography.md). |
| `GMSEAL_MEMORY` | on | `off` forgets each seal after it was judged (packages/gmseal/docs/verification.md, "What is remembered"). |
| `GMSEAL_TRUST` | – | Directory of trusted roots, intermediates and revocation lists that verification goes by; none when absent (packages/gmseal/README.md). |
"""


def settings_document() -> str:
    """The document as Markdown."""
    rows = [
        f"| `SHUANGYIN_{name.upper()}` | {_shown(field.get_default(call_default_factory=True))} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n" + LIBRARIES


def _shown(value: object) -> str:
    return "–" if value is None or value in ([], ()) else f"`{value}`"
