"""What a person has to get in with, as a list: sessions, tokens, and each second factor."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.factors import recovery_codes_left
from shuangyin.people.links import links_of
from shuangyin.people.models import ApiToken, Credential, SignInChallenge, SignInSession, StepUpProof
from shuangyin.people.passkeys import passkeys_of
from shuangyin.people.privacy_models import FaceTemplate
from shuangyin.people.sms import masked, phone_of


@dataclass(frozen=True, slots=True)
class HeldFactor:
    """One thing a person signs in or confirms with; `kind` says which."""

    kind: str
    id: str
    label: str


def open_sessions(work: UnitOfWork, person_id: str) -> list[SignInSession]:
    """The sessions of a person that were not ended, oldest first."""
    query = select(SignInSession).where(
        SignInSession.person_id == person_id,
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > work.now,
    )
    return list(work.session.scalars(query.order_by(SignInSession.id)))


def open_tokens(work: UnitOfWork, person_id: str) -> list[ApiToken]:
    """The bearer tokens of a person that have not ended, oldest first."""
    query = select(ApiToken).where(
        ApiToken.person_id == person_id, ApiToken.ended_at.is_(None), ApiToken.expires_at > work.now
    )
    return list(work.session.scalars(query.order_by(ApiToken.id)))


def factors_held(work: UnitOfWork, person_id: str) -> list[HeldFactor]:
    """Password and second factors of a person, and confirmations he began and has not used."""
    credential = work.session.get(Credential, person_id)
    held = []
    if credential is not None:
        held.append(HeldFactor("password", person_id, ""))
        if credential.totp_secret is not None:
            held.append(HeldFactor("totp", person_id, ""))
    codes = recovery_codes_left(work, person_id)
    if codes:
        held.append(HeldFactor("recovery_codes", person_id, str(codes)))
    held += [HeldFactor("passkey", one.id, one.name) for one in passkeys_of(work, person_id)]
    phone = phone_of(work, person_id)
    if phone is not None:
        held.append(HeldFactor("phone", person_id, masked(phone)))
    if work.session.get(FaceTemplate, person_id) is not None:
        held.append(HeldFactor("face", person_id, ""))
    held += [HeldFactor("identity", one.id, one.provider) for one in links_of(work, person_id)]
    for model in (SignInChallenge, StepUpProof):
        unused = select(model.id).where(
            model.person_id == person_id, model.used_at.is_(None), model.expires_at > work.now
        )
        held += [HeldFactor("begun", one, "") for one in work.session.scalars(unused.order_by(model.id))]
    return held
