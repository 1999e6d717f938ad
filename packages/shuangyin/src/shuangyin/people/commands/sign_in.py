"""Sign in: password, then second factor, then a session.

1. The try is admitted or throttled, and counted, before the password is looked at.
2. The password is checked outside any transaction, since argon2 is slow on purpose.
3. A right password yields a challenge; a wrong one is recorded. Both take the same way for unknown accounts.
4. The second factor uses the challenge up and begins the session. A refused one is counted and committed, and only
   then raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import SYSTEM_PERSON_ID, Actor
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.ids import new_token
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people import errors, factors, passkeys, passwords, rules, sessions, sms, throttle
from shuangyin.people.actors import bare_actor
from shuangyin.people.directory_port import Directories
from shuangyin.people.models import Credential, Person, PersonStatus, SignInChallenge
from shuangyin.people.schemas import ChallengeOut, Enrolment, FactorMethod, SecondFactor, SignIn

NOBODY = SYSTEM_PERSON_ID
"""In place of person and organization in the record of a refused sign-in whose account is nobody's."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A completed sign-in: the session's token for the cookie, and who it is."""

    token: str
    actor: Actor
    session_id: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    person_id: str
    password_hash: str


def sign_in(platform: Platform, attempt: SignIn, *, address: str) -> ChallengeOut:
    """The first step. Raises Unauthenticated (SIGN_IN_REFUSED), RateLimited (SIGN_IN_THROTTLED)."""
    account = rules.normal_account(attempt.account)
    throttled_as = account or attempt.account
    platform.transact(lambda work: throttle.admit(work, throttled_as, address))
    candidate = platform.view(lambda work: _candidate(work, account))
    password_hash = candidate.password_hash if candidate else None
    good = passwords.verify_password(platform.settings, password_hash, attempt.password)
    if candidate is None or not good:
        platform.transact(lambda work: _refuse(work, candidate, address))
        raise errors.sign_in_refused()
    new_hash = None
    if passwords.needs_new_hash(platform.settings, candidate.password_hash):
        new_hash = passwords.hash_password(platform.settings, attempt.password)
    challenge = platform.transact(lambda work: _challenge(work, candidate, throttled_as, new_hash))
    if challenge is None:
        raise errors.sign_in_refused()
    return challenge


def second_factor(platform: Platform, attempt: SecondFactor) -> SignedIn:
    """The second step. Raises Forbidden (SECOND_FACTOR_WRONG, CODE_USED), RateLimited (SECOND_FACTOR_LOCKED),
    Unauthenticated (CHALLENGE_ENDED)."""
    outcome = platform.transact(lambda work: _complete(work, attempt))
    if isinstance(outcome, ShuangyinError):
        raise outcome
    return outcome


def passkey_options(work: UnitOfWork, token: str) -> dict[str, Any]:
    """What a passkey is to sign for a sign-in whose password was right. Raises Unauthenticated (CHALLENGE_ENDED)."""
    challenge = _open_challenge(work, token)
    if challenge is None:
        raise errors.challenge_ended()
    person = work.session.get_one(Person, challenge.person_id)
    return passkeys.confirmation_options(work, person, passkeys.SIGN_IN, challenge.id)


def send_code(platform: Platform, token: str, *, address: str) -> str:
    """Send a code for a sign-in whose password was right; returns the number, shortened.

    Raises Unauthenticated (CHALLENGE_ENDED) and as `sms.send_code`.
    """
    challenge = platform.view(lambda work: _ids_of(_open_challenge(work, token)))
    if challenge is None:
        raise errors.challenge_ended()
    person_id, challenge_id = challenge
    return sms.send_code(platform, person_id, passkeys.SIGN_IN, challenge_id, address=address)


def _ids_of(challenge: SignInChallenge | None) -> tuple[str, str] | None:
    return None if challenge is None else (challenge.person_id, challenge.id)


def _open_challenge(work: UnitOfWork, token: str) -> SignInChallenge | None:
    return work.session.scalar(
        select(SignInChallenge).where(
            SignInChallenge.token_hash == sessions.token_digest(token),
            SignInChallenge.used_at.is_(None),
            SignInChallenge.expires_at > work.now,
        )
    )


def _candidate(work: UnitOfWork, account: str | None) -> _Candidate | None:
    row = work.session.execute(
        select(Credential)
        .join(Person, Person.id == Credential.person_id)
        .where(Person.account == (account or ""), Person.status == PersonStatus.ACTIVE)
    ).scalar_one_or_none()
    if row is None or (row.must_change and row.password_changed_at <= work.now - rules.ONE_TIME_PASSWORD_MS):
        return None
    return _Candidate(row.person_id, row.password_hash)


def _refuse(work: UnitOfWork, candidate: _Candidate | None, address: str) -> None:
    throttle.blame_address(work, address)
    person = work.session.get(Person, candidate.person_id if candidate else NOBODY)
    if person is not None:
        actor = bare_actor(person)
    else:
        actor = Actor(organization_id=NOBODY, person_id=NOBODY, name="", permissions=frozenset())
    record(
        work,
        actor,
        kind="people.sign_in_refused",
        subject_type="person",
        subject_id=actor.person_id,
        facts={"step": "password"},
    )


def _challenge(
    work: UnitOfWork, candidate: _Candidate, throttled_as: str, new_hash: str | None
) -> ChallengeOut | None:
    """The challenge; None when the credential changed while the password was looked at."""
    person = work.session.get_one(Person, candidate.person_id)
    credential = work.session.get(Credential, person.id)
    if credential is None or credential.password_hash != candidate.password_hash:
        return None
    throttle.forgive(work, throttled_as)
    if new_hash is not None:
        credential.password_hash = new_hash
    return ask_second_factor(work, person, credential)


def ask_second_factor(
    work: UnitOfWork, person: Person, credential: Credential, provider: str | None = None
) -> ChallengeOut:
    """The challenge of a person whose password was right, or for whom a provider vouched in its place."""
    wrapped: bytes | None = None
    enrolment: Enrolment | None = None
    if credential.totp_secret is None:
        wrapped, enrolment = factors.new_wrapped_secret(work, person)
    token = new_token(sessions.TOKEN_BITS)
    expires_at = work.now + rules.CHALLENGE_MS
    work.session.execute(delete(SignInChallenge).where(SignInChallenge.expires_at < work.now))
    work.session.add(
        SignInChallenge(
            id=work.new_id(),
            organization_id=person.organization_id,
            person_id=person.id,
            token_hash=sessions.token_digest(token),
            enrolling_secret=wrapped,
            provider=provider,
            created_at=work.now,
            expires_at=expires_at,
            used_at=None,
        )
    )
    methods: list[FactorMethod] = ["totp"]
    if enrolment is None and passkeys.has_passkey(work, person.id):
        methods.insert(0, "passkey")
    if enrolment is None and sms.usable(work, person.id):
        methods.append("sms")
    if enrolment is None and factors.recovery_codes_left(work, person.id):
        methods.append("recovery_code")
    return ChallengeOut(challenge=token, methods=methods, enrolment=enrolment, expires_at=expires_at)


def _complete(work: UnitOfWork, attempt: SecondFactor) -> SignedIn | ShuangyinError:
    challenge = _open_challenge(work, attempt.challenge)
    if challenge is None:
        return errors.challenge_ended()
    person = work.session.get_one(Person, challenge.person_id)
    credential = work.session.get(Credential, person.id, with_for_update=True)
    enrolling = challenge.enrolling_secret
    overtaken = enrolling is not None and credential is not None and credential.totp_secret is not None
    if credential is None or person.status != PersonStatus.ACTIVE or overtaken:
        return errors.challenge_ended()
    actor = bare_actor(person)
    if enrolling is not None and attempt.method != "totp":
        return errors.factor_wrong()
    result = factors.check_factor(
        work,
        actor,
        credential,
        method=attempt.method,
        code=attempt.code,
        enrolling=enrolling,
        bound_to=(passkeys.SIGN_IN, challenge.id),
    )
    refusal = result.refusal()
    if refusal is not None:
        return refusal
    challenge.used_at = work.now
    if enrolling is not None:
        record(
            work,
            actor,
            kind="people.second_factor_enrolled",
            subject_type="person",
            subject_id=person.id,
            facts={"method": attempt.method},
        )
    return _begin(work, actor, person, attempt.method, challenge.provider)


def _begin(
    work: UnitOfWork, actor: Actor, person: Person, method: FactorMethod, provider: str | None
) -> SignedIn:
    started = sessions.start_session(work, person, provider)
    facts: dict[str, JsonValue] = {"session": started.session.id, "method": method}
    if provider is not None:
        facts["provider"] = provider
        if work.port(Directories).named(provider) is not None:
            facts["first_step"] = "directory"
    record(
        work,
        actor,
        kind="people.signed_in",
        subject_type="person",
        subject_id=person.id,
        facts=facts,
    )
    return SignedIn(started.token, actor, started.session.id)
