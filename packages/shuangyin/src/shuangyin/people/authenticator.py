"""Finds the caller of a request by session cookie or bearer token."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import select, update

from shuangyin.core.actor import Actor
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.actors import actor_of
from shuangyin.people.models import ApiToken, Credential, Person, PersonStatus, SignInSession
from shuangyin.people.rules import SEEN_WRITE_MS, SessionTimes, session_lives
from shuangyin.people.sessions import csrf_token_of, token_digest


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller found; `csrf_token` is None for a bearer token."""

    actor: Actor
    csrf_token: str | None
    seen_at: int | None = None


class SessionAuthenticator:
    """Implements `core.http.access.Authenticator` on the people area's tables."""

    def authenticate(
        self, platform: Platform, *, cookie: str | None, bearer: str | None, background: bool = False
    ) -> Caller | None:
        """The caller, or None when the credentials are absent, wrong or ended."""
        if bearer:
            return platform.view(lambda work: _by_token(work, bearer))
        if not cookie:
            return None
        caller = platform.view(lambda work: _by_cookie(work, cookie))
        if caller is not None and caller.seen_at is not None and not background:
            _note_seen(platform, caller.actor.session_id, caller.seen_at)
        return caller


def _by_cookie(work: UnitOfWork, cookie: str) -> Caller | None:
    row = (
        work.session.execute(
            select(SignInSession, Person, Credential.must_change)
            .join(Person, Person.id == SignInSession.person_id)
            .join(Credential, Credential.person_id == Person.id)
            .where(
                SignInSession.token_hash == token_digest(cookie),
                SignInSession.ended_at.is_(None),
                Person.status == PersonStatus.ACTIVE,
            )
        )
        .tuples()
        .one_or_none()
    )
    if row is None:
        return None
    session, person, must_change = row
    times = SessionTimes(session.seen_at, session.expires_at, session.ended_at)
    if not session_lives(times, work.now, work.settings.session_idle_minutes):
        return None
    actor = actor_of(
        work,
        person,
        must_change=must_change,
        session_id=session.id,
        second_factor_at=session.second_factor_at,
    )
    return Caller(actor, csrf_token_of(work, session.id), session.seen_at)


def _by_token(work: UnitOfWork, bearer: str) -> Caller | None:
    row = (
        work.session.execute(
            select(ApiToken, Person, Credential.must_change)
            .join(Person, Person.id == ApiToken.person_id)
            .join(Credential, Credential.person_id == Person.id)
            .where(
                ApiToken.token_hash == token_digest(bearer),
                ApiToken.ended_at.is_(None),
                ApiToken.expires_at > work.now,
                Person.status == PersonStatus.ACTIVE,
            )
        )
        .tuples()
        .one_or_none()
    )
    if row is None:
        return None
    token, person, must_change = row
    scopes = frozenset(json.loads(token.scopes))
    return Caller(actor_of(work, person, scopes=scopes, must_change=must_change), None)


def _note_seen(platform: Platform, session_id: str | None, seen_at: int) -> None:
    """Write that the session is in use, at most once a minute: reading must not cost a write each time."""
    now = platform.clock.now_ms()
    if now - seen_at < SEEN_WRITE_MS:
        return
    note = (
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.seen_at < now - SEEN_WRITE_MS + 1)
        .where(SignInSession.ended_at.is_(None))
        .values(seen_at=now)
    )
    platform.transact(lambda work: work.session.execute(note))
