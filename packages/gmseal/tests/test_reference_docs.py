"""The API reference names what is there, and its examples run; the page of comparisons points at what exists."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from ofd_writer import OfdPlan
from pdf_writing import plain, written

import gmseal

PACKAGE = Path(gmseal.__file__).parent
ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = (DOCS / "reference.md").read_text("utf-8")


def public_names(module: str) -> set[str]:
    """Functions and classes of a module that have no underscore before their name."""
    source = (PACKAGE / (module.replace(".", "/") + ".py")).read_text("utf-8")
    return {
        node.name
        for node in ast.parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }


COLLECTED = ("pdf", "ofd", "picture", "batch", "sm.cms", "sm.timestamps")
"""Packages that name what is public in the modules below them."""


def test_the_reference_names_what_is_public_and_nothing_that_is_not_there() -> None:
    sections = re.findall(r"### `gmseal\.([\w.]+)`\n(.*?)(?=\n##|\Z)", REFERENCE, re.DOTALL)
    assert len(sections) > 40
    named: dict[str, set[str]] = {package: set() for package in COLLECTED}
    for module, section in sections:
        told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE))
        assert set(told) <= public_names(module), module
        package = next((one for one in COLLECTED if module.startswith(one + ".")), None)
        if package is not None:
            named[package] |= set(told)
        elif "." not in module:
            assert set(told) == public_names(module), module
    shared = {name for module in ("placement", "places", "qr_code") for name in public_names(module)}
    named["ofd"] |= shared
    named["pdf"] |= named["ofd"]
    for package in ("pdf", "ofd", "batch", "picture"):
        home = import_module(f"gmseal.{package}")
        public = {name for name in home.__all__ if callable(getattr(home, name))}
        assert public - named[package] == set(), package


def test_the_examples_run() -> None:
    names: dict[str, Any] = {"document": written(plain(1)), "package": OfdPlan(lines=1).build()}
    blocks = re.findall(r"```python\n(.*?)```", REFERENCE, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(compile(block, "reference.md", "exec"), names)


SHOWN = re.compile(
    r"`(?P<file>(?:\.\./\.\./)?(?:tests|scripts)/[\w/]+\.py)(?:::(?P<test>\w+))?`"
    r"|`(?P<vector>(?:ofd|pdf|seal|signature)-[\w-]+\.(?:ofd|pdf|esl|dat))`"
    r"|`python -m benchmarks --only (?P<benchmark>\w+)`"
)
"""A test, a file of the corpus or a command that a page names as proof."""


def missing_proof(shown: re.Match[str]) -> str | None:
    """What a page names as proof and is not there; ``None`` when it is."""
    project = ROOT.parents[1]
    if shown["vector"]:
        file = ROOT / "tests" / "vectors" / shown["vector"]
    elif shown["benchmark"]:
        file = project / "benchmarks" / f"{shown['benchmark']}.py"
    else:
        file = (project if shown["file"].startswith("scripts") else ROOT) / shown["file"]
    if not file.is_file():
        return f"{file.name} is not there"
    if shown["test"] and f"def {shown['test']}(" not in file.read_text("utf-8"):
        return f"{file.name} has no {shown['test']}"
    return None


def test_what_pages_point_at_exists() -> None:
    """Files, tests, commands and links that the README and the pages of proof and comparison name as proof."""
    for page in (ROOT / "README.md", DOCS / "comparison.md", DOCS / "proof.md"):
        text = page.read_text("utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), (page.name, target)
        missing = [problem for shown in SHOWN.finditer(text) if (problem := missing_proof(shown))]
        assert missing == [], page.name


def test_every_promise_is_shown_by_something() -> None:
    rows = re.findall(
        r"^\| (?!promise|---)(.+?) \| (.+) \|$", (DOCS / "proof.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) > 60
    for promise, shown in rows:
        rest = SHOWN.sub("", re.sub(r"\[[^]]+\]\([^)]+\)", "", shown))
        assert SHOWN.search(shown), promise
        assert set(rest) <= set(", "), (promise, rest)


def test_a_proof_that_is_not_there_is_found() -> None:
    named = ("tests/test_batch.py::test_nothing", "tests/test_nothing.py", "seal-nothing.esl")
    for wrong in (*map("`{}`".format, named), "`python -m benchmarks --only nothing`"):
        shown = SHOWN.fullmatch(wrong)
        assert shown
        assert missing_proof(shown), wrong
