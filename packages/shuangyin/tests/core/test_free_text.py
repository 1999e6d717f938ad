"""Free text: what is refused, what is not, and that every field of the interface takes the same rule."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_world import World, problem

from shuangyin.core.errors import Invalid, Refused
from shuangyin.core.free_text import (
    checked_line,
    checked_paragraph,
    classified_mark,
    has_unseen,
    is_bare_level,
)

LEVELS = st.sampled_from(["绝密", "机密", "秘密"])
GAPS = st.text("  \t\u3000\u200b", max_size=3)

MARKED = [
    "机密★", "机密★5年", "秘密 ☆ 长期", "绝密⭐", "★机密", "密级：秘密", "密级: 【机密】", "【秘密】会议纪要", "［机密］报告",
    "关于某项工作的报告（机密）", "年度总结(秘密 5年)", "机密", "秘密 5年", "机密　长期", "绝密 三十年", "秘密6个月", "密级 机密",
]  # fmt: skip
UNMARKED = [
    "商业秘密保护协议", "保守国家秘密承诺书", "保密协议", "涉密人员名单", "机密性测试报告", "商业秘密（技术方案）", "绝密档案馆参观申请",
    "采购五星★酒店服务", "秘密花园文创项目合同", "密级管理办法", "本合同涉及商业秘密",
]  # fmt: skip


@pytest.mark.parametrize("text", MARKED)
def test_a_mark_of_secrecy_is_known(text: str) -> None:
    assert classified_mark(text)
    for check in (checked_line, checked_paragraph):
        with pytest.raises(Refused) as refused:
            check(text, "title")
        assert refused.value.code == "CLASSIFIED_REFUSED"
        assert refused.value.details == {"field": "title"}


@pytest.mark.parametrize("text", UNMARKED)
def test_words_about_secrets_are_none(text: str) -> None:
    assert classified_mark(text) is None
    assert checked_line(text) == text


@given(level=LEVELS, gap=GAPS, star=st.sampled_from("★☆✩⭐"))
def test_spaces_and_widths_do_not_hide_a_mark(level: str, gap: str, star: str) -> None:
    assert classified_mark(f"页眉 {gap.join(level)}{gap}{star} 5年")
    assert classified_mark(f"涉及商业{level}的约定") is None


@given(level=LEVELS, gap=GAPS, years=st.integers(1, 60), unit=st.sampled_from(["年", "个月", "日"]))
def test_a_level_by_itself_is_a_mark_with_any_term(level: str, gap: str, years: int, unit: str) -> None:
    assert is_bare_level(gap.join(level))
    assert is_bare_level(f"{level}{gap}{years}{unit}")


@given(
    level=LEVELS, before=st.text("保守商业技术的", min_size=1), after=st.text("保护协议管理办法", min_size=1)
)
def test_a_level_among_other_words_is_none(level: str, before: str, after: str) -> None:
    for text in (before + level, level + after, before + level + after):
        assert classified_mark(text) is None


@given(st.text(max_size=60))
def test_what_is_taken_shows_all_it_holds(text: str) -> None:
    try:
        taken = checked_line(text)
    except (Invalid, Refused):
        return
    assert taken == text
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co") for one in taken)


@pytest.mark.parametrize(
    "unseen",
    [
        "\u202e",
        "\u2066",
        "\u200b",
        "\u00ad",
        "\u061c",
        "\u0085",
        "\ufeff",
        "\u3164",
        "\ue000",
        "\x00",
        "\u200d",
    ],
)
def test_what_cannot_be_seen_is_refused(unseen: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_paragraph(f"合同{unseen}文本")
    assert refused.value.code == "TEXT_UNSEEN_CHARACTERS"
    for sentence in (refused.value.text.zh, refused.value.text.en):
        assert f"U+{ord(unseen):04X}" in sentence


def test_lines_rare_characters_and_marks_of_variation_are_taken() -> None:
    assert checked_paragraph("第一行\r\n第二行\t末") == "第一行\n第二行\t末"
    assert not has_unseen("𰻞𮧵𲎯葛\U000e0100")
    assert has_unseen("a\nb")


OWN_FORM = {
    "password", "current_password", "new_password", "one_time_password", "code", "account", "challenge", "proof",
    "currency", "key_password", "method",
}  # fmt: skip
"""Fields that are no free text and are compared or checked for a form of their own."""


Schema = dict[str, Any]


def inputs(description: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Every field of text that a body of the interface can carry: operation, name, schema."""
    shapes = description["components"]["schemas"]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for name, schema in texts(shapes, content["schema"], "", frozenset()):
                    yield f"{method.upper()} {path}", name, schema


def texts(shapes: Schema, schema: Schema, name: str, seen: frozenset[str]) -> Iterator[tuple[str, Schema]]:
    if "$ref" in schema:
        target = schema["$ref"].rsplit("/", 1)[-1]
        if target not in seen:
            yield from texts(shapes, shapes[target], name, seen | {target})
        return
    if schema.get("type") == "string":
        yield name, schema
    below = [(name, branch) for branch in (*schema.get("anyOf", []), *filter(None, [schema.get("items")]))]
    for key, branch in (*below, *schema.get("properties", {}).items()):
        yield from texts(shapes, branch, key, seen)


def test_every_field_of_text_has_a_rule(world: World) -> None:
    found = 0
    for operation, name, schema in inputs(world.app.openapi()):
        if name in OWN_FORM or schema.get("format") in ("binary", "date") or "contentMediaType" in schema:
            continue
        found += 1
        formed = {"pattern", "enum", "const"} & schema.keys()
        assert formed or schema.get("maxLength", 10**6) <= 64, f"{operation} takes any text as {name}"
    assert found > 40


@pytest.mark.database
@pytest.mark.parametrize("field", ["title", "reason", "counterparty_name"])
def test_an_application_takes_neither(world: World, field: str) -> None:
    client = world.client("employee")
    good = {"title": "采购合同用印", "document_kind": "contract"}
    problem(
        client.post("/api/v1/requests", json=good | {field: "合同\u202e文本"}), 422, "TEXT_UNSEEN_CHARACTERS"
    )
    refused = problem(
        client.post("/api/v1/requests", json=good | {field: "机密★ 报告"}), 409, "CLASSIFIED_REFUSED"
    )
    assert refused["details"] == {"field": field}
    assert "国家秘密标志" in refused["detail"]
