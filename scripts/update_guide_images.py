"""Copy the pictures of the user guide from the screenshots that the browser tests made, reduced to 128 colours.

Run the browser tests first (`make test`); then `.venv/bin/python scripts/update_guide_images.py`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
SCREENSHOTS = ROOT / "var" / "screenshots"
IMAGES = ROOT / "docs" / "images"
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
REFERENCE = re.compile(r"!\[[^\]]*\]\((?:docs/)?images/([a-z0-9-]+)\.png\)")


def main() -> int:
    """Exit status 1 when a document asks for a picture that the tests did not make."""
    wanted = {name for document in DOCUMENTS for name in REFERENCE.findall(document.read_text("utf-8"))}
    IMAGES.mkdir(exist_ok=True)
    missing = []
    for name in sorted(wanted):
        source = SCREENSHOTS / f"{name}.png"
        if not source.is_file():
            missing.append(name)
            continue
        with Image.open(source) as picture:
            picture.convert("RGB").quantize(128).save(IMAGES / f"{name}.png", optimize=True)
    for stale in IMAGES.glob("*.png"):
        if stale.stem not in wanted:
            stale.unlink()
    if missing:
        sys.stderr.write(f"no screenshot of: {', '.join(missing)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
