"""The platform's one error family.

ShuangyinError
├── Invalid          the input is malformed or contradicts itself
├── Unauthenticated  nobody is signed in, or the session has ended
│   └── NotAdmitted  a sign-in that is refused or has run out
├── Forbidden        the person may not do this
├── NotFound         nothing of this id that the caller may see
├── Conflict         the state of the thing does not allow it
├── Stale            somebody changed it since the caller read it
├── Refused          a rule of the organization or of law says no
├── TooLarge         a limit of size or count is passed
├── RateLimited      too many tries
└── Unavailable      something this needs is not there right now

The core knows kinds, not transports: the table of HTTP statuses lies in `core.http.problems`.
Every error has a stable code and says, in Chinese and English, what happened and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from shuangyin.core.text import Text


class ShuangyinError(Exception):
    """Base of all errors that are told to a user.

    `code` is stable and machine-readable, `text` a sentence that says what to do, `details` further plain values.
    """

    kind: ClassVar[str] = "error"

    def __init__(self, code: str, zh: str, en: str, *, details: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.text = Text(zh, en)
        self.details: dict[str, object] = dict(details or {})


class Invalid(ShuangyinError):
    """The input is malformed or contradicts itself."""

    kind = "invalid"


class Unauthenticated(ShuangyinError):
    """Nobody is signed in, or the session has ended."""

    kind = "unauthenticated"


class NotAdmitted(Unauthenticated):
    """A sign-in that is refused or has run out: whoever tries to sign in needs no advice to do so."""

    kind = "not_admitted"


class Forbidden(ShuangyinError):
    """The person may not do this."""

    kind = "forbidden"


class NotFound(ShuangyinError):
    """There is nothing of this id that the caller may see."""

    kind = "not_found"


class Conflict(ShuangyinError):
    """The state of the thing does not allow the act."""

    kind = "conflict"


class Stale(ShuangyinError):
    """Somebody changed the thing since the caller read it."""

    kind = "stale"


class Refused(ShuangyinError):
    """A rule of the organization or of law says no."""

    kind = "refused"


class TooLarge(ShuangyinError):
    """A limit of size or count is passed."""

    kind = "too_large"


class RateLimited(ShuangyinError):
    """Too many tries; `retry_after_s` says when to come back."""

    kind = "rate_limited"

    def __init__(self, code: str, zh: str, en: str, *, retry_after_s: int) -> None:
        super().__init__(code, zh, en, details={"retry_after_s": retry_after_s})
        self.retry_after_s = retry_after_s


class Unavailable(ShuangyinError):
    """Something this needs is not there right now."""

    kind = "unavailable"


def not_found(zh_what: str, en_what: str) -> NotFound:
    """The one answer for "absent" and "not yours": it never tells which."""
    return NotFound(
        "NOT_FOUND",
        f"没有找到{zh_what}，或您无权查看。请核对编号，或联系管理员。",
        f"No such {en_what}, or you may not see it. Check the number or ask the administrator.",
    )


def stale_version() -> Stale:
    """The thing changed since it was read."""
    return Stale(
        "STALE_VERSION",
        "内容已被他人更新，请刷新后再操作。",
        "Somebody changed this since you opened it. Reload and try again.",
    )
