"""The project's own rules: each is broken once in a small project and must be found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    specification = importlib.util.spec_from_file_location("check_project", ROOT / "scripts/check_project.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/runtime.in").write_text("click\n")
    (tmp_path / "requirements/runtime.txt").write_text("click==8.2.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "requirements/dev.txt").write_text("click==8.2.0 \\\n    --hash=sha256:00\n")
    package = tmp_path / "packages/sample"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text('[project]\nname = "sample"\ndependencies = ["click>=8"]\n')
    (package / "rules.py").write_text('"""Decides."""\n')
    return tmp_path


def sentences(rules: ModuleType, project: Path, *, errors_only: bool = True) -> str:
    found = rules.check_project(project)
    return "\n".join(str(finding) for finding in found if finding.error or not errors_only)


def function_of(lines: int) -> str:
    return "def long():\n" + '    """Says\n\n    much.\n    """\n' + "    x = 1\n" * (lines - 1)


def test_a_project_in_order_has_no_findings(rules: ModuleType, project: Path) -> None:
    assert sentences(rules, project, errors_only=False) == ""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("packages/sample/long.py", "x = 1\n" * 501, "501 lines"),
        ("packages/sample/Long.vue", "<p/>\n" * 501, "501 lines"),
        ("packages/sample/big.py", function_of(61), "long has 61 lines"),
        ("packages/sample/utils.py", "", "'utils' names no purpose"),
        ("packages/sample/_common.py", "", "'common' names no purpose"),
        ("packages/sample/helpers/one.py", "", "'helpers' names no purpose"),
        ("docs/setup.md", "Look into /ho" + "me/somebody/project.", "path of one machine"),
        ("packages/sample/rules.py", "def due(clock):\n    return clock.now()\n", "now() asks for the time"),
        ("requirements/dev.txt", "click==8.2.0 @ https://example.org/click.whl\n", "names no download host"),
        (
            "requirements/dev.txt",
            "--index-url https://example.org/simple\nclick==8.2.0\n",
            "no download host",
        ),
        ("requirements/dev.txt", "click==8.3.0\n", "click 8.2.0 runs but 8.3.0 is tested"),
        ("requirements/runtime.in", "typer\n", "click is not in requirements/runtime.in"),
        (
            "frontend/package-lock.json",
            '{"packages": {"node_modules/vue": {"resolved": "https://example.org/vue.tgz"}}}',
            "first node_modules/vue",
        ),
        (
            "frontend/package-lock.json",
            '{"packages": {"node_modules/vite": {"optionalDependencies": {"native-arm": "1.0.0"}}}}',
            "first native-arm",
        ),
    ],
)
def test_a_broken_rule_is_found(
    rules: ModuleType, project: Path, path: str, text: str, expected: str
) -> None:
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text(text)
    assert expected in sentences(rules, project)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("packages/sample/exact.py", "x = 1\n" * 500),
        ("frontend/src/schema.ts", "/**\n * This file was auto-generated.\n */\n" + "x\n" * 900),
        ("node_modules/any/utils.py", "x = 1\n" * 900),
        ("packages/sample/edge.py", function_of(60)),
        ("docs/url.md", "See https://example.org/work/of/others and docs/work/plan."),
        ("requirements/dev.txt", "# see https://example.org\nclick==8.2.0\n"),
    ],
)
def test_what_is_allowed_is_no_error(rules: ModuleType, project: Path, path: str, text: str) -> None:
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text(text)
    assert sentences(rules, project) == ""


def test_a_rather_long_function_is_only_reported(rules: ModuleType, project: Path) -> None:
    (project / "packages/sample/edge.py").write_text(function_of(41))
    assert "note: long has 41 lines" in sentences(rules, project, errors_only=False)
    assert rules.main([str(project)]) == 0
