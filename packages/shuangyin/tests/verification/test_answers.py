"""The words for outsiders, decided on plain values."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmseal.report import Verdict
from shuangyin.core.errors import RateLimited
from shuangyin.verification.rate import Allowance, RateLimiter
from shuangyin.verification.rules import (
    FileState,
    Level,
    UseState,
    answer_for_file,
    answer_for_use,
    masked_name,
)
from shuangyin.verification.texts import texts

STATUSES = [
    "draft",
    "in_force",
    "suspended",
    "lost",
    "scrapped",
    "surrendered",
    "destroyed",
    "revoked",
    "expired",
]
GOOD_USE = UseState(
    "electronic", "in_force", authority_valid=True, seal_then="in_force", seal_now="in_force", trial=False
)
GOOD_FILE = FileState(
    Verdict.VALID,
    has_seal=True,
    altered=False,
    is_registered=True,
    is_sibling=False,
    expects_seal=True,
    trial=False,
)


@given(
    st.builds(
        UseState,
        st.sampled_from(["electronic", "physical"]),
        st.sampled_from(["in_force", "voided"]),
        authority_valid=st.booleans(),
        seal_then=st.sampled_from(STATUSES),
        seal_now=st.sampled_from(STATUSES),
        trial=st.booleans(),
    )
)
def test_a_use_is_called_valid_only_when_everything_about_it_was(use: UseState) -> None:
    answer = answer_for_use(use)
    if answer.level is Level.GOOD:
        assert use.medium == "electronic"
        assert use.use_status == "in_force"
        assert use.authority_valid
        assert use.seal_then == "in_force"
    if use.trial and answer.level is Level.GOOD:
        assert "试用" in answer.sentence.zh


def test_every_single_fault_of_a_good_use_is_told() -> None:
    assert answer_for_use(GOOD_USE).code == "USE_VALID"
    for change in (
        {"use_status": "voided"}, {"authority_valid": False}, {"seal_then": "suspended"},
        {"medium": "physical"}, {"seal_now": "lost"}, {"seal_now": "revoked"},
    ):  # fmt: skip
        answer = answer_for_use(dataclasses.replace(GOOD_USE, **change))
        assert answer.level is not Level.GOOD, change


def test_a_file_is_called_good_only_when_it_is_the_registered_one_and_not_invalid() -> None:
    flags = itertools.product([None, *Verdict], *[[False, True]] * 6)
    for verdict, has_seal, altered, is_registered, is_sibling, expects_seal, trial in flags:
        file = FileState(
            verdict, has_seal=has_seal, altered=altered, is_registered=is_registered,
            is_sibling=is_sibling, expects_seal=expects_seal, trial=trial,
        )  # fmt: skip
        answer = answer_for_file(file)
        if answer.level is Level.GOOD:
            assert is_registered
            assert verdict is not Verdict.INVALID
        if not is_registered and altered:
            assert answer.code == "ALTERED_AFTER_SEALING"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "SAME_FILE"),
        ({"is_registered": False}, "NOT_REGISTERED"),
        ({"is_registered": False, "is_sibling": True}, "OTHER_VERSION"),
        ({"is_registered": False, "verdict": Verdict.INVALID}, "SIGNATURE_INVALID"),
        ({"is_registered": False, "verdict": Verdict.INVALID, "altered": True}, "ALTERED_AFTER_SEALING"),
        ({"is_registered": False, "verdict": Verdict.INDETERMINATE}, "UNDECIDED"),
        ({"is_registered": False, "verdict": Verdict.INDETERMINATE, "has_seal": False}, "NO_SEAL"),
        ({"is_registered": False, "verdict": None, "has_seal": False}, "NOT_COMPARABLE"),
        ({"is_registered": False, "verdict": None, "has_seal": False, "encrypted": True}, "ENCRYPTED"),
    ],
)
def test_each_kind_of_file_has_its_own_answer(change: dict[str, object], code: str) -> None:
    assert answer_for_file(dataclasses.replace(GOOD_FILE, **change)).code == code  # type: ignore[arg-type]  # fields by name


def test_every_status_has_its_words_in_both_languages() -> None:
    for status in STATUSES:
        assert f"status.{status}" in texts()
    for key, text in texts().items():
        assert text.zh.strip(), key
        assert text.en.strip(), key


@given(st.text(min_size=1, max_size=30))
def test_a_masked_name_shows_its_first_character_only(name: str) -> None:
    masked = masked_name(name)
    assert masked[0] == name[0]
    assert set(masked[1:]) == {"*"}


@given(st.integers(1, 20), st.integers(1, 5000), st.lists(st.integers(0, 3000), max_size=60))
def test_no_address_gets_more_than_its_allowance(burst: int, every_ms: int, gaps: list[int]) -> None:
    limiter = RateLimiter(Allowance(burst, every_ms))
    now = granted = 0
    waits = [1]
    for gap in gaps:
        now += gap
        try:
            limiter.take("192.0.2.1", now)
            granted += 1
        except RateLimited as error:
            waits.append(error.retry_after_s)
    assert granted <= burst + now / every_ms + 1
    assert min(waits) >= 1


def test_addresses_do_not_share_their_allowance() -> None:
    limiter = RateLimiter(Allowance(1, 1000))
    limiter.take("192.0.2.1", 0)
    limiter.take("192.0.2.2", 0)
    with pytest.raises(RateLimited):
        limiter.take("192.0.2.1", 0)
    limiter.take("192.0.2.1", 1000)
