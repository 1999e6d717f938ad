"""The unified social credit code (GB 32100-2015)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shuangyin.core.errors import Invalid
from shuangyin.organization.rules import (
    USCC_ALPHABET,
    category_of,
    checked_exception,
    checked_uscc,
    uscc_check_character,
    uscc_has_form,
    uscc_is_valid,
)

GOOD = [
    "91110108MA00TE011W",
    "91110108MA00TE02XL",
    "91110108MA00DEM14Q",
    "91110108MA00DEM22K",
    "11110000MB00TE015T",
    "11110000MB00TE023M",
    "91110000101623741K",
    "91350100M000100Y43",
]
bodies = st.tuples(
    st.text(USCC_ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
).map("".join)


@pytest.mark.parametrize("code", GOOD)
def test_codes_that_check_are_valid(code: str) -> None:
    assert uscc_is_valid(code)
    assert checked_uscc(f" {code.lower()} ") == code


@pytest.mark.parametrize("code", ["91110108MA00TE0110", "91350211M0000XUF46"])
def test_a_wrong_check_character_is_told_apart_from_a_wrong_form(code: str) -> None:
    assert uscc_has_form(code)
    with pytest.raises(Invalid) as refused:
        checked_uscc(code)
    assert refused.value.code == "USCC_CHECK"


def test_the_published_code_that_fails_should_end_in_r() -> None:
    assert uscc_check_character("91350211M0000XUF46") == "R"


@pytest.mark.parametrize(
    "code",
    ["91110108MA00TE011V", "91110108MA00TE011", "91110108MA00TE011WW", "9111O108MA00TE011W", "", "９" * 18],
)
def test_letters_outside_the_alphabet_and_other_lengths_are_refused(code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_uscc(code)
    assert refused.value.code == "USCC_FORM"


@given(bodies, st.integers(0, 16), st.sampled_from(USCC_ALPHABET))
def test_one_changed_character_never_checks(body: str, position: int, other: str) -> None:
    code = body + uscc_check_character(body)
    assert uscc_is_valid(code)
    assume(code[position] != other)
    changed = code[:position] + other + code[position + 1 :]
    assert not uscc_is_valid(changed)


def test_remainder_zero_gives_the_character_zero() -> None:
    """The formula needs its outer modulus: all zeros have the sum 0."""
    assert uscc_check_character("0" * 17) == "0"


def test_a_failing_code_of_a_counterparty_needs_a_reason() -> None:
    with pytest.raises(Invalid) as refused:
        checked_exception("91350211M0000XUF46", "  ")
    assert refused.value.code == "USCC_REASON"
    assert checked_exception("91350211M0000XUF46", " 营业执照如此登记 ") == "营业执照如此登记"
    assert checked_exception(GOOD[0], "无") is None


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("91110108MA00TE011W", "enterprise"),
        ("11110000MB00TE015T", "government"),
        ("12110000400000000X", "public_institution"),
        ("51110000500000000X", "social_organization"),
        ("Y1110000500000000X", "other"),
    ],
)
def test_the_category_follows_from_the_first_characters(code: str, category: str) -> None:
    assert category_of(code) == category
