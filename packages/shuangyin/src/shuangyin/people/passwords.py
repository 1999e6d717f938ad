"""Passwords with argon2id: made, checked, and checked at the same cost when there is nothing to check."""

from __future__ import annotations

import base64
import secrets
import threading
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Credential
from shuangyin.people.rules import normal_password

_SALT_BYTES = 16
_HASH_BYTES = 32
_ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without 0 o 1 i l, which people confuse when they copy a password from paper."""

_at_once = threading.BoundedSemaphore(4)
"""One run takes tens of MiB; without a bound every thread of the server could ask for them together."""


@dataclass(frozen=True, slots=True)
class OneTimePassword:
    """A password that opens only the choice of a new one: the words for paper, the hash for the database."""

    words: str = field(repr=False)
    password_hash: str


def hash_password(settings: Settings, password: str) -> str:
    """The argon2id hash of a password, with its parameters. Takes tens of milliseconds: never inside a transaction."""
    with _at_once:
        return _hasher(settings).hash(normal_password(password))


def verify_password(settings: Settings, password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash. Without a hash the answer is no, at the same cost."""
    expected = password_hash or _unmatchable(settings)
    with _at_once:
        try:
            return _hasher(settings).verify(expected, normal_password(password)) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def password_right(platform: Platform, person_id: str, password: str | None) -> bool | None:
    """Whether this is the person's password; None when none was given. Takes as long as a sign-in: never inside a
    transaction. Who asks counts the failures."""
    if password is None:
        return None

    def kept(work: UnitOfWork) -> str | None:
        credential = work.session.get(Credential, person_id)
        return credential.password_hash if credential else None

    return verify_password(platform.settings, platform.view(kept), password)


def needs_new_hash(settings: Settings, password_hash: str) -> bool:
    """Whether the hash was made with other parameters than those set now."""
    return _hasher(settings).check_needs_rehash(password_hash)


def new_one_time_password(settings: Settings) -> OneTimePassword:
    """A random password of about 99 bits."""
    groups = ("".join(secrets.choice(_ONE_TIME_ALPHABET) for _ in range(5)) for _ in range(4))
    words = "-".join(groups)
    return OneTimePassword(words=words, password_hash=hash_password(settings, words))


def _hasher(settings: Settings) -> PasswordHasher:
    return PasswordHasher(
        time_cost=settings.argon2_time_cost,
        memory_cost=settings.argon2_memory_kib,
        parallelism=1,
        hash_len=_HASH_BYTES,
        salt_len=_SALT_BYTES,
    )


def _unmatchable(settings: Settings) -> str:
    """A well-formed hash of nothing: random bytes where the hash stands."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (_SALT_BYTES, _HASH_BYTES)
    )
    return f"$argon2id$v=19$m={settings.argon2_memory_kib},t={settings.argon2_time_cost},p=1${salt}${digest}"
