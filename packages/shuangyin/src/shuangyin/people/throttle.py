"""Sign-in throttling by account and by address, on keyed digests: the table names nobody."""

from __future__ import annotations

import ipaddress

from sqlalchemy import delete

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import rules
from shuangyin.people.errors import throttled
from shuangyin.people.models import SignInThrottle


def admit(work: UnitOfWork, account: str, address: str) -> None:
    """Let one try through, or raise RateLimited.

    The try counts against the account at once, before the password is looked at, so that tries made at the same
    moment cannot all slip through; a good one takes its count back in `forgive`. Known and unknown accounts are
    treated alike.
    """
    account_key, address_key = _account_key(work, account), _address_key(work, address)
    waiting = max(_blocked_ms(work, account_key), _blocked_ms(work, address_key))
    if waiting > 0:
        raise throttled(-(-waiting // 1000))
    _count(work, account_key, rules.ACCOUNT_FREE_FAILURES)


def blame_address(work: UnitOfWork, address: str) -> None:
    """Count a refused try against the address. Not in advance: a whole office may sign in from it at once."""
    work.session.execute(delete(SignInThrottle).where(SignInThrottle.last_at <= _forgotten_before(work)))
    _count(work, _address_key(work, address), rules.ADDRESS_FREE_FAILURES)


def count(work: UnitOfWork, purpose: str, address: str) -> None:
    """Let one thing through that costs somebody outside a call, counted against the address. Raises RateLimited."""
    key = work.keyring.blind(f"calls-{purpose}", network(address))
    waiting = _blocked_ms(work, key)
    if waiting > 0:
        raise throttled(-(-waiting // 1000))
    _count(work, key, rules.ADDRESS_FREE_FAILURES)


def forgive(work: UnitOfWork, account: str) -> None:
    """The password was right: the account's count begins anew. An address keeps its count until it is forgotten."""
    work.session.execute(delete(SignInThrottle).where(SignInThrottle.key == _account_key(work, account)))


def take_back(work: UnitOfWork, account: str) -> None:
    """The try was not judged, since whoever judges did not answer: it does not count."""
    row = work.session.get(SignInThrottle, _account_key(work, account), with_for_update=True)
    if row is not None:
        row.failures = max(row.failures - 1, 0)
        # Nobody waits: the try would not have been admitted otherwise.
        row.blocked_until = 0


def _blocked_ms(work: UnitOfWork, key: str) -> int:
    row = work.session.get(SignInThrottle, key)
    return 0 if row is None else row.blocked_until - work.now


def _count(work: UnitOfWork, key: str, free: int) -> None:
    row = work.session.get(SignInThrottle, key, with_for_update=True)
    if row is None:
        row = SignInThrottle(key=key, failures=0, last_at=work.now, blocked_until=0)
        work.session.add(row)
    row.failures = 1 if row.last_at <= _forgotten_before(work) else row.failures + 1
    row.last_at = work.now
    row.blocked_until = work.now + rules.wait_after(row.failures, free) * 1000


def _forgotten_before(work: UnitOfWork) -> int:
    return work.now - rules.FAILURES_FORGOTTEN_MS


def _account_key(work: UnitOfWork, account: str) -> str:
    return work.keyring.blind("sign-in-account", account)


def _address_key(work: UnitOfWork, address: str) -> str:
    return work.keyring.blind("sign-in-address", network(address))


def network(address: str) -> str:
    """The address itself, for IPv6 its /64: one subscriber holds all of that."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
