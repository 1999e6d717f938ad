"""Check the rules of this project that no other tool checks. Exit status 1 when one is broken.

1. A source file has at most 500 lines (generated files excepted: they say so in their first lines).
2. A function has at most 40 lines without its docstring: more is reported, more than 60 is an error. Migrations are
   excepted: they list tables.
3. No file is named for "the rest" (utils, helpers, common, misc).
4. No file holds a path of somebody's machine.
5. Lock files name no download host and are complete; what runs is locked to the version that is tested.
6. Modules called rules.py do not ask for the time: it is given to them.
7. Every dependency a package declares is among the inputs of the lock file.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULE_LINES = 500
FUNCTION_LINES = 40
FUNCTION_LINES_LIMIT = 60
SOURCE_SUFFIXES = {".py", ".ts", ".js", ".mjs", ".vue", ".css", ".scss", ".sh"}
TEXT_SUFFIXES = SOURCE_SUFFIXES | {
    "", ".cfg", ".html", ".in", ".ini", ".jinja", ".json", ".md", ".toml", ".txt", ".typ", ".yaml", ".yml"
}  # fmt: skip
SKIPPED_FOLDERS = {
    ".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "coverage", "dist",
    "node_modules", "var"
}  # fmt: skip
NAMES_FOR_THE_REST = {"common", "helper", "helpers", "misc", "util", "utils"}
GENERATED = re.compile(r"auto-?generated|@generated", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.:/-])(?:/(?:work|root|Users/\w+|home/\w+)/|[A-Z]:\\\\?Users\\)")
DOWNLOAD_HOST = re.compile(r"^[^#\n]*(?:https?|git|ssh)(?:\+\w+)?://", re.MULTILINE)
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE | re.IGNORECASE)
CLOCK_CALLS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"}


@dataclass(frozen=True)
class Finding:
    """One place where a rule is broken, or nearly broken when `error` is false."""

    path: Path
    line: int
    sentence: str
    error: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'error' if self.error else 'note'}: {self.sentence}"


def project_files(root: Path) -> Iterator[Path]:
    """All files of the project, without what was built, cached or installed."""
    for entry in sorted(root.iterdir()):
        if entry.is_symlink():
            continue
        if entry.is_dir() and entry.name not in SKIPPED_FOLDERS and not entry.name.endswith(".egg-info"):
            yield from project_files(entry)
        elif entry.is_file() and entry.name not in SKIPPED_FOLDERS:
            yield entry


def check_length(path: Path, text: str) -> Iterator[Finding]:
    """Rule 1."""
    lines = text.count("\n")
    if lines > MODULE_LINES and not GENERATED.search("\n".join(text.split("\n", 5)[:5])):
        yield Finding(
            path, 1, f"{lines} lines; a module has at most {MODULE_LINES}. Split it by reasons to change."
        )


def check_name(path: Path) -> Iterator[Finding]:
    """Rule 3, for the file and the folder it lies in."""
    for name in (path.stem.strip("_").lower(), path.parent.name.strip("_").lower()):
        if name in NAMES_FOR_THE_REST:
            yield Finding(path, 1, f"'{name}' names no purpose. Name the file for the one thing it does.")


def check_machine_paths(path: Path, text: str) -> Iterator[Finding]:
    """Rule 4."""
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield Finding(
                path, number, "A path of one machine. Make it relative to the project or a setting."
            )


def function_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from `def` to its end, without the docstring."""
    docstring = 0
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def check_functions(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Rule 2."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = function_length(node)
            if lines > FUNCTION_LINES:
                sentence = f"{node.name} has {lines} lines; aim at {FUNCTION_LINES}, the limit is {FUNCTION_LINES_LIMIT}."
                yield Finding(path, node.lineno, sentence, error=lines > FUNCTION_LINES_LIMIT)


def check_clock(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Rule 6. import-linter keeps the module `time` out; datetime is allowed there as a type only."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CLOCK_CALLS
        ):
            yield Finding(path, node.lineno, f"{node.func.attr}() asks for the time; take it as a parameter.")


def normalized(name: str) -> str:
    """A distribution name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Package and version of every pin in a requirements file."""
    return {normalized(match[1]): match[2] for match in PIN.finditer(text)}


def check_lock_files(root: Path) -> Iterator[Finding]:
    """Rule 5."""
    folder = root / "requirements"
    for path in sorted(folder.glob("*.*")):
        if found := DOWNLOAD_HOST.search(text := path.read_text("utf-8")):
            yield Finding(path, text.count("\n", 0, found.start()) + 1, "A lock file names no download host.")
    tested = pins((folder / "dev.txt").read_text("utf-8"))
    for name, version in pins((folder / "runtime.txt").read_text("utf-8")).items():
        if tested.get(name) != version:
            sentence = f"{name} {version} runs but {tested.get(name)} is tested. Run `make lock`."
            yield Finding(folder / "runtime.txt", 1, sentence)
    for path in project_files(root):
        if path.name == "package-lock.json":
            yield from check_npm_lock_file(path, json.loads(path.read_text("utf-8")).get("packages", {}))


def check_npm_lock_file(path: Path, packages: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    """Rule 5 for npm. `npm ci` also refuses a lock file that leaves out the builds for other machines."""
    hosts = sorted(name for name, entry in packages.items() if "://" in str(entry.get("resolved", "")))
    if hosts:
        sentence = f"{len(hosts)} entries name a download host, first {hosts[0]}. Run `make lock`."
        yield Finding(path, 1, sentence)
    locked = {name.rpartition("node_modules/")[2] for name in packages}
    optional = {name for entry in packages.values() for name in entry.get("optionalDependencies", {})}
    if left_out := sorted(optional - locked):
        sentence = (
            f"{len(left_out)} optional packages are not locked, first {left_out[0]}; `npm ci` will refuse."
        )
        yield Finding(path, 1, sentence)


def check_declared(root: Path) -> Iterator[Finding]:
    """Rule 7."""
    inputs = (root / "requirements/runtime.in").read_text("utf-8").splitlines()
    known = {
        normalized(re.split(r"[\[<>=~! ]", line)[0]) for line in inputs if line and not line.startswith("#")
    }
    own = {path.parent.name for path in root.glob("packages/*/pyproject.toml")}
    for path in sorted(root.glob("packages/*/pyproject.toml")):
        for requirement in tomllib.loads(path.read_text("utf-8"))["project"].get("dependencies", []):
            name = normalized(re.split(r"[\[<>=~! ;]", requirement)[0])
            if name not in known | own:
                yield Finding(path, 1, f"{name} is not in requirements/runtime.in, so that it is not locked.")


def check_file(path: Path) -> Iterator[Finding]:
    """All rules that look at one file."""
    yield from check_name(path)
    if path.suffix not in TEXT_SUFFIXES:
        return
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return
    yield from check_machine_paths(path, text)
    if path.suffix in SOURCE_SUFFIXES:
        yield from check_length(path, text)
    if path.suffix == ".py":
        tree = ast.parse(text, filename=str(path))
        if "versions" not in path.parts:
            yield from check_functions(path, tree)
        if path.name == "rules.py":
            yield from check_clock(path, tree)


def check_project(root: Path) -> list[Finding]:
    """All findings in the project at `root`, in the order of the files."""
    findings = [finding for path in project_files(root) for finding in check_file(path)]
    return [*findings, *check_lock_files(root), *check_declared(root)]


def main(arguments: list[str]) -> int:
    """Print the findings for the project at the given folder, or the one this script lies in."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    findings = check_project(root)
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    errors = sum(finding.error for finding in findings)
    sys.stdout.write(f"{errors} errors, {len(findings) - errors} notes\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
