"""Pure rules of people: accounts, passwords, one-time codes, waiting times, the end of sessions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from shuangyin.core.errors import Invalid

TOTP_STEP_MS = 30_000
TOTP_DIGITS = 6
TOTP_SECRET_BYTES = 20
"""RFC 4226 4, R6: at least 128 bits, 160 recommended; also what authenticator applications expect."""
TOTP_DRIFT_STEPS = 1

PASSWORD_MINIMUM = 10
PASSWORD_DISTINCT = 5
ONE_TIME_PASSWORD_MS = 7 * 24 * 3600 * 1000

ACCOUNT_FREE_FAILURES = 5
ADDRESS_FREE_FAILURES = 20
"""Higher than for an account, because a whole office signs in from one address."""
FACTOR_FREE_FAILURES = 5
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 900
FAILURES_FORGOTTEN_MS = 3600 * 1000

SEEN_WRITE_MS = 60_000
CHALLENGE_MS = 5 * 60_000

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


# --- Accounts and passwords -----------------------------------------------------------------------------------


def normal_account(text: str) -> str | None:
    """The account in the form it is stored in; None when no account can have this form."""
    account = unicodedata.normalize("NFKC", text).strip().lower()
    return account if _ACCOUNT.fullmatch(account) else None


def checked_account(text: str) -> str:
    """The account in the form it is stored in. Raises Invalid (ACCOUNT_FORM)."""
    account = normal_account(text)
    if account is None:
        raise Invalid(
            "ACCOUNT_FORM",
            "账号应为 2 至 64 位小写字母、数字或 . _ @ -,以字母或数字开头。",
            "An account has 2 to 64 lower-case letters, digits or . _ @ - and begins with a letter or digit.",
        )
    return account


def normal_password(password: str) -> str:
    """The password as it is hashed: NFKC, so that one word typed on two keyboards is one password."""
    return unicodedata.normalize("NFKC", password)


def check_new_password(password: str, *, account: str) -> None:
    """Raises Invalid when a new password is too short, too simple or the account itself."""
    folded = normal_password(password).casefold()
    if len(folded) < PASSWORD_MINIMUM:
        raise Invalid(
            "PASSWORD_SHORT",
            f"密码至少 {PASSWORD_MINIMUM} 个字符。",
            f"A password has at least {PASSWORD_MINIMUM} characters.",
            details={"minimum": PASSWORD_MINIMUM},
        )
    if account.casefold() in folded and len(folded) - len(account) < PASSWORD_MINIMUM:
        raise Invalid(
            "PASSWORD_ACCOUNT",
            "密码不能是账号或在账号上略作增加。",
            "A password must not be the account, nor the account with a little added.",
        )
    if len(set(folded)) < PASSWORD_DISTINCT:
        raise Invalid(
            "PASSWORD_SIMPLE",
            f"密码过于简单，请至少使用 {PASSWORD_DISTINCT} 种不同字符。",
            f"The password is too simple. Use at least {PASSWORD_DISTINCT} different characters.",
        )


# --- Time-based one-time codes (RFC 6238 over RFC 4226) -------------------------------------------------------


def totp_code(secret: bytes, step: int) -> str:
    """The six digits of one time step (RFC 4226 5.3 with HMAC-SHA-1, the counter being the step, RFC 6238 4.2)."""
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**TOTP_DIGITS:0{TOTP_DIGITS}d}"


def matching_steps(secret: bytes, code: str, now_ms: int) -> list[int]:
    """The time steps, from one before now to one after, whose code this is; usually none or one.

    All are compared in constant time, so the answer's timing does not tell how near a guess was.
    """
    now = now_ms // TOTP_STEP_MS
    steps = range(max(now - TOTP_DRIFT_STEPS, 0), now + TOTP_DRIFT_STEPS + 1)
    given = code.strip().replace(" ", "").encode()
    return [step for step in steps if hmac.compare_digest(totp_code(secret, step).encode(), given)]


def unused_step(steps: Sequence[int], last_step: int) -> int | None:
    """The earliest of the steps after the last one used: codes count once and only forward (RFC 6238 5.2)."""
    return min((step for step in steps if step > last_step), default=None)


def base32_secret(secret: bytes) -> str:
    """The secret as people type it: Base32 without padding (20 bytes need none)."""
    return base64.b32encode(secret).decode().rstrip("=")


def normal_recovery_code(code: str) -> str:
    """A recovery code without what people add or leave out: case, spaces, hyphens."""
    return re.sub(r"[\s-]", "", code).upper()


# --- Waiting --------------------------------------------------------------------------------------------------


def wait_after(failures: int, free: int) -> int:
    """Seconds to wait after so many failures in a row: none below `free`, then doubling up to 15 minutes."""
    if failures < free:
        return 0
    return min(FIRST_WAIT_S << min(failures - free, 16), LONGEST_WAIT_S)


# --- Sessions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """The times of a session that decide whether it still lives (UTC ms)."""

    seen_at: int
    expires_at: int
    ended_at: int | None


def session_lives(times: SessionTimes, now_ms: int, idle_minutes: int) -> bool:
    """Whether a session is neither ended, nor past its absolute end, nor idle for too long."""
    if times.ended_at is not None or now_ms >= times.expires_at:
        return False
    return now_ms - times.seen_at < idle_minutes * 60_000
