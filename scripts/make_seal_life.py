"""Write the diagram of docs/seal-life.md anew from the table of a seal's life."""

from __future__ import annotations

import re
from pathlib import Path

from shuangyin.seals.rules.life import diagram

DOCUMENT = Path(__file__).parents[1] / "docs" / "seal-life.md"


def main() -> None:
    """Put the present diagram into the document."""
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(r"```mermaid\n.*?```", f"```mermaid\n{diagram()}```", text, flags=re.DOTALL))


if __name__ == "__main__":
    main()
