"""Documents that are made from the code say what the code says."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from shuangyin.settings_document import settings_document
from shuangyin.setup import api_description

ROOT = Path(__file__).parents[3]


@cache
def described() -> dict[str, Any]:
    """The description as the code makes it now."""
    return api_description()


def test_the_table_of_settings_is_the_settings() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_document()


def test_the_committed_api_description_is_the_api() -> None:
    committed = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    assert committed == described(), "run `make openapi` and commit the result"


def test_every_shape_of_the_api_has_a_name_of_its_own() -> None:
    """Two shapes of one name would be told apart by their modules, and a new one would rename an old one."""
    shapes = described()["components"]["schemas"]
    assert [name for name in shapes if name.startswith("shuangyin__")] == []


PROOFS = sorted((ROOT / "docs").glob("*-proof.md"))


@pytest.mark.parametrize("page", PROOFS, ids=[page.stem for page in PROOFS])
def test_what_is_named_as_proof_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:packages/\w+/)?tests/[\w/]+\.py)(?:::(\w+))*`", page.read_text(encoding="utf-8")
    )
    assert len(named) > 25
    for file, name in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert not name or re.search(rf"^ *(?:async )?(?:def|class) {name}\b", source, re.MULTILINE), (
            f"{file}::{name}"
        )


GUIDE = (ROOT / "docs" / "integrator-guide.md").read_text(encoding="utf-8")
CALLS = sorted(
    set(
        re.findall(
            r"(?m)(?<![\w-])(GET|POST|PUT|PATCH|DELETE)\s+(/[\w/{}.-]+)(?:\?[\w=]+)?(?: +([a-z][\w, ]*))?",
            GUIDE,
        )
    )
)


def test_the_guide_is_read_for_calls() -> None:
    assert len(CALLS) > 12
    assert any("document_kind" in fields for _, _, fields in CALLS)


@pytest.mark.parametrize(("method", "path", "fields"), CALLS)
def test_a_call_of_the_integrator_guide_is_one_of_the_api(method: str, path: str, fields: str) -> None:
    """Fields stand behind a call in the guide's list of calls only; in its sentences a backtick ends the path."""
    wanted = re.sub(r"{\w+}", "{}", path.removeprefix("/api/v1"))
    found = [
        item[method.lower()]
        for one, item in described()["paths"].items()
        if re.sub(r"{\w+}", "{}", one.removeprefix("/api/v1")) == wanted and method.lower() in item
    ]
    assert found, f"{method} {path}"
    taken = {one["name"] for one in found[0].get("parameters", [])} | _fields_of_body(found[0])
    assert set(filter(None, re.split(r"[, ]+", fields))) <= taken


def _fields_of_body(operation: dict[str, Any]) -> set[str]:
    names: set[str] = set()
    for content in operation.get("requestBody", {}).get("content", {}).values():
        shape = content["schema"].get("$ref", "").rpartition("/")[2]
        names |= set(described()["components"]["schemas"].get(shape, {}).get("properties", {}))
    return names
