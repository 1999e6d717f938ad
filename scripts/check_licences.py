"""Check that the product may be given away under its own licence. Exit status 1 when it may not.

1. Every package locked for running is installed under a licence that lets us import it: permissive, weakly
   protective (MPL, LGPL) or a font licence. GPL, AGPL and unknown licences are refused.
2. Every dependency named by us (requirements/*.in, frontend/package.json, tests/chain/package.json) has its line in docs/dependencies.md,
   and no line there is left over.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
REFUSED = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License", re.IGNORECASE)
ACCEPTED = re.compile(
    r"\b(MIT|MIT-0|MIT-CMU|BSD|Apache|ISC|PSF|Python Software Foundation|LGPL|MPL|Mozilla|OFL|Unlicense|Zlib)\b"
    r"|^Permission is hereby granted, free of charge",
    re.IGNORECASE | re.MULTILINE,
)


def stated_licence(name: str) -> str:
    """What an installed package says about its licence: expression, classifiers, field, else the licence file."""
    distribution = metadata.distribution(name)

    def stated(key: str) -> list[str]:
        return [str(text) for text in distribution.metadata.get_all(key) or []]

    if expression := stated("License-Expression"):
        return expression[0]
    classifiers = [text for text in stated("Classifier") if text.startswith("License ::")]
    fields = [text.split("\n", 1)[0] for text in stated("License")]
    if classifiers or fields:
        return "; ".join([*classifiers, *fields])
    files = [file for file in distribution.files or [] if "licen" in file.name.lower()]
    return Path(str(files[0].locate())).read_text("utf-8") if files else ""


def refused_packages() -> Iterator[str]:
    """Rule 1, for what is installed here: a pin for other systems alone says so in its marker."""
    for line in re.findall(r"^[a-z0-9][^\\\n]*==[^\\\n]*", read("requirements/runtime.txt"), re.MULTILINE):
        pin = Requirement(line)
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        name = pin.name
        licence = stated_licence(name)
        if REFUSED.search(licence) or not ACCEPTED.search(licence):
            yield f"{name}: the licence '{licence[:80]}' is not one we may import."


def undocumented_dependencies() -> Iterator[str]:
    """Rule 2."""
    chosen = {
        re.split(r"[\[<>=~! ;]", line)[0]
        for path in sorted(ROOT.glob("requirements/*.in"))
        for line in path.read_text("utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    }
    for package in (ROOT / "frontend/package.json", ROOT / "tests/chain/package.json"):
        if not package.exists():
            continue
        described = json.loads(package.read_text("utf-8"))
        chosen |= {*described.get("dependencies", {}), *described.get("devDependencies", {})}
    programs = "## Programs of the system"
    document = read("docs/dependencies.md").split(programs, maxsplit=1)[0]
    listed = set(re.findall(r"^\| ([@a-z][\w@/.-]*) \|", document, re.MULTILINE)) - {"package"}
    for name in sorted(chosen - listed):
        yield f"{name}: has no line in docs/dependencies.md."
    for name in sorted(listed - chosen):
        yield f"{name}: has a line in docs/dependencies.md but is not a dependency any more."


def read(path: str) -> str:
    """The text of a file of the project."""
    return (ROOT / path).read_text("utf-8")


def main() -> int:
    """Print what is wrong."""
    problems = [*refused_packages(), *undocumented_dependencies()]
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
