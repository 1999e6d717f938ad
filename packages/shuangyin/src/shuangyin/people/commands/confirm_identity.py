"""Confirm a person's presence with his own second factor, on his own device or as the second person on another's.

Opening a safe needs two persons. The one who is signed in shows his second factor; the other may do the same on a
device of his own, or give account, password and second factor on this one. No session begins for him.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Invalid, ShuangyinError
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import errors, factors, sessions
from shuangyin.people.actors import bare_actor
from shuangyin.people.commands.sign_in import sign_in
from shuangyin.people.commands.step_up import Strength, enough
from shuangyin.people.models import Credential, Person, PersonStatus, SignInChallenge
from shuangyin.people.passwords import password_right
from shuangyin.people.schemas import FactorMethod, Method, SignIn


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who showed himself, and by which kinds of factors together."""

    person_id: str
    kinds: str

    @property
    def two_factors(self) -> bool:
        return self.kinds in factors.TWO_FACTORS

    def enough_for(self, strength: Strength) -> bool:
        """Whether what was shown is as strong as asked; made for one occasion, it is one each time."""
        return enough(strength, self.kinds)


def confirm_own(
    platform: Platform,
    actor: Actor,
    *,
    method: FactorMethod,
    code: str,
    password: str | None = None,
    bound_to: tuple[str, str] | None = None,
) -> Confirmed:
    """The signed-in person shows his second factor, with his password where two factors are asked for.

    `bound_to` is the act and subject for which a passkey, a message or a face was asked for.

    Raises Forbidden (SECOND_FACTOR_WRONG, CODE_USED, PASSWORD_WRONG) or RateLimited, after the failure is counted for
    good.
    """
    right = password_right(platform, actor.person_id, password)

    def check(work: UnitOfWork) -> factors.FactorResult:
        credential = factors.credential_for_change(work, actor.person_id)
        return factors.check_factors(
            work, actor, credential, method=method, code=code, password_right=right, bound_to=bound_to
        )

    result = platform.transact(check)
    refusal = result.refusal()
    if refusal is not None:
        raise refusal
    return Confirmed(actor.person_id, ",".join(result.kinds))


def confirm_other(
    platform: Platform, actor: Actor, *, account: str, password: str, method: Method, code: str, address: str
) -> Confirmed:
    """A second person of the same organization shows password and second factor on the actor's device.

    Throttled and counted like a sign-in. Raises Unauthenticated (SIGN_IN_REFUSED) also for persons
    of other organizations, Invalid (NOT_ENROLLED) for one without a second factor, and as `confirm_own`.
    """
    challenge = sign_in(platform, SignIn(account=account, password=password), address=address)
    if challenge.enrolment is not None:
        raise Invalid(
            "NOT_ENROLLED",
            "该人员尚未绑定动态口令，请先在自己的设备上登录一次。",
            "This person has no second factor yet and must sign in on a device of his own first.",
        )
    outcome = platform.transact(lambda work: _use_challenge(work, actor, challenge.challenge, method, code))
    if isinstance(outcome, ShuangyinError):
        raise outcome
    return Confirmed(outcome, f"password,{method}")


def _use_challenge(
    work: UnitOfWork, actor: Actor, token: str, method: Method, code: str
) -> str | ShuangyinError:
    challenge = work.session.scalar(
        select(SignInChallenge).where(
            SignInChallenge.token_hash == sessions.token_digest(token), SignInChallenge.used_at.is_(None)
        )
    )
    if challenge is None:
        return errors.challenge_ended()
    person = work.session.get_one(Person, challenge.person_id)
    credential = work.session.get(Credential, person.id, with_for_update=True)
    if credential is None or person.status != PersonStatus.ACTIVE:
        return errors.challenge_ended()
    if person.organization_id != actor.organization_id:
        return errors.sign_in_refused()
    result = factors.check_factor(work, bare_actor(person), credential, method=method, code=code)
    refusal = result.refusal()
    if refusal is not None:
        return refusal
    challenge.used_at = work.now
    return person.id
