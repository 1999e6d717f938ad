"""Sessions and what else a signed-in person carries: begun, found by token, ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import update

from shuangyin.core.ids import new_token
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import (
    ApiToken,
    EndReason,
    Person,
    PersonStatus,
    SignInChallenge,
    SignInSession,
    StepUpProof,
)
from shuangyin.people.rules import SessionTimes, session_lives

TOKEN_BITS = 256


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session and its token, which is known here and to the browser only."""

    session: SignInSession
    token: str


def token_digest(token: str) -> str:
    """What the database holds of a token. A plain digest is enough: tokens are random, not chosen."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token_of(work: UnitOfWork, session_id: str) -> str:
    """The token that unsafe requests of a session repeat: derived, so that it need not be stored."""
    return work.keyring.blind("csrf", session_id)


def start_session(work: UnitOfWork, person: Person, provider: str | None = None) -> StartedSession:
    """Begin a session of a person whose second factor was good just now."""
    token = new_token(TOKEN_BITS)
    session = SignInSession(
        id=work.new_id(),
        organization_id=person.organization_id,
        person_id=person.id,
        token_hash=token_digest(token),
        created_at=work.now,
        seen_at=work.now,
        expires_at=work.now + work.settings.session_hours * 3_600_000,
        second_factor_at=work.now,
        provider=provider,
        ended_at=None,
        end_reason=None,
    )
    work.session.add(session)
    return StartedSession(session, token)


def lives(work: UnitOfWork, person_id: str, session_id: str | None) -> bool:
    """Whether a person is here and his session, when he has one, still lives. Asking keeps no session alive."""
    person = work.session.get(Person, person_id)
    if person is None or person.status != PersonStatus.ACTIVE:
        return False
    if session_id is None:
        return True
    session = work.session.get(SignInSession, session_id)
    if session is None:
        return False
    times = SessionTimes(session.seen_at, session.expires_at, session.ended_at)
    return session_lives(times, work.now, work.settings.session_idle_minutes)


def end_sessions(work: UnitOfWork, person_id: str, reason: EndReason, *, except_id: str | None = None) -> int:
    """End all open sessions of a person, but one where said; returns how many."""
    ended = (
        update(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .where(SignInSession.id != (except_id or ""))
        .values(ended_at=work.now, end_reason=reason.value)
        .returning(SignInSession.id)
    )
    return _count(work.session.scalars(ended))


def end_tokens(work: UnitOfWork, person_id: str, reason: EndReason) -> int:
    """End all open bearer tokens of a person; returns how many."""
    ended = (
        update(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.ended_at.is_(None))
        .values(ended_at=work.now, end_reason=reason.value)
        .returning(ApiToken.id)
    )
    return _count(work.session.scalars(ended))


def end_half_done(work: UnitOfWork, person_id: str) -> None:
    """Use up what the person began: sign-ins that await a second factor and unspent step-up proofs."""
    for model in (SignInChallenge, StepUpProof):
        unused = update(model).where(model.person_id == person_id, model.used_at.is_(None))
        work.session.execute(unused.values(used_at=work.now))


def _count(rows: Iterable[str]) -> int:
    return sum(1 for _ in rows)
