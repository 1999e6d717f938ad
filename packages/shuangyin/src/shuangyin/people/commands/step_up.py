"""A second factor for one act: asked for by risk, shown as a proof, good once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, false, update

from shuangyin.core.actor import Actor
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.ids import new_token
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people import errors, factors
from shuangyin.people.models import SignInSession, StepUpProof
from shuangyin.people.passwords import password_right
from shuangyin.people.schemas import StepUp, StepUpOut
from shuangyin.people.sessions import TOKEN_BITS, token_digest

Strength = Literal["window", "each", "two_factors", "face"]


_ENOUGH = {"two_factors": factors.TWO_FACTORS, "face": factors.FACE_OR_TWO}
"""Strength → the kinds of factors that are enough for it; those not named take any."""


@dataclass(frozen=True, slots=True)
class SecondFactorUse:
    """Which second factor covers an act: a proof made for it (by two factors together, or by one), or the session's
    within the window.

    `at` is when the person showed it (UTC ms), `proof_id` the proof that was used up.
    """

    kind: Literal["two_factors", "proof", "window"]
    at: int
    proof_id: str | None = None
    kinds: str = ""
    """The kinds of factors that the proof was made with, by commas."""


def enough(strength: Strength, kinds: str) -> bool:
    """Whether these kinds of factors, shown together, are as strong as asked."""
    wanted = _ENOUGH.get(strength)
    return wanted is None or kinds in wanted


def step_up(platform: Platform, actor: Actor, request: StepUp) -> StepUpOut:
    """Check a second factor and give a proof for one act on one subject; also renews the session's window.

    With a password the proof is one of two factors. Raises Forbidden (SECOND_FACTOR_WRONG, CODE_USED,
    PASSWORD_WRONG), RateLimited (SECOND_FACTOR_LOCKED), after the failure is counted for good.
    """
    right = password_right(platform, actor.person_id, request.password)
    outcome = platform.transact(lambda work: _step_up(work, actor, request, password_right=right))
    if isinstance(outcome, ShuangyinError):
        raise outcome
    return outcome


def require_second_factor(
    work: UnitOfWork, actor: Actor, *, act: str, subject: str, proof: str | None, strength: Strength
) -> SecondFactorUse:
    """Make sure that a second factor covers this act, and use the proof up when one is given.

    `two_factors` asks for a proof of exactly this act and subject that was made with password and second factor
    together; `each` for a proof of any kind; `window` is also content with a second factor that the session saw within
    the set minutes; `face` for a face, or two factors of other kinds in its place. Raises Forbidden (STEP_UP_REQUIRED, details act, subject and strength).
    """
    if proof is not None:
        used = _use_proof(work, actor, act, subject, proof, strength)
        if used is not None:
            return used
    if strength == "window" and _within_window(work, actor):
        return SecondFactorUse("window", actor.second_factor_at or 0)
    raise errors.step_up_required(act, subject, strength)


def _step_up(
    work: UnitOfWork, actor: Actor, request: StepUp, *, password_right: bool | None
) -> StepUpOut | ShuangyinError:
    credential = factors.credential_for_change(work, actor.person_id)
    shown = factors.check_factors(
        work,
        actor,
        credential,
        method=request.method,
        code=request.code,
        password_right=password_right,
        bound_to=(request.act, request.subject),
    )
    if request.also is not None:
        shown = factors.check_second(
            work,
            actor,
            credential,
            shown,
            method=request.also.method,
            code=request.also.code,
            bound_to=(request.act, request.subject),
        )
    refusal = shown.refusal()
    if refusal is not None:
        return refusal
    token = new_token(TOKEN_BITS)
    expires_at = work.now + work.settings.step_up_minutes * 60_000
    work.session.execute(delete(StepUpProof).where(StepUpProof.expires_at < work.now))
    proof = StepUpProof(
        id=work.new_id(),
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        token_hash=token_digest(token),
        act=request.act,
        subject=request.subject,
        factors=",".join(shown.kinds),
        created_at=work.now,
        expires_at=expires_at,
        used_at=None,
    )
    work.session.add(proof)
    if actor.session_id is not None:
        session = work.session.get_one(SignInSession, actor.session_id)
        session.second_factor_at = work.now
    record(
        work,
        actor,
        kind="people.stepped_up",
        subject_type="person",
        subject_id=actor.person_id,
        facts={"proof": proof.id, "act": request.act, "method": request.method, "factors": list(shown.kinds)},
    )
    return StepUpOut(proof=token, expires_at=expires_at)


def _use_proof(
    work: UnitOfWork, actor: Actor, act: str, subject: str, proof: str, strength: Strength
) -> SecondFactorUse | None:
    # A proof that is too weak is refused before it is used up.
    enough = _ENOUGH.get(strength)
    weak = false() if enough is None else StepUpProof.factors.not_in(enough)
    row = work.session.execute(
        update(StepUpProof)
        .where(
            ~weak,
            StepUpProof.token_hash == token_digest(proof),
            StepUpProof.person_id == actor.person_id,
            StepUpProof.act == act,
            StepUpProof.subject == subject,
            StepUpProof.used_at.is_(None),
            StepUpProof.expires_at > work.now,
        )
        .values(used_at=work.now)
        .returning(StepUpProof.id, StepUpProof.created_at, StepUpProof.factors)
    ).one_or_none()
    if row is None:
        return None
    two = row.factors in factors.TWO_FACTORS
    return SecondFactorUse("two_factors" if two else "proof", row.created_at, row.id, row.factors)


def _within_window(work: UnitOfWork, actor: Actor) -> bool:
    if actor.second_factor_at is None:
        return False
    return work.now - actor.second_factor_at < work.settings.second_factor_window_minutes * 60_000
