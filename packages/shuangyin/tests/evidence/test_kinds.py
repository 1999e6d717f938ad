"""Every kind of entry that the platform records has its sentence in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import shuangyin
from shuangyin.evidence.kinds import kinds, sentence_of

SOURCE = Path(shuangyin.__file__).parent


def recorded_kinds() -> set[str]:
    """The literal kinds passed as `kind=` to `record` anywhere in the platform."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record":
                found |= {
                    word.value.value
                    for word in node.keywords
                    if word.arg == "kind" and isinstance(word.value, ast.Constant)
                }
    return found


def test_every_recorded_kind_has_a_sentence_in_both_languages() -> None:
    recorded = recorded_kinds()
    assert len(recorded) > 20, "the search must have found the calls"
    assert sorted(recorded - set(kinds())) == []
    for kind in recorded:
        assert sentence_of(kind).zh.endswith("。")
        assert sentence_of(kind).en.endswith(".")


def test_a_kind_that_is_no_longer_recorded_is_named_by_its_code() -> None:
    assert sentence_of("old.kind").zh == "old.kind"
