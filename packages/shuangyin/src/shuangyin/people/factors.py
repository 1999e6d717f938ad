"""Second factors: checked, counted, and locked in the transaction that uses them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from sqlalchemy import func, select, update

from shuangyin.core.actor import Actor
from shuangyin.core.errors import ShuangyinError, not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people import errors, faces, passkeys, rules, sms
from shuangyin.people.models import Credential, Person, RecoveryCode
from shuangyin.people.schemas import Enrolment, FactorMethod

ISSUER = "双印"


FACTOR_OF: Final = {"password": "known", "totp": "held", "passkey": "held", "sms": "held", "face": "own"}
"""Kind of confirmation → which factor it is. A recovery code, which stands in for a lost device, is none."""
_SHOWN: Final = (
    *((one, other) for one in FACTOR_OF for other in FACTOR_OF),
    *(("password", one, other) for one in FACTOR_OF for other in FACTOR_OF),
)
TWO_FACTORS: Final = tuple(
    ",".join(kinds) for kinds in _SHOWN if len({FACTOR_OF[kind] for kind in kinds}) > 1
)
"""Kinds that are two factors when they are shown together: what one knows, what one has, what one is. Codes from a message
and from an authenticator are both what one has."""
WITH_FACE: Final = ("face", *(kinds for kinds in TWO_FACTORS if "face" in kinds))
FACE_OR_TWO: Final = tuple(dict.fromkeys((*WITH_FACE, *TWO_FACTORS)))
"""What satisfies a face check: the face, or, since a face must never be the only way, two factors of other kinds."""


class Verdict(StrEnum):
    """What became of a second factor."""

    GOOD = "good"
    WRONG = "wrong"
    USED = "used"
    LOCKED = "locked"
    PASSWORD = "password"  # noqa: S105  # which factor was wrong, not a password


@dataclass(frozen=True, slots=True)
class FactorResult:
    """A verdict, as a value: raising it inside the transaction would roll the counting back."""

    verdict: Verdict
    retry_after_s: int = 0
    kinds: tuple[str, ...] = ()
    """What was shown and good, the password before the other factor."""

    def refusal(self) -> ShuangyinError | None:
        """The error to raise after the commit, None when the factor was good."""
        if self.verdict is Verdict.GOOD:
            return None
        if self.verdict is Verdict.LOCKED:
            return errors.factor_locked(self.retry_after_s)
        if self.verdict is Verdict.PASSWORD:
            return errors.password_wrong()
        return errors.code_used() if self.verdict is Verdict.USED else errors.factor_wrong()


def credential_for_change(work: UnitOfWork, person_id: str) -> Credential:
    """The credential, locked until this transaction ends. Raises NotFound for who has none."""
    credential = work.session.get(Credential, person_id, with_for_update=True)
    if credential is None:
        raise not_found("这位人员的登录方式", "credential")
    return credential


def check_factor(
    work: UnitOfWork,
    actor: Actor,
    credential: Credential,
    *,
    method: FactorMethod,
    code: str,
    enrolling: bytes | None = None,
    bound_to: tuple[str, str] | None = None,
) -> FactorResult:
    """Check a code or a passkey's answer, use it up when it is good, count it when it is not.

    `enrolling` is the wrapped secret that this code would confirm, in place of the credential's own. `bound_to` is the
    act and subject for which a passkey or a message must have been asked; without them neither is good.
    """
    if credential.locked_until is not None and credential.locked_until > work.now:
        return FactorResult(Verdict.LOCKED, -(-(credential.locked_until - work.now) // 1000))
    if method == "totp":
        verdict = _use_totp(work, credential, code, enrolling)
    elif method == "passkey":
        good = bound_to is not None and passkeys.confirms(work, actor, code, *bound_to)
        verdict = Verdict.GOOD if good else Verdict.WRONG
    elif method == "sms":
        good = bound_to is not None and sms.confirms(work, actor, code, *bound_to)
        verdict = Verdict.GOOD if good else Verdict.WRONG
    elif method == "face":
        good = bound_to is not None and faces.confirms(work, actor, code, *bound_to)
        verdict = Verdict.GOOD if good else Verdict.WRONG
    else:
        verdict = _use_recovery_code(work, actor, code)
    if verdict is Verdict.GOOD:
        credential.failed_count = 0
        credential.locked_until = None
        return FactorResult(verdict, kinds=(method,))
    _count_failure(work, actor, credential, method, verdict)
    return FactorResult(verdict)


def check_factors(
    work: UnitOfWork,
    actor: Actor,
    credential: Credential,
    *,
    method: FactorMethod,
    code: str,
    password_right: bool | None,
    bound_to: tuple[str, str] | None = None,
) -> FactorResult:
    """As `check_factor`, with the password before it when one was given (`password_right` None: none was).

    A wrong password uses no code up and counts like a wrong code, so that neither can be guessed behind the other.
    """
    if password_right is False:
        if credential.locked_until is not None and credential.locked_until > work.now:
            return FactorResult(Verdict.LOCKED, -(-(credential.locked_until - work.now) // 1000))
        _count_failure(work, actor, credential, "password", Verdict.PASSWORD)
        return FactorResult(Verdict.PASSWORD)
    result = check_factor(work, actor, credential, method=method, code=code, bound_to=bound_to)
    if result.verdict is not Verdict.GOOD:
        return result
    return FactorResult(Verdict.GOOD, kinds=("password", method) if password_right else (method,))


def check_second(
    work: UnitOfWork,
    actor: Actor,
    credential: Credential,
    first: FactorResult,
    *,
    method: FactorMethod,
    code: str,
    bound_to: tuple[str, str] | None,
) -> FactorResult:
    """A further factor after a good first one; good when both are, with the kinds of both."""
    if first.verdict is not Verdict.GOOD:
        return first
    result = check_factor(work, actor, credential, method=method, code=code, bound_to=bound_to)
    if result.verdict is not Verdict.GOOD:
        return result
    return FactorResult(Verdict.GOOD, kinds=(*first.kinds, method))


def count_wrong_face(work: UnitOfWork, actor: Actor) -> None:
    """Another's face was shown: it counts like a wrong code."""
    credential = credential_for_change(work, actor.person_id)
    _count_failure(work, actor, credential, "face", Verdict.WRONG)


def new_wrapped_secret(work: UnitOfWork, person: Person) -> tuple[bytes, Enrolment]:
    """A new TOTP secret: wrapped for the database, and readable for the authenticator application."""
    secret = secrets.token_bytes(rules.TOTP_SECRET_BYTES)
    wrapped = work.keyring.wrap(person.organization_id, _context(person.id), secret)
    text = rules.base32_secret(secret)
    label = _quote(f"{ISSUER}:{person.account}")
    uri = f"otpauth://totp/{label}?secret={text}&issuer={_quote(ISSUER)}&algorithm=SHA1&digits=6&period=30"
    return wrapped, Enrolment(secret=text, uri=uri)


def recovery_codes_left(work: UnitOfWork, person_id: str) -> int:
    """How many recovery codes of the person are unused."""
    query = select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return work.session.scalar(query) or 0


def recovery_digest(work: UnitOfWork, person_id: str, code: str) -> str:
    """The keyed digest of a recovery code; a copy of the database alone cannot be searched for codes."""
    return work.keyring.blind(f"recovery-code:{person_id}", rules.normal_recovery_code(code))


def _count_failure(
    work: UnitOfWork, actor: Actor, credential: Credential, method: str, verdict: Verdict
) -> None:
    credential.failed_count += 1
    wait_s = rules.wait_after(credential.failed_count, rules.FACTOR_FREE_FAILURES)
    credential.locked_until = work.now + wait_s * 1000 if wait_s else None
    record(
        work,
        actor,
        kind="people.second_factor_refused",
        subject_type="person",
        subject_id=actor.person_id,
        facts={"method": method, "verdict": verdict.value, "failures": credential.failed_count},
    )


def _use_totp(work: UnitOfWork, credential: Credential, code: str, enrolling: bytes | None) -> Verdict:
    wrapped = enrolling or credential.totp_secret
    if wrapped is None:
        return Verdict.WRONG
    secret = work.keyring.unwrap(credential.organization_id, _context(credential.person_id), wrapped)
    steps = rules.matching_steps(secret, code, work.now)
    if not steps:
        return Verdict.WRONG
    step = rules.unused_step(steps, -1 if enrolling else credential.totp_last_step)
    if step is None:
        return Verdict.USED
    credential.totp_secret = wrapped
    credential.totp_last_step = step
    return Verdict.GOOD


def _use_recovery_code(work: UnitOfWork, actor: Actor, code: str) -> Verdict:
    used = work.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_digest == recovery_digest(work, actor.person_id, code),
            RecoveryCode.person_id == actor.person_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=work.now)
        .returning(RecoveryCode.id)
    ).scalar_one_or_none()
    return Verdict.WRONG if used is None else Verdict.GOOD


def _context(person_id: str) -> str:
    return f"totp:{person_id}"


def _quote(text: str) -> str:
    return quote(text, safe="")
