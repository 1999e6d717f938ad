"""Put the modules of the offline verifier into one HTML file without a bundler. Prints nothing; `--check` compares.

Each module's imports and the word `export` are taken away and the modules stand in one function, in the order below;
names at the top of modules are therefore single, which is checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "src" / "evidencelog"
BUILT = PACKAGE / "web" / "verify.html"
MODULES = (
    "vocabulary.js",
    "bytes.js",
    "hashes.js",
    "curves.js",
    "json.js",
    "manifest.js",
    "inflate.js",
    "zip.js",
    "notes.js",
    "tree.js",
    "statement.js",
    "supplement.js",
    "deriving.js",
    "rendering.js",
    "der.js",
    "certificates.js",
    "timestamps.js",
    "chains.js",
    "receipts.js",
    "verify.js",
    "page.js",
)
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
_NAME = re.compile(r"^(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE)


def script() -> str:
    """The modules as one script."""
    parts = []
    for name, folder in (("SENTENCES", "bundle"), ("ANCHOR_SENTENCES", "anchors")):
        sentences = json.loads((PACKAGE / folder / "sentences.json").read_text("utf-8"))
        parts.append(_constant(name, sentences))
    parts.append(_constant("VOCABULARY_FILES", _vocabularies()))
    pieces = re.split(r"\{\{(\w+)\}\}", (PACKAGE / "bundle" / "report-1.html").read_text("utf-8"))
    parts.append(_constant("REPORT_PAGE", pieces))
    for name in MODULES:
        source = _EXPORT.sub("", _IMPORT.sub("", (HERE / name).read_text("utf-8")))
        parts.append(f"// ---- {name}\n{source}")
    whole = "\n".join(parts)
    names = _NAME.findall(whole)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled or "</script" in whole:
        raise SystemExit(f"names that stand in two modules, or a closing tag: {doubled}")
    return f'"use strict";\n(() => {{\n{whole}}})();\n'


def _constant(name: str, value: object) -> str:
    """A constant of the script; no tag of the report may look like one of the page."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return f"const {name} = {text};\n"


def _vocabularies() -> dict[int, object]:
    found = sorted((PACKAGE / "bundle").glob("vocabulary-*.json"))
    contents = [json.loads(path.read_text("utf-8")) for path in found]
    return {content["version"]: content for content in contents}


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page() -> str:
    """The whole page; its policy allows its own script and style, named by their digests, and nothing else."""
    code, style = script(), (HERE / "style.css").read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src '{_digest(code)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    text = (HERE / "page.html").read_text("utf-8")
    for place, value in (("policy", policy), ("style", style), ("script", code)):
        text = text.replace("{{" + place + "}}", value, 1)
    return text


if __name__ == "__main__":
    if "--check" in sys.argv:
        raise SystemExit(
            0 if BUILT.read_text("utf-8") == page() else f"{BUILT.name} is not what its modules give"
        )
    BUILT.parent.mkdir(exist_ok=True)
    BUILT.write_text(page(), "utf-8")
