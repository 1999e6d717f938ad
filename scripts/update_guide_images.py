"""Copy the pictures of the user guide out of the browser tests' screenshots into docs/images/.

Run the browser tests first; a picture that they did not make is an error. Pictures are reduced to 128 colours, which
pages of text and lines do not show, so that each stays below 200 KB.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = ROOT / "var" / "screenshots"
IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 200_000
COLOURS = 128

GUIDE = {
    "home": "page-home-department-head-desktop",
    "wizard-document": "wizard-1-document-desktop",
    "wizard-decision": "wizard-2-decision-desktop",
    "wizard-refused": "wizard-2-refused-desktop",
    "wizard-placement": "wizard-3-placement-desktop",
    "wizard-confirm": "wizard-4-confirm-desktop",
    "approval": "request-to-approve-desktop",
    "approval-code": "request-second-factor-desktop",
    "request-sealed": "request-sealed-desktop",
    "request-evidence": "request-evidence-desktop",
    "seals": "page-seals-desktop",
    "seal": "drawer-seal-desktop",
    "custody-console": "custody-console-desktop",
    "custody-confirm": "custody-confirm-desktop",
    "custody-press": "custody-press-desktop",
    "custody-register": "custody-register-desktop",
    "scenarios": "page-scenarios-desktop",
    "persons": "page-admin-persons-desktop",
    "sign-in": "sign-in-desktop",
    "verification": "public-use-phone",
    "verification-altered": "public-compare-altered-desktop",
}
"""Name in the guide → screenshot."""


def main() -> int:
    """Copy all, then say what was too large or missing."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    problems = []
    for name, source in GUIDE.items():
        path = SCREENSHOTS / f"{source}.png"
        if not path.is_file():
            problems.append(f"{path.name} is missing: run the browser tests.")
            continue
        target = IMAGES / f"{name}.png"
        with Image.open(path) as image:
            image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size > LARGEST_BYTES:
            problems.append(f"{target.name} has {target.stat().st_size} bytes, more than {LARGEST_BYTES}.")
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
