"""Names: what is accepted, what is put into one form, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.core.errors import Invalid
from shuangyin.organization.rules import checked_name, checked_permissions, makes_cycle


@pytest.mark.parametrize("name", ["北京云岫数科有限公司", "𠮷野家（北京）有限公司", "Ængström & Söhne", "㐂"])
def test_names_of_any_script_are_kept(name: str) -> None:
    assert checked_name(name) == name


def test_two_ways_to_write_one_letter_are_one_name() -> None:
    assert checked_name("Cafe\u0301") == checked_name("Caf\u00e9")


@pytest.mark.parametrize(
    "name",
    ["甲\u0000乙", "甲\u202e乙", "甲\u200b乙", "甲\n乙", "甲\ue000乙", "甲\ud800乙"],
    ids=["nul", "right-to-left", "zero width", "line", "private use", "lone surrogate"],
)
def test_invisible_characters_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_name(name)
    assert refused.value.code == "TEXT_UNSEEN_CHARACTERS"


@pytest.mark.parametrize("name", ["", "   ", "甲" * 101, "甲" * 10_000])
def test_empty_and_overlong_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_name(name)
    assert refused.value.code == "NAME_LENGTH"


@given(st.text(max_size=120))
def test_a_name_is_refused_or_already_in_its_form(text: str) -> None:
    try:
        name = checked_name(text)
    except Invalid:
        return
    assert checked_name(name) == name


def test_permissions_are_sorted_and_each_once() -> None:
    assert checked_permissions(["b", "a", "b"], {"a", "b", "c"}) == ("a", "b")
    with pytest.raises(Invalid) as refused:
        checked_permissions(["a", "z"], {"a"})
    assert refused.value.details == {"unknown": ["z"]}


def test_a_department_is_never_its_own_ancestor() -> None:
    parents = {"top": None, "middle": "top", "leaf": "middle"}
    assert makes_cycle("top", "leaf", parents)
    assert makes_cycle("top", "top", parents)
    assert not makes_cycle("leaf", "top", parents)
    assert not makes_cycle("top", None, parents)
