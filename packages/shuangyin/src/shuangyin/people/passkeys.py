"""Passkeys: what is asked of an authenticator and whether its answer is right (W3C Web Authentication Level 3).

The answer of a passkey counts for the act and subject its challenge was made for, once. Its authenticator counts its
signatures: a count that does not rise means that a copy of it may exist, and the passkey counts no more. The address
that authenticators sign for is `SHUANGYIN_PUBLIC_URL`. The library is loaded when the first passkey is asked for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people import errors
from shuangyin.people.models import Passkey, PasskeyChallenge, Person

CHALLENGE_MS = 5 * 60_000
CHALLENGE_BYTES = 32
MOST = 10
"""So many passkeys of one person; more are a sign that nobody looks after them."""
REGISTER = "people.add_passkey"
SIGN_IN = "people.sign_in"
RP_NAME = "双印 Shuangyin"


def relying_party(settings: Settings) -> tuple[str, str]:
    """The relying party's id and origin, both from the public address."""
    parts = urlsplit(settings.public_url)
    return parts.hostname or "localhost", f"{parts.scheme}://{parts.netloc}"


def passkeys_of(work: UnitOfWork, person_id: str) -> list[Passkey]:
    """All passkeys of a person, oldest first."""
    query = select(Passkey).where(Passkey.person_id == person_id)
    return list(work.session.scalars(query.order_by(Passkey.id)))


def has_passkey(work: UnitOfWork, person_id: str) -> bool:
    """Whether a person has a passkey that counts."""
    return any(one.blocked_at is None for one in passkeys_of(work, person_id))


def registration_options(work: UnitOfWork, person: Person) -> dict[str, Any]:
    """What the browser asks the authenticator to make. Raises Refused (PASSKEYS_MOST)."""
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415  # loaded when needed
    from webauthn.helpers import structs  # noqa: PLC0415  # as above

    held = passkeys_of(work, person.id)
    if len(held) >= MOST:
        raise errors.passkeys_most(MOST)
    rp_id, _ = relying_party(work.settings)
    options = generate_registration_options(
        rp_id=rp_id,
        rp_name=RP_NAME,
        user_id=bytes.fromhex(person.id),
        user_name=person.account,
        user_display_name=person.name,
        challenge=_new_challenge(work, person, REGISTER, person.id),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one.credential_id) for one in held],
    )
    return dict(json.loads(options_to_json(options)))


def confirmation_options(work: UnitOfWork, person: Person, act: str, subject: str) -> dict[str, Any]:
    """What the browser asks a passkey of the person to sign, for one act on one subject. Raises NotFound for none."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415  # loaded when needed
    from webauthn.helpers import structs  # noqa: PLC0415  # as above

    held = [one for one in passkeys_of(work, person.id) if one.blocked_at is None]
    if not held:
        raise errors.no_passkey()
    rp_id, _ = relying_party(work.settings)
    options = generate_authentication_options(
        rp_id=rp_id,
        challenge=_new_challenge(work, person, act, subject),
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=one.credential_id) for one in held],
        user_verification=structs.UserVerificationRequirement.PREFERRED,
    )
    return dict(json.loads(options_to_json(options)))


def register(work: UnitOfWork, actor: Actor, *, name: str, answer: str) -> Passkey:
    """Take on a passkey that an authenticator has made. Raises Refused (PASSKEY_REFUSED)."""
    from webauthn import verify_registration_response  # noqa: PLC0415  # loaded when needed
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415  # as above

    given = _read(answer)
    challenge = _challenge_of(given)
    if challenge is None or not _use_challenge(work, actor.person_id, challenge, REGISTER, actor.person_id):
        raise errors.passkey_refused()
    rp_id, origin = relying_party(work.settings)
    try:
        made = verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise errors.passkey_refused() from error
    digest = hashlib.sha256(made.credential_id).hexdigest()
    if work.session.scalar(select(Passkey.id).where(Passkey.credential_hash == digest)) is not None:
        raise errors.passkey_refused()
    passkey = Passkey(
        id=work.new_id(),
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        name=name,
        credential_hash=digest,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=work.now,
        used_at=None,
        blocked_at=None,
    )
    work.session.add(passkey)
    work.session.flush()
    return passkey


def confirms(work: UnitOfWork, actor: Actor, answer: str, act: str, subject: str) -> bool:
    """Whether a passkey of the person signed the challenge of this act on this subject, which it uses up."""
    try:
        given = _read(answer)
    except ShuangyinError:
        return False
    challenge = _challenge_of(given)
    if challenge is None or not _use_challenge(work, actor.person_id, challenge, act, subject):
        return False
    passkey = _named_by(work, actor.person_id, given)
    if passkey is None:
        return False
    count = _count_of_good(work.settings, passkey, given, challenge)
    if count is None:
        return False
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        passkey.blocked_at = work.now
        facts: dict[str, JsonValue] = {"passkey": passkey.id, "count": count, "before": passkey.sign_count}
        record(
            work,
            actor,
            kind="people.passkey_blocked",
            subject_type="person",
            subject_id=actor.person_id,
            facts=facts,
        )
        return False
    passkey.sign_count, passkey.used_at = count, work.now
    return True


def drop_passkeys(work: UnitOfWork, person_id: str) -> None:
    """Remove a person's passkeys and the challenges made for them."""
    work.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.person_id == person_id))
    work.session.execute(delete(Passkey).where(Passkey.person_id == person_id))


def _count_of_good(
    settings: Settings, passkey: Passkey, given: dict[str, Any], challenge: bytes
) -> int | None:
    """The authenticator's count when its answer is good in everything but the count, which the caller judges."""
    from webauthn import verify_authentication_response  # noqa: PLC0415  # loaded when needed
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415  # as above

    rp_id, origin = relying_party(settings)
    try:
        return verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
        ).new_sign_count
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
        # The library checks little of the shape of what it is given; whatever it stumbles over is no good answer.
        return None


def _read(answer: str) -> dict[str, Any]:
    try:
        given = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise errors.passkey_refused() from error
    if not isinstance(given, dict):
        raise errors.passkey_refused()
    return given


def _challenge_of(given: dict[str, Any]) -> bytes | None:
    """The challenge that the answer says it signed; whether it did is for the signature to show."""
    response = given.get("response")
    text = response.get("clientDataJSON") if isinstance(response, dict) else None
    try:
        client_data = json.loads(_unpadded(text)) if isinstance(text, str) else None
        challenge = client_data.get("challenge") if isinstance(client_data, dict) else None
        return _unpadded(challenge) if isinstance(challenge, str) else None
    except (ValueError, RecursionError):
        return None


def _named_by(work: UnitOfWork, person_id: str, given: dict[str, Any]) -> Passkey | None:
    raw = given.get("rawId")
    try:
        credential_id = _unpadded(raw) if isinstance(raw, str) else b""
    except ValueError:
        return None
    query = select(Passkey).where(
        Passkey.credential_hash == hashlib.sha256(credential_id).hexdigest(),
        Passkey.person_id == person_id,
        Passkey.blocked_at.is_(None),
    )
    return work.session.scalar(query.with_for_update())


def _new_challenge(work: UnitOfWork, person: Person, act: str, subject: str) -> bytes:
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    work.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < work.now))
    work.session.add(
        PasskeyChallenge(
            id=work.new_id(),
            organization_id=person.organization_id,
            person_id=person.id,
            challenge_hash=hashlib.sha256(challenge).hexdigest(),
            act=act,
            subject=subject,
            created_at=work.now,
            expires_at=work.now + CHALLENGE_MS,
            used_at=None,
        )
    )
    return challenge


def _use_challenge(work: UnitOfWork, person_id: str, challenge: bytes, act: str, subject: str) -> bool:
    used = work.session.execute(
        update(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_hash == hashlib.sha256(challenge).hexdigest(),
            PasskeyChallenge.person_id == person_id,
            PasskeyChallenge.act == act,
            PasskeyChallenge.subject == subject,
            PasskeyChallenge.used_at.is_(None),
            PasskeyChallenge.expires_at > work.now,
        )
        .values(used_at=work.now)
        .returning(PasskeyChallenge.id)
    ).scalar_one_or_none()
    return used is not None


def _unpadded(text: str) -> bytes:
    """Base64url without padding. Raises ValueError."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
