"""Bring the pictures of the documents up to date: copies of the browser tests' screenshots in docs/images/.

Run the browser tests first. Every `images/NAME.png` that README.md or a page of docs/ shows is taken from
var/screenshots/NAME.png; one that the tests did not make is an error, and a picture that no page shows is removed.
Pictures are reduced to 256 colours, chosen so that the rare ones stay (the red of seals), to stay below 200 KB each.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = ROOT / "var" / "screenshots"
IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 200_000
COLOURS = 256
_SHOWN = re.compile(r"\]\((?:docs/)?images/([\w-]+)\.png\)")


def shown() -> list[str]:
    """The names of the pictures that the documents show."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return sorted({name for page in pages for name in _SHOWN.findall(page.read_text("utf-8"))})


def update(names: list[str]) -> Iterator[str]:
    """Copy the pictures; yields what is wrong."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in names:
        source, target = SCREENSHOTS / f"{name}.png", IMAGES / f"{name}.png"
        if not source.is_file():
            yield f"{name}: no such screenshot. Run the browser tests first."
            continue
        with Image.open(source) as image:
            image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                target, optimize=True
            )
        if target.stat().st_size > LARGEST_BYTES:
            yield f"{name}: {target.stat().st_size} bytes, more than {LARGEST_BYTES}."
    for left in set(IMAGES.glob("*.png")) - {IMAGES / f"{name}.png" for name in names}:
        left.unlink()


def main() -> int:
    """Update, and tell what is wrong."""
    problems = list(update(shown()))
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
