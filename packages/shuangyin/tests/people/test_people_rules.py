"""Pure rules of people: one-time codes against the RFC's vectors, passwords, waiting, the end of sessions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.core.errors import Invalid
from shuangyin.people import rules
from shuangyin.people.rules import SessionTimes

SECRET = b"12345678901234567890"
"""The shared secret of RFC 6238, appendix B."""


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_agree_with_the_vectors_of_rfc_6238(seconds: int, eight_digits: str) -> None:
    assert rules.totp_code(SECRET, seconds // 30) == eight_digits[2:]


@pytest.mark.parametrize(("away", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_either_side_is_accepted(away: int, accepted: bool) -> None:
    now_ms = 1_793_500_000_000
    step = now_ms // rules.TOTP_STEP_MS + away
    found = rules.matching_steps(SECRET, rules.totp_code(SECRET, step), now_ms)
    assert (step in found) is accepted


def test_a_code_of_a_step_already_used_counts_no_more() -> None:
    assert rules.unused_step([10], 9) == 10
    assert rules.unused_step([10], 10) is None
    assert rules.unused_step([10, 12], 10) == 12
    assert rules.unused_step([], 0) is None


@given(st.text(max_size=40))
def test_text_that_is_no_code_matches_nothing_and_breaks_nothing(code: str) -> None:
    now_ms = 1_793_500_000_000
    good = {rules.totp_code(SECRET, now_ms // 30_000 + away) for away in (-1, 0, 1)}
    if code.strip().replace(" ", "") not in good:
        assert rules.matching_steps(SECRET, code, now_ms) == []


def test_the_secret_is_shown_as_authenticators_read_it() -> None:
    assert rules.base32_secret(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kurz9", "PASSWORD_SHORT"),
        ("li-ran", "PASSWORD_SHORT"),
        ("Employee-Li-Ran", "PASSWORD_ACCOUNT"),
        ("employee-li-ran-2026", "PASSWORD_ACCOUNT"),
        ("aaaaaaaaaaaab", "PASSWORD_SIMPLE"),
    ],
)
def test_passwords_that_are_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_new_password(password, account="employee-li-ran")
    assert refused.value.code == code


@pytest.mark.parametrize(
    "password", ["correct horse battery 9", "一二三四五六七八九十", "employee-li-ran und zehn mehr"]
)
def test_long_passwords_of_any_script_are_accepted(password: str) -> None:
    rules.check_new_password(password, account="employee-li-ran")


@pytest.mark.parametrize(
    ("text", "account"),
    [
        (" Li.Ran@Example ", "li.ran@example"),
        ("ｌｉｒａｎ", "liran"),
        ("a", None),
        ("甲乙", None),
        ("", None),
    ],
)
def test_accounts_have_one_form(text: str, account: str | None) -> None:
    assert rules.normal_account(text) == account


def test_waiting_grows_from_the_fifth_failure_to_a_quarter_of_an_hour() -> None:
    assert [rules.wait_after(failures, 5) for failures in range(4, 12)] == [
        0,
        30,
        60,
        120,
        240,
        480,
        900,
        900,
    ]
    assert rules.wait_after(10**9, 5) == 900


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_one_more_failure_never_shortens_the_wait(failures: int, free: int) -> None:
    assert rules.wait_after(failures + 1, free) >= rules.wait_after(failures, free)


@pytest.mark.parametrize(
    ("times", "now_ms", "lives"),
    [
        (SessionTimes(0, 10**9, None), 29 * 60_000, True),
        (SessionTimes(0, 10**9, None), 30 * 60_000, False),
        (SessionTimes(10**9 - 1, 10**9, None), 10**9, False),
        (SessionTimes(0, 10**9, 5), 6, False),
    ],
    ids=["in use", "idle", "absolute end", "ended"],
)
def test_the_ends_of_a_session(times: SessionTimes, now_ms: int, lives: bool) -> None:
    assert rules.session_lives(times, now_ms, 30) is lives


def test_recovery_codes_may_be_typed_loosely() -> None:
    assert rules.normal_recovery_code(" abcd-efgh jkmn") == "ABCDEFGHJKMN"
